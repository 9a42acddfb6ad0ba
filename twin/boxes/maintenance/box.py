"""The transformer box: hot-spot, top-oil and ageing of one transformer, now and for the next 24 hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from twin.boxes.maintenance.thermal.iec60076 import ThermalState, ageing_rate, steady_state
from twin.boxes.maintenance.thermal.nameplate import Nameplate, read_nameplate
from twin.boxes.maintenance.transformers.findings import cooling, hot_spot_limit, overload, top_oil_limit
from twin.boxes.maintenance.transformers.health import BEST, HIGH, LOAD_WINDOW, LOW, Health, Telemetry, begin, move_on
from twin.boxes.maintenance.transformers.outlook import AHEAD_STEPS, fit_relation, load_ahead, temperatures_ahead
from twin.boxes.maintenance.transformers.reading import (
    FORECASTS,
    ZONE_POWERS,
    read_ahead,
    read_power,
    read_telemetry,
    window_start,
)
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Finding, Headline, Report
from twin.domain.signals import SIGNALS
from twin.domain.time import (
    QUARTER_HOUR,
    QUARTER_HOUR_S,
    floor_quarter,
    from_epoch_s,
    quarter_hours,
    to_epoch_s,
)

NINE_WEEKS = timedelta(weeks=9)
AHEAD = AHEAD_STEPS * QUARTER_HOUR
SETTLE = timedelta(hours=4)
"""What is remembered stays this far behind now, so that telemetry that comes late still counts."""


class TransformerBox:
    """IEC 60076-7 for one transformer: three thermal states, the life used up and a watch on the cooling.

    Row k of an output is the value at the instant of its label, k quarter hours from now: row 0 is now.
    ``config``: ``trafo``, a name in ``context.trafos``; ``hot_spot_limit_c``, ``overload_percent`` optional.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        self.nameplate: Nameplate = read_nameplate(config, context.trafos)
        self.card = _card(self.nameplate)

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Nothing is trained: the watch learns its reference in ``step``, and it lives in the state.

        Raises:
            TypeError: always; the card announces no training.
        """
        raise TypeError(f"transformer box {self.nameplate.trafo!r} is not trained ({view.as_of}, seed {seed})")

    def step(
        self,
        view: AsOfView,
        artifact: bytes | None,  # noqa: ARG002 - the Box contract hands one to every box; this one has none
        state: bytes | None,
    ) -> tuple[Report, bytes | None]:
        """Health at ``view.as_of`` and the look-ahead.

        Raises:
            ValueError: when no quarter hour of the history has both load and ambient.
        """
        as_of = floor_quarter(view.as_of)
        remembered = Health.from_bytes(state) if state else None
        start = as_of - NINE_WEEKS if remembered is None else window_start(from_epoch_s(remembered.at_s))
        telemetry = read_telemetry(view, self.nameplate, start=start)
        if remembered is None:
            remembered = begin(telemetry, self.nameplate)
        elif remembered.at_s < telemetry.start_s:
            # stopped for longer than the frame reaches back: the temperatures are forgotten, the life lost is not
            remembered = replace(
                begin(telemetry, self.nameplate),
                lost_h=remembered.lost_h,
                since_s=remembered.since_s,
                watch=remembered.watch,
            )
        settled = telemetry.until(to_epoch_s(as_of - SETTLE))
        remembered = move_on(remembered, settled, self.nameplate)
        health = move_on(remembered, telemetry, self.nameplate)
        return self._report(view, telemetry, health), remembered.to_bytes()

    def _report(self, view: AsOfView, telemetry: Telemetry, health: Health) -> Report:
        load_factor, air_c, facts = self._ahead(view, telemetry, health)
        ahead = temperatures_ahead(health, self.nameplate, load_factor, air_c)
        held = _gap(telemetry.load_factor)
        hot_spot_c = ahead.hot_spot_c
        return Report(
            outputs=_outputs(self.nameplate, ahead, floor_quarter(view.as_of)),
            headline=Headline("hot_spot", float(hot_spot_c[0, BEST]), "degC"),
            findings=self._findings(view, telemetry, health, ahead, load_factor),
            reason="load_held" if held else "ok",
            params={
                "trafo": self.nameplate.trafo,
                "loading_percent": 100.0 * health.load_factor,
                "load_held_min": held * QUARTER_HOUR_S // 60,
                "hot_spot_low_c": float(hot_spot_c[0, LOW]),
                "hot_spot_high_c": float(hot_spot_c[0, HIGH]),
                "hot_spot_limit_c": self.nameplate.hot_spot_limit_c,
                "peak_c": float(hot_spot_c[:-1, BEST].max()),
                "peak_high_c": float(hot_spot_c[:-1, HIGH].max()),
                "lost_life_h": health.lost_h,
                "lost_life_since": from_epoch_s(health.since_s).isoformat(),
                "cooling_watch": "learning" if health.watch.learning else "watching",
                "typical_values": list(self.nameplate.typical),
                **facts,
            },
        )

    def _ahead(self, view: AsOfView, telemetry: Telemetry, health: Health) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
        """Load factor (time, lane) and air (time,) ahead, and how they came about."""
        start = window_start(floor_quarter(view.as_of))
        net, hydro = (read_power(view, name, self.nameplate.zone, start=start) for name in ZONE_POWERS)
        recent = telemetry.load_factor[-len(net) :] if net.size else np.zeros(0)
        relation = fit_relation(recent, net, sn_mva=self.nameplate.sn_mva)
        known = read_ahead(view, self.nameplate, hydro_p_mw=float(hydro[-1]) if np.isfinite(hydro[-1:]).any() else 0.0)
        yesterday = np.full(AHEAD_STEPS, np.nan)
        day = telemetry.load_factor[-AHEAD_STEPS:]
        yesterday[AHEAD_STEPS - len(day) :] = day
        lanes, forecast_steps = load_ahead(relation, known.net_p_mw, yesterday, health.load_factor)
        air_c = np.where(np.isfinite(known.ambient_c), known.ambient_c, health.ambient_c)
        return lanes, air_c, {"forecast_steps": forecast_steps, "relation_fitted": relation.fitted}

    def _findings(
        self, view: AsOfView, telemetry: Telemetry, health: Health, ahead: ThermalState, load_factor: np.ndarray
    ) -> tuple[Finding, ...]:
        as_of = floor_quarter(view.as_of)
        found = [
            hot_spot_limit(self.nameplate, ahead, load_factor, as_of),
            top_oil_limit(self.nameplate, ahead, _sustained(telemetry.top_oil_c), as_of),
        ]
        if not _gap(telemetry.load_factor):  # an overload is stated from a measurement, never from a held value
            found.append(overload(self.nameplate, health, 100.0 * health.load_factor, as_of))
        found.append(cooling(self.nameplate, health, ahead, as_of))
        return tuple(finding for finding in found if finding is not None)


def _outputs(nameplate: Nameplate, ahead: ThermalState, as_of: datetime) -> dict[str, xr.DataArray]:
    labels = quarter_hours(as_of, AHEAD_STEPS)
    hot_spot_c = ahead.hot_spot_c[:-1, BEST]
    values = {
        "hot_spot_c": hot_spot_c,
        "top_oil_c": ahead.top_oil_c[:-1, BEST],
        "ageing_rate": ageing_rate(hot_spot_c, nameplate.paper),
    }
    return {
        name: xr.DataArray(
            array[:, None],
            dims=("time", "trafo"),
            coords={"time": labels, "trafo": [nameplate.trafo]},
            name=name,
            attrs={"units": SIGNALS[name].unit, "issued_at": as_of.isoformat(), "source": "transformer"},
        )
        for name, array in values.items()
    }


def _gap(load_factor: np.ndarray) -> int:
    """Quarter hours since the last measured load."""
    good = np.flatnonzero(np.isfinite(load_factor))
    return len(load_factor) - 1 - int(good[-1]) if good.size else len(load_factor)


def _sustained(top_oil_c: np.ndarray) -> float:
    """The lower of the last two readings, so that one bad reading is no finding; NaN unless both are there."""
    return float(top_oil_c[-2:].min()) if len(top_oil_c) > 1 else float("nan")


def _card(nameplate: Nameplate) -> BoxCard:
    trafo = (nameplate.trafo,)
    day = timedelta(hours=24)
    needs = [
        Need("trafo_loading_percent", trafo, history=NINE_WEEKS, max_age=day, mode=Mode.LAST_GOOD),
        Need("temp_c", history=NINE_WEEKS, max_age=day, mode=Mode.LAST_GOOD),
        Need("temp_c", ahead=AHEAD, mode=Mode.OPTIONAL),  # without a weather forecast the present air is held
        Need("trafo_top_oil_c", trafo, history=NINE_WEEKS, mode=Mode.OPTIONAL),
    ]
    if nameplate.zone:
        zone, week = (nameplate.zone,), LOAD_WINDOW * QUARTER_HOUR
        needs += [Need(name, zone, history=week, mode=Mode.OPTIONAL) for name in ZONE_POWERS]
        needs += [Need(name, zone, ahead=AHEAD, mode=Mode.OPTIONAL) for name in FORECASTS]
    # A transformer about which nothing is known is taken as fully loaded at 20 degC.
    rated = steady_state(nameplate.parameters, np.ones(1), np.full(1, 20.0 + nameplate.ambient_surcharge_k))
    return BoxCard(
        name="transformer",
        version="1.0.0",
        owner="maintenance",
        needs=tuple(needs),
        provides=tuple(Provide(name, trafo, horizon=AHEAD) for name in ("hot_spot_c", "top_oil_c", "ageing_rate")),
        constants={
            "hot_spot_c": float(rated.hot_spot_c[0]),
            "top_oil_c": float(rated.top_oil_c[0]),
            "ageing_rate": float(ageing_rate(rated.hot_spot_c, nameplate.paper)[0]),
        },
        memory_mb=256,
        params={"trafo": nameplate.trafo, "typical_values": list(nameplate.typical)},
    )
