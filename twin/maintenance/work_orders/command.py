"""``regie maintenance orders`` from arguments to exit code: 0 done, 1 the store failed, 2 refused input."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dashboard.format import LANGUAGES
from dashboard.regie.work.document import offline_document
from dashboard.regie.work.refusal import Refused
from dashboard.regie.work.store import OrderStore
from dashboard.regie.work.words import OrderWords
from twin.contracts.work_order import Change, Kept
from twin.domain.problems import BadInput, Problem, Problems
from twin.maintenance.ranking.ranked import path_in, read_ranked
from twin.maintenance.ranking.run_site import site_of

DONE, FAILED, REFUSED = 0, 1, 2
_MOST_SHOWN = 60


@dataclass(frozen=True)
class Report:
    """What somebody reports: ``state`` as in `twin.contracts.work_order.STATES`; ``photos``: files."""

    state: str
    by: str
    note: str = ""
    found: str = ""
    score: int | None = None
    photos: tuple[Path, ...] = ()


def issue(state: Path, assets: Sequence[str], *, top: int | None, by: str, site: str | None, json_line: bool) -> int:
    """Hand out orders for ranked interventions. Returns the exit code."""

    def run() -> None:
        from twin.maintenance.work_orders.issue import chosen_items, draft, ground_of

        ranked = read_ranked(path_in(state))
        items = chosen_items(ranked, assets, top)
        _who(by)
        if not items:
            limit, remedy = "an intervention that the ranking chose", "name assets, or rank with more money or hours"
            raise BadInput([Problem(str(path_in(state)), "nothing chosen", limit, remedy)])
        ground = ground_of(site_of(site, state), state, datetime.fromisoformat(ranked.as_of))
        now, store = datetime.now(UTC), OrderStore(state)
        drafts = [draft(item, ranked, ground, by=by, now=now) for item in items]
        # whoever names an asset wants the work again
        handed = store.issue(drafts) if assets else store.issue_once(drafts)
        if json_line:
            _json([{**facts(one.kept), "new": one.is_new} for one in handed])
            return
        for one in handed:
            was = "was open already" if one.kept.is_open else "done since this ranking; rank again"
            _say(line(one.kept) + ("" if one.is_new else f"  ({was})"))

    return _guarded(run)


def listed(state: Path, *, json_line: bool) -> int:
    """Every order and where it stands. Returns the exit code."""

    def run() -> None:
        orders = OrderStore(_known(state)).all()
        if json_line:
            _json([facts(kept) for kept in orders])
            return
        for kept in orders:
            _say(line(kept))
        if not orders:
            _say("no work order; issue some with: regie maintenance orders issue")

    return _guarded(run)


def show(state: Path, order: str, *, html: Path | None, language: str, json_line: bool) -> int:
    """One order with its history, and as a file for a phone. Returns the exit code."""

    def run() -> None:
        problems = Problems()
        if language not in LANGUAGES:
            problems.add("--lang", language, f"one of {', '.join(LANGUAGES)}", "choose one")
        if html is not None and (html.is_dir() or not html.parent.is_dir()):
            problems.add("--html", html, "a file in a folder that exists", "create the folder, or name a file")
        problems.raise_if_any()
        kept = _order(state, order)
        words = OrderWords.of(language, kept.order.timezone)
        if html is not None:
            html.write_text(offline_document(kept, words), encoding="utf-8")
        if json_line:
            _json({"order": kept.order.model_dump(mode="json"), "changes": [c.model_dump(mode="json") for c in kept.changes]})
            return
        for text in told(kept, words):
            _say(text)

    return _guarded(run)


def report(state: Path, order: str, told_: Report, *, json_line: bool) -> int:
    """Append what came back. Returns the exit code."""

    def run() -> None:
        _order(state, order)
        problems = Problems()
        photos = _photos(told_.photos, problems)
        change = _change(order, told_, photos, problems)
        problems.raise_if_any()
        assert change is not None
        kept = OrderStore(state).report(change, photos)
        if json_line:
            _json(facts(kept))
        else:
            _say(line(kept))

    return _guarded(run)


def results(state: Path, *, json_line: bool) -> int:
    """What crews found, for the register. Returns the exit code."""

    def run() -> None:
        from dataclasses import asdict

        from twin.maintenance.work_orders.results import results as found_in

        found = found_in(_known(state))
        if json_line:
            _json([{**asdict(one), "at": one.at.isoformat(), "day": one.day.isoformat()} for one in found])
            return
        for one in found:
            what = "done" if one.done else "not done"
            score = "-" if one.score is None else str(one.score)
            _say(f"{one.day} {one.order} {one.asset:<20} {what:<9} score {score}  {one.found or one.note}")
        if not found:
            _say("nothing came back yet")

    return _guarded(run)


# ------------------------------------------------------------------------------------------------ what is said


def line(kept: Kept) -> str:
    """One order in one line."""
    order = kept.order
    words = OrderWords.of("en", order.timezone)
    plan = order.switching
    proof = "switching proven" if plan.proven else f"not proven: {plan.reason}"
    said = f"{order.id} {words(f'state.{kept.state}'):<9} {order.asset:<20} {order.action:<16} {words.window(order)}"
    return f"{said}  {proof}" if order.needs_outage else said


def facts(kept: Kept) -> dict[str, Any]:
    """One order for a machine, without its steps."""
    order, back = kept.order, kept.report
    return {
        "id": order.id,
        "state": kept.state,
        "asset": order.asset,
        "element": order.element,
        "intervention": order.intervention,
        "action": order.action,
        "start": None if order.window is None else order.window.start.isoformat(),
        "end": None if order.window is None else order.window.end.isoformat(),
        "valid_until": order.valid_until.isoformat(),
        "steps": len(order.switching.steps),
        "proven": order.switching.proven,
        "reason": order.switching.reason,
        "issued_by": order.issued_by,
        "reported_by": None if back is None else back.by,
        "found": None if back is None else back.found,
        "score": None if back is None else back.score,
        "photos": 0 if back is None else len(back.photos),
    }


def told(kept: Kept, words: OrderWords) -> Iterable[str]:
    """One order in lines."""
    order = kept.order
    yield f"{order.id}  {words.asset(order)}: {words.action(order)}  [{words(f'state.{kept.state}')}]"
    yield f"{words('when')}: {words.window(order)}"
    yield f"{words('where')}: {order.place.address or order.place.station or words('no_place')}"
    yield f"{words('why')}: {words.why(order.cause)}; {words('confidence', confidence=order.confidence)}"
    yield f"{words('take')}: {', '.join(map(words.part, order.parts)) or words('nothing')}"
    if order.needs_outage:
        yield words("proposal")
    yield words.proof(order)
    for number, step in enumerate(order.switching.steps, 1):
        yield f"{number:>3}. {words.step(step, order)}"
        for text in (words.after(step), *words.objections(step)):
            if text:
                yield f"     {text}"
    for change in kept.changes:
        yield " ".join(filter(None, (words.change(change), change.found, change.note)))


# ------------------------------------------------------------------------------------------------ what is read


def _known(state: Path) -> Path:
    if not state.is_dir():
        raise BadInput([Problem("--state", str(state), "a state directory", "give the --state of a run")])
    return state


def _order(state: Path, order: str) -> Kept:
    kept = OrderStore(_known(state)).get(order)
    if kept is None:
        remedy = "see: regie maintenance orders list"
        raise BadInput([Problem("ORDER", order, "an order of this state directory", remedy)])
    return kept


def _who(by: str) -> None:
    if not 0 < len(by.strip()) <= 40 or not by.isprintable():
        raise BadInput([Problem("--by", repr(by), "a name of 1 to 40 characters", "say who")])


def _photos(paths: Sequence[Path], problems: Problems) -> list[tuple[str, bytes]]:
    found = []
    for path in paths:
        try:
            found.append((path.name, path.read_bytes()))
        except OSError as error:
            problems.add("--photo", f"{path}: {error.strerror}", "a file that can be read", "correct the path")
    return found


_TYPED = {
    "by": "a name of 1 to 40 characters",
    "found": "a line of at most 200 characters",
    "note": "a text of at most 2000 characters",
    "score": "1 to 5",
}


def _change(order: str, told_: Report, photos: Sequence[tuple[str, bytes]], problems: Problems) -> Change | None:
    """The change; the same report a second time has the same key, and no effect."""
    said = [order, told_.state, told_.by, told_.note, told_.found, str(told_.score)]
    said += [hashlib.sha256(data).hexdigest() for _, data in photos]
    try:
        return Change.model_validate(
            {
                "order": order,
                "state": told_.state,
                "by": told_.by,
                "at": datetime.now(UTC),
                "note": told_.note,
                "found": told_.found,
                "score": told_.score,
                "key": hashlib.sha256(json.dumps(said).encode()).hexdigest(),
            }
        )
    except ValidationError as error:
        for found in error.errors():
            name, value = str(found["loc"][0]), repr(found["input"])
            value = value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]} ... ({len(value) - 2} characters)"
            problems.add(f"--{name}", value, _TYPED.get(name, found["msg"]), "correct it")
        return None


# ------------------------------------------------------------------------------------------------ in and out


def _guarded(run: Callable[[], None]) -> int:
    try:
        run()
    except BadInput as error:
        for problem in error.problems:
            _complain(str(problem))
        return error.exit_code
    except Refused as refused:
        words = OrderWords.of("en")
        for fault in refused.faults:
            _complain(words.fault(fault))
        return REFUSED
    except (OSError, sqlite3.Error) as error:
        _complain(f"not stored or not read: {error}; free the disk or correct its rights, then repeat the command")
        return FAILED
    return DONE


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"regie: {text}{os.linesep}")


def _json(value: object) -> None:
    sys.stdout.write(json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n")
