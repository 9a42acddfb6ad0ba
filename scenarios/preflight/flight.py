"""Go or no-go: everything that must be true before a site goes on air, one line each, with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scenarios.preflight.boxes import box_lines
from scenarios.preflight.data import data_lines, engine_lines, site_line
from scenarios.preflight.host import clock, disk, load, lock, ports
from scenarios.preflight.journal import Held, held, journal_lines
from scenarios.preflight.line import Line, Verdict, no_go
from scenarios.preflight.mail import mail
from scenarios.preflight.rehearsed import rehearsed
from twin.adapters.ready import Ready
from twin.check import check_whole_site, ready_site
from twin.contracts.ports import SourceFailed
from twin.domain.problems import BadInput, Problems
from twin.domain.time import QUARTER_HOUR, floor_quarter
from twin.live.options import Options, first_as_of, state_directory, window_of
from twin.regie.journal import JournalUnavailable
from twin.site import Site
from twin.wiring import Progress, Window

_TICK_BYTES = 64 * 1024
"""Of a tick of a town as large as the demo's, where none could be measured."""


@dataclass(frozen=True)
class Flight:
    """What was found. ``start``: first quarter hour that was rehearsed."""

    site: str
    state: Path
    start: datetime
    lines: tuple[Line, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of all lines."""
        found = {line.verdict for line in self.lines}
        return next((verdict for verdict in (Verdict.NO_GO, Verdict.CAUTION) if verdict in found), Verdict.GO)


def preflight(options: Options, now: datetime, *, send_test: bool, progress: Progress) -> Flight:
    """Look at everything; what cannot be looked at because of a fault is left out, and the fault says no-go.

    Args:
        options: of the run that would go on air; its window's length does not matter.

    Raises:
        BadInput: for options that no run could have, and a site file that cannot be read.
    """
    refused = Problems()
    refused.tried(options.check)
    site, problems = check_whole_site(options.site, progress=progress)
    if site is None or refused:
        raise BadInput([*refused, *problems])
    state = state_directory(options, site, None if options.start is None else window_of(options, site, now).start)
    found = held(state)
    start, clocked = _start(options, site, found, now)
    lines = [*site_line(problems), *journal_lines(state, site, found, now)]
    tick_bytes = found.tick_bytes
    if not problems:
        ready = ready_site(options.site, progress=progress)
        more, measured = _in_a_tick(ready, found, start, now if clocked else None, progress)
        lines, tick_bytes = lines + more, tick_bytes or measured
    lines += [lock(state, on_air=found.on_air), *disk(state, tick_bytes or _TICK_BYTES, on_air=found.on_air)]
    lines += clock(site.timezone, now)
    if options.web:
        screens = {"--port": (options.host, options.port), "--public-port": (options.public_host, options.public_port)}
        lines += ports(screens)
    lines.append(mail(site.mail, site.name, send_test=send_test))
    return Flight(site.name, state, start, tuple(lines))


def _start(options: Options, site: Site, found: Held, now: datetime) -> tuple[datetime, bool]:
    """First quarter hour to rehearse, and whether it is the host's own clock that the site follows."""
    if options.start is None and found.last is not None:
        return floor_quarter(found.last), False
    if options.start is None and site.telemetry.source == "csv":
        return floor_quarter(now) - QUARTER_HOUR, True
    return window_of(options, site, now).start, False


def _in_a_tick(ready: Ready, found: Held, start: datetime, now: datetime | None, progress: Progress) -> tuple[list[Line], int]:
    """Everything that a rehearsed tick shows, and the bytes that it added to its journal."""
    as_of = first_as_of(Window(start, 1))
    limit = "a first tick"
    try:
        with rehearsed(ready, start, progress) as one:
            lines = [*data_lines(one, now), *box_lines(one, found.models, as_of), *engine_lines(one)]
            lines += load(one.tick_s, ready.site.about.deadline_s, one.used_bytes)
            return lines, one.journal_bytes
    except BadInput as refused:
        return [no_go("tick", f"{p.place}: {p.value}", str(p.limit), str(p.remedy)) for p in refused.problems], 0
    except (SourceFailed, JournalUnavailable) as error:
        return [no_go("tick", str(error), limit, "repair what it names, then look again")], 0
    except OSError as error:
        return [no_go("tick", f"{error.filename}: {error.strerror}", limit, "free space in the temporary directory")], 0
