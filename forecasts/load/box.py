"""The load forecast of one zone: 48 hours in quantiles, by a day-type profile or by Prophet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np

from forecasts.answer import HORIZON, report
from forecasts.calendar import LocalCalendar
from forecasts.correction import DAY, newest_error
from forecasts.history import measured
from forecasts.load.day_type import learn
from forecasts.load.model import LoadModel
from forecasts.load.temperature import around, outlook_spread, warmth
from forecasts.quantiles import LEVELS, STEPS, over_leads, widen
from forecasts.settings import check_keys, read_fallbacks, read_number, read_zone
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide, Training
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Report
from twin.domain.pack import UnpackError
from twin.domain.problems import Problems
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, quarter_hours, to_epoch_s

SIGNAL = "zone_load_p_mw"
HISTORY = timedelta(days=60)
ENGINES = ("prophet", "day_type")
_NIGHTLY = Training(every=timedelta(days=1), local_hour=2, effect_after=timedelta(hours=1), history=HISTORY, deadline_s=120.0)


class LoadBox:
    """Forecasts ``load_forecast_p_mw`` of one zone.

    Args:
        config: ``zone``; ``engine``: "day_type" or "prophet"; optional ``fallbacks`` (default last_good,
            constant) and ``constant_mw``, what the last rung answers (default 1 kW for each of the zone's
            customers).
        context: the site; its calendar decides the day types.

    Raises:
        BadInput: with every fault of the configuration.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        place, problems = f"box {context.instance!r}", Problems()
        check_keys(config, ("zone", "engine", "fallbacks", "constant_mw"), place, problems)
        self._zone = read_zone(config, context, place, problems)
        self._engine = config.get("engine")
        if self._engine not in ENGINES:
            problems.add(f"{place}: engine", repr(self._engine), f"one of {', '.join(ENGINES)}", "choose an engine")
        fallbacks = read_fallbacks(config, place, problems)
        # About 1 kW a customer is the yearly mean of a town with its trades: a last resort, marked as such
        # on every screen.
        customers = float(context.zones.get(self._zone, {}).get("customers", 0.0))
        constant = read_number(config, "constant_mw", 0.001 * customers, minimum=0.0, place=place, problems=problems)
        problems.raise_if_any()
        self._calendar = LocalCalendar(timezone=context.timezone, country=context.country, subdivision=context.subdivision)
        self.card = BoxCard(
            name="load",
            version="1.0.0",
            owner="forecasting",
            needs=(
                Need(SIGNAL, (self._zone,), history=HISTORY, max_age=timedelta(days=2), mode=Mode.LAST_GOOD),
                Need("temp_c", history=HISTORY, ahead=HORIZON, max_age=timedelta(days=2), mode=Mode.OPTIONAL),
            ),
            provides=(Provide("load_forecast_p_mw", (self._zone,), horizon=HORIZON, quantiles=LEVELS),),
            constants={"load_forecast_p_mw": constant},
            fallbacks=fallbacks,
            deadline_s=3.0,
            memory_mb=600,
            training=_NIGHTLY if self._engine == "prophet" else None,
            preload=("xarray", "pandas", "holidays", *(("prophet",) if self._engine == "prophet" else ())),
            params={"engine": self._engine, "zone": self._zone},
        )

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Prophet's model as JSON; equal data and seed give equal bytes.

        Raises:
            ValueError: with too little history, or for an engine that needs no training.
        """
        if self._engine != "prophet":
            raise ValueError(f"zone {self._zone!r}: engine {self._engine!r} is not trained; ask 'prophet' or step")
        from forecasts.load.prophet_engine import train

        return train(view, SIGNAL, self._zone, self._calendar, HISTORY, seed=seed)

    def step(self, view: AsOfView, artifact: bytes | None, state: bytes | None) -> tuple[Report, bytes | None]:
        """The forecast from ``view.as_of`` on; a day-type state holds the day's model, so that a tick only corrects it.

        Raises:
            ValueError: when the history holds no valid value at all, or Prophet has no trained model yet.
        """
        if self._engine == "prophet":
            if artifact is None:
                raise ValueError(
                    f"zone {self._zone!r}: engine 'prophet' has no trained model at {view.as_of.isoformat()}; "
                    "wait for its daily training and let a fallback serve"
                )
            from forecasts.load.prophet_engine import recall

            return self._answer(view, recall(view, artifact, self._calendar)), None
        model = _remembered(state)
        if model is None or model.day != self._calendar.day_of(view.as_of):
            # Written and read once: the tick that learns gives the same bits as the ticks that remember.
            model = LoadModel.read(learn(view, SIGNAL, self._zone, self._calendar, HISTORY).write())
        return self._answer(view, model), model.write() if model.settled else None

    def _answer(self, view: AsOfView, model: LoadModel) -> Report:
        issue = floor_quarter(view.as_of)
        at = (to_epoch_s(issue) - model.start_s) // QUARTER_HOUR_S
        back = min(at, DAY)
        temp_c = around(view)
        weather = model.slope @ warmth(temp_c, model.reference_c)
        base = model.base[at - back : at + STEPS] + weather[-STEPS - back :]
        recent = measured(view, SIGNAL, self._zone, issue - back * QUARTER_HOUR, issue)
        errors, age = newest_error(recent - base[:back], np.ones(back))
        path = base[back:] + model.correction.path(errors, age)
        _, slot = self._calendar.locate(quarter_hours(issue, STEPS))
        # Hour tables speak for the middle of their hour; the quarter hours between read both neighbours.
        position = (slot - 1.5) / 4.0
        hour = np.floor(position).astype(np.int64)
        band = widen(over_leads(model.table, hour % 24, position - hour), outlook_spread(model.slope, temp_c))
        return report(
            path[:, None] + band,
            as_of=view.as_of,
            signal="load_forecast_p_mw",
            zone=self._zone,
            label="load_forecast",
            reason="load_peak" if model.settled else "load_cold_start",
            params={"engine": self._engine, "history_days": model.days},
        )


def _remembered(state: bytes | None) -> LoadModel | None:
    """The day's model; None where there is none, or one that another version wrote and that is learnt anew."""
    try:
        return None if state is None else LoadModel.read(state)
    except UnpackError:
        return None
