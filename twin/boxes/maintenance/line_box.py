"""The line rating box: what the watched lines bear in the next 48 hours, and for how long they bear what they carry.

It informs. The limits that the decision keeps stay those of the site and its grid: a line that bears 118 % for two hours is
loaded no higher by the régie on its own because of it, but a dispatcher can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from twin.boxes.maintenance.lines import findings
from twin.boxes.maintenance.lines.facts import BEST, WatchedLine, read_lines
from twin.boxes.maintenance.lines.health import COLDEST_SOIL_C, WINDOW, Health, begin, follow_air, move_on, roll_cables, soil_of
from twin.boxes.maintenance.lines.outlook import current_ahead, fit_relation, habit
from twin.boxes.maintenance.lines.reading import (
    AHEAD_STEPS,
    Telemetry,
    read_course,
    read_net_ahead,
    read_series,
    read_telemetry,
)
from twin.boxes.maintenance.lines.room import CURVE_H, LOWEST, Breach, Room, breach, cable_room, overhead_room
from twin.boxes.maintenance.lines.weather import QUANTILES, Course
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView, MissingSignalError
from twin.contracts.messages import Finding, Headline, Report
from twin.contracts.running_on import RUNNING_ON
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_epoch_s, quarter_hours, to_epoch_s

HISTORY = timedelta(weeks=5)
"""What the slowest term of a cable at usual depth (19 days) still remembers to a sixth."""
WEEK = WINDOW * QUARTER_HOUR
AHEAD = AHEAD_STEPS * QUARTER_HOUR
SETTLE = timedelta(hours=4)
"""What is remembered stays this far behind now, so that telemetry that comes late still counts."""
FORECASTS = ("load_forecast_p_mw", "pv_forecast_p_mw")


@dataclass(frozen=True)
class _Line:
    """A line in this tick: its facts, its room, its breach if nobody acts, and how what is ahead came about.

    Attributes:
        rise_k: a cable's terms now, dims (lane, term). ``soil_c``: around it ahead, dims (time, lane).
        air_soil_c: soil ahead as it follows the air, dims (time,).
        i_ka: present current. ``measured``: in the last quarter hour. ``forecast_steps``: quarter hours with a forecast.
    """

    facts: WatchedLine
    room: Room
    breach: Breach | None
    rise_k: np.ndarray
    soil_c: np.ndarray
    air_soil_c: np.ndarray
    i_ka: float
    measured: bool
    forecast_steps: int


class LineRatingBox:
    """Thermal ratings of lines and cables: linerate's heat balance in an ensemble of weather, IEC 60287 with its transient.

    Row k of ``line_rating_ka`` is what may flow for two hours from its label on, after what is expected until then.
    ``config``: ``lines``, names out of ``context.lines``; all of them where it is left out.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        self.lines = read_lines(config, context.lines, grid=context.grid, zones=context.zones)
        self.context = context
        self.card = _card(self.lines)

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Nothing is trained: the cables' heat lives in the state.

        Raises:
            TypeError: always; the card announces no training.
        """
        raise TypeError(f"line rating box {self.context.instance!r} is not trained ({view.as_of}, seed {seed})")

    def step(
        self,
        view: AsOfView,
        artifact: bytes | None,  # noqa: ARG002 - the Box contract hands one to every box; this one has none
        state: bytes | None,
    ) -> tuple[Report, bytes | None]:
        """Ratings and temperatures from ``view.as_of`` on."""
        as_of = floor_quarter(view.as_of)
        remembered = Health.from_bytes(state, self.lines) if state else None
        start = as_of - HISTORY if remembered is None else from_epoch_s(remembered.at_s) - WEEK
        telemetry = read_telemetry(view, [line.name for line in self.lines], start=start)
        if remembered is None or remembered.at_s < telemetry.start_s:  # never started, or stopped for longer than the frame
            remembered = begin(telemetry, self.lines)
        remembered = move_on(remembered, telemetry.until(to_epoch_s(as_of - SETTLE)), self.lines)
        health = move_on(remembered, telemetry, self.lines)
        course = self._course(view)
        lines = self._lines(view, telemetry, health, course)
        return self._report(lines, health, course, as_of), remembered.to_bytes()

    def _course(self, view: AsOfView) -> Course | None:
        """The weather ahead, asked only where an overhead line lives on it."""
        if all(line.span is None for line in self.lines):
            return None
        start = floor_quarter(view.as_of) - timedelta(hours=1)
        return read_course(view, start=start, latitude=self.context.latitude, longitude=self.context.longitude)

    def _lines(self, view: AsOfView, telemetry: Telemetry, health: Health, course: Course | None) -> list[_Line]:
        ahead = _Ahead(view, telemetry)
        soil = follow_air(health.soil_c, _air_ahead(view))[:-1]
        carried = [ahead.of(k, line.zone, float(health.i_ka[k])) for k, line in enumerate(self.lines)]
        rows = roll_cables(self.lines, health.rise_k, np.stack([current for current, _ in carried], axis=1), soil)
        found = []
        for k, line in enumerate(self.lines):
            i_ka, rise_k, soil_c = float(health.i_ka[k]), health.rise_k[k], soil_of(line, soil)
            current, forecast_steps = carried[k]
            room = self._room(line, rows[:, k], current, soil_c, course)
            measured = bool(np.isfinite(telemetry.i_ka[-1:, k]).all())
            reached = breach(line, room, rise_k, soil_c)
            found.append(_Line(line, room, reached, rise_k, soil_c, soil, i_ka, measured, forecast_steps))
        return found

    def _room(
        self, line: WatchedLine, rows: np.ndarray, current_ka: np.ndarray, soil_c: np.ndarray, course: Course | None
    ) -> Room:
        if line.cable is not None:
            return cable_room(line, line.cable, rows, current_ka, soil_c)
        assert course is not None
        return overhead_room(line, course, current_ka, seed=self.context.seed)

    def _report(self, lines: Sequence[_Line], health: Health, course: Course | None, as_of: datetime) -> Report:
        found = {line.facts.name: self._findings(line, course, as_of) for line in lines}
        # relief speaks first, the earliest and largest; then who stands nearest to its limit
        reliefs = [(name, f.params) for name, group in found.items() for f in group if "relieve_at" in f.params]
        name, relief = min(reliefs, key=lambda named: _begins(named[1]), default=("", {}))
        first = next((line for line in lines if line.facts.name == name), max(lines, key=_loading))
        bears = float(first.room.rating_ka[0, LOWEST])
        held = [line.facts.name for line in lines if not line.measured]
        return Report(
            outputs=_outputs(lines, as_of),
            headline=Headline("line_loading", 100.0 * _loading(first), "%"),
            findings=tuple(finding for group in found.values() for finding in group),
            reason="current_held" if not first.measured else "line_room",
            params={
                "line": "line_relief" if relief else "line_bears",
                "element": f"line:{first.facts.index}",
                **{name: relief[name] for name in ("relieve_mw", "relieve_at") if relief},
                "percent_2h": _percent(bears, first.facts),
                "room_mw": round(first.facts.power_mw(max(0.0, bears - first.i_ka)), 2),
                "temp_c": round(float(first.room.temp_c[0, BEST]), 1),
                "limit_c": first.facts.limit_c,
                "not_measured": held,
                "soil_c": round(max(health.soil_c, COLDEST_SOIL_C), 1),
                "lines": {line.facts.name: _told(line, course) for line in lines},
            },
        )

    def _findings(self, line: _Line, course: Course | None, as_of: datetime) -> list[Finding]:
        said = [] if line.breach is None else [findings.limit(line.facts, line.room, line.breach, as_of)]
        if line.measured and line.i_ka > line.facts.rated_i_ka:  # stated from a measurement, never from a held value
            held = np.full_like(line.room.current_ka, line.i_ka)
            rows = roll_cables([line.facts], line.rise_k[None], held[:, None], line.air_soil_c)[:, 0]
            room = self._room(line.facts, rows, held, line.soil_c, course)
            reached = breach(line.facts, room, line.rise_k, line.soil_c)
            said.append(findings.overload(line.facts, room, reached, line.i_ka, as_of))
        return said


def _begins(params: Mapping[str, Any]) -> tuple[str, float]:
    """Order of reliefs: the earliest, and of those the largest."""
    return str(params["relieve_at"]), -float(params["relieve_mw"])


class _Ahead:
    """What the lines will carry, each by the forecasts of its zone; a zone is read once."""

    def __init__(self, view: AsOfView, telemetry: Telemetry) -> None:
        self._view = view
        self._telemetry = telemetry
        self._zones: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def of(self, k: int, zone: str, last_good: float) -> tuple[np.ndarray, int]:
        """Current of line ``k`` in its lanes [kA], dims (time, lane), and how many quarter hours rest on a forecast."""
        i_ka = self._telemetry.i_ka[-WINDOW:, k]
        habits = habit(i_ka, last_good, AHEAD_STEPS)
        if not zone:
            return habits, 0
        if zone not in self._zones:
            self._zones[zone] = self._read(zone)
        measured, forecast = self._zones[zone]
        relation = fit_relation(i_ka[-len(measured) :], measured[-len(i_ka) :]) if measured.size else None
        return current_ahead(relation, forecast, habits)

    def _read(self, zone: str) -> tuple[np.ndarray, np.ndarray]:
        start = floor_quarter(self._view.as_of) - WEEK
        net = read_series(self._view, "zone_net_p_mw", (zone,), start=start)
        return net, read_net_ahead(self._view, zone)


def _air_ahead(view: AsOfView) -> np.ndarray:
    """Air temperature ahead [degC], dims (time,), NaN where nobody knows."""
    try:
        labels = quarter_hours(floor_quarter(view.as_of), AHEAD_STEPS)
        return np.asarray(view.outlook("temp_c").reindex(time=labels).values, dtype=np.float64)
    except MissingSignalError:
        return np.full(AHEAD_STEPS, np.nan)


def _loading(line: _Line) -> float:
    """Present current over what the line bears for two hours; a line that bears nothing is loaded a thousandfold."""
    return min(1000.0, line.i_ka / max(1e-6, float(line.room.rating_ka[0, LOWEST])))


def _percent(i_ka: float, line: WatchedLine) -> float:
    """Of the rated current, to a tenth."""
    return round(100.0 * i_ka / line.rated_i_ka, 1)


def _told(line: _Line, course: Course | None) -> dict[str, Any]:
    """What the box says of one line beside its findings: the room in both directions, and how sure it is."""
    facts, room = line.facts, line.room
    doubts = _doubts(line, course)
    said: dict[str, Any] = {
        "i_ka": round(line.i_ka, 4),
        "loading_percent": round(100.0 * _loading(line), 1),
        "bears_percent": {f"{hours} h": _percent(float(i), facts) for hours, i in zip(CURVE_H, room.curve_ka, strict=True)},
        "temp_c": round(float(room.temp_c[0, BEST]), 1),
        "peak_c": round(float(room.temp_c[:, BEST].max()), 1),
        "limit_c": facts.limit_c,
        "forecast_steps": line.forecast_steps,
        "confidence": "reduced" if doubts else "full",
        "doubts": doubts,
        "typical_values": list(facts.typical),
    }
    if room.emergency_ka is not None:
        said["emergency_percent"] = {
            f"{hours} h": _percent(float(i), facts) for hours, i in zip(CURVE_H, room.emergency_ka, strict=True)
        }
    if line.breach is not None:
        said["relieve_mw"] = round(facts.power_mw(max(0.0, line.breach.peak_ka - line.breach.hold_ka)), 2)
    return said


def _doubts(line: _Line, course: Course | None) -> list[str]:
    """Codes of what the statement on a line is less sure for."""
    found = [] if line.measured else ["current_held"]
    found += [] if line.forecast_steps else ["no_forecast"]
    found += [key for key in ("conductor", "conductor_mm2", "soil_of_rating") if key in line.facts.typical]
    if line.facts.span is not None and course is not None:
        ahead = {"no_wind": course.wind_m_s, "no_air": course.air_c, "no_sun": course.sun_w_m2}
        found += [code for code, known in ahead.items() if not np.isfinite(known).all()]
    return found


def _outputs(lines: Sequence[_Line], as_of: datetime) -> dict[str, xr.DataArray]:
    coords = {"time": quarter_hours(as_of, AHEAD_STEPS), "line": [line.facts.name for line in lines]}
    attrs = {"issued_at": as_of.isoformat(), "source": "line_rating"}
    rating = np.stack([line.room.rating_ka for line in lines], axis=-1)
    temp_c = np.stack([line.room.temp_c[:-1, BEST] for line in lines], axis=-1)
    return {
        "line_rating_ka": xr.DataArray(
            rating,
            dims=("time", "quantile", "line"),
            coords={**coords, "quantile": list(QUANTILES)},
            name="line_rating_ka",
            attrs=attrs | {"units": SIGNALS["line_rating_ka"].unit},
        ),
        "line_temp_c": xr.DataArray(
            temp_c,
            dims=("time", "line"),
            coords=coords,
            name="line_temp_c",
            attrs=attrs | {"units": SIGNALS["line_temp_c"].unit},
        ),
    }


def _card(lines: Sequence[WatchedLine]) -> BoxCard:
    names = tuple(line.name for line in lines)
    day = timedelta(hours=24)
    needs = [
        Need("line_i_ka", names, history=HISTORY, max_age=day, mode=Mode.LAST_GOOD),
        Need("temp_c", history=HISTORY, mode=Mode.OPTIONAL),
        Need("temp_c", ahead=AHEAD, mode=Mode.OPTIONAL),
    ]
    overhead = any(line.span is not None for line in lines)
    if overhead:
        hour = timedelta(hours=1)
        needs += [Need(name, history=hour, mode=Mode.OPTIONAL) for name in ("ghi_w_m2", "wind_m_s", "wind_degree")]
        needs += [Need("ghi_w_m2", ahead=AHEAD, mode=Mode.OPTIONAL)]
    zones = tuple(dict.fromkeys(line.zone for line in lines if line.zone))
    if zones:
        powers = ("zone_net_p_mw", *RUNNING_ON)
        needs += [Need(name, zones, history=WEEK, mode=Mode.OPTIONAL) for name in powers]
        needs += [Need(name, zones, ahead=AHEAD, mode=Mode.OPTIONAL) for name in FORECASTS]
    return BoxCard(
        name="line_rating",
        version="1.0.0",
        owner="maintenance",
        needs=tuple(needs),
        provides=(
            Provide("line_rating_ka", names, horizon=AHEAD, quantiles=QUANTILES),
            Provide("line_temp_c", names, horizon=AHEAD),
        ),
        # A line about which nothing is known bears its rated current and is as hot as it may be.
        constants={
            "line_rating_ka": {line.name: min(line.rated_i_ka, line.cap_i_ka) for line in lines},
            "line_temp_c": {line.name: line.limit_c for line in lines},
        },
        deadline_s=2.0 + 0.05 * len(lines),  # an overhead line takes some hundredths of a second, a cable some thousandths
        memory_mb=256,
        preload=("linerate",) if overhead else (),
        params={"lines": list(names), "typical_values": {line.name: list(line.typical) for line in lines}},
    )
