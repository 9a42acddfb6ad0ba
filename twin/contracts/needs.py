"""Are a box's needs met in this tick, how good are its inputs, and what could it see."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import xarray as xr

from twin.contracts.box import BoxCard, Mode, Need
from twin.contracts.frame import Frame
from twin.contracts.report_codec import signals_to_bytes
from twin.domain.quality import Quality, worst
from twin.domain.time import QUARTER_HOUR


def unmet(card: BoxCard, frame: Frame, ahead: Mapping[str, xr.DataArray]) -> tuple[str, ...]:
    """What is missing of the needs that are not optional: named with value and limit; empty when the box can be asked."""
    faults = []
    for need in card.needs:
        if need.mode is Mode.OPTIONAL:
            continue
        if frame.layout.elements(need.signal) and (need.history or not need.ahead):
            faults += _unmet_history(need, frame)
        if need.ahead or not frame.layout.elements(need.signal):
            faults += _unmet_ahead(need, ahead)
    return tuple(faults)


def quality_of(card: BoxCard, frame: Frame, ahead: Mapping[str, xr.DataArray]) -> Quality:
    """The union of the flags of everything the card needs, newest row and ahead.

    A missing input that the card tolerates makes the answer questionable, not invalid: it has been checked by itself.
    """
    flags: list[int] = []
    for need in card.needs:
        if frame.layout.elements(need.signal) and (need.history or not need.ahead) and len(frame.quality):
            positions = [frame.layout.index[need.signal, e] for e in _elements(need, frame)]
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


def _elements(need: Need, frame: Frame) -> tuple[str, ...]:
    have = frame.layout.elements(need.signal)
    return tuple(e for e in need.elements if e in have) if need.elements else have


def _unmet_history(need: Need, frame: Frame) -> list[str]:
    faults = []
    elements = _elements(need, frame)
    positions = [frame.layout.index[need.signal, element] for element in elements]
    recent = int(need.max_age / QUARTER_HOUR) + 1
    rows = max(recent, int(need.history / QUARTER_HOUR) if need.min_coverage else 0)
    values = frame.values[-rows:][:, positions]
    valid = np.isfinite(values) & ((frame.quality[-rows:][:, positions] & int(Quality.INVALID)) == 0)
    fresh = valid[-recent:].any(axis=0)
    # A strict need wants every element; for the others one that still speaks will do, the box sees NaN for the rest.
    if not (fresh.all() if need.mode is Mode.STRICT else fresh.any()):
        old = [element for element, ok in zip(elements, fresh, strict=True) if not ok]
        faults.append(f"need {need.signal!r} of {old}: no valid value within max_age={need.max_age}")
    if need.min_coverage:
        wanted = max(1, int(need.history / QUARTER_HOUR))
        coverage = valid[-wanted:].sum(axis=0) / wanted
        if coverage.size and coverage.min() < need.min_coverage:
            faults.append(
                f"need {need.signal!r}: coverage={coverage.min():.3f} of {need.history}, min_coverage={need.min_coverage}"
            )
    return faults


def _unmet_ahead(need: Need, ahead: Mapping[str, xr.DataArray]) -> list[str]:
    if need.signal not in ahead:
        return [f"need {need.signal!r}: nobody provides it in this tick"]
    signal = ahead[need.signal]
    steps = int(need.ahead / QUARTER_HOUR)
    if signal.sizes.get("time", 0) < steps:
        return [f"need {need.signal!r}: {signal.sizes.get('time', 0)} steps ahead, expected {steps}"]
    coverage = float(np.isfinite(signal.values[: max(steps, 1)]).mean())
    if coverage == 0.0 or coverage < need.min_coverage:
        return [f"need {need.signal!r}: coverage={coverage:.3f} ahead, min_coverage={need.min_coverage}"]
    return []
