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
    from twin.live.figures import one_line

    with told_plainly():
        _check(lang, report)
        found = [compared(group) for group in side_by_side(runs)]
        if report is not None:
            write_page(found, report, lang)
    if json_line:
        typer.echo(one_line({"comparisons": found}))
        return
    for number, one in enumerate(found):
        for line in ([""] if number else []) + lines(one):
            typer.echo(line)


def _check(lang: str, report: Path | None) -> None:
    """Refuse at once what could not be written in the end.

    Raises:
        BadInput: for an unknown language, or a page in a folder that is not there or in the place of one.
    """
    from dashboard.format import LANGUAGES
    from twin.domain.problems import Problems

    problems = Problems()
    if lang not in LANGUAGES:
        problems.add("--lang", lang, f"one of {', '.join(sorted(LANGUAGES))}", "correct it")
    if report is not None and not report.absolute().parent.is_dir():
        problems.add("--report", str(report), "a file in a folder that is there", "make the folder first")
    if report is not None and report.is_dir():
        problems.add("--report", f"{report}, a folder", "a file", "add its name")
    problems.raise_if_any()
