"""The transformer box: hot-spot, top-oil and ageing of transformers now and ahead, their room and what ails them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import xarray as xr

from twin.boxes.maintenance.thermal.gaps import BEST, HIGH
from twin.boxes.maintenance.thermal.iec60076 import ThermalState, ageing_rate, steady_state
from twin.boxes.maintenance.thermal.plates import Plates, read_plates
from twin.boxes.maintenance.transformers.findings import Outlook, limits, overloads
from twin.boxes.maintenance.transformers.health import Health, forget_temperatures, move_on, new_health
from twin.boxes.maintenance.transformers.outlook import AHEAD_STEPS, fit_relation, load_ahead, temperatures_ahead, yesterday_of
from twin.boxes.maintenance.transformers.reading import (
    FORECASTS,
    ZONE_POWERS,
    of_trafo,
    read_ahead,
    read_power,
    read_telemetry,
    window_start,
)
from twin.boxes.maintenance.transformers.short_time import permissible
from twin.boxes.maintenance.transformers.telemetry import ASSUMED_AMBIENT_C, LOAD_WINDOW, Telemetry
from twin.boxes.maintenance.transformers.told import ended_gaps, not_assessed, told
from twin.boxes.maintenance.transformers.watched import watched
from twin.boxes.maintenance.watch.state import WatchSettings
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Finding, Headline, Report
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_epoch_s, quarter_hours, to_epoch_s

NINE_WEEKS = timedelta(weeks=9)
AHEAD = AHEAD_STEPS * QUARTER_HOUR
SETTLE = timedelta(hours=4)
"""What is remembered stays this far behind now, so that telemetry that comes late still counts."""
_OUTPUTS = ("hot_spot_c", "top_oil_c", "ageing_rate")


class TransformerBox:
    """IEC 60076-7 for one transformer, several or all of a site: thermal states, the life used up and a watch on each.

    Row k of an output is the value at the instant of its label, k quarter hours from now: row 0 is now.
    ``config``: see `read_plates`; and ``allowed_loss_h``: life that a short-time overload may use up [h at normal ageing];
    ``false_alarms_per_month``: budget of the watch on one transformer.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        self.plates: Plates = read_plates(config, context.trafos)
        self.allowed_loss_h: float | None = config.get("allowed_loss_h")
        budget = config.get("false_alarms_per_month", WatchSettings.alarms_per_asset_month)
        self.settings = WatchSettings(alarms_per_asset_month=float(budget))
        self.card = _card(self.plates)

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Nothing is trained: the watch learns its reference in ``step``, and it lives in the state.

        Raises:
            TypeError: always; the card announces no training.
        """
        raise TypeError(f"transformer box of {self.plates.names!r} is not trained ({view.as_of}, seed {seed})")

    def step(
        self,
        view: AsOfView,
        artifact: bytes | None,  # noqa: ARG002 - the Box contract hands one to every box; this one has none
        state: bytes | None,
    ) -> tuple[Report, bytes | None]:
        """Health at ``view.as_of`` and the look-ahead.

        Raises:
            ValueError: when of no transformer there is a quarter hour with a load.
        """
        as_of = floor_quarter(view.as_of)
        names = self.plates.names
        remembered = Health.from_bytes(state, names, self.settings) if state else None
        if remembered is None:
            remembered = new_health(len(names), self.settings)
        begun_s = remembered.at_s[remembered.begun]
        start = window_start(from_epoch_s(int(begun_s.min()))) if begun_s.size else as_of - NINE_WEEKS
        telemetry = read_telemetry(view, self.plates, start=start)
        # stopped for longer than the frame reaches back: the temperatures are forgotten, the life lost is not
        remembered = forget_temperatures(remembered, before_s=telemetry.start_s)
        remembered = move_on(remembered, telemetry.until(to_epoch_s(as_of - SETTLE)), self.plates)
        health = move_on(remembered, telemetry, self.plates)
        if not health.begun.any():
            raise ValueError(
                f"transformers {list(names)}: none of {telemetry.rows} quarter hours has trafo_loading_percent together with"
                " temp_c; one is needed to begin; check their telemetry"
            )
        return self._report(view, telemetry, health), remembered.to_bytes(names)

    def _report(self, view: AsOfView, telemetry: Telemetry, health: Health) -> Report:
        plates, outlook, facts = self.plates, *self._outlook(view, telemetry, health)
        worst_now = ThermalState(*(array[HIGH] for array in vars(health.thermal).values()))
        room = permissible(plates, worst_now, outlook.air_c, allowed_loss_h=self.allowed_loss_h)
        gaps = ended_gaps(telemetry.load_factor)
        findings = [finding for _, finding in self._findings(telemetry, health, outlook, gaps)]
        params = told(plates, health, outlook, room, gaps, findings)
        lead = plates.names.index(params["trafo"])
        return Report(
            outputs=_outputs(plates, self.card, outlook, health.begun),
            headline=Headline("hot_spot", float(outlook.hot_spot_c[0, BEST, lead]), "degC"),
            findings=tuple(findings),
            reason=_reason(params, airless=not np.isfinite(health.ambient_c[lead])),
            params={**params, **{name: values[lead].item() for name, values in facts.items()}},
        )

    def _outlook(self, view: AsOfView, telemetry: Telemetry, health: Health) -> tuple[Outlook, dict[str, np.ndarray]]:
        """What is ahead, and how its load came about: facts with dims (trafo,)."""
        plates, start = self.plates, window_start(floor_quarter(view.as_of))
        net = read_power(view, "zone_net_p_mw", plates.zones, start=start)
        recent = telemetry.load_factor[-min(LOAD_WINDOW, len(net)) :] if len(net) else np.zeros((0, len(plates.names)))
        relation = fit_relation(recent, of_trafo(net[len(net) - len(recent) :], plates), sn_mva=plates.sn_mva)
        known = read_ahead(view, plates)
        lanes, forecast_steps = load_ahead(relation, known.net_p_mw, yesterday_of(telemetry.load_factor), health.load_factor)
        last_c = np.where(np.isfinite(health.ambient_c), health.ambient_c, ASSUMED_AMBIENT_C[BEST])
        outside_c = np.where(np.isfinite(known.ambient_c)[:, None], known.ambient_c[:, None], last_c)
        air_c = outside_c + plates.ambient_surcharge_k
        states = temperatures_ahead(health, plates, lanes, air_c)
        outlook = Outlook(floor_quarter(view.as_of), states.hot_spot_c, states.top_oil_c, lanes, air_c, relation)
        return outlook, {"forecast_steps": forecast_steps, "relation_fitted": relation.fitted}

    def _findings(self, telemetry: Telemetry, health: Health, outlook: Outlook, gaps: np.ndarray) -> list[tuple[int, Finding]]:
        plates = self.plates
        # the lower of the last two readings, so that one bad reading is no finding; NaN unless both are there
        sustained_c = telemetry.top_oil_c[-2:].min(axis=0) if telemetry.rows > 1 else np.full(len(plates.names), np.nan)
        # an overload is stated from a measurement, never from a held value
        loaded = list(overloads(plates, health, gaps == 0, outlook.as_of))
        return [
            *limits(plates, health, outlook, sustained_c),
            *loaded,
            *watched(plates, health, outlook, {column for column, _ in loaded}),
            *not_assessed(plates, health, outlook.as_of),
        ]


def _reason(params: Mapping[str, Any], *, airless: bool) -> str:
    """What the figure of the card rests on; first what makes it less sure."""
    if params["load_held_min"]:
        return "load_held"
    if airless:
        return "ambient_assumed"
    return "thermal_state"


def _outputs(plates: Plates, card: BoxCard, outlook: Outlook, begun: np.ndarray) -> dict[str, xr.DataArray]:
    """Dims (time, trafo); the card's constants stand for a transformer that could not be followed, which a finding names."""
    labels = quarter_hours(outlook.as_of, AHEAD_STEPS)
    hot_spot_c = outlook.hot_spot_c[:-1, BEST]
    computed = (hot_spot_c, outlook.top_oil_c[:-1, BEST], ageing_rate(hot_spot_c, plates.upgraded))
    found = {}
    for name, values in zip(_OUTPUTS, computed, strict=True):
        constants = card.constants[name]
        assert isinstance(constants, Mapping)  # by transformer, see `_card`
        found[name] = xr.DataArray(
            np.where(begun, values, np.array([constants[trafo] for trafo in plates.names])),
            dims=("time", "trafo"),
            coords={"time": labels, "trafo": list(plates.names)},
            name=name,
            attrs={"units": SIGNALS[name].unit, "issued_at": outlook.as_of.isoformat(), "source": "transformer"},
        )
    return found


