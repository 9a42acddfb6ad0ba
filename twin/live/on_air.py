"""On air: one window from its first tick, or from where the journal ends, to its last; then the figures.

Started by ``regie live`` in place of the command line's interpreter, so that the process on air holds nothing but the loop. The
loop runs in the main thread: the boxes' fork server and the screens die with the thread that started them.
"""

from __future__ import annotations

import gc
import logging
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

from twin.contracts.messages import Command
from twin.contracts.ports import GridEvent, SourceFailed
from twin.domain.problems import BadInput
from twin.domain.time import QUARTER_HOUR
from twin.live.calls import Calls
from twin.live.figures import one_line, run_figures
from twin.live.fingerprint import machine_fingerprint
from twin.live.options import Options, check_ports, first_as_of
from twin.live.pace import Pace
from twin.live.progress import Progress
from twin.live.recheck import Recheck
from twin.live.screens import Screens
from twin.live.show import Show, site_show
from twin.live.state_folder import check_state, of_the_disk
from twin.live.tidying import Tidying
from twin.live.views import Views
from twin.preview.kit import kit_of, write_kit
from twin.regie.commands import Refused, read_commands
from twin.regie.journal import Journal, JournalUnavailable, Note
from twin.regie.loop import Loop
from twin.regie.tick import COMMAND_EVENT, Moment
from twin.wiring import Wired, wire

_LOG = logging.getLogger(__name__)
_POLL_S = 0.25
_SECOND = timedelta(seconds=1)
_WAITING_LIMIT = 96
"""Ticks that may wait for a failing store before the run gives up: a day."""


