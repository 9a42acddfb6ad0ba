"""A net load split into what was consumed and what panels behind the meter made.

Where only the net is measured, generation is an estimate: capacity times the sun, moved towards what the net shows where the
load is the steadier of the two. Both series are never negative and add up to the net exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.net.capacity import WINDOW_DAYS, Capacity, estimate_capacity, without_mean
from forecasts.net.shapes import Shapes, shapes_of
from forecasts.past import Place
from forecasts.profile import day_sheet
from twin.domain.problems import Problems
from twin.domain.quality import Quality

_DAY_S = 86_400
_SUN_ERROR = (0.12, 0.3)  # of the capacity's power at a given sun: measured irradiance; a day's mean clearness


@dataclass(frozen=True)
class NetSplit:
    """Consumption and generation behind one meter.

    Attributes:
        load_mw, pv_mw: dims (time,), neither negative, ``load_mw - pv_mw`` is the net; NaN where that is missing.
        quality: `Quality` flags, dims (time,): ESTIMATED, and QUESTIONABLE where it could not be told or the night fed in.
        capacity_mw, capacity_std_mw: of the panels, at 1000 W/m2 on their plane, losses included; standard error.
        tilt_deg, azimuth_deg: that explain most; None where declared or not to be told.
        told: whether the data could tell load from generation; ``reason``: what the answer rests on, or why there is none.
    """

    load_mw: np.ndarray
    pv_mw: np.ndarray
    quality: np.ndarray
    capacity_mw: float
    capacity_std_mw: float
    tilt_deg: float | None
    azimuth_deg: float | None
    told: bool
    reason: str


def split_net_load(
    net_mw: np.ndarray,
    *,
    start_s: int,
    step_s: int,
    place: Place,
    ghi_w_m2: np.ndarray | None = None,
    temp_c: np.ndarray | None = None,
    planes: Sequence[tuple[float, float, float]] = (),
) -> NetSplit:
    """Split ``net_mw`` (load minus generation) into its two parts.

    Where it cannot be told, generation is what was fed in and no more, and says so.

    Args:
        net_mw: [MW], dims (time,), NaN = missing. ``start_s``: label of row 0, epoch seconds; ``step_s`` divides a day.
        place: its position is needed for an orientation, and for everything where no irradiance was measured.
        ghi_w_m2: measured irradiance on the horizontal. ``temp_c``: outdoor temperature. Dims (time,) each.
        planes: declared (tilt [deg], azimuth [deg, 180 = south], share) of the panels.

    Raises:
        BadInput: for columns of other lengths and impossible planes.
    """
    _check(net_mw, step_s, {"ghi_w_m2": ghi_w_m2, "temp_c": temp_c}, planes)
    shapes = shapes_of(place, start_s=start_s, step_s=step_s, rows=len(net_mw), ghi_w_m2=ghi_w_m2, planes=planes)
    if shapes is None:
        found = Capacity(0.0, np.inf, 0, np.zeros((0, 0)), None, False, "neither irradiance nor a position is known")
        return _answer(net_mw, np.maximum(-net_mw, 0.0), np.zeros(len(net_mw), dtype=bool), found, None)
    labels = (start_s + np.arange(len(net_mw), dtype=np.int64) * step_s).astype("datetime64[s]").astype("datetime64[ns]")
    day, slot = place.calendar.locate(labels, step_s=step_s)
    first = int(day[0]) if len(day) else 0
    day = day - first
    days, slots = (int(day[-1]) + 1 if len(day) else 0), _DAY_S // step_s

    def sheet(values: np.ndarray) -> np.ndarray:
        return day_sheet(values, day, slot, days, slots)

    types = place.calendar.day_type(first + np.arange(days))
    temperature = None if temp_c is None or not np.isfinite(temp_c).any() else _filled(sheet(temp_c))
    net_by_day = sheet(net_mw)
    per_mw = np.stack([sheet(one) for one in shapes.per_mw])
    found = estimate_capacity(net_by_day, per_mw, types, temperature, clear_only=shapes.clear_only)
    if not found.told:
        return _answer(net_mw, np.maximum(-net_mw, 0.0), shapes.most <= 0.0, found, None)
    sun = found.capacity_mw * np.nan_to_num(shapes.per_mw[found.which])
    if found.clearness is not None:
        sun = sun * found.clearness[day]
    group = np.arange(days) // WINDOW_DAYS * 3 + types
    surprise = without_mean(sheet(net_mw + sun), group)  # of the load, where the sun was right
    pv_mw = _moved(net_mw, sun, surprise, found, shapes, (day, slot))
    return _answer(net_mw, pv_mw, shapes.most <= 0.0, found, shapes.orientation[found.which])


def _moved(
    net_mw: np.ndarray,
    sun: np.ndarray,
    surprise: np.ndarray,
    found: Capacity,
    shapes: Shapes,
    at: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Generation [MW]: the sun's, less the share of the load's surprise that the sun's error explains, within its bounds."""
    dark = day_sheet(shapes.most, *at, *surprise.shape) <= 0.0
    night = surprise[dark & np.isfinite(surprise)]
    load_spread = float(np.std(night)) if len(night) else float(np.nanstd(surprise))
    error = _SUN_ERROR[shapes.clear_only] * found.capacity_mw * np.nan_to_num(shapes.per_mw[found.which])
    share = np.divide(error**2, error**2 + load_spread**2, out=np.zeros_like(error), where=error > 0.0)
    pv = sun - share * np.nan_to_num(surprise[at])
    most = (found.capacity_mw + found.std_mw) * shapes.most
    return np.maximum(np.clip(pv, 0.0, most), -net_mw)


