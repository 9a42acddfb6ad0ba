"""The work orders of one state directory and all that became of them: a small database and the photos beside it.

Every entry is there when the call returns, whatever is killed afterwards: photos first, each as a whole file or not at all,
then one row. Nothing is altered or deleted; the database itself refuses to. Where an order stands is its last entry.

One thing goes, with its time: who it was, what they wrote and photographed. What was found and done at which asset stays.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboard.regie.work.photos import MAX_PHOTOS, bare_photo, store_photo
from dashboard.regie.work.refusal import Refused
from twin.contracts.work_order import FOLLOWS, Change, Kept, Why, WorkOrder
from twin.domain.overwriting import overwriting

FOLDER = "work_orders"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS work_order (id TEXT PRIMARY KEY, intervention TEXT NOT NULL, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    work_order TEXT NOT NULL REFERENCES work_order (id),
    key TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL
);
"""
_APPEND_ONLY = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {table}_{event.lower()} BEFORE {event} ON {table}"
    " BEGIN SELECT RAISE(ABORT, 'nothing here is altered or deleted'); END"
    for table in ("work_order", "change")
    for event in ("UPDATE", "DELETE")
)
_MAY_FORGET = ("DROP TRIGGER IF EXISTS work_order_update", "DROP TRIGGER IF EXISTS change_update")
NOBODY = "-"
"""In place of a name that has gone."""
_PHOTO = re.compile(r"[0-9a-f]{64}\.(jpg|png|webp)")


@dataclass(frozen=True)
class Handed:
    """An order as it stands; ``is_new`` is False where the same work had one already."""

    kept: Kept
    is_new: bool