def main(text: str, show_of: Callable[[Options, Progress], Show] = site_show) -> int:
    """Run what ``regie live`` was asked for; returns the exit code.

    Args:
        show_of: what goes on air for these options: a site, unless somebody prepared something else.

    Told to end (SIGTERM, Ctrl-C) before everything is wired it leaves at once, without figures: nothing was done yet.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    options = Options.from_text(text)
    try:
        options.check()
        show = show_of(options, Progress(sys.stderr))
        check_ports(options)
        check_state(show.state)
        figures = OnAir(options, show).run()
    except BadInput as error:
        for problem in error.problems:
            sys.stderr.write(f"regie: {problem}\n")
        return error.exit_code
    except OSError as error:
        sys.stderr.write(f"regie: {of_the_disk(error)}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("regie: told to end before it was on air\n")
        return 0
    except SourceFailed as error:
        sys.stderr.write(f"regie: {error}\n")
        return 1
    except JournalUnavailable as error:
        sys.stderr.write(f"regie: the journal cannot be written ({error}); free space or repair the disk, then start again\n")
        return 1
    if options.json:
        sys.stdout.write(one_line(figures) + "\n")
    else:
        journal = figures["journal"]
        sys.stdout.write(
            f"{figures['ticks']} ticks, {journal['acked']} journalled, head {journal['head'][:16]}, in {show.state}\n"
        )
    sys.stdout.flush()
    return 0


class OnAir:
    """One run."""

    _journal: Journal
    _calls: Calls
    _tidying: Tidying

    def __init__(self, options: Options, show: Show) -> None:
        self._options, self._show = options, show
        self._window, self._state = show.window, show.state
        self._progress = Progress(sys.stderr)
        self._stop = self._idle = False
        self._terminal = sys.stderr.isatty()
        self._recheck = Recheck(*(show.recheck or ("twin.live.recheck", str(show.ready.site.file))), show.file_sha256)
        self._tick_ms: list[float] = []
        self._misses = 0
        self._pace = Pace(options.factor)

    def run(self) -> dict[str, Any]:
        """From start or resume to the window's end or SIGTERM; returns the figures."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGHUP, self._hang_up)
        try:
            with self._leaving_at_once():
                built = self._show.wire or wire
                wired = built(self._show.ready, self._window, self._state, self._progress.step, self._ops)
            return self._play(wired)
        finally:
            self._recheck.stop()
            self._progress.close()

    def _play(self, wired: Wired) -> dict[str, Any]:
        self._journal = wired.parts.journal
        if wired.quarantined:
            first, count = wired.quarantined[0], len(wired.quarantined)
            self._progress.say(f"{count} telemetry rows left out, the first: {first}; regie site check lists them")
        screens = Screens.of(self._options, self._state) if self._options.web else None
        try:
            for detail in self._journal.notes("tick"):
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
            self._journal.close()

    def _go(self, wired: Wired, screens: Screens | None) -> None:
        views = Views(wired, self._state, self._options.factor, self._window.start)
        self._calls = Calls(self._state, wired.site.mail, wired.site.roster)
        self._tidying = Tidying(self._state, measured=wired.site.telemetry.source != "plant")
        with suppress(OSError):  # a full disk: no previews, which say so
            write_kit(self._state / "jobs", kit_of(wired))
        try:
            with self._leaving_at_once():
                self._start(wired, views, screens)
            self._ticks(wired, views, screens)
        except KeyboardInterrupt:
            pass  # while nothing was under way that the next start would not do again
        finally:
            views.finish()
            for detail in self._calls.stop():
                self._note("call", detail)
            self._tidying.stop()
            if not wired.loop.waiting:
                self._journal.flush()

    def _start(self, wired: Wired, views: Views, screens: Screens | None) -> None:
        if screens is not None:
            screens.start()
            self._progress.say(f"régie     {self._options.scheme}://{self._options.host}:{self._options.port}/regie/")
            self._say_how_to_come_in()
            self._progress.say(f"citizens  http://{self._options.public_host}:{self._options.public_port}/")
        self._progress.step("boxes", 0.0)
        wired.parts.runner.start()
        self._progress.step("history", 0.5)
        wired.loop.begin(self._window.start)
        gc.collect()
        gc.freeze()  # what was imported and wired lives as long as the run: no later collection walks through it
        gc.enable()
        self._progress.step("on air", 1.0)
        self._note("started", {"resumed_at": self._journal.acked, "fingerprint": machine_fingerprint()})
        views.resume(self._journal)
        self._calls.resume(self._journal)
        self._pace = Pace(self._options.factor)

    def _say_how_to_come_in(self) -> None:
        """Where nobody has a login yet: a password on a terminal; elsewhere how to get one, for a log must open no door."""
        from dashboard.regie.access.first import NAME, first_password, nobody_yet  # hashes passwords: not for the loop to carry

        with suppress(OSError, ValueError, sqlite3.Error):  # the login page or `regie user` says what is wrong there
            if not self._terminal and nobody_yet(self._state):
                self._progress.say(f"nobody can log in yet: regie user add NAME --role admin --state {self._state}")
            password = first_password(self._state) if self._terminal else None
            if password is not None:
                self._progress.say(f"log in as {NAME} with {password} (once, within 24 hours; then choose your own)")

    # ------------------------------------------------------------------------------------------ ticks

    def _ticks(self, wired: Wired, views: Views, screens: Screens | None) -> None:
        loop = wired.loop
        while not self._complete(wired):
            moment = self._next_moment(wired, views, screens)
            if moment is None:
                return
            if moment.event is not None:
                self._tick(wired, moment, views)
                continue
            with self._leaving_at_once():
                loop.adopt_models(moment.as_of)
            commands, refused = self._commands(loop)
            self._tick(wired, replace(moment, commands=commands, refused=refused), views)
            self._pace.advance()
            self._progress.ticks(loop.memory.statistics.ticks, self._window.ticks)
            if loop.waiting > _WAITING_LIMIT:
                raise JournalUnavailable(f"{loop.waiting} ticks wait for it")

    def _next_moment(self, wired: Wired, views: Views, screens: Screens | None) -> Moment | None:
        """Wait for what comes first: an event of the grid, a call, a command or the quarter hour. None when told to end.

        Nobody knows beforehand when a breaker opens, so the telemetry is asked again and again.
        """
        loop, as_of = wired.loop, self._next(wired.loop.regular)
        while not self._stop:
            self._look_after(wired, views, screens)
            last = loop.last or self._window.start
            left_s = self._pace.left_s()
            now = as_of if left_s <= 0.0 else self._pace.grid_time(as_of)
            event = wired.parts.live.telemetry.next_event(last, min(now + _SECOND, as_of))
            call = loop.next_call(self._window.start, as_of)
            if call is not None and call.as_of <= now and (event is None or call.as_of < event.at):
                commands, refused = self._commands(loop)  # who has just answered is not called
                return replace(call, commands=commands, refused=refused)
            if event is not None:
                return Moment(event.at, event=event)
            if left_s <= 0.0:
                return Moment(as_of)
            commands, refused = self._commands(loop)
            if (commands or refused) and now > last:
                return Moment(now, event=GridEvent(now, COMMAND_EVENT, "site"), commands=commands, refused=refused)
            loop.send_again(now)
            time.sleep(min(left_s, _POLL_S))
        return None

    def _look_after(self, wired: Wired, views: Views, screens: Screens | None) -> None:
        """Between ticks: screens and the work process if they fell, what became of calls and of a look at the site file."""
        with suppress(OSError):  # no room or no process to be had: tried again
            wired.parts.runner.keep_work()
        for name in screens.look_after() if screens is not None else ():
            self._note("screen_restarted", {"screen": name})
        for detail in () if wired.loop.waiting else self._tidying.look(self._journal, wired.loop.last or self._window.start):
            self._note("not_expunged", detail)
        mailed = self._calls.look()
        for detail in mailed:
            self._note("call", detail)
        if mailed:
            views.of_host(self._calls.alarms(wired.loop.last or self._window.start))
        found = self._recheck.look()
        if found is not None:
            for line in found.lines:
                self._progress.say(f"regie: {line}")
            self._note("site_file", {"verdict": found.verdict, "problems": list(found.problems)})

    def _tick(self, wired: Wired, moment: Moment, views: Views) -> None:
        limit_s, begun = self._limit_s(wired.parts.runner.catch_up_s()), time.monotonic()
        tick = wired.loop.tick(moment)
        ms = 1000.0 * (time.monotonic() - begun)
        alarms = self._calls.alarms(moment.as_of)
        views.publish(tick, ms, self._next_at(moment), waiting=wired.loop.waiting, alarms=alarms)
        self._calls.tell(moment.as_of, tick.lines)
        ms = 1000.0 * (time.monotonic() - begun)
        detail = {"seq": tick.seq, "ms": round(ms, 2), "limit_ms": round(1000.0 * limit_s, 2)}
        self._count(detail)
        self._note("tick", detail)

    # ------------------------------------------------------------------------------------------ inside

    def _next(self, regular: datetime | None) -> datetime:
        return first_as_of(self._window) if regular is None else regular + QUARTER_HOUR

    def _next_at(self, moment: Moment) -> datetime | None:
        """Wall clock of the next regular tick, None at full speed."""
        if self._pace.interval_s is None:
            return None
        due = self._pace.due + (self._pace.interval_s if moment.event is None else 0.0)
        return datetime.now(UTC) + timedelta(seconds=max(due - time.monotonic(), 0.0))

    def _limit_s(self, catch_up_s: float) -> float:
        """Longest wall time of a tick: the site's deadline and what boxes may catch up in it, or the interval if shorter."""
        deadline, interval = self._show.ready.site.about.deadline_s + catch_up_s, self._pace.interval_s
        return deadline if interval is None else min(deadline, interval)

    def _commands(self, loop: Loop) -> tuple[list[Command], list[Refused]]:
        return read_commands(self._state, loop.memory.command_offset, loop.memory.consumed, datetime.now(UTC))

    def _complete(self, wired: Wired) -> bool:
        return self._window.ticks is not None and wired.loop.memory.statistics.ticks >= self._window.ticks

    def _count(self, detail: dict[str, Any]) -> None:
        self._tick_ms.append(detail["ms"])
        self._misses += detail["ms"] > detail["limit_ms"]

    def _note(self, kind: str, detail: dict[str, Any]) -> None:
        self._journal.note(Note(datetime.now(UTC).isoformat(), kind, detail))

    def _ops(self, event: Mapping[str, Any]) -> None:
        """What the boxes' supervision tells: durations, restarts, a suspended host."""
        detail = dict(event)
        self._note(detail.pop("event"), detail)

    def _figures(self, wired: Wired) -> dict[str, Any]:
        loop, journal = wired.loop, wired.parts.journal
        acked = loop.memory.statistics.ticks - loop.waiting
        return run_figures(loop.memory, wired.parts.kpi_facts, self._tick_ms, self._misses, acked, journal.head)

    @contextmanager
    def _leaving_at_once(self) -> Iterator[None]:
        """Told to end inside: KeyboardInterrupt. Outside a tick is under way, which is finished first."""
        self._idle = True
        try:
            if self._stop:
                raise KeyboardInterrupt
            yield
        finally:
            self._idle = False

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._stop = True
        if self._idle:
            raise KeyboardInterrupt

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        """SIGHUP: a terminal that has gone takes the run with it; else somebody asks for a look at the site file."""
        if self._terminal and not sys.stderr.isatty():
            self._end(number, frame)
        else:
            self._recheck.ask()