def _answer(
    net_mw: np.ndarray, pv_mw: np.ndarray, night: np.ndarray, found: Capacity, orientation: tuple[float, float] | None
) -> NetSplit:
    pv_mw = np.where(np.isfinite(net_mw), pv_mw, np.nan)
    load_mw = net_mw + pv_mw
    doubtful = (night & (pv_mw > 0.0)) | (not found.told)
    quality = np.where(doubtful, int(Quality.ESTIMATED | Quality.QUESTIONABLE), int(Quality.ESTIMATED))
    quality = np.where(np.isfinite(net_mw), quality, int(Quality.INVALID)).astype(np.uint8)
    tilt, azimuth = orientation if orientation is not None else (None, None)
    return NetSplit(load_mw, pv_mw, quality, found.capacity_mw, found.std_mw, tilt, azimuth, found.told, found.reason)


def _filled(sheet: np.ndarray) -> np.ndarray:
    """Gaps take the line between their neighbours in time."""
    flat = sheet.ravel()
    known = np.flatnonzero(np.isfinite(flat))
    return np.interp(np.arange(len(flat)), known, flat[known]).reshape(sheet.shape)


def _check(
    net_mw: np.ndarray,
    step_s: int,
    columns: dict[str, np.ndarray | None],
    planes: Sequence[tuple[float, float, float]],
) -> None:
    problems = Problems()
    if step_s <= 0 or _DAY_S % step_s:
        problems.add("net load, step_s", step_s, "a divisor of a day", "resample the series")
    for name, column in columns.items():
        if column is not None and column.shape != net_mw.shape:
            problems.add(f"net load, {name}", f"dims {column.shape}", f"{net_mw.shape}", "align the weather with the series")
    for number, (tilt, azimuth, share) in enumerate(planes):
        if not (0.0 <= tilt <= 90.0 and 0.0 <= azimuth <= 360.0 and share > 0.0):
            problems.add(
                f"net load, planes[{number}]",
                (tilt, azimuth, share),
                "tilt 0..90, azimuth 0..360, a share above 0",
                "correct the plane",
            )
    problems.raise_if_any()
