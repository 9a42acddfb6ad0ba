"""What the watch remembers of every asset: arrays with dims (asset, ...), resumable bit for bit.

Nothing in here decides; `observe` moves the state on and `verdicts` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

BLOCK_S = 6 * 3600
"""Neighbouring quarter hours say almost the same of the oil; means of six hours are nearly independent."""
PHASES = 86_400 // BLOCK_S
"""Blocks of a day: each has its own offset in the reference, since sun and wrong time constants follow the clock."""
REGRESSORS = 3 + PHASES - 1
"""Offset, modelled rise, ambient, and the blocks of the day beside the last one."""
RECENT_BLOCKS = 28
"""A week of closed blocks, for the question why."""
FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class WatchSettings:
    """What the watch is told once.

    Attributes:
        step_s: between two readings [s]; a quarter hour on air, an hour in many histories.
        alarms_per_asset_month: the false-alarm budget that thresholds are derived from [1/(asset month)].
        reference_blocks: valid blocks of six hours that make the reference; 112 are four weeks.
    """

    step_s: float = 900.0
    alarms_per_asset_month: float = 0.1
    reference_blocks: int = 112


@dataclass(frozen=True)
class SensorState:
    """Reading by reading, dims (asset,), NaN where there was none.

    Attributes:
        accepted_k: last accepted residual [K]. ``accepted_s``: its label.
        aside_k: residual of the last reading set aside as too far off [K]. ``aside_count``: how many agree in a row.
        unit: what the readings set aside look like: 0 nothing known, 1 Fahrenheit, 2 ten times, 3 a tenth.
        spike_s: label of the last spike, 0 for none. ``spike_since_s``: of the first of its episode. ``spike_k``: its size [K].
        jump_k2, jumps: winsorised squares of steps of the residual [K^2] and their number, while learning.
        seen_s: label of the last reading.
        held_c, held_since_s, held_count: value that readings stay at, since when, and how many of them.
        model_low_c, model_high_c: what the model did meanwhile [degC].
        moved_k: most the model moved during a hold of the reference [K].
        resolution_k: smallest step between two readings of the reference [K]; infinite before the first one.
        stuck_since_s, stuck_raised_s: of a stuck reading, 0 for none. ``stuck_c``: the value it is stuck at.
        over_since_s, over_count, under_count: of a load above rating, see `observe`.
        load2: K^2 as slow as the oil.
    """

    accepted_k: np.ndarray
    accepted_s: np.ndarray
    aside_k: np.ndarray
    aside_count: np.ndarray
    unit: np.ndarray
    spike_s: np.ndarray
    spike_since_s: np.ndarray
    spike_k: np.ndarray
    jump_k2: np.ndarray
    jumps: np.ndarray
    seen_s: np.ndarray
    held_c: np.ndarray
    held_since_s: np.ndarray
    held_count: np.ndarray
    model_low_c: np.ndarray
    model_high_c: np.ndarray
    moved_k: np.ndarray
    resolution_k: np.ndarray
    stuck_since_s: np.ndarray
    stuck_raised_s: np.ndarray
    stuck_c: np.ndarray
    over_since_s: np.ndarray
    over_count: np.ndarray
    under_count: np.ndarray
    load2: np.ndarray


@dataclass(frozen=True)
class OpenBlock:
    """Sums over the block that is not finished, dims (asset,); ``number``: epoch seconds // BLOCK_S, a single value."""

    number: np.ndarray
    samples: np.ndarray
    residual_k: np.ndarray
    rise_k: np.ndarray
    measured_c: np.ndarray
    load2: np.ndarray
    ambient_c: np.ndarray
    ambient_samples: np.ndarray


@dataclass(frozen=True)
class Reference:
    """The asset as it was, learnt once and then frozen.

    Attributes:
        count: blocks learnt from, dims (asset,).
        block, rise_k, ambient_c, residual_k: those blocks, dims (asset, reference_blocks), single precision.
        coefficients: of the regression, dims (asset, REGRESSORS). ``covariance``: of them, dims (asset, R, R) [K^2].
        centre_rise_k, centre_ambient_c: that regressors are counted from, dims (asset,).
        sigma_k: spread of a block around the regression, 0 while learning [K].
        correlation: of neighbouring blocks. ``long_sigma_k``: spread that sums of blocks see [K].
        slack_k, threshold: of the CUSUM: allowance [K], and bar [long_sigma_k].
        drift: how far the last quarter of the learning span lies off the others [long standard errors].
    """

    count: np.ndarray
    block: np.ndarray
    rise_k: np.ndarray
    ambient_c: np.ndarray
    residual_k: np.ndarray
    coefficients: np.ndarray
    covariance: np.ndarray
    centre_rise_k: np.ndarray
    centre_ambient_c: np.ndarray
    sigma_k: np.ndarray
    correlation: np.ndarray
    long_sigma_k: np.ndarray
    slack_k: np.ndarray
    threshold: np.ndarray
    drift: np.ndarray


@dataclass(frozen=True)
class Sums:
    """The two-sided CUSUM, dims (asset, 2): upwards (hotter than the reference) and downwards.

    Attributes:
        value: in ``long_sigma_k``. ``onset_s``: where the sum last left zero, 0 at zero: the likely beginning.
        raised_s: when an alarm was raised, 0 for none.
    """

    value: np.ndarray
    onset_s: np.ndarray
    raised_s: np.ndarray


