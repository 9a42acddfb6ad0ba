"""What a control centre gets to see of the truth: noise, gaps, late and repeated rows, stuck and absurd values.

Everything that goes wrong is a hash of (seed, channel, time), so it is the same for the live plant and its do-nothing twin.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.contracts.ports import Readings
from twin.domain import chance
from twin.domain.channels import Channel
from twin.domain.time import QUARTER_HOUR_S

PERCENT_QUANTITIES = frozenset({"p_mw", "q_mvar", "i_ka"})
# Contacts, published prices and what a charger announces: they arrive, and arrive right.
SURE_TABLES = frozenset({"switch", "market"})
SURE_QUANTITIES = frozenset({"tap_pos", "available", "departure_h", "energy_required_mwh", "limit_mw"})
DIGITAL_TABLES = frozenset({"device"})  # a device reports by protocol: it may be silent or late, never a thousand times off
STUCK_STEPS = 32  # eight hours: longer than a control room may need to notice
SPIKE_FACTOR = 1000.0  # the classical unit error
REPEAT_SHARE = 1 / 3  # of late rows: the link did not hear the acknowledgement and sends again
SPOKEN_SHARE = 0.5  # of gaps: the source says 'missing' instead of saying nothing


@dataclass(frozen=True)
class Disturbance:
    """Shares of all readings, as the site declares them.

    Attributes:
        gap_steps: mean length of a gap [quarter hours]. ``delay_steps``: longest delay [quarter hours].
    """

    gap_share: float = 0.0
    gap_steps: int = 4
    delay_share: float = 0.0
    delay_steps: int = 1
    bad_share: float = 0.0


@dataclass(frozen=True)
class Sensors:
    """All channels of a site."""

    seed: int
    channels: tuple[Channel, ...]
    disturbance: Disturbance
    percent: np.ndarray = field(init=False, repr=False)
    sigma: np.ndarray = field(init=False, repr=False)
    unsure: np.ndarray = field(init=False, repr=False)
    analogue: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "percent", np.array([c.quantity in PERCENT_QUANTITIES for c in self.channels], dtype=bool))
        unsure = [c.table not in SURE_TABLES and c.quantity not in SURE_QUANTITIES for c in self.channels]
        put(self, "unsure", np.array(unsure, dtype=bool))
        put(self, "analogue", self.unsure & [c.table not in DIGITAL_TABLES for c in self.channels])
        put(self, "sigma", np.where(self.unsure, [c.sigma for c in self.channels], 0.0))
        names = tuple(c.name for c in self.channels)
        kinds = ("noise", "gap", "delay", "repeat", "stuck", "spike")
        put(self, "_streams", {kind: chance.streams(self.seed, f"sensor {kind}", names) for kind in kinds})

    def measure(self, truth: np.ndarray, first_s: int, held: np.ndarray) -> tuple[Readings, np.ndarray]:
        """Readings of consecutive quarter hours, in order of arrival.

        Args:
            truth: true values, dims (time, channel); NaN where there is nothing to measure (a dead bus).
            first_s: label of the first row [epoch s].
            held: what a stuck sensor would show at ``first_s``, dims (channel,); from the previous call.

        Returns:
            The readings (some become known later than the end of the last quarter hour) and the new ``held``.
        """
        quarter = first_s // QUARTER_HOUR_S + np.arange(len(truth))[:, None]
        draw = self._streams["noise"]  # type: ignore[attr-defined]  # set in __post_init__ on a frozen dataclass
        spread = np.where(self.percent, np.abs(truth) / 100.0, 1.0) * self.sigma
        value = truth + spread * chance.normal(draw[None, :], quarter)
        value, held = self._stick(value, quarter, held)
        value = self._spike(value, quarter)
        value, silent = self._interrupt(value, quarter)
        return self._deliver(value, quarter, ~silent), held

    def _stick(self, value: np.ndarray, quarter: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        base = self._streams["stuck"]  # type: ignore[attr-defined]  # as above
        shifted = quarter + (chance.bits(base, 0) % np.uint64(STUCK_STEPS)).astype(np.int64)
        block, step = shifted // STUCK_STEPS, shifted % STUCK_STEPS
        # The row that begins this block, or -1 when it lies before the first row: then ``held`` knows its value.
        begins = np.arange(len(value))[:, None] - step
        first = np.where(begins >= 0, np.take_along_axis(value, np.maximum(begins, 0), axis=0), held)
        stuck = self.analogue & (chance.uniform(base, block, 1) < self.disturbance.bad_share / 2.0)
        return np.where(stuck, first, value), first[-1]

    def _spike(self, value: np.ndarray, quarter: np.ndarray) -> np.ndarray:
        base = self._streams["spike"]  # type: ignore[attr-defined]  # as above
        spike = self.analogue & (chance.uniform(base, quarter) < self.disturbance.bad_share / 2.0)
        return np.where(spike, value * SPIKE_FACTOR, value)

    def _interrupt(self, value: np.ndarray, quarter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        base = self._streams["gap"]  # type: ignore[attr-defined]  # as above
        window = 2 * self.disturbance.gap_steps
        shifted = quarter + (chance.bits(base, 0) % np.uint64(window)).astype(np.int64)
        block, step = shifted // window, shifted % window
        # A gap fills the first 1..window steps of its block, evenly; so its mean length is (window + 1) / 2.
        begins = chance.uniform(base, block, 1) < self.disturbance.gap_share * 2.0 * window / (window + 1.0)
        gap = self.unsure & begins & (step < 1 + np.floor(window * chance.uniform(base, block, 2)))
        spoken = chance.uniform(base, block, 3) < SPOKEN_SHARE
        return np.where(gap, np.nan, value), gap & ~spoken

    def _deliver(self, value: np.ndarray, quarter: np.ndarray, sent: np.ndarray) -> Readings:
        base = self._streams["delay"]  # type: ignore[attr-defined]  # as above
        late = self.unsure & (chance.uniform(base, quarter, 0) < self.disturbance.delay_share)
        steps = 1 + np.floor(self.disturbance.delay_steps * chance.uniform(base, quarter, 1)).astype(np.int64)
        label = quarter * QUARTER_HOUR_S
        known = label + QUARTER_HOUR_S * (1 + np.where(late, steps, 0))
        again = sent & late
        again &= chance.uniform(self._streams["repeat"], quarter) < REPEAT_SHARE  # type: ignore[attr-defined]  # as above
        channel = np.broadcast_to(np.arange(len(self.channels), dtype=np.int32), value.shape)
        labels = np.broadcast_to(label, value.shape)

        def rows(once: np.ndarray, twice: np.ndarray) -> np.ndarray:
            return np.concatenate([once[sent], twice[again]])

        return in_order_of_arrival(
            Readings(rows(channel, channel), rows(labels, labels), rows(known, known + QUARTER_HOUR_S), rows(value, value))
        )


def in_order_of_arrival(readings: Readings) -> Readings:
    """Rows sorted by the moment they became known, then by label and channel."""
    order = np.lexsort((readings.channel, readings.valid_time_s, readings.known_time_s))
    return chosen(readings, order)


def chosen(readings: Readings, rows: np.ndarray) -> Readings:
    """Some rows, by position or mask."""
    return Readings(readings.channel[rows], readings.valid_time_s[rows], readings.known_time_s[rows], readings.value[rows])


def joined(first: Readings, second: Readings) -> Readings:
    """The rows of both, in order of arrival."""
    names = ("channel", "valid_time_s", "known_time_s", "value")
    return in_order_of_arrival(Readings(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names)))


def nothing() -> Readings:
    """No rows."""
    return Readings(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