def _card(plates: Plates) -> BoxCard:
    names, count = plates.names, len(plates.names)
    day = timedelta(hours=24)
    needs = [
        Need("trafo_loading_percent", names, history=NINE_WEEKS, max_age=day, mode=Mode.LAST_GOOD),
        Need("temp_c", history=NINE_WEEKS, max_age=day, mode=Mode.OPTIONAL),  # never measured: normal service conditions
        Need("temp_c", ahead=AHEAD, mode=Mode.OPTIONAL),  # without a weather forecast the present air is held
        Need("trafo_top_oil_c", names, history=NINE_WEEKS, mode=Mode.OPTIONAL),
    ]
    if plates.zones:
        week = LOAD_WINDOW * QUARTER_HOUR
        needs += [Need(name, plates.zones, history=week, mode=Mode.OPTIONAL) for name in ZONE_POWERS]
        needs += [Need(name, plates.zones, ahead=AHEAD, mode=Mode.OPTIONAL) for name in FORECASTS]
    # A transformer about which nothing is known is taken as fully loaded at 20 degC.
    rated = steady_state(plates.parameters, np.ones(count), 20.0 + plates.ambient_surcharge_k)
    constants = (rated.hot_spot_c, rated.top_oil_c, ageing_rate(rated.hot_spot_c, plates.upgraded))
    return BoxCard(
        name="transformer",
        version="2.0.0",
        owner="maintenance",
        needs=tuple(needs),
        provides=tuple(Provide(name, names, horizon=AHEAD) for name in _OUTPUTS),
        constants={
            name: dict(zip(names, values.tolist(), strict=True)) for name, values in zip(_OUTPUTS, constants, strict=True)
        },
        deadline_s=5.0 + 0.02 * count,
        # The first step rolls nine weeks of each transformer through the watch: three seconds of computing, many on a core that
        # all boxes of a town share while they begin. Who gave up there would begin anew each time, and never come to an end.
        catch_up_s=40.0,
        memory_mb=256 + count,
        params={
            "trafos": list(names),
            "typical_values": {plate.trafo: list(plate.typical) for plate in plates.each if plate.typical},
        },
    )
