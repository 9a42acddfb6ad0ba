"""The state directory before air: does its journal verify, does it belong to this site, and which models does it hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scenarios.preflight.boxes import Model
from scenarios.preflight.line import Line, caution, go, no_go
from twin.domain.problems import BadInput, Problem
from twin.domain.time import from_epoch_s
from twin.live.status import status_of
from twin.regie.chain import SCHEMA_VERSION, open_readonly, read_meta, read_records, verify
from twin.site import Site
from twin.wiring import site_sha256


@dataclass(frozen=True)
class Held:
    """What a state directory holds. ``start``, ``last``: of its window and its last tick. ``tick_bytes``: mean of its ticks."""

    exists: bool
    on_air: bool
    start: datetime | None
    last: datetime | None
    tick_bytes: int
    models: dict[str, Model]


NOTHING = Held(False, False, None, None, 0, {})


def held(state: Path) -> Held:
    """What is there, read only; a journal that cannot be read holds nothing (`journal_lines` says so)."""
    if not (state / "journal.sqlite").exists():
        return NOTHING
    with suppress(BadInput, sqlite3.DatabaseError, ValueError, KeyError):
        found = status_of(state)
        last = None if found["last_as_of"] is None else datetime.fromisoformat(found["last_as_of"])
        ticks = max(found["ticks"], 1)
        size = (state / "journal.sqlite").stat().st_size // ticks
        return Held(True, found["running"], datetime.fromisoformat(found["start"]), last, size, _models(state))
    return Held(True, False, None, None, 0, {})


def journal_lines(state: Path, site: Site, found: Held, now: datetime) -> list[Line]:
    """Whether the chain is whole, and whether the site may go on with it."""
    label, limit = "journal", f"none yet, or a whole chain of schema {SCHEMA_VERSION} of this site"
    if not found.exists:
        return [go(label, f"none yet in {state}: a new run", limit)]
    try:
        records, head, problems = verify(state, now)
        meta = _meta(state)
    except (BadInput, sqlite3.DatabaseError) as error:
        return [no_go(label, str(error), limit, "restore the state directory from a backup, or choose another --state")]
    wrong = _wrong(records, meta, problems, site)
    if wrong is not None:
        return [no_go(label, wrong[0], limit, wrong[1])]
    since = "" if found.last is None else f", until {found.last.isoformat()}"
    value = f"{records} records verified, head {head[:12]}{since}"
    if not (state / "journal.reserve").exists() and not found.on_air:
        return [caution(label, f"{value}; its reserve was used up", limit, "free space: a full disk ended it last time")]
    return [go(label, value, limit)]


def _wrong(records: int, meta: Mapping[str, Any], problems: Sequence[Problem], site: Site) -> tuple[str, str] | None:
    """What stands against going on with it, and what to do."""
    if problems:
        first, more = problems[0], len(problems) - 1
        return f"{first.place}: {first.value}" + (f" and {more} faults more" if more else ""), str(first.remedy)
    if meta["schema_version"] != SCHEMA_VERSION:
        return f"schema {meta['schema_version']}", "run the release that wrote it, or choose another --state"
    if meta["identity"]["site_sha256"] != site_sha256(site):
        remedy = "choose another --state, or go on with the site file that it was written with"
        return f"{records} records of another site file", remedy
    return None


def _meta(state: Path) -> dict[str, Any]:
    db = open_readonly(state)
    try:
        return read_meta(db)
    finally:
        db.close()


def _models(state: Path) -> dict[str, Model]:
    """Of every trained instance the model in force, by what the records say of trainings."""
    begun: dict[str, str] = {}
    db = open_readonly(state)
    try:
        last = None
        for record in read_records(db):
            last = record
            for fit in record.meta["fits"].values():
                if fit["artifact"]:
                    begun[fit["artifact"]] = fit["effect_as_of"]
        if last is None:
            return {}
        found = {}
        for name, box in last.meta["boxes"].items():
            artifact = box["artifact"]
            if artifact:
                since = datetime.fromisoformat(begun[artifact]) if artifact in begun else from_epoch_s(last.as_of_s)
                found[name] = Model(artifact, since, (state / "artifacts" / artifact).is_file())
        return found
    finally:
        db.close()
