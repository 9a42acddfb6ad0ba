"""The mix box: by source and in bands, where a zone's electricity of the coming two days comes from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import xarray as xr

from forecasts.mix.held import held
from forecasts.mix.imported import imported_share
from forecasts.mix.sources import Parts, bands
from forecasts.on_air.answer import HORIZON
from forecasts.on_air.history import ahead, measured
from forecasts.on_air.settings import check_keys, read_fallbacks, read_zone
from forecasts.quantiles import LEVELS
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Headline, Report
from twin.domain.carriers import renewable_part
from twin.domain.problems import Problems
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, floor_quarter, quarter_hours

SHARES = {
    "renewable": "renewable_share_forecast",
    "pv": "pv_share_forecast",
    "hydro": "hydro_share_forecast",
    "other": "other_share_forecast",
    "import": "import_share_forecast",
}
"""Source, and all that is renewable of whatever source -> signal."""

_UNIT = SIGNALS["import_renewable_share"].unit
_LAST_RESORT = {"renewable": 0.0, "pv": 0.0, "hydro": 0.0, "other": 0.0, "import": 1.0}  # nobody vouches for more
_STEPS = int(HORIZON / QUARTER_HOUR)
_HISTORY = timedelta(days=28)
_FORECAST_AGE = timedelta(hours=6)
_OUTLOOK_AGE = timedelta(days=2)
_HOUR = 4
_DAY = 96
_AS_GREEN = 0.005  # half of the whole percent that screens print
_LOW, _MEDIAN, _HIGH = 0, LEVELS.index(0.5), -1


class MixBox:
    """Forecasts the shares of photovoltaics, hydro, other plants and import in what flows into a zone, and the renewable share.

    It reads the zone's load forecast and, where the zone has panels, its PV forecast; hydro and, where the zone has some,
    other plants are held at their newest value, with their own past changes as the band; what nobody measures of them counts
    as import. Batteries, which shift and do not make energy, are left out.

    Args:
        config: ``zone``; optional ``fallbacks``.
        context: the site.

    Raises:
        BadInput: with every fault of the configuration.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        place, problems = f"box {context.instance!r}", Problems()
        check_keys(config, ("zone", "fallbacks"), place, problems)
        self._zone = read_zone(config, context, place, problems)
        fallbacks = read_fallbacks(config, place, problems)
        problems.raise_if_any()
        zone = (self._zone,)
        facts = context.zones.get(self._zone, {})
        self._pv = facts.get("pv_kwp", 0.0) > 0.0
        self._others = [(str(plant["carrier"]), float(plant["kw"])) for plant in facts.get("other_plants", ())]
        self._told = {source: signal for source, signal in SHARES.items() if self._others or source != "other"}
        past = ("zone_hydro_p_mw", *(("zone_other_p_mw",) if self._others else ()))
        forecasts = (
            Need(signal, zone, ahead=HORIZON, quantiles=LEVELS, max_age=_FORECAST_AGE)
            for signal in ("load_forecast_p_mw", *(("pv_forecast_p_mw",) if self._pv else ()))
        )
        self.card = BoxCard(
            name="mix",
            version="1.0.0",
            owner="forecasting",
            needs=(
                *forecasts,
                *(Need(signal, zone, history=_HISTORY, mode=Mode.OPTIONAL) for signal in past),
                Need("import_renewable_share", history=_HISTORY, ahead=HORIZON, max_age=_OUTLOOK_AGE, mode=Mode.OPTIONAL),
            ),
            provides=tuple(Provide(signal, zone, horizon=HORIZON, quantiles=LEVELS) for signal in self._told.values()),
            constants={signal: _LAST_RESORT[source] for source, signal in self._told.items()},
            fallbacks=fallbacks,
            memory_mb=256,
            preload=("xarray", "scipy.special"),
            params={"zone": self._zone},
        )

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Nothing is trained.

        Raises:
            TypeError: always; the card announces no training.
        """
        raise TypeError(f"the mix box of zone {self._zone!r} is not trained ({view.as_of}, seed {seed})")

    def step(
        self,
        view: AsOfView,
        artifact: bytes | None,  # noqa: ARG002 - the Box contract hands one to every box; this one has none
        state: bytes | None,  # noqa: ARG002 - the same
    ) -> tuple[Report, bytes | None]:
        """The mix of the next 48 hours."""
        now = floor_quarter(view.as_of)
        labels = quarter_hours(now, _STEPS)
        hydro, other = (
            held(measured(view, signal, self._zone, now - _HISTORY, now), _STEPS)
            for signal in ("zone_hydro_p_mw", "zone_other_p_mw")
        )
        behind = measured(view, "import_renewable_share", "", now - _HISTORY, now)
        bought = imported_share(behind, ahead(view, "import_renewable_share", _STEPS))
        none = np.zeros((_STEPS, len(LEVELS)))
        parts = Parts(
            load_mw=self._forecast(view, "load_forecast_p_mw", labels),
            pv_mw=self._forecast(view, "pv_forecast_p_mw", labels) if self._pv else none,
            hydro_mw=none if hydro is None else hydro,
            imported_share=bought.quantiles,
            other_mw=other if self._others else None,
            other_share=renewable_part(self._others),
        )
        coming, params = _hours(parts, now)
        return (
            Report(
                outputs=self._outputs(bands(parts), labels, view.as_of),
                headline=Headline("renewable_share", coming, _UNIT),
                reason="greenest_hour" if bought.known else "import_mix_unknown",
                params={"zone": self._zone, "hydro_known": hydro is not None, **params},
            ),
            None,
        )

    def _forecast(self, view: AsOfView, signal: str, labels: np.ndarray) -> np.ndarray:
        """Quantiles [MW], ascending, dims (time, quantile).

        Raises:
            ValueError: when a label has none; the box is not asked then.
        """
        ours = view.outlook(signal).transpose("time", "quantile", "zone")
        labelled, zones = ours.get_index("quantile").tolist(), ours.get_index("zone").tolist()
        levels = [labelled.index(level) for level in LEVELS]
        first = int(np.searchsorted(ours.get_index("time").to_numpy(), labels[0]))
        quantiles = ours.values[first : first + len(labels)][:, levels, zones.index(self._zone)]
        if len(quantiles) < len(labels) or not np.isfinite(quantiles).all():
            raise ValueError(
                f"{signal} of zone {self._zone!r} does not say all {len(labels)} quarter hours from {labels[0]} on"
            )
        return np.sort(quantiles, axis=1)

    def _outputs(self, shares: Mapping[str, np.ndarray], labels: np.ndarray, as_of: datetime) -> dict[str, xr.DataArray]:
        one = xr.DataArray(
            np.zeros((len(labels), len(LEVELS), 1)),
            dims=("time", "quantile", "zone"),
            coords={"time": labels, "quantile": list(LEVELS), "zone": [self._zone]},
            attrs={"units": _UNIT, "issued_at": as_of.isoformat()},
        )
        # A copy with other values costs a tenth of an array made anew.
        return {
            signal: one.copy(deep=False, data=shares[source][:, :, None]).rename(signal)
            for source, signal in self._told.items()
        }


def _hours(parts: Parts, now: datetime) -> tuple[float, dict[str, Any]]:
    """Renewable share of the coming hour, and the greenest hour of the next 24 h, which may begin at any quarter hour.

    Of hours that are equally green by their medians, the surest is told.
    """
    hours = bands(parts.rows(slice(_DAY)), over=_HOUR, of=("renewable",))["renewable"]
    low, median = hours[:, _LOW], hours[:, _MEDIAN]
    greenest = int(np.argmax(np.where(median > median.max() - _AS_GREEN, low, -1.0)))
    return float(median[0]), {
        "greenest_at": (now + greenest * QUARTER_HOUR).isoformat(),
        "greenest_share": float(median[greenest]),
        "greenest_p05_share": float(low[greenest]),
        "greenest_p95_share": float(hours[greenest, _HIGH]),
    }
