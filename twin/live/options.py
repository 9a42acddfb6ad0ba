"""What a run was asked for, and how it travels from the command line to the loop's own interpreter."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import QUARTER_HOUR_S, floor_quarter
from twin.site import Site
from twin.wiring import Window

DEFAULT_SPEED = "90"
"""90 times faster than life: a quarter hour takes 10 s."""
SIMULATED_YEAR = 2016
"""SimBench's profiles are of 2016."""


@dataclass(frozen=True)
class Options:
    """The flags of ``regie live``.

    Attributes:
        start: ISO instant or None. ``speed``: grid seconds per wall second, or "max".
        state: directory; None chooses one by site and window.
        scenario: what goes on air in place of ``site``, ``start`` and ``ticks``.
        host, port: of the régie. ``public_host``, ``public_port``: of the citizens' page, which can so be published alone.
        tls_cert, tls_key: PEM files by which the régie's address is encrypted, and so may take commands beyond loopback.
    """

    site: str
    start: str | None
    ticks: int | None
    speed: str
    web: bool
    host: str
    port: int
    public_host: str
    public_port: int
    state: str | None
    json: bool
    scenario: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None

    def to_text(self) -> str:
        """For the loop's interpreter."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Options:
        """Inverse of `to_text`."""
        return cls(**json.loads(text))

    @property
    def factor(self) -> float | None:
        """Grid seconds per wall second; None at full speed."""
        return None if self.speed == "max" else float(self.speed)

    @property
    def scheme(self) -> str:
        """Of the régie's address."""
        return "http" if self.tls_cert is None else "https"

    def check(self) -> None:
        """Refuse what cannot be run, all faults at once.

        Raises:
            BadInput: for speed, ticks, start or ports out of range.
        """
        problems = Problems()
        try:
            factor = self.factor
            if factor is not None and not 0.0 < factor <= 90_000.0:
                problems.add("--speed", self.speed, "more than 0 and at most 90000, or max", "900 is a tick per second")
        except ValueError:
            problems.add("--speed", self.speed, "a number or max", "900 is a tick per second")
        if self.ticks is not None and not 1 <= self.ticks <= 10_000_000:
            problems.add("--ticks", self.ticks, "1 to 10000000", "leave it out to run until stopped")
        if self.start is not None:
            _check_start(self.start, problems)
        for name, port in (("--port", self.port), ("--public-port", self.public_port)):
            if not 1 <= port <= 65535:
                problems.add(name, port, "1 to 65535", "choose another port")
        for name, file in (("--tls-cert", self.tls_cert), ("--tls-key", self.tls_key)):
            if (self.tls_cert or self.tls_key) and not Path(file or "").is_file():
                problems.add(name, file or "nothing", "a file, certificate and key together", "give both, or neither")
        if self.web and self.port == self.public_port:
            problems.add(
                "--public-port", self.public_port, f"another port than --port {self.port}", "the two screens are apart"
            )
        problems.raise_if_any()


def _check_start(text: str, problems: Problems) -> None:
    try:
        instant = datetime.fromisoformat(text)
        if not 2000 <= instant.year <= 2100:  # beyond, the window's ends leave what a date can hold
            problems.add("--start", text, "a year from 2000 to 2100", "correct the year")
        elif (instant.timestamp() if instant.tzinfo else instant.replace(tzinfo=UTC).timestamp()) % QUARTER_HOUR_S:
            problems.add("--start", text, "a whole quarter hour", "use minutes 00, 15, 30 or 45")
    except ValueError:
        problems.add("--start", text, "an ISO 8601 date or instant", "write 2016-06-15 or 2016-06-15T06:00+02:00")


def window_of(options: Options, site: Site, now: datetime) -> Window:
    """The asked window; without ``--start`` now's ISO week, weekday and time of day in the simulated year.

    A start without offset is the site's local time.
    """
    zone = ZoneInfo(site.timezone)
    if options.start is None:
        local = now.astimezone(zone)
        week, weekday = local.isocalendar().week, local.isocalendar().weekday
        day = datetime.fromisocalendar(SIMULATED_YEAR, min(week, 52), weekday)
        start = floor_quarter(day.replace(hour=local.hour, minute=local.minute, tzinfo=zone))
    else:
        given = datetime.fromisoformat(options.start)
        start = (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
    return Window(start, options.ticks)


def state_directory(options: Options, site: Site, start: datetime | None) -> Path:
    """``--state``, else a folder named after site and window under ``$REGIE_STATE`` or ``./state``."""
    if options.state is not None:
        return Path(options.state)
    base = Path(os.environ.get("REGIE_STATE", "state"))
    if start is None and options.ticks is None:
        return base / site.name
    label = "now" if start is None else start.strftime("%Y%m%dT%H%MZ")
    return base / f"{site.name}-{label}-{options.ticks or 'open'}"


def first_as_of(window: Window) -> datetime:
    """Instant of the first tick."""
    return window.start + timedelta(seconds=QUARTER_HOUR_S)


def port_problem(name: str, host: str, port: int) -> Problem | None:
    """A problem when nobody can listen there."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return Problem(name, f"{host}:{port} cannot be used ({error.strerror})", "a free port", f"choose another {name}")
    return None


def check_ports(options: Options) -> None:
    """Refuse ports in use before anything starts.

    Raises:
        BadInput: naming each.
    """
    if not options.web:
        return
    found = [
        port_problem("--port", options.host, options.port),
        port_problem("--public-port", options.public_host, options.public_port),
    ]
    problems = [problem for problem in found if problem is not None]
    if problems:
        raise BadInput(problems)
