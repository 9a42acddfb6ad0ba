"""On air: one window from its first tick, or from where the journal ends, to its last; then the figures.

Started by ``regie live`` in place of the command line's interpreter, so that the process on air holds nothing but the loop. The
loop runs in the main thread: the boxes' fork server and the screens die with the thread that started them.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twin.contracts.messages import Command
from twin.contracts.ports import GridEvent
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR
from twin.live.figures import one_line, run_figures
from twin.live.fingerprint import machine_fingerprint
from twin.live.options import Options, check_ports, first_as_of, state_directory, window_of
from twin.live.pace import Pace
from twin.live.progress import Progress
from twin.live.screens import Screens
from twin.live.views import Views
from twin.regie.account import COMMAND_EVENT
from twin.regie.chain import JournalDamaged, open_readonly, read_meta
from twin.regie.commands import expired, read_commands
from twin.regie.journal import JournalUnavailable, Note
from twin.regie.tick import Moment, Tick
from twin.site import Site
from twin.wiring import Window, Wired, check_whole_site, wire

_LOG = logging.getLogger(__name__)
_POLL_S = 0.25
_FULL = (errno.ENOSPC, errno.EDQUOT)
_WAITING_LIMIT = 96
"""Ticks that may wait for a failing store before the run gives up: a day."""


def main(text: str) -> int:
    """Run what ``regie live`` was asked for; returns the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    options = Options.from_text(text)
    try:
        options.check()
        site, problems = check_whole_site(options.site, progress=Progress(sys.stderr).step, rows=False)
        if site is None or problems:
            raise BadInput(problems)
        window, state = _resumed_window(options, site, datetime.now(UTC))
        check_ports(options)
        _check_state(state)
        figures = OnAir(options, site, window, state).run()
    except BadInput as error:
        for problem in error.problems:
            sys.stderr.write(f"regie: {problem}\n")
        return error.exit_code
    except OSError as error:
        sys.stderr.write(f"regie: {_of_the_disk(error)}\n")
        return 1
    except JournalUnavailable as error:
        sys.stderr.write(f"regie: the journal cannot be written ({error}); free space or repair the disk, then start again\n")
        return 1
    if options.json:
        sys.stdout.write(one_line(figures) + "\n")
    else:
        journal = figures["journal"]
        sys.stdout.write(f"{figures['ticks']} ticks, {journal['acked']} journalled, head {journal['head'][:16]}, in {state}\n")
    sys.stdout.flush()
    return 0


def _resumed_window(options: Options, site: Site, now: datetime) -> tuple[Window, Path]:
    """The window and its directory; without ``--start`` a state that exists goes on where it is."""
    state = state_directory(options, site, None)
    if options.start is None and (state / "journal.sqlite").exists():
        db = open_readonly(state)
        try:
            start = datetime.fromisoformat(read_meta(db)["identity"]["start"])
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, BadInput):
                raise
            raise JournalDamaged(f"{state / 'journal.sqlite'}: meta", f"start is unreadable ({error})") from error
        finally:
            db.close()
        return Window(start, options.ticks), state
    window = window_of(options, site, now)
    return window, state_directory(options, site, None if options.start is None else window.start)


def _check_state(state: Path) -> None:
    """Refuse a path that can be no state directory, before anything starts on it.

    Raises:
        BadInput: a file, or a place where this user may not write.
        OSError: when the disk has no room for it.
    """
    limit, remedy = "a directory that can be written", "choose another --state"
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in _FULL:
            raise
        raise BadInput([Problem(f"--state {state}", error.strerror or str(error), limit, remedy)]) from error
    if not os.access(state, os.W_OK | os.X_OK):
        raise BadInput([Problem(f"--state {state}", "cannot be written", limit, remedy)])


def _of_the_disk(error: OSError) -> Problem:
    """What the operating system refused, in one line."""
    full = error.errno in _FULL
    limit = "room for the state" if full else "a machine that carries the run"
    remedy = "free space, then start again" if full else "repair it, then start again"
    return Problem(str(error.filename or "the state directory"), error.strerror or str(error), limit, remedy)