class OrderStore:
    """Orders, changes and photos below ``STATE/work_orders``."""

    def __init__(self, state: Path) -> None:
        self.folder = state / FOLDER
        self.path = self.folder / "orders.sqlite"

    # --------------------------------------------------------------------------------------------- reading

    def all(self) -> tuple[Kept, ...]:
        """Every order with its history, in the order of issue.

        Raises:
            sqlite3.Error: when the store cannot be read.
        """
        if not self.path.exists():
            return ()
        with closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)) as db:
            # a process that was killed while it made the store leaves a file without tables
            return _read(db) if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'change'").fetchone() else ()

    def get(self, order: str) -> Kept | None:
        """One order; None where there is none of that id."""
        return next((kept for kept in self.all() if kept.order.id == order), None)

    def photo(self, name: str) -> Path | None:
        """File of a stored photo; None for a name that is none."""
        path = self.folder / "photos" / name
        return path if _PHOTO.fullmatch(name) and path.is_file() else None

    # --------------------------------------------------------------------------------------------- writing

    def issue(self, drafts: Iterable[WorkOrder]) -> tuple[Handed, ...]:
        """Hand out orders, all or none; work that has an open order keeps that one.

        Args:
            drafts: without id, which is given here.

        Raises:
            OSError, sqlite3.Error: when the store refuses it; nothing was written.
        """
        return self._issue(drafts, again=True)

    def issue_once(self, drafts: Iterable[WorkOrder]) -> tuple[Handed, ...]:
        """As `issue`, but not what was done since the ranking that it comes from: that one does not know of it."""
        return self._issue(drafts, again=False)

    def _issue(self, drafts: Iterable[WorkOrder], *, again: bool) -> tuple[Handed, ...]:
        handed = []
        with self._writing() as db:
            known = _read(db)
            open_ones = {kept.order.intervention: kept for kept in known if kept.is_open}
            done = {} if again else {(kept.order.intervention, kept.order.as_of): kept for kept in known if _is_done(kept)}
            number = len(known)
            for draft in drafts:
                known_one = open_ones.get(draft.intervention) or done.get((draft.intervention, draft.as_of))
                if known_one is not None:
                    handed.append(Handed(known_one, is_new=False))
                    continue
                number += 1
                order = draft.model_copy(update={"id": f"WO-{number:04d}"})
                first = Change(order=order.id, state="issued", by=order.issued_by, at=order.issued_at, key=f"issue {order.id}")
                db.execute("INSERT INTO work_order VALUES (?, ?, ?)", (order.id, order.intervention, order.model_dump_json()))
                _append(db, first)
                open_ones[order.intervention] = Kept(order=order, changes=(first,))
                handed.append(Handed(open_ones[order.intervention], is_new=True))
        return tuple(handed)

    def report(self, change: Change, photos: Sequence[tuple[str, bytes]] = ()) -> Kept:
        """Append what somebody reports; the same ``change.key`` again has no further effect.

        Args:
            change: its ``photos`` are named here. ``photos``: (name, content) as they came.

        Raises:
            Refused: with every fault; nothing was stored.
            OSError, sqlite3.Error: when the store refuses it.
        """
        kept = self.get(change.order)
        if kept is not None and _has(kept, change.key):
            return kept
        found = [bare_photo(name, data) for name, data in photos]
        faults = [*_faults(kept, change), *(photo for photo in found if isinstance(photo, Why))]
        if len(photos) > MAX_PHOTOS:
            faults.append(Why(code="photo_count", params={"count": len(photos), "limit": MAX_PHOTOS}))
        if faults:
            raise Refused(faults)
        names = [store_photo(self.folder / "photos", *photo) for photo in found if not isinstance(photo, Why)]
        return self._append(change.model_copy(update={"photos": tuple(dict.fromkeys(names))}))

    def _append(self, change: Change) -> Kept:
        """Checked again under the lock: two phones may report at once."""
        with self._writing() as db:
            kept = next((kept for kept in _read(db) if kept.order.id == change.order), None)
            if kept is not None and _has(kept, change.key):
                return kept
            if kept is None or (faults := _faults(kept, change)):
                raise Refused(faults if kept is not None else _faults(None, change))
            _append(db, change)
            return Kept(order=kept.order, changes=(*kept.changes, change))

    @staticmethod
    def names_somebody(change: Change) -> bool:
        """Whether an entry still says who it was, or holds what they wrote and photographed."""
        return change.by != NOBODY or bool(change.note or change.photos)

    def forget_people(self, before: datetime, *, dry: bool = False) -> list[datetime]:
        """Forget names, notes and photos of orders whose last entry is older; returns the instants of the entries.

        Photos go first: a kill in between leaves an entry without its photo, never a photo without its entry.

        Raises:
            OSError, sqlite3.Error: when the store refuses it.
        """
        over = [kept for kept in self.all() if not kept.is_open and kept.changes[-1].at < before]
        found = [change.at for kept in over for change in kept.changes if self.names_somebody(change)]
        if not found or dry:
            return found
        gone = {kept.order.id for kept in over}
        needed = {
            photo for kept in self.all() if kept.order.id not in gone for change in kept.changes for photo in change.photos
        }
        for photo in {photo for kept in over for change in kept.changes for photo in change.photos} - needed:
            (self.folder / "photos" / photo).unlink(missing_ok=True)
        with overwriting(self.path) as db:
            for statement in _MAY_FORGET:
                db.execute(statement)
            for kept in over:
                order = kept.order.model_copy(update={"issued_by": NOBODY})
                db.execute("UPDATE work_order SET content = ? WHERE id = ?", (order.model_dump_json(), order.id))
                for change in kept.changes:
                    bare = change.model_copy(update={"by": NOBODY, "note": "", "photos": ()})
                    db.execute("UPDATE change SET content = ? WHERE key = ?", (bare.model_dump_json(), change.key))
            for statement in _APPEND_ONLY:
                db.execute(statement)
        return found

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=5.0, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.executescript(_SCHEMA + ";\n".join(_APPEND_ONLY))
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def _read(db: sqlite3.Connection) -> tuple[Kept, ...]:
    changes: dict[str, list[Change]] = {}
    for (content,) in db.execute("SELECT content FROM change ORDER BY seq"):
        change = Change.model_validate_json(content)
        changes.setdefault(change.order, []).append(change)
    orders = [
        WorkOrder.model_validate_json(content) for (content,) in db.execute("SELECT content FROM work_order ORDER BY rowid")
    ]
    return tuple(Kept(order=order, changes=tuple(changes[order.id])) for order in orders)


def _append(db: sqlite3.Connection, change: Change) -> None:
    values = (change.order, change.key, change.model_dump_json())
    db.execute("INSERT INTO change (work_order, key, content) VALUES (?, ?, ?)", values)


def _photos(orders: Iterable[Kept]) -> set[str]:
    return {photo for kept in orders for change in kept.changes for photo in change.photos}


def _is_done(kept: Kept) -> bool:
    return kept.report is not None and kept.report.state == "done"


def _has(kept: Kept, key: str) -> bool:
    return any(change.key == key for change in kept.changes)


def _faults(kept: Kept | None, change: Change) -> list[Why]:
    if kept is None:
        return [Why(code="unknown", params={"order": change.order})]
    found = []
    if change.state not in FOLLOWS[kept.state]:
        found.append(Why(code="follows", params={"order": change.order, "state": kept.state, "asked": change.state}))
    if change.state == "not_done" and not change.note:
        found.append(Why(code="motive"))
    return found
