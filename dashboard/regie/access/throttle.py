"""Failed logins make the next ones wait: by name and address together, by address, and by name.

Each has its own patience within a quarter of an hour. A name from one address: five, for people mistype. An address: twenty,
for a control room shares one. A name from everywhere: fifty, half of what NIST SP 800-63B-4 (3.2.2) allows in a row; so many
that whoever only knows a dispatcher's name cannot keep them out with a handful of tries.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.regie.access.ledger import Ledger

SPAN = timedelta(minutes=15)
_BOTH, _ADDRESS, _NAME = 5, 20, 50


class Throttle:
    """Counts tries before they are judged, so that many at once get no more than one after the other."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def take(self, name: str, address: str, now: datetime) -> timedelta | None:
        """Count a try; how long to wait when it is one too many, else None."""
        limits = {f"both {address} {name}": _BOTH, f"address {address}": _ADDRESS, f"name {name}": _NAME}
        begin = (now - SPAN).timestamp()
        with self._ledger.open() as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM failure WHERE at < ?", (begin,))
            frees = [
                at
                for key, limit in limits.items()
                if (at := _frees(db.execute("SELECT at FROM failure WHERE key = ? ORDER BY at DESC", (key,)).fetchall(), limit))
            ]
            if not frees:
                db.executemany("INSERT INTO failure (key, at) VALUES (?, ?)", [(key, now.timestamp()) for key in limits])
            db.execute("COMMIT")
        return SPAN + timedelta(seconds=max(frees) - now.timestamp()) if frees else None

    def forgive(self, name: str, address: str) -> None:
        """A login that succeeded: this name from here begins anew, and the try does not count for the others."""
        with self._ledger.open() as db:
            db.execute("DELETE FROM failure WHERE key = ?", (f"both {address} {name}",))
            for key in (f"address {address}", f"name {name}"):
                db.execute("DELETE FROM failure WHERE id = (SELECT max(id) FROM failure WHERE key = ?)", (key,))


def _frees(rows: list[tuple[float]], limit: int) -> float | None:
    """When the oldest of the newest ``limit`` failures was: once it is `SPAN` old there is room again."""
    return rows[limit - 1][0] if len(rows) >= limit else None
