"""One zone's photovoltaic model of the day: reference, ratios, errors and limits, learnt from thirty days."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

import numpy as np

from forecasts.calendar import LocalCalendar
from forecasts.correction import DAY, Correction
from forecasts.history import measured
from forecasts.pv.clear_sky import Plant
from forecasts.pv.ratio import ErrorModel, clear_sky_index, features, fit_days, fit_errors, fit_index, hour_factors
from forecasts.windows import gather, origins, window_rows
from twin.contracts.frame import AsOfView
from twin.domain.pack import pack, unpack
from twin.domain.time import QUARTER_HOUR, floor_quarter, quarter_hours, to_epoch_s

SIGNAL = "zone_pv_p_mw"
HISTORY = timedelta(days=30)
HEADROOM = 1.10
"""Above the observed maximum a forecast may go this far: an inverter's cap shows in the maximum, a growing sun does too."""

_AHEAD = 4  # local days from today on that a 48-hour path issued late in the evening may touch
_SETTLED_DAYS = 2  # from the third day on the day's model is kept
_PAIRS = 64  # quarter hours with power and irradiance before the irradiance forecast is trusted over the days before
_MEMORY = 0.9  # per day: the outlook's skill is that of the last ten days
_OUTLOOK_SPREAD = 0.15
_FIRST_DAYS = 2.0  # of sun that this first guess is worth
# Until it is known: the error that a day-ahead irradiance forecast adds to the ratio, an assumption (about a
# third of a mean index of a half). Comparing each day's promise with what came replaces it within days.


@dataclass(frozen=True)
class PvModel:
    """Valid for one local day; arrays run from yesterday's local midnight on, dims (time,).

    Attributes:
        reference: clear-sky power [MW]. ``scale``: the same with the plant's hour factors. ``clear``:
            clear-sky GHI [W/m2].
        persistent: ratio expected from the days before.
        seen: irradiance forecast of each quarter hour as last known before it, NaN where none was [W/m2].
        issued: power [MW] that the day's first irradiance forecast stood for, NaN where none.
        coefficients: of the ratio on the clear-sky index, dims (feature,). ``trusted``: they rest on enough
            data.
        by_index, by_days: error models of both ways.
        factor: learned share of the reference that the plant reaches at best. ``limit_mw``: never exceeded
            [MW].
        skill: decayed sums over past days [MW2], dims (2,): squared errors that the irradiance forecast
            added to those with measured irradiance, and squared scale.
    """

    day: int
    start_s: int
    days: int
    settled: bool
    trusted: bool
    factor: float
    limit_mw: float
    reference: np.ndarray
    scale: np.ndarray
    clear: np.ndarray
    persistent: np.ndarray
    seen: np.ndarray
    issued: np.ndarray
    coefficients: np.ndarray
    skill: np.ndarray
    by_index: ErrorModel
    by_days: ErrorModel

    @property
    def outlook_spread(self) -> float:
        """Standard deviation that the irradiance forecast adds to the ratio, because it is no measurement."""
        added, energy = self.skill
        return float(np.sqrt(max(added, 0.0) / energy)) if energy > 0.0 else _OUTLOOK_SPREAD

    def ratio(self, index: np.ndarray, rows: slice) -> np.ndarray:
        """Expected ratio of ``rows``, dims (time,): from the clear-sky index where known, else from the days before."""
        persistent = self.persistent[rows]
        if not self.trusted:
            return persistent
        return np.where(np.isfinite(index), np.maximum(features(index) @ self.coefficients, 0.0), persistent)

    def write(self) -> bytes:
        """Packed; single precision, about 20 kB."""
        meta: dict[str, Any] = {}
        arrays: dict[str, np.ndarray] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, ErrorModel):
                parts = {"phi": value.correction.phi, "edges": value.edges, "table": value.table}
                arrays |= {f"{f.name}.{part}": array for part, array in parts.items()}
            elif isinstance(value, np.ndarray):
                arrays[f.name] = value
            else:
                meta[f.name] = value
        return pack(meta, {name: array.astype(np.float32) for name, array in arrays.items()})

    @classmethod
    def read(cls, data: bytes) -> PvModel:
        """Inverse of `write`.

        Raises:
            UnpackError: when the bytes are no packed message.
        """
        meta, arrays = unpack(data)
        wide: dict[str, Any] = {name: array.astype(np.float64) for name, array in arrays.items()}
        for name in ("by_index", "by_days"):
            phi, edges, table = (wide.pop(f"{name}.{part}") for part in ("phi", "edges", "table"))
            wide[name] = ErrorModel(Correction(phi), edges, table)
        return cls(**meta, **wide)


