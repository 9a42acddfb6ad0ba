"""Histories through the watch: what was found in each asset, and how well faults put into its own history are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import ThermalParameters
from twin.boxes.maintenance.watch.state import BLOCK_S, WatchSettings
from twin.maintenance.evaluate.air import SEASON_DAYS, stand_in
from twin.maintenance.evaluate.faults import DAY_S, Fault, inject
from twin.maintenance.evaluate.history import AssetHistory, NotAssessed
from twin.maintenance.evaluate.replay import Alarm, Replayed, replay
from twin.maintenance.evaluate.telemetry import Telemetry, modelled_top_oil
from twin.maintenance.evaluate.units import Note, top_oil_in_celsius

REFERENCE_DAYS = 28
MOST_REFERENCE_DAYS = 365
LEAST_WATCHED_DAYS = 7.0
ROOM = 1.25
"""Times the reference's days until it is there, with gaps in the data."""
GROWTH_DAYS, SIZE_K, PATIENCE_DAYS = 14.0, 6.0, 14.0
"""Of the injected cooling faults: see `twin.maintenance.evaluate.trial`."""
_MILD_C = 10.0
"""Ambient that a unit is judged by where none is known: within 25 K of it, where units differ by more."""


@dataclass(frozen=True)
class Prepared:
    """One asset ready for the watch.

    Attributes:
        ambient_c: measured, or what stands in for it [degC], dims (time,). ``rise_k``: modelled top-oil over it [K].
        reference_days: to learn from.
    """

    history: AssetHistory
    ambient_c: np.ndarray
    ambient_known: bool
    rise_k: np.ndarray
    reference_days: int
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Assessed:
    """What the watch said of one asset.

    Attributes:
        months: watched after learning. ``learnt_s``: when watching began, epoch seconds; None when it never did.
        alarms: all of them. ``labels_s``, ``peaks``, ``excess_k``: of blocks, dims (block,), see `Replayed`.
        sigma_k, long_sigma_k: of the reference [K]. ``correlation``: of neighbouring blocks.
    """

    prepared: Prepared
    months: float
    learnt_s: int | None
    alarms: tuple[Alarm, ...]
    labels_s: np.ndarray
    peaks: np.ndarray
    excess_k: np.ndarray
    sigma_k: float
    long_sigma_k: float
    correlation: float

    @property
    def name(self) -> str:
        """The asset's."""
        return self.prepared.history.name

    @property
    def reduced(self) -> bool:
        """Whether anything lowers the confidence in what is said of it."""
        return bool(self.prepared.notes)


@dataclass(frozen=True)
class Injected:
    """A fault put into an asset's own history, and its first alarm.

    Attributes:
        labels_s, peaks: of blocks, dims (block,).
    """

    name: str
    fault: Fault
    alarm: Alarm | None
    labels_s: np.ndarray
    peaks: np.ndarray


def prepare(history: AssetHistory, parameters: ThermalParameters, *, reference_days: int | None) -> Prepared | NotAssessed:
    """Model, units and ambient of one asset, or why nothing can be said of it."""
    known = bool(np.isfinite(history.ambient_c).any())
    air_c = history.ambient_c if known else np.full_like(history.ambient_c, _MILD_C)
    telemetry = _column(history, air_c, history.top_oil_c)
    modelled_c = modelled_top_oil(parameters, telemetry)[:, 0]
    top_oil_c, notes = top_oil_in_celsius(history.top_oil_c, modelled_c)
    span_days = (history.end_s - history.start_s) / DAY_S
    days = reference_days or (REFERENCE_DAYS if known else int(min(MOST_REFERENCE_DAYS, span_days / 2.0)))
    if span_days < ROOM * days + LEAST_WATCHED_DAYS:
        least = ROOM * days + LEAST_WATCHED_DAYS
        return NotAssessed(history.name, Note("short", {"days": span_days, "least": least, "learnt": days}))
    rise_k = modelled_c - air_c
    if not known:
        air_c, rise_k = stand_in(top_oil_c, rise_k, telemetry.labels_s, _learnt(history, days))
        notes = (*notes, *(() if days >= SEASON_DAYS else (Note("season_unknown", {"days": days}),)))
    told = replace(history, top_oil_c=top_oil_c)
    return Prepared(told, air_c, known, rise_k, days, (*history.notes, *notes))


def assess(prepared: Sequence[Prepared], *, budget: float) -> list[Assessed]:
    """Every asset watched beside those of the same step, so that common causes show.

    Args:
        prepared: assets.
        budget: false alarms per asset-month.
    """
    found: dict[str, Assessed] = {}
    for members in _alike(prepared):
        telemetry, modelled_c = _side_by_side(members)
        replayed = _watched(members[0], telemetry, modelled_c, budget)
        for column, member in enumerate(members):
            found[member.history.name] = _assessed(member, replayed, column)
    return [found[each.history.name] for each in prepared]