class OnAir:
    """One run."""

    def __init__(self, options: Options, site: Site, window: Window, state: Path) -> None:
        self._options = options
        self._site = site
        self._window = window
        self._state = state
        self._progress = Progress(sys.stderr)
        self._stop = False
        self._notes: list[Note] = []
        self._tick_ms: list[float] = []
        self._misses = 0
        self._pace = Pace(options.factor)

    def run(self) -> dict[str, Any]:
        """From start or resume to the window's end or SIGTERM; returns the figures."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self._end())
        wired = wire(self._site, self._window, self._state, self._progress.step)
        if wired.quarantined:
            first, count = wired.quarantined[0], len(wired.quarantined)
            self._progress.say(f"{count} telemetry rows left out, the first: {first}; regie site check lists them")
        screens = Screens.of(self._options, self._state) if self._options.web else None
        try:
            for detail in wired.parts.journal.notes("tick"):
                self._count(detail)
            if not self._complete(wired):
                self._go(wired, screens)
            if wired.loop.waiting:  # the run is over: nothing tries them again
                raise JournalUnavailable(f"{wired.loop.waiting} ticks wait for it")
            return self._figures(wired)
        finally:
            wired.parts.runner.stop()
            if screens is not None:
                screens.stop()
            wired.parts.journal.close()
            self._progress.close()

    def _go(self, wired: Wired, screens: Screens | None) -> None:
        parts, loop = wired.parts, wired.loop
        views = Views(wired, self._state, self._options.speed)
        if screens is not None:
            screens.start()
            self._progress.say(f"régie     http://{self._options.host}:{self._options.port}/regie/")
            self._progress.say(f"citizens  http://{self._options.host}:{self._options.public_port}/")
        self._progress.step("boxes", 0.0)
        parts.runner.start()
        self._progress.step("history", 0.5)
        loop.begin(self._window.start)
        self._progress.step("on air", 1.0)
        self._note("started", {"resumed_at": parts.journal.acked, "fingerprint": machine_fingerprint()})
        views.resume(parts.journal)
        self._pace = Pace(self._options.factor)
        try:
            self._ticks(wired, views, screens)
        finally:
            views.finish()
            if not loop.waiting:
                parts.journal.note(self._notes)

    # ------------------------------------------------------------------------------------------ ticks

    def _ticks(self, wired: Wired, views: Views, screens: Screens | None) -> None:
        loop = wired.loop
        while not self._stop and not self._complete(wired):
            as_of = self._next(loop.regular)
            event = wired.parts.live.telemetry.next_event(loop.last or self._window.start, as_of)
            if event is not None and self._reached(wired, event.at, as_of, views, screens):
                self._tick(wired, Moment(event.at, event=event), views)
                continue
            if not self._reached(wired, as_of, as_of, views, screens):
                continue
            loop.adopt_models(as_of)
            commands, late = self._commands(loop.memory.command_offset)
            self._tick(wired, Moment(as_of, commands=commands, late=late), views)
            self._pace.advance()
            self._progress.ticks(loop.memory.statistics.ticks, self._window.ticks)
            if loop.waiting > _WAITING_LIMIT:
                raise JournalUnavailable(f"{loop.waiting} ticks wait for it")

    def _reached(self, wired: Wired, at: datetime, next_as_of: datetime, views: Views, screens: Screens | None) -> bool:
        """Wait until grid time reaches ``at``; False when told to stop. Commands meanwhile get event ticks of their own."""
        while not self._stop:
            if screens is not None:
                for name in screens.look_after():
                    self._note("screen_restarted", {"screen": name})
            left = self._pace.left_s(at, next_as_of)
            if left <= 0.0:
                return True
            commands, late = self._commands(wired.loop.memory.command_offset)
            now = self._pace.grid_time(next_as_of)
            if (commands or late) and now > (wired.loop.last or self._window.start):
                event = GridEvent(now, COMMAND_EVENT, "site")
                self._tick(wired, Moment(now, event=event, commands=commands, late=late), views)
                continue
            time.sleep(min(left, _POLL_S))
        return False

    def _tick(self, wired: Wired, moment: Moment, views: Views) -> Tick:
        begun = time.monotonic()
        notes, self._notes = self._notes, []
        tick = wired.loop.tick(moment, notes)
        if not tick.acked:
            self._notes = notes
        ms = 1000.0 * (time.monotonic() - begun)
        views.publish(tick, ms, self._next_at(moment), waiting=wired.loop.waiting)
        ms = 1000.0 * (time.monotonic() - begun)
        detail = {"seq": tick.seq, "ms": round(ms, 2), "limit_ms": round(1000.0 * self._limit_s(), 2)}
        self._count(detail)
        self._note("tick", detail)
        return tick

    # ------------------------------------------------------------------------------------------ inside

    def _next(self, regular: datetime | None) -> datetime:
        return first_as_of(self._window) if regular is None else regular + QUARTER_HOUR

    def _next_at(self, moment: Moment) -> datetime | None:
        """Wall clock of the next regular tick, None at full speed."""
        if self._pace.interval_s is None:
            return None
        due = self._pace.due + (self._pace.interval_s if moment.event is None else 0.0)
        return datetime.now(UTC) + timedelta(seconds=max(due - time.monotonic(), 0.0))

    def _limit_s(self) -> float:
        """Longest wall time of a tick: the site's deadline, or the interval at the chosen speed when that is shorter."""
        deadline, interval = self._site.about.deadline_s, self._pace.interval_s
        return deadline if interval is None else min(deadline, interval)

    def _commands(self, after: int) -> tuple[list[Command], list[Command]]:
        return expired(read_commands(self._state, after), datetime.now(UTC))

    def _complete(self, wired: Wired) -> bool:
        return self._window.ticks is not None and wired.loop.memory.statistics.ticks >= self._window.ticks

    def _count(self, detail: dict[str, Any]) -> None:
        self._tick_ms.append(detail["ms"])
        self._misses += detail["ms"] > detail["limit_ms"]

    def _note(self, kind: str, detail: dict[str, Any]) -> None:
        self._notes.append(Note(datetime.now(UTC).isoformat(), kind, detail))

    def _figures(self, wired: Wired) -> dict[str, Any]:
        loop, journal = wired.loop, wired.parts.journal
        acked = loop.memory.statistics.ticks - loop.waiting
        return run_figures(loop.memory, wired.parts.kpi_facts, self._tick_ms, self._misses, acked, journal.head)

    def _end(self) -> None:
        """Finish the tick that is under way, then go."""
        self._stop = True
