"""``regie live`` with a field that takes orders, and a place at which this process kills itself.

    python -c "import sys, driver; sys.exit(driver.run(*sys.argv[1:]))" LEDGER PLACE TICK OPTIONS

LEDGER: SQLite file in which the field keeps every order it was sent. PLACE: "commit" (computed, not yet committed),
"dispatch" (committed, not yet dispatched), "sent" (the field has the order, nothing else knows) or "nowhere". TICK: records in
the journal when it happens. OPTIONS: as `twin.live.options.Options` travel. The product has no switch for this; the script
wraps the two calls between which a crash matters.
"""

import os
import signal
import sqlite3
from dataclasses import replace


class Field:
    """An actuator that keeps what it was sent, durably and in order."""

    def __init__(self, ledger, die):
        self._die = die
        self._db = sqlite3.connect(ledger)
        self._db.execute("CREATE TABLE IF NOT EXISTS sent (key TEXT, device TEXT, p_mw REAL, start TEXT)")

    def known(self, keys):
        found = {key for (key,) in self._db.execute("SELECT key FROM sent")}
        return found & set(keys)

    def send(self, orders):
        self._die("dispatch")
        with self._db:
            rows = [(order.key, order.device, order.p_mw, order.start.isoformat()) for order in orders]
            self._db.executemany("INSERT INTO sent VALUES (?, ?, ?, ?)", rows)
        self._die("sent")


def run(ledger, place, tick, options):
    """Exit code of the run."""
    from twin.live import on_air
    from twin.regie.loop import Loop
    from twin.wiring import wire

    def equipped(*arguments):
        wired = wire(*arguments)
        journal, commit = wired.parts.journal, wired.parts.journal.commit

        def die(where):
            if where == place and journal.acked == int(tick):
                os.kill(os.getpid(), signal.SIGKILL)

        def watched(*content, **named):
            die("commit")
            return commit(*content, **named)

        journal.commit = watched
        parts = replace(wired.parts, actuator=Field(ledger, die))
        return replace(wired, parts=parts, loop=Loop(parts))

    on_air.wire = equipped
    return on_air.main(options)