@dataclass(frozen=True)
class Recent:
    """The last `RECENT_BLOCKS` closed blocks, dims (asset, block), oldest first, NaN where there was none; single precision.

    Attributes:
        excess_k: residual above the reference. ``expected_c``: model and reference. ``rise_k``: modelled.
        load2: K^2 as slow as the oil. ``slack_k``: that the CUSUM allowed.
    """

    excess_k: np.ndarray
    expected_c: np.ndarray
    rise_k: np.ndarray
    load2: np.ndarray
    slack_k: np.ndarray


@dataclass(frozen=True)
class Watch:
    """All that is remembered of all assets.

    Attributes:
        settings: what it was told. ``at_s``: label of the last reading, epoch seconds.
        since_s: instant from which the reference was asked to be learnt anew, 0 for never, dims (asset,).
    """

    settings: WatchSettings
    at_s: int
    since_s: np.ndarray
    sensor: SensorState
    open: OpenBlock
    reference: Reference
    sums: Sums
    recent: Recent

    @property
    def count(self) -> int:
        """Number of assets."""
        return len(self.reference.count)

    @property
    def learning(self) -> np.ndarray:
        """True until the reference is frozen, dims (asset,)."""
        return self.reference.sigma_k == 0.0

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything as named arrays, for `twin.domain.pack`."""
        told = self.settings
        head = [FORMAT, self.at_s, told.step_s, told.alarms_per_asset_month, told.reference_blocks]
        found = {"head": np.array(head, dtype=np.float64), "since_s": self.since_s}
        for room in _ROOMS:
            part = getattr(self, room)
            found |= {f"{room}.{field.name}": getattr(part, field.name) for field in fields(part)}
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Watch | None:
        """Inverse of `to_arrays`; None for another format, whose reference must be learnt anew."""
        head = np.asarray(arrays.get("head", [0.0]))
        if head[0] != FORMAT:
            return None
        settings = WatchSettings(step_s=float(head[2]), alarms_per_asset_month=float(head[3]), reference_blocks=int(head[4]))
        parts = {room: _part(kind, room, arrays) for room, kind in _ROOMS.items()}
        return cls(settings, int(head[1]), np.asarray(arrays["since_s"]), **parts)

    def put(self, rows: np.ndarray, other: Watch, source: np.ndarray) -> Watch:
        """Assets ``rows`` as those at ``source`` of another watch, the clock and the other assets left as they are."""
        arrays, theirs = self.to_arrays(), other.to_arrays()
        for name, array in arrays.items():
            if name != "head" and array.ndim:
                arrays[name] = array.copy()
                arrays[name][rows] = theirs[name][source]
        changed = Watch.from_arrays(arrays)
        assert changed is not None  # of this format, by `to_arrays`
        return changed

    def renewed(self, since_s: np.ndarray) -> Watch:
        """Assets whose reference is to be learnt anew know nothing yet: after a new sensor, or cooling unlike the old one.

        Args:
            since_s: latest instant not yet ahead from which a new reference is wanted, 0 for none, dims (asset,).
        """
        due = np.flatnonzero(since_s > self.since_s)
        if not due.size:
            return self
        return replace(self.put(due, new_watch(self.count, self.settings), due), since_s=np.maximum(self.since_s, since_s))


_ROOMS: dict[str, Any] = {
    "sensor": SensorState,
    "open": OpenBlock,
    "reference": Reference,
    "sums": Sums,
    "recent": Recent,
}
_Part = TypeVar("_Part")


def _part(kind: type[_Part], room: str, arrays: Mapping[str, np.ndarray]) -> _Part:
    return kind(**{field.name: np.asarray(arrays[f"{room}.{field.name}"]) for field in fields(kind)})  # type: ignore[arg-type]  # all are dataclasses


def new_watch(count: int, settings: WatchSettings | None = None) -> Watch:
    """A watch on ``count`` assets that knows nothing yet."""
    told = settings or WatchSettings()

    def zeros(*more: int) -> np.ndarray:
        return np.zeros((count, *more))

    def none(*more: int) -> np.ndarray:
        return np.full((count, *more), np.nan, dtype=np.float32 if more else np.float64)

    sensor = {field.name: zeros() for field in fields(SensorState)}
    sensor |= {name: none() for name in ("accepted_k", "aside_k", "held_c", "stuck_c", "load2")}
    sensor["resolution_k"] = np.full(count, np.inf)
    block = {field.name: zeros() for field in fields(OpenBlock)} | {"number": np.array(0, dtype=np.int64)}
    reference = {field.name: zeros() for field in fields(Reference)}
    reference |= {name: none(told.reference_blocks) for name in ("block", "rise_k", "ambient_c", "residual_k")}
    reference |= {"coefficients": zeros(REGRESSORS), "covariance": zeros(REGRESSORS, REGRESSORS)}
    return Watch(
        told,
        0,
        zeros(),
        SensorState(**sensor),
        OpenBlock(**block),
        Reference(**reference),
        Sums(zeros(2), zeros(2), zeros(2)),
        Recent(*(none(RECENT_BLOCKS) for _ in fields(Recent))),
    )
