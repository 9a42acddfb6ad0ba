"""``regie compare``: runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli_told import told_plainly


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(compare)


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="A B...", help="Folders of regie run: of one rehearsal or of several.")],
    report: Annotated[Path | None, typer.Option(help="Write a page that works offline: one file, in light and dark.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the page: de, fr, it, en.")] = "en",
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Hold runs against the first: figures, violations gained and lost, N-1 by hour, orders; nothing of them is changed."""
    from scenarios.compare.comparison import compared
    from scenarios.compare.page import write_page
    from scenarios.compare.runs import side_by_side
    from scenarios.compare.table import lines
    from scenarios.results.writable import file_problems, language_problems
    from twin.domain.problems import Problems
    from twin.live.figures import one_line

    with told_plainly():
        problems = Problems(language_problems(lang) + ([] if report is None else file_problems("--report", report)))
        groups = problems.tried(lambda: side_by_side(runs))
        problems.raise_if_any()
        found = [compared(group) for group in groups or ()]
        if report is not None:
            write_page(found, report, lang)
    if json_line:
        typer.echo(one_line({"comparisons": found}))
        return
    for number, one in enumerate(found):
        for line in ([""] if number else []) + lines(one):
            typer.echo(line)