def inject_faults(prepared: Sequence[Prepared], *, count: int, budget: float, seed: int) -> list[Injected]:
    """Faults of the cooling and stuck sensors, ``count`` each, put into every asset's history, one per copy of it.

    An asset whose history is too short for a fault after learning is left out.

    Args:
        prepared: assets.
        count: of each kind and asset.
        budget: false alarms per asset-month.
        seed: of their begins.
    """
    found: list[Injected] = []
    for rank, member in enumerate(prepared):
        history = member.history
        first_s = history.start_s + ROOM * member.reference_days * DAY_S
        last_s = history.end_s - (GROWTH_DAYS + PATIENCE_DAYS) * DAY_S
        if last_s <= first_s:
            continue
        random = np.random.default_rng([seed, rank])
        begins_s = (random.uniform(first_s, last_s, 2 * count) // history.step_s * history.step_s).astype(np.int64)
        faults = [Fault(at, "cooling", int(begin), SIZE_K, GROWTH_DAYS) for at, begin in enumerate(begins_s[:count])]
        faults += [Fault(count + at, "stuck", int(begin)) for at, begin in enumerate(begins_s[count:])]
        telemetry, modelled_c = _side_by_side([member] * (2 * count))
        ill_c = inject(
            telemetry.top_oil_c,
            tuple(faults),
            labels_s=telemetry.labels_s,
            rise_k=modelled_c - telemetry.ambient_c,
            load_factor=telemetry.load_factor,
        )
        ill = replace(telemetry, top_oil_c=ill_c)
        if not member.ambient_known:  # what stands in for the ambient follows the ill oil too
            ill, modelled_c = _stood_in_again(member, ill)
        replayed = _watched(member, ill, modelled_c, budget)
        starts_s = replayed.block_labels_s
        for fault in faults:
            alarm = _first(replayed, fault)
            found.append(Injected(history.name, fault, alarm, starts_s, replayed.peaks[:, fault.asset]))
    return found


def _stood_in_again(member: Prepared, ill: Telemetry) -> tuple[Telemetry, np.ndarray]:
    learnt = _learnt(member.history, member.reference_days)
    pairs = [stand_in(column, member.rise_k, ill.labels_s, learnt) for column in ill.top_oil_c.T]
    air_c, rise_k = (np.stack(parts, axis=1) for parts in zip(*pairs, strict=True))
    return replace(ill, ambient_c=air_c), air_c + rise_k


def _learnt(history: AssetHistory, days: int) -> np.ndarray:
    return history.step_s * np.arange(len(history.load_factor)) < days * DAY_S


def _first(replayed: Replayed, fault: Fault) -> Alarm | None:
    rule = "stuck" if fault.kind == "stuck" else "hotter"
    last_s = fault.full_s + PATIENCE_DAYS * DAY_S
    own = (alarm for alarm in replayed.alarms if alarm.asset == fault.asset and alarm.rule == rule)
    return next((alarm for alarm in own if fault.start_s <= alarm.raised_s <= last_s), None)


def _alike(prepared: Sequence[Prepared]) -> list[list[Prepared]]:
    groups: dict[tuple[int, bool, int], list[Prepared]] = {}
    for each in prepared:
        groups.setdefault((each.history.step_s, each.ambient_known, each.reference_days), []).append(each)
    return list(groups.values())


def _column(history: AssetHistory, ambient_c: np.ndarray, top_oil_c: np.ndarray) -> Telemetry:
    load, air, oil = (values[:, None] for values in (history.load_factor, ambient_c, top_oil_c))
    return Telemetry(history.start_s, history.step_s, load, air, oil)


def _side_by_side(members: Sequence[Prepared]) -> tuple[Telemetry, np.ndarray]:
    """Assets of one step on one grid, NaN where one has no history: telemetry and model, dims (time, asset)."""
    step_s = members[0].history.step_s
    start_s = min(member.history.start_s for member in members)
    rows = max(member.history.end_s - start_s for member in members) // step_s
    load, air, oil, model = (np.full((rows, len(members)), np.nan) for _ in range(4))
    for column, member in enumerate(members):
        history = member.history
        first = (history.start_s - start_s) // step_s
        here = slice(first, first + len(history.load_factor))
        load[here, column], air[here, column] = history.load_factor, member.ambient_c
        oil[here, column], model[here, column] = history.top_oil_c, member.ambient_c + member.rise_k
    return Telemetry(start_s, step_s, load, air, oil), model


def _watched(like: Prepared, telemetry: Telemetry, modelled_c: np.ndarray, budget: float) -> Replayed:
    settings = WatchSettings(
        step_s=float(telemetry.step_s),
        alarms_per_asset_month=budget,
        reference_blocks=like.reference_days * DAY_S // BLOCK_S,
    )
    return replay(telemetry, modelled_c, settings, ambient_known=like.ambient_known)


def _assessed(member: Prepared, replayed: Replayed, column: int) -> Assessed:
    reference, peaks = replayed.watch.reference, replayed.peaks[:, column]
    judged = np.flatnonzero(np.isfinite(peaks))
    return Assessed(
        prepared=member,
        months=float(replayed.watched_s[column]) / (365.25 / 12.0 * DAY_S),
        learnt_s=int(replayed.block_labels_s[judged[0]]) if len(judged) else None,
        alarms=tuple(alarm for alarm in replayed.alarms if alarm.asset == column),
        labels_s=replayed.block_labels_s,
        peaks=peaks,
        excess_k=replayed.excess_k[:, column],
        sigma_k=float(reference.sigma_k[column]),
        long_sigma_k=float(reference.long_sigma_k[column]),
        correlation=float(reference.correlation[column]),
    )