def learn(view: AsOfView, zone: str, plant: Plant, calendar: LocalCalendar, before: PvModel | None) -> PvModel:
    """Today's model; ``before`` is yesterday's, whose promises are now compared with what came."""
    today = calendar.day_of(view.as_of)
    first = today - HISTORY.days
    start, midnight = calendar.midnight(first), calendar.midnight(today)
    rows = (midnight - start) // QUARTER_HOUR
    labels = quarter_hours(start, (calendar.midnight(today + _AHEAD) - start) // QUARTER_HOUR)
    day = calendar.locate(labels)[0] - first
    hour = labels.astype("datetime64[h]").astype(np.int64) % 24
    sky = plant.clear_sky(labels)

    values = measured(view, SIGNAL, zone, start, midnight)
    light = np.isfinite(values) & (sky.p_mw[:rows] > 0.0)
    covered = int((np.bincount(day[:rows][light], minlength=HISTORY.days) >= 16).sum())
    settled = covered >= _SETTLED_DAYS
    if not settled:
        values = measured(view, SIGNAL, zone, start, floor_quarter(view.as_of))
        rows = len(values)
    end = floor_quarter(view.as_of) if not settled else midnight
    index = clear_sky_index(measured(view, "ghi_w_m2", "", start, end), sky.ghi_w_m2[:rows])

    past = slice(0, rows)
    coefficients = fit_index(values, sky.p_mw[past], index)
    pairs = int((np.isfinite(values) & np.isfinite(index) & (sky.p_mw[past] > 0.0)).sum())
    by_index = np.maximum(features(index) @ coefficients, 0.0)
    typical = float(np.nanmean(by_index)) if np.isfinite(by_index).any() else 0.5
    factors = hour_factors(values, sky.p_mw[past] * np.where(np.isfinite(by_index), by_index, typical), hour[past])
    scale = sky.p_mw * factors[hour]
    ratios = fit_days(values, scale[past], day[past], int(day[-1]) + 1)

    first_origin = int(np.searchsorted(day, day[int(np.argmax(np.isfinite(values)))] + 1)) if rows else 0
    origin = origins(rows, min(first_origin, rows))
    at = np.minimum(window_rows(origin), len(labels) - 1)
    issue_day = day[origin][:, None]
    perfect = scale[past] * by_index
    keep = int(np.searchsorted(day, HISTORY.days - 1))
    model = PvModel(
        day=today,
        start_s=to_epoch_s(calendar.midnight(today - 1)),
        days=covered,
        settled=settled,
        trusted=pairs >= _PAIRS or covered < _SETTLED_DAYS,
        factor=_best_share(values, sky.p_mw[past]),
        limit_mw=_limit(values, plant, covered),
        reference=sky.p_mw[keep:],
        scale=scale[keep:],
        clear=sky.ghi_w_m2[keep:],
        persistent=ratios.ahead(np.minimum(day[keep:], HISTORY.days), np.maximum(day[keep:] - HISTORY.days, 0) + 1),
        seen=np.full(len(labels) - keep, np.nan),
        issued=np.full(len(labels) - keep, np.nan),
        coefficients=coefficients,
        skill=_FIRST_DAYS * float(np.sum(scale[keep : keep + DAY] ** 2)) * np.array([_OUTLOOK_SPREAD**2, 1.0]),
        by_index=fit_errors(values, perfect, gather(perfect, window_rows(origin)), scale[past], int(min(first_origin, rows))),
        by_days=fit_errors(
            values,
            scale[past] * ratios.ahead(day[past], np.ones(rows)),
            scale[at] * ratios.ahead(np.broadcast_to(issue_day, at.shape), day[at] - issue_day + 1),
            scale[past],
            int(min(first_origin, rows)),
        ),
    )
    return model if before is None else _continue(model, before, values[keep:], perfect[keep:])


def _best_share(p_mw: np.ndarray, reference: np.ndarray) -> float:
    """Share of the reference that is reached at best, 0.05..1.3; 1 until a day of sun is known.

    Cloud edges and cold cells lift a quarter hour above the clear sky; 1.3 is a bound against bad telemetry.
    """
    sunny = np.isfinite(p_mw) & (reference > 0.2 * np.max(reference, initial=0.0))
    if int(sunny.sum()) < 48:
        return 1.0
    return float(np.clip(np.quantile(p_mw[sunny] / reference[sunny], 0.995), 0.05, 1.3))


def _limit(p_mw: np.ndarray, plant: Plant, covered: int) -> float:
    """Power never exceeded [MW]: a little above the observed maximum, the nominal peak until five days are known."""
    if covered < 5:
        return plant.peak_mw
    return HEADROOM * max(float(np.nanmax(p_mw)), 0.0)


def _continue(model: PvModel, before: PvModel, p_mw: np.ndarray, perfect: np.ndarray) -> PvModel:
    """Carries yesterday's memory over: the irradiance forecasts seen, and how good the issued ones turned out."""
    shift = (model.start_s - before.start_s) // 900
    if not 0 <= shift < len(before.seen):
        return model
    seen, issued = model.seen.copy(), model.issued.copy()
    kept = min(len(seen), len(before.seen) - shift)
    seen[:kept], issued[:kept] = before.seen[shift : shift + kept], before.issued[shift : shift + kept]
    both = np.isfinite(p_mw) & np.isfinite(issued[: len(p_mw)]) & np.isfinite(perfect)
    squares = [np.sum((p_mw - path)[both] ** 2) for path in (issued[: len(p_mw)], perfect)]
    energy = np.sum(model.scale[: len(p_mw)][both] ** 2)
    skill = _MEMORY * before.skill + np.array([squares[0] - squares[1], energy])
    return replace(model, seen=seen, issued=np.full(len(issued), np.nan), skill=skill)
