"""The photovoltaic forecast of one zone: 48 hours in quantiles, as a ratio to the clear sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from forecasts.answer import HORIZON, report
from forecasts.calendar import LocalCalendar
from forecasts.correction import DAY, newest_error
from forecasts.history import ahead, measured
from forecasts.pv.clear_sky import Plant, read_planes
from forecasts.pv.model import HEADROOM, HISTORY, SIGNAL, PvModel, learn
from forecasts.pv.ratio import DIM_SHARE, ErrorModel, clear_sky_index
from forecasts.quantiles import LEVELS, STEPS, widen
from forecasts.settings import check_keys, read_fallbacks, read_zone
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Report
from twin.domain.problems import Problems
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, to_epoch_s

_FULL_WIDTH = 24  # quarter hours ahead from which an irradiance forecast no longer profits from the present sky


class PvBox:
    """Forecasts ``pv_forecast_p_mw`` of one zone.

    Args:
        config: ``zone``; optional ``fallbacks`` (default last_good, constant).
        context: the site; ``zones[zone]["pv_groups"]`` lists tilt [deg], azimuth [deg, 180 = south] and kWp.

    Raises:
        BadInput: with every fault of the configuration and of the zone's groups.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        place, problems = f"box {context.instance!r}", Problems()
        check_keys(config, ("zone", "fallbacks"), place, problems)
        self._zone = read_zone(config, context, place, problems)
        fallbacks = read_fallbacks(config, place, problems)
        planes = read_planes(context.zones[self._zone], self._zone, place, problems) if self._zone else ()
        problems.raise_if_any()
        self._plant = Plant(planes=planes, latitude=context.latitude, longitude=context.longitude)
        self._calendar = LocalCalendar(timezone=context.timezone, country=context.country, subdivision=context.subdivision)
        day = timedelta(days=2)
        self.card = BoxCard(
            name="pv",
            version="1.0.0",
            owner="forecasting",
            needs=(
                Need(SIGNAL, (self._zone,), history=HISTORY, max_age=day, mode=Mode.LAST_GOOD),
                Need("ghi_w_m2", history=HISTORY, ahead=HORIZON, max_age=day, mode=Mode.OPTIONAL),
            ),
            provides=(Provide("pv_forecast_p_mw", (self._zone,), horizon=HORIZON, quantiles=LEVELS),),
            constants={"pv_forecast_p_mw": 0.0},
            fallbacks=fallbacks,
            deadline_s=3.0,
            memory_mb=600,
            preload=("xarray", "pandas", "holidays", "pvlib"),
            params={"zone": self._zone},
        )

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Not used: the ratios are learnt within the step, once a day.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"the PV box of zone {self._zone!r} is not trained (seed {seed}, {view.as_of.isoformat()})")

    def step(
        self,
        view: AsOfView,
        artifact: bytes | None,  # noqa: ARG002 - the Box protocol hands it over; this box is not trained
        state: bytes | None,
    ) -> tuple[Report, bytes | None]:
        """The forecast from ``view.as_of`` on; the state holds today's model and the irradiance forecasts seen."""
        model = PvModel.read(state) if state is not None else None
        fresh = model is None or model.day != self._calendar.day_of(view.as_of) or not model.settled
        if model is None or fresh:
            learnt = learn(view, self._zone, self._plant, self._calendar, model)
            # Written and read once, so that the tick that learns gives the same bits as the ticks that
            # remember.
            model = PvModel.read(learnt.write())
        issue = floor_quarter(view.as_of)
        at = (to_epoch_s(issue) - model.start_s) // QUARTER_HOUR_S
        coming = slice(at, at + STEPS)
        outlook = ahead(view, "ghi_w_m2", STEPS)
        index = clear_sky_index(outlook, model.clear[coming])
        base = model.ratio(index, coming)
        quantiles = self._quantiles(view, model, at, base, np.isfinite(index) & model.trusted)
        answer = report(
            quantiles,
            as_of=view.as_of,
            signal="pv_forecast_p_mw",
            zone=self._zone,
            label="pv_forecast",
            reason="pv_peak" if model.settled else "pv_cold_start",
            params={
                "history_days": model.days,
                "weather": bool(np.isfinite(index).any() and model.trusted),
                "clear_sky_peak_mw": float(np.max(model.reference[at : at + DAY]) * model.factor),
            },
        )
        seen, issued = model.seen.copy(), model.issued.copy()
        seen[at] = outlook[0]
        if fresh:
            issued[coming] = np.where(np.isfinite(index), base * model.scale[coming], np.nan)
        return answer, replace(model, seen=seen, issued=issued).write()

    def _quantiles(self, view: AsOfView, model: PvModel, at: int, base: np.ndarray, by_index: np.ndarray) -> np.ndarray:
        coming = slice(at, at + STEPS)
        correction = self._corrections(view, model, at, by_index)
        scale = model.scale[coming]
        # Beyond the observed maximum lies a cap (an inverter's, a contract's); only the band may reach a
        # little further.
        attainable = model.limit_mw / HEADROOM / np.where(scale > 0.0, scale, 1.0)
        ratio = np.clip(base + correction, 0.0, attainable)
        lead = np.minimum(np.arange(STEPS) / _FULL_WIDTH, 1.0)
        by_weather = widen(model.by_index.band(ratio), model.outlook_spread * lead)
        band = np.where(by_index[:, None], by_weather, model.by_days.band(ratio))
        power = scale[:, None] * (ratio[:, None] + band)
        ceiling = np.minimum(model.reference[coming] * model.factor, model.limit_mw)
        return np.clip(power, 0.0, ceiling[:, None])

    def _corrections(self, view: AsOfView, model: PvModel, at: int, by_index: np.ndarray) -> np.ndarray:
        """What the last day's errors add to the ratio, dims (time,); each way of forecasting answers for its own errors.

        The way by index is judged with the irradiance that was forecast just before, or with the measured
        one.
        """
        back = min(at, DAY)
        rows = slice(at - back, at)
        start, issue = floor_quarter(view.as_of) - back * QUARTER_HOUR, floor_quarter(view.as_of)
        p_mw = measured(view, SIGNAL, self._zone, start, issue)
        seen = model.seen[rows]
        ghi = np.where(np.isfinite(seen), seen, measured(view, "ghi_w_m2", "", start, issue))
        scale = model.scale[rows]
        bright = np.where(scale > DIM_SHARE * float(np.max(model.scale)), scale, 0.0)

        def path(errors: ErrorModel, ratio: np.ndarray) -> np.ndarray:
            return errors.correction.path(*newest_error(p_mw - scale * ratio, bright))

        index = clear_sky_index(ghi, model.clear[rows])
        return np.where(
            by_index,
            path(model.by_index, model.ratio(index, rows)),
            path(model.by_days, model.persistent[rows]),
        )
