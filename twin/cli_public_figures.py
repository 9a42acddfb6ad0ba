"""``regie public figures``: months and years as the journal gives them, beside what the publisher has approved."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli_told import state_problems, told_plainly

if TYPE_CHECKING:
    from twin.contracts.publication import DraftFigure, Drafts, PublicationFacts
    from twin.publication.standing import Published


def register(public_app: typer.Typer) -> None:
    """Add the command to the group ``regie public``."""
    public_app.command("figures")(figures)


def figures(
    state: Annotated[Path, typer.Option(help="State directory of a run.")],
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Show every month and year: drafted from the journal, approved, and whether they differ. Nothing is approved here."""
    from dashboard.regie.book import Book
    from twin.contracts.desk_ports import Unavailable
    from twin.domain.problems import Problems
    from twin.live.publication import JournalFigures
    from twin.publication.deeds import ROOM
    from twin.publication.standing import Published, take

    with told_plainly(failures=(Unavailable,)):
        Problems(state_problems(state)).raise_if_any()
        # Where the state is somebody else's to write, all of the journal is read every time.
        reader = JournalFigures(state, keep=os.access(state, os.W_OK))
        facts, drafts = reader.facts(), reader.drafts()
        published = Published()
        for deed in Book(state).lines(ROOM):
            published = take(published, deed)
    if json_line:
        typer.echo(json.dumps(to_json(drafts, published, facts), separators=(",", ":"), allow_nan=False))
        return
    for line in lines(drafts, published, facts):
        typer.echo(line)


def to_json(drafts: Drafts, published: Published, facts: PublicationFacts) -> dict[str, Any]:
    """Everything as JSON values; ``approved`` is the revision that holds, None while there is none."""
    return {
        "site": facts.site,
        "until": None if drafts.until is None else drafts.until.isoformat(),
        "months": [_entry(draft, published, facts) for draft in drafts.months],
        "years": [_entry(draft, published, facts) for draft in drafts.years],
        "corrections": [each.model_dump(mode="json") for each in (published.corrections() if facts.share_public else ())],
        "embargo": None if published.embargo is None else published.embargo.model_dump(mode="json"),
        "licence": published.licence,
    }


def lines(drafts: Drafts, published: Published, facts: PublicationFacts) -> list[str]:
    """For people at a terminal, in English."""
    from twin.publication.release import masked

    until = "nothing traced yet" if drafts.until is None else f"traced until {drafts.until.isoformat()}"
    said = [f"{facts.site}, {until}", "period      draft    MWh  g/kWh  known   approved"]
    for draft in (*drafts.months, *drafts.years):
        newest = published.newest(draft.period)
        approved = (
            "-" if newest is None else f"{_percent(masked(newest.figure, facts).share)} (revision {newest.figure.revision})"
        )
        energy = "-" if draft.consumption_mwh is None else f"{draft.consumption_mwh:.1f}"
        co2 = "-" if draft.co2_g_per_kwh is None else f"{draft.co2_g_per_kwh:.1f}"
        known = f"{100.0 * draft.coverage:.1f} %"
        said.append(f"{draft.period:<9} {_percent(draft.share):>7} {energy:>8} {co2:>6} {known:>7}   {approved}")
    if published.embargo is not None:
        said.append(f"embargo since {published.embargo.since.isoformat()}")
    return said


def _entry(draft: DraftFigure, published: Published, facts: PublicationFacts) -> dict[str, Any]:
    from twin.publication.release import masked

    newest = published.newest(draft.period)
    approved = None if newest is None else masked(newest.figure, facts).model_dump(mode="json") | {"licence": newest.licence}
    return draft.model_dump(mode="json") | {"coverage": draft.coverage, "approved": approved}


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100.0 * fraction:.1f} %"
