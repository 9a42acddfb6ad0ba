"""Are a box's needs met in this tick, how good are its inputs, and what could it see."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from twin.contracts.box import BoxCard, Mode, Need
from twin.contracts.frame import AsOfView, Layout
from twin.contracts.report_codec import signals_to_bytes
from twin.domain.quality import Quality, worst
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, to_datetime64, to_epoch_s


def reads_past(need: Need, layout: Layout) -> bool:
    """True when ``need`` is about what was observed: a history, or the newest value of a signal of the frame."""
    return bool(need.history) or (not need.ahead and bool(layout.elements(need.signal)))


def reads_ahead(need: Need, layout: Layout) -> bool:
    """True when ``need`` is about the future, or about something that only boxes know."""
    return bool(need.ahead) or not reads_past(need, layout)


def unmet(card: BoxCard, view: AsOfView) -> tuple[str, ...]:
    """What is missing of the needs that are not optional: named with value and limit; empty when the box can be asked."""
    faults: list[str] = []
    for need in card.needs:
        if need.mode is Mode.OPTIONAL:
            continue
        if reads_past(need, view.frame.layout):
            faults += _unmet_past(need, view)
        if reads_ahead(need, view.frame.layout):
            faults += _unmet_ahead(need, view)
    return tuple(faults)


def quality_of(card: BoxCard, view: AsOfView) -> Quality:
    """The union of the flags of everything the card needs, newest row and ahead.

    A missing input that the card tolerates makes the answer questionable, not invalid: it has been checked by itself.
    """
    frame, ahead = view.frame, view.ahead
    flags: list[int] = []
    for need in card.needs:
        have = frame.layout.elements(need.signal)
        if have and reads_past(need, frame.layout) and len(frame.quality):
            positions = [frame.layout.index[need.signal, e] for e in need.elements or have if e in have]
            flags += [int(flag) for flag in frame.quality[-1, positions]]
        if need.signal in ahead:
            flags.append(int(ahead[need.signal].attrs.get("quality", 0)))
    if not flags:
        return Quality.GOOD
    union = worst(flags)
    return (union & ~Quality.INVALID) | Quality.QUESTIONABLE if Quality.INVALID in union else union


def seen_ahead(card: BoxCard, ahead: Mapping[str, xr.DataArray]) -> tuple[str, ...]:
    """The signals known ahead that this box may see: those on its card."""
    return tuple(sorted({need.signal for need in card.needs} & set(ahead)))


class AheadDigests:
    """Digest of each signal known ahead, computed once a tick."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[xr.DataArray, str]] = {}

    def of(self, name: str, signal: xr.DataArray) -> str:
        """SHA-256 of the signal with its labels and attrs."""
        kept = self._known.get(name)
        if kept is None or kept[0] is not signal:
            kept = (signal, hashlib.sha256(signals_to_bytes({name: signal})).hexdigest())
            self._known[name] = kept
        return kept[1]


# ---------------------------------------------------------------------------------------------- the past


def _unmet_past(need: Need, view: AsOfView) -> list[str]:
    place, layout = f"need {need.signal!r}", view.frame.layout
    have = layout.elements(need.signal)
    absent = [element for element in need.elements if element not in have]
    if absent or not have:
        return [f"{place}: the frame does not have {absent or 'it'}, it has {list(have)}"]
    elements = need.elements or have
    positions = layout.positions(need.signal, elements)
    faults = []
    fresh: np.ndarray = np.any(_valid(view, positions, int(need.max_age / QUARTER_HOUR) + 1), axis=0)
    if not (fresh.all() if need.mode is Mode.STRICT else fresh.any()):
        old = [element for element, ok in zip(elements, fresh, strict=True) if not ok]
        faults.append(f"{place} of {old}: no valid value within max_age={need.max_age}")
    if need.min_coverage:
        wanted = max(1, int(need.history / QUARTER_HOUR))
        coverage = float((_valid(view, positions, wanted).sum(axis=0) / wanted).min())
        if coverage < need.min_coverage:
            faults.append(f"{place}: coverage={coverage:.3f} of {need.history}, min_coverage={need.min_coverage}")
    return faults


def _valid(view: AsOfView, positions: list[int], steps: int) -> np.ndarray:
    """Whether the values of the last ``steps`` complete quarter hours are there, dims (time, column).

    Rows that the frame has not got are left out: they count as missing.
    """
    frame = view.frame
    until = (to_epoch_s(view.as_of) - frame.start_s) // QUARTER_HOUR_S
    rows = slice(max(0, until - steps), max(0, until))
    values, quality = frame.values[rows][:, positions], frame.quality[rows][:, positions]
    valid: np.ndarray = np.isfinite(values) & ((quality & int(Quality.INVALID)) == 0)
    return valid


# ---------------------------------------------------------------------------------------------- ahead


def _unmet_ahead(need: Need, view: AsOfView) -> list[str]:
    place, signal = f"need {need.signal!r}", view.ahead.get(need.signal)
    if signal is None:
        return [f"{place}: nobody provides it in this tick"]
    lacking = _lacking(need, signal)
    if lacking:
        return [f"{place}: {lacking}"]
    faults = []
    issued = signal.attrs.get("issued_at")
    age = timedelta.max if issued is None else view.as_of - datetime.fromisoformat(issued)
    if age > need.max_age:
        faults.append(f"{place}: issued_at={issued}, older than max_age={need.max_age} at {view.as_of.isoformat()}")
    values = _coming(need, signal, view.as_of)
    steps = max(1, int(need.ahead / need.resolution))
    if len(values) < steps:
        return [*faults, f"{place}: {len(values)} steps ahead, expected {steps}"]
    coverage = float(np.isfinite(values).mean()) if values.size else 0.0
    wanted = 1.0 if need.mode is Mode.STRICT else need.min_coverage
    if coverage == 0.0 or coverage < wanted:
        faults.append(f"{place}: coverage={coverage:.3f} ahead, expected at least {wanted}")
    return faults


def _lacking(need: Need, signal: xr.DataArray) -> str:
    """The elements, levels or paths that ``signal`` does not have; "" when it has all of them."""
    for dim, wanted in (("quantile", need.quantiles), (SIGNALS[need.signal].dim, need.elements)):
        have = signal.get_index(dim).tolist() if dim in signal.dims else []
        absent = [label for label in wanted if label not in have]
        if absent:
            return f"nobody provides it ahead for {dim} {absent}, only for {have}"
    paths = signal.sizes.get("scenario", 0)
    return f"nobody provides it ahead in {need.scenarios} scenarios, only in {paths}" if need.scenarios > paths else ""


def _coming(need: Need, signal: xr.DataArray, as_of: datetime) -> np.ndarray:
    """Values of the needed elements from the running quarter hour on, at most as far as needed, time first."""
    values: np.ndarray = signal.values
    if need.elements:
        dim = SIGNALS[need.signal].dim
        have = signal.get_index(dim).tolist()
        values = values.take([have.index(element) for element in need.elements], axis=signal.get_axis_num(dim))
    values = np.moveaxis(values, signal.get_axis_num("time"), 0)
    first = int(np.searchsorted(signal.get_index("time").to_numpy(), to_datetime64(floor_quarter(as_of))))
    return values[first : first + max(1, int(need.ahead / need.resolution))]
