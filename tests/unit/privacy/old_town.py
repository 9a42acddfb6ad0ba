"""A state directory with fourteen months of everything in it, and the words that nobody may find in it afterwards."""

import importlib.util
import json
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from dashboard.regie.access.ledger import Ledger
from dashboard.regie.access.people import People
from dashboard.regie.access.roles import Role
from dashboard.regie.book import Book
from dashboard.regie.commands import CommandQueue
from dashboard.regie.wish import Wish
from dashboard.regie.work.store import OrderStore
from twin.domain.time import to_epoch_s
from twin.regie.journal import Journal, Note

NOW = datetime(2026, 3, 14, 10, tzinfo=UTC)
START = datetime(2025, 1, 8, tzinfo=UTC)
BORDER = datetime(2025, 3, 15, tzinfo=UTC)
"""Twelve months before the end of the day of ``NOW``."""
OLD, YOUNG = "Wilhelmina-Alt", "Benedikta-Jung"
"""Somebody who was here before the border, and somebody who is here since: in every store."""

_SPEC = importlib.util.spec_from_file_location("orders", Path(__file__).parents[2] / "browser" / "work_order_factory.py")
orders = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(orders)


def who(at: datetime) -> str:
    return OLD if at < BORDER else YOUNG


def days():
    return [START + timedelta(days=7 * week) for week in range(61)] + [NOW - timedelta(days=1)]


def make(state: Path) -> str:
    """Fill a directory; returns the journal's head."""
    book, queue, ledger, people = Book(state), CommandQueue(state), Ledger(state), People(state)
    (state / "snapshots").mkdir(parents=True)
    book.write(START, OLD, "publisher", "publish.approve", "2025-01", note="stays as long as the figure is public")
    journal = Journal(state, {"site": "old", "site_sha256": "0" * 64, "seed": 1, "start": START.isoformat(), "ticks": None})
    for number, at in enumerate(days()):
        noise = np.random.default_rng(number).random(200)
        journal.note(Note(at.isoformat(), "call", {"who": who(at)}))
        journal.commit("regular", to_epoch_s(at), {"commands": [who(at)]}, {"grid.load_p_mw": noise}, {}, {})
        book.write(at, who(at), "dispatcher", "log.write", "", text=f"{who(at)} wrote this", as_of=at.isoformat())
        queue.put(Wish(kind="acknowledge", target=f"alarm:{who(at)}"), who(at), at, at + timedelta(minutes=15))
        ledger.open_session(who(at), None, "open", at)
        ledger.issue(f"{who(at)} meter", Role.VIEWER, at, timedelta(hours=1))
    journal.close()
    people.add(YOUNG, Role.DISPATCHER, None, once=False)
    _shut_out(people, OLD, START)
    _work_order(state, START, OLD)
    _work_order(state, NOW - timedelta(days=30), YOUNG)
    _task(state, START, OLD)
    _task(state, NOW - timedelta(days=30), YOUNG)
    for name, at in (("regie.log", START), ("public.log", NOW)):
        write(state / "logs" / name, f"a fault that names {who(at)}", at)
    write(state / "snapshots" / "regie.json", json.dumps({"devices": [OLD]}), START)
    write(state / "public" / "release.json", json.dumps({"months": [{"period": "2025-01", "share": 0.62}]}), START)
    write(state / "publication" / "hours.json", json.dumps({"2025-01": 812.4}), START)
    return journal.head


def _shut_out(people: People, name: str, at: datetime) -> None:
    people.add(name, Role.VIEWER, "a brook runs under the old mill", once=False)
    people.disable(name)
    text = people.path.read_text(encoding="utf-8")
    changed = people.get(name).changed_at.isoformat()
    people.path.write_text(text.replace(changed, at.isoformat()), encoding="utf-8")


def _work_order(state: Path, at: datetime, name: str) -> None:
    store = OrderStore(state)
    made = orders.order(
        issued_by=name, issued_at=at, as_of=at, intervention=f"main_1:{at:%Y}", valid_until=at + timedelta(days=9)
    )
    (handed,) = store.issue([made])
    done = orders.change(handed.kept.order.id, "done", by=name, at=at, note=f"{name} was there", found="oil is clear", score=2)
    store.report(done, [("roof.png", orders.photo(at))] if hasattr(orders, "photo") else [])


def orders_open(state: Path, at: datetime) -> None:
    """A work order that nobody has closed."""
    at_asset = f"main_2:{at:%Y}"
    OrderStore(state).issue(
        [orders.order(issued_by=YOUNG, issued_at=at, as_of=at, intervention=at_asset, valid_until=at + timedelta(days=9))]
    )


def _task(state: Path, at: datetime, name: str) -> None:
    folder = state / "jobs" / "desk" / "rehearsal" / f"{at:%Y%m%d}"
    folder.mkdir(parents=True)
    record = {"kind": "debrief", "target": "shift", "by": name, "at": at.isoformat(), "argv": [], "params": {}, "job": None}
    (folder / "task.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "debrief.html").write_text(f"<p>{name} acknowledged", encoding="utf-8")


def write(path: Path, text: str, at: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))


def files_with(state: Path, word: str) -> set[str]:
    """Paths of files in which a word stands, as bytes."""
    return {p.relative_to(state).as_posix() for p in state.rglob("*") if p.is_file() and word.encode() in p.read_bytes()}


def hold_open(state: Path) -> list[sqlite3.Connection]:
    """Connections as the web process has them: no log is removed with the last connection."""
    found = []
    for path in state.rglob("*.sqlite"):
        db = sqlite3.connect(path)
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        found.append(db)
    return found
