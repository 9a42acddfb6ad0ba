"""``regie live`` with a field that takes orders, and a place at which something happens to it.

    python -c "import sys, driver; sys.exit(driver.run(*sys.argv[1:]))" LEDGER PLACE TICK OPTIONS

LEDGER: SQLite file in which the field keeps every order it was sent. PLACE: where this process kills itself: "commit"
(computed, not yet committed), "dispatch" (committed, not yet dispatched) or "sent" (the field has the order, nothing else
knows); "decide": a breaker opens while that tick
decides; "field": the field fails before it takes an order, twice; "screen": no snapshot can be composed any more;
"nowhere". TICK: records in the journal when it happens. OPTIONS: as `twin.live.options.Options` travel. The product has no
switch for this; the script wraps the calls between which it matters.
"""

import gc
import os
import signal
import sqlite3
from dataclasses import replace


class Field:
    """An actuator that keeps what it was sent, durably and in order."""

    def __init__(self, ledger, befall):
        self._befall = befall
        self._db = sqlite3.connect(ledger)
        self._db.execute("CREATE TABLE IF NOT EXISTS sent (key TEXT, device TEXT, p_mw REAL, start TEXT)")

    def known(self, keys):
        found = {key for (key,) in self._db.execute("SELECT key FROM sent")}
        return found & set(keys)

    def send(self, orders):
        self._befall("dispatch")
        for order in orders:
            self._befall("field")
            with self._db:
                row = (order.key, order.device, order.p_mw, order.start.isoformat())
                self._db.execute("INSERT INTO sent VALUES (?, ?, ?, ?)", row)
        self._befall("sent")

    def operate(self, orders):
        for order in orders:
            with self._db:
                row = (order.key, f"switch:{order.switch}", float(order.closed), order.start.isoformat())
                self._db.execute("INSERT INTO sent VALUES (?, ?, ?, ?)", row)


def open_a_breaker(wired, tick):
    """While tick ``tick`` decides, the telemetry gets another position of the hamlet's breaker."""
    decide = wired.parts.decider.decide

    def decided(reports, state, *others):
        if wired.parts.journal.acked == tick:
            label, known = state.interval.isoformat(), state.as_of.isoformat()
            row = f"time,channel,value,known_time\n{label},switch.0.closed,0,{known}\n"
            (wired.site.file.parent / "telemetry" / "breaker.csv").write_text(row)
        return decide(reports, state, *others)

    wired.parts.decider.decide = decided


def run(ledger, place, tick, options):
    """Exit code of the run."""
    from twin.live import on_air
    from twin.regie.loop import Loop
    from twin.regie.publish import Publisher
    from twin.wiring import wire

    gc.disable()  # as the command does, until everything is there
    failures = ["no route to the field"] * 2

    def equipped(*arguments):
        wired = wire(*arguments)
        journal, commit = wired.parts.journal, wired.parts.journal.commit

        def befall(where):
            if where != place or journal.acked < int(tick):
                return
            if where == "screen":
                raise ValueError("this cannot be shown")
            if where != "field":
                os.kill(os.getpid(), signal.SIGKILL)
            elif failures:
                raise ConnectionError(failures.pop())

        def watched(*content, **named):
            if not gc.isenabled():
                raise AssertionError("a run that never collects garbage fills the memory")
            befall("commit")
            return commit(*content, **named)

        def composed(*content):
            befall("screen")
            return compose(*content)

        journal.commit = watched
        open_a_breaker(wired, int(tick) if place == "decide" else -1)
        Publisher.compose, compose = composed, Publisher.compose
        switches = replace(wired.parts.switches, writes=True)
        parts = replace(wired.parts, actuator=Field(ledger, befall), switches=switches)
        return replace(wired, parts=parts, loop=Loop(parts))

    on_air.wire = equipped
    return on_air.main(options)
