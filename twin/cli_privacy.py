"""``regie privacy``: what of people a state directory holds, and what has had its time."""

from __future__ import annotations

import json
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from twin.cli_told import state_problems
from twin.domain.problems import Problem

privacy_app = typer.Typer(help="What of people is held, why, and when it goes.", no_args_is_help=True)

StateOption = Annotated[Path, typer.Option(help="State directory of a run.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")]
LangOption = Annotated[str, typer.Option("--lang", help="Language of the words: de, fr, it or en.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(privacy_app, name="privacy")


@privacy_app.command("held")
def held(state: StateOption, json_line: JsonOption = False, lang: LangOption = "en") -> None:
    """Tell kind by kind what is held, why, since when, and when it goes; 1 while something is there beyond its time."""
    from dashboard.regie.words import Words
    from scenarios.results.writable import language_problems
    from twin.domain.problems import BadInput
    from twin.privacy.held import holdings

    _check(*state_problems(state), *language_problems(lang))
    try:
        found = holdings(state, datetime.now(UTC))
    except BadInput as error:
        _refuse(*map(str, error.problems), code=error.exit_code)
    except (sqlite3.Error, OSError, ValueError) as error:
        _refuse(str(error), code=1)
    if json_line:
        typer.echo(json.dumps(found.model_dump(mode="json"), separators=(",", ":")))
    else:
        words = Words.of(lang, "UTC", None, "privacy")
        for one in found.held:
            since = "-" if one.oldest is None else f"{one.oldest:%Y-%m-%d}"
            until = "-" if one.until is None else f"{one.until:%Y-%m-%d}"
            count = "-" if one.count is None else str(one.count)
            late = ("  by the grid's clock" if one.clock == "grid" else "") + ("  OVERDUE" if one.overdue else "")
            typer.echo(f"{one.kind:<12} {count:>8} {one.size_bytes:>12} B  {since:>10}  until {until:>10}{late}")
            typer.echo(f"             {words(f'kind.{one.kind}.what')}: {words(f'kind.{one.kind}.why')}")
    for path in found.strangers:
        typer.echo(f"regie: {state / path}: a file that no kind names (twin/privacy/kinds.py)", err=True)
    if found.strangers or any(one.overdue for one in found.held):
        raise typer.Exit(1)


@privacy_app.command("expunge")
def expunge(
    state: StateOption,
    older_than: Annotated[str, typer.Option(help="Months (6 to 12) or a date: 12, 2026-03-01.")] = "12",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    json_line: JsonOption = False,
) -> None:
    """Let go what is older than twelve months, now. A régie on air does so by itself, and its journal leaves it to do so.

    Months count back from now, for the journal of a simulated or a replayed past from its newest tick; a date holds for both.
    """
    from twin.domain.problems import BadInput
    from twin.privacy.asked import before_of
    from twin.privacy.deletion import expunge_journal, sweep
    from twin.privacy.measured import clock
    from twin.regie.chain import HELD_AT_LEAST_S
    from twin.regie.journal import JournalUnavailable
    from twin.regie.lock import LOCK, is_held

    _check(*state_problems(state))
    now = datetime.now(UTC)
    try:
        before = before_of(older_than, now)
        gone = list(sweep(state, now, before, by="regie privacy", dry=dry_run))
        journal = clock(state, now)
        if journal is not None and not is_held(state / LOCK):
            found = expunge_journal(state, now, before_of(older_than, journal[1]), before, dry=dry_run)
            gone += [found] if found.count else []
    except BadInput as error:
        _refuse(*map(str, error.problems), code=error.exit_code)
    except (sqlite3.Error, OSError, ValueError, JournalUnavailable) as error:
        _refuse(str(error), code=1)
    if json_line:
        rows = {one.kind: one.count for one in gone}
        typer.echo(json.dumps({"dry_run": dry_run, "before": before.isoformat(), "gone": rows}, separators=(",", ":")))
        return
    for one in gone:
        newest = "" if one.newest is None else f", the newest of {one.newest:%Y-%m-%d}"
        typer.echo(f"{'would go' if dry_run else 'gone'}  {one.kind:<12} {one.count}{newest}")
    if not gone:
        typer.echo(f"nothing is due; the newest {HELD_AT_LEAST_S // 86_400} days of the journal and the book always stay")


def _check(*problems: Problem) -> None:
    if problems:
        _refuse(*map(str, problems))


def _refuse(*lines: str, code: int = 2) -> NoReturn:
    for line in lines:
        sys.stderr.write(f"regie: {line}\n")
    raise typer.Exit(code)
