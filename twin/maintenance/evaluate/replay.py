"""A history run through the watch, reading by reading as on air, with every alarm written down."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.maintenance.watch.observe import observe
from twin.boxes.maintenance.watch.state import BLOCK_S, Watch, WatchSettings, new_watch
from twin.boxes.maintenance.watch.verdicts import Verdict, raised_s, verdicts
from twin.maintenance.evaluate.telemetry import Telemetry

RULES = ("hotter", "colder", "stuck", "spike")
"""The rules in the order of `twin.boxes.maintenance.watch.verdicts.raised_s`."""
SETTLED_S = 86_400
"""The cause is read again a day after the alarm, when more of it has been seen."""


@dataclass(frozen=True)
class Alarm:
    """One alarm of one rule.

    Attributes:
        asset: index. ``rule``: one of `RULES`. ``raised_s``, ``cleared_s``: epoch seconds; None while it stands.
        verdict: what was proposed a day later or when it cleared, None where a group or another rule spoke for it.
    """

    asset: int
    rule: str
    raised_s: int
    cleared_s: int | None
    verdict: Verdict | None


@dataclass(frozen=True)
class Replayed:
    """What the watch said.

    Attributes:
        alarms: in the order they were raised. ``watch``: at the end.
        peaks: highest CUSUM over its threshold in each block, dims (block, asset), NaN while learning.
        excess_k: residual above the reference in each block [K], same dims.
        block_labels_s: start of these blocks, epoch seconds.
        watched_s: seconds watched after learning, dims (asset,).
    """

    alarms: tuple[Alarm, ...]
    watch: Watch
    peaks: np.ndarray
    excess_k: np.ndarray
    block_labels_s: np.ndarray
    watched_s: np.ndarray


def replay(telemetry: Telemetry, modelled_c: np.ndarray, settings: WatchSettings, *, ambient_known: bool = True) -> Replayed:
    """Run a history through the watch.

    Args:
        telemetry: readings, dims (time, asset).
        modelled_c: top-oil by the model [degC], same dims; NaN where load or ambient is missing.
        settings: of the watch; its step must be the telemetry's.
        ambient_known: False where the ambient is itself an estimate: the reference then does without it.
    """
    watch = new_watch(telemetry.load_factor.shape[1], replace(settings, step_s=float(telemetry.step_s)))
    rise_k, residual_k = modelled_c - telemetry.ambient_c, telemetry.top_oil_c - modelled_c
    ambient_c = telemetry.ambient_c if ambient_known else np.full_like(modelled_c, np.nan)
    book = _Book(watch.count)
    peaks, excess_k, starts, watched_s = [], [], [], np.zeros(watch.count)
    for row, at_s in enumerate(telemetry.labels_s.tolist()):
        block = int(watch.open.number)
        watch = observe(
            watch,
            at_s=at_s,
            modelled_rise_k=rise_k[row],
            residual_k=residual_k[row],
            measured_c=telemetry.top_oil_c[row],
            load_factor=telemetry.load_factor[row],
            ambient_c=ambient_c[row],
        )
        book.note(watch, at_s)
        watched_s += np.where(watch.learning | ~np.isfinite(residual_k[row]), 0.0, telemetry.step_s)
        if int(watch.open.number) != block and block:
            bar = np.where(watch.learning, np.nan, watch.reference.threshold)
            peaks.append(watch.sums.value.max(axis=1) / bar)
            excess_k.append(np.where(watch.learning, np.nan, watch.recent.excess_k[:, -1]))
            starts.append(block * BLOCK_S)
    shown, above_k = (np.array(rows).reshape(-1, watch.count) for rows in (peaks, excess_k))
    return Replayed(book.finished(watch), watch, shown, above_k, np.array(starts, dtype=np.int64), watched_s)


class _Book:
    """Alarms as they come and go."""

    def __init__(self, count: int) -> None:
        self.before = np.zeros((len(RULES), count))
        self.open: dict[tuple[int, int], tuple[int, Verdict | None]] = {}
        self.due: dict[tuple[int, int], int] = {}
        self.done: list[Alarm] = []

    def note(self, watch: Watch, at_s: int) -> None:
        """Compare what stands now with what stood a reading ago."""
        now = raised_s(watch)
        changed = (now > 0.0) != (self.before > 0.0)
        ripe = [key for key, when in self.due.items() if when <= at_s]
        if not changed.any() and not ripe:
            self.before = now
            return
        said = verdicts(watch)
        for rule, asset in np.argwhere(changed & (now > 0.0)).tolist():
            self.open[rule, asset] = (at_s, _of(said, rule, asset))
            self.due[rule, asset] = at_s + SETTLED_S
        for key in ripe:
            raised, verdict = self.open[key]
            self.open[key] = (raised, _of(said, *key) or verdict)
            del self.due[key]
        for rule, asset in np.argwhere(changed & (now == 0.0)).tolist():
            self._close(rule, asset, at_s)
        self.before = now

    def _close(self, rule: int, asset: int, at_s: int | None) -> None:
        raised, verdict = self.open.pop((rule, asset))
        self.due.pop((rule, asset), None)
        self.done.append(Alarm(asset, RULES[rule], raised, at_s, verdict))

    def finished(self, watch: Watch) -> tuple[Alarm, ...]:
        """All alarms; those that still stand with what is proposed now."""
        said = verdicts(watch)
        for rule, asset in list(self.open):
            raised, verdict = self.open[rule, asset]
            self.open[rule, asset] = (raised, _of(said, rule, asset) or verdict)
            self._close(rule, asset, None)
        return tuple(sorted(self.done, key=lambda alarm: (alarm.raised_s, alarm.asset, alarm.rule)))


def _of(said: tuple[Verdict, ...], rule: int, asset: int) -> Verdict | None:
    """The verdict that speaks of this alarm."""
    kinds = {"stuck": ("sensor_stuck",), "spike": ("sensor_spike",)}.get(RULES[rule])
    for verdict in said:
        fits = verdict.kind in kinds if kinds else verdict.kind not in {"sensor_stuck", "sensor_spike"}
        if asset in verdict.members and fits and not (not kinds and verdict.kind == "overload" and len(verdict.causes) == 1):
            return verdict
    return None
