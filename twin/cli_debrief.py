"""``regie debrief``: what mattered in a run, why, and what to change."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from twin.cli_told import told_plainly

if TYPE_CHECKING:
    from scenarios.debrief.debrief import Debrief
    from twin.domain.problems import Problem, Problems


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(debrief)


def debrief(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    place: Annotated[Path, typer.Argument(metavar="STATE|OUT", help="State directory of a run, or a folder of regie run.")],
    begin: Annotated[str | None, typer.Option("--from", help="ISO 8601, local time unless it has an offset.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Likewise. Default: the whole run.")] = None,
    site: Annotated[str | None, typer.Option(help="The site's name or file. Default: the one that the journal names.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures and replays: one file, works offline.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="Write the same for paper.")] = None,
    replays: Annotated[Path | None, typer.Option(help="Write every replay as a page of its own into this folder.")] = None,
    scenario: Annotated[Path | None, typer.Option(help="Write a blind drill of one moment into this scenario file.")] = None,
    number: Annotated[int, typer.Option("--moment", min=1, help="Which moment, as numbered in the page.")] = 1,
    lang: Annotated[str, typer.Option(help="Language of page and paper: de, fr, it, en.")] = "en",
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Find the key moments of a run, each with its figure and what to change; the journal is only read."""
    from scenarios.debrief.debrief import debrief as debrief_of
    from scenarios.debrief.source import source_of
    from twin.domain.problems import BadInput, Problems
    from twin.live.progress import Progress

    with told_plainly(), closing(Progress(sys.stderr)) as progress:
        problems = Problems(_targets(lang, html, pdf, replays, scenario))
        source = problems.tried(lambda: source_of(place, site, progress.step))
        window = _window(begin, end, "UTC" if source is None else source.ready.site.timezone, problems)
        if problems or source is None:
            raise BadInput(problems)
        found = debrief_of(source, *window, progress.step)
        if scenario is not None:
            _drill(found, number, scenario)
        _write(found, html, pdf, replays, lang)
    if json_line:
        typer.echo(json.dumps(found.to_json(), separators=(",", ":"), allow_nan=False))
        return
    for line in lines(found):
        typer.echo(line)


def lines(found: Debrief) -> list[str]:
    """For people at a terminal, in English."""
    from scenarios.debrief.words import Words

    words = Words.of(found, "en")
    title = found.source.title["en"]
    said = [f"{title}, {found.tape.start.isoformat()} to {found.tape.end.isoformat()}, {len(found.tape.regular)} quarter hours"]
    if not found.source.same_site:
        said.append(words("page.changed_site"))
    for moment in found.moments:
        said += ["", f"{words.moment(moment.at)}  {words.what(moment)}", f"       {words.why(moment)}"]
        if moment.change:
            said.append(f"    -> {words.change(moment)}")
    return said


def _targets(lang: str, html: Path | None, pdf: Path | None, replays: Path | None, scenario: Path | None) -> list[Problem]:
    """What could not be written in the end."""
    from scenarios.results.writable import file_problems, folder_problems, language_problems
    from twin.domain.problems import Problem

    found = language_problems(lang)
    for flag, file in (("--html", html), ("--pdf", pdf), ("--scenario", scenario)):
        found += [] if file is None else file_problems(flag, file)
    found += [] if replays is None else folder_problems("--replays", replays)
    if scenario is not None and scenario.is_file():
        found.append(Problem("--scenario", f"{scenario} is there already", "a new file", "choose another, or remove it"))
    return found


def _window(begin: str | None, end: str | None, timezone: str, problems: Problems) -> tuple[datetime | None, datetime | None]:
    """Both ends in UTC; what is no instant, or ends before it begins, is noted."""
    ends: list[datetime | None] = []
    for name, text in (("--from", begin), ("--to", end)):
        try:
            given = None if text is None else datetime.fromisoformat(text)
            ends.append(given and (given if given.tzinfo else given.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC))
        except (ValueError, OverflowError):
            problems.add(name, str(text), "an ISO 8601 date or instant", "write 2016-01-25T17:00")
            ends.append(None)
    first, last = ends
    if first is not None and last is not None and last <= first:
        problems.add("--to", str(end), f"later than --from {begin}", "exchange them")
    return first, last


def _drill(found: Debrief, number: int, path: Path) -> None:
    """The moment as an exercise.

    Raises:
        BadInput: for a moment that there is not, a run of another site file, and a place that is taken.
    """
    from scenarios.debrief.practice import practice_hours
    from scenarios.drill.draw import Asked, drawn
    from scenarios.replay.journalled import journalled
    from twin.domain.problems import Problems

    problems, source = Problems(), found.source
    if number > len(found.moments):
        problems.add("--moment", number, f"1 to {len(found.moments)}", "choose one of the moments")
    if not source.same_site:
        value = "the site file has changed since the run"
        problems.add("--scenario", value, "the site that was on air", "give the file that it was written with by --site")
    problems.raise_if_any()
    begin, hours = practice_hours(found.moments[number - 1], found.tape)
    drawn(Asked(journalled(source.state), source.ready, source.site, source.scenario, begin.isoformat(), hours, path))


def _write(found: Debrief, html: Path | None, pdf: Path | None, replays: Path | None, lang: str) -> Any:
    if html is not None:
        from scenarios.debrief.page import write_page

        write_page(found, html, lang)
    if replays is not None:
        from scenarios.debrief.page import write_replays

        write_replays(found, replays, lang)
    if pdf is not None:
        from scenarios.debrief.paper import write_paper

        write_paper(found, pdf, lang)
