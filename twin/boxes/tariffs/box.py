"""The tariff box: publishes tomorrow's grid-usage tariff at 18:00 and keeps its word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from twin.boxes.tariffs.facts import read_facts
from twin.boxes.tariffs.published import PriceList, Published
from twin.boxes.tariffs.tariff import day_bounds, dynamic_prices, local_day, static_prices
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Finding, Headline, Report
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, quarter_hours, to_epoch_s

SIGNAL = "grid_tariff_chf_per_kwh"
FORECASTS = ("load_forecast_p_mw", "pv_forecast_p_mw")
PUBLICATION_HOUR = 18
"""Local hour at which Swiss operators publish the next day (VSE, dynamic grid-usage tariffs)."""
HORIZON = timedelta(hours=36)
"""At 18:00 the next day's end is 30 hours away, 31 when the clock goes back."""
OWNER = "tariffs"


class TariffBox:
    """Dynamic grid-usage tariff from the forecast of a zone's net load; static wherever nothing is published.

    ``config``: ``zone``, by default the site's zone of kind "site".
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        self.facts, self.zone = read_facts(config, context)
        needed = [Need(name, (self.zone,), ahead=HORIZON, max_age=timedelta(hours=6), mode=Mode.OPTIONAL) for name in FORECASTS]
        self.card = BoxCard(
            name="tariff",
            version="1.0.0",
            owner=OWNER,
            needs=tuple(needed),
            provides=(Provide(SIGNAL, horizon=HORIZON),),
            constants={SIGNAL: self.facts.high_chf_per_kwh},
            memory_mb=256,
            preload=("xarray", "holidays"),
            params={"zone": self.zone},
        )

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Nothing is trained.

        Raises:
            TypeError: always; the card announces no training.
        """
        raise TypeError(f"the tariff box of zone {self.zone!r} is not trained ({view.as_of}, seed {seed})")

    def step(
        self,
        view: AsOfView,
        artifact: bytes | None,  # noqa: ARG002 - the Box contract hands one to every box; this one has none
        state: bytes | None,
    ) -> tuple[Report, bytes | None]:
        """The tariff of the next 36 hours; publishes the next local day from 18:00 on, once."""
        as_of = floor_quarter(view.as_of)
        published = (Published.from_bytes(state) if state else Published()).since(as_of)
        tomorrow = day_bounds(local_day(as_of, self.facts.timezone) + timedelta(days=1), self.facts.timezone)
        due = as_of.astimezone(self.facts.timezone).hour >= PUBLICATION_HOUR
        missing: Finding | None = None
        if due and not published.holds(tomorrow[0]):
            prices = self._price(view, *tomorrow)
            if prices is None:
                missing = self._not_published(as_of, tomorrow[0])
            else:
                published = published.add(PriceList(tomorrow[0], as_of, prices))
        return self._report(as_of, published, missing), published.to_bytes()

    def _price(self, view: AsOfView, start: datetime, end: datetime) -> np.ndarray | None:
        """Prices of the local day, or None when a forecast does not cover all of it."""
        labels = quarter_hours(start, (to_epoch_s(end) - to_epoch_s(start)) // QUARTER_HOUR_S)
        load, pv = (view.band(name, self.zone, labels)[:, 1] for name in FORECASTS)
        if not np.isfinite(load + pv).all():
            return None
        return dynamic_prices(
            net_p_mw=load - pv,
            consumption_p_mw=load,
            static_chf_per_kwh=static_prices(self.facts, start, len(labels)),
            minimum_chf_per_kwh=self.facts.minimum_chf_per_kwh,
            maximum_chf_per_kwh=self.facts.maximum_chf_per_kwh,
        )

    def _report(self, as_of: datetime, published: Published, missing: Finding | None) -> Report:
        steps = HORIZON // QUARTER_HOUR
        static = static_prices(self.facts, as_of, steps)
        prices, known = published.over(static, as_of)
        newest = published.lists[-1].published_at.isoformat() if published.lists else None
        output = xr.DataArray(
            prices,
            dims=("time",),
            coords={"time": quarter_hours(as_of, steps)},
            name=SIGNAL,
            attrs={"units": SIGNALS[SIGNAL].unit, "issued_at": as_of.isoformat(), "source": "tariff"},
        )
        return Report(
            outputs={SIGNAL: output},
            headline=Headline("grid_tariff", float(prices[0]), "CHF/kWh"),
            findings=() if missing is None else (missing,),
            reason="ok" if known[0] else "static_tariff",
            params={
                "zone": self.zone,
                "published_at": newest,
                "published_steps": int(known.sum()),
                "static_chf_per_kwh": float(static[0]),
                "cheapest_at": (as_of + int(prices.argmin()) * QUARTER_HOUR).isoformat(),
                "cheapest_chf_per_kwh": float(prices.min()),
                "dearest_chf_per_kwh": float(prices.max()),
            },
        )

    def _not_published(self, as_of: datetime, day_start: datetime) -> Finding:
        day = local_day(day_start, self.facts.timezone)
        return Finding(
            key=f"tariff_not_published:{day.isoformat()}",
            priority=3,
            code="tariff_not_published",
            params={"zone": self.zone, "day": day.isoformat(), "publication_hour": PUBLICATION_HOUR},
            element=self.zone,
            at=as_of,
            act_before=day_start,
            owner=OWNER,
        )
