"""One quarter hour's origin: traced along the lines, reconciled with the meters, and told with what the storages held.

The estimate and the meters never contradict each other in public: powers are the meters' (`Metered`), and the traced pattern is
fitted to them (`twin.origin.fitting`). Without a solved grid every sink takes the same mix, that of the town's one node.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.domain.carriers import CARRIERS
from twin.domain.time import HOURS_PER_STEP
from twin.origin.fitting import fitted
from twin.origin.ledger import NOTHING, Content, Ledger, advanced, given
from twin.origin.meters import Metered
from twin.origin.town import Pattern, TownFacts
from twin.origin.traced import KINDS, UNKNOWN, Injection, Origin, Traced

UNKNOWN_TOLERATED = 0.02
"""So much of unknown origin may be in what is told; the share is then that of the rest. Above it the share is unknown."""
DUST_MW = 1e-9
"""A milliwatt: less than any meter shows."""
MADE_HERE = ("pv", "hydro", "other")
"""Kinds whose electricity was made in the town in that very quarter hour."""


@dataclass(frozen=True)
class Allocation:
    """What each sink took of each source in one quarter hour [MW], dims (sink, source), sums as metered.

    Sinks and sources as in `twin.origin.town.Pattern`.

    Attributes:
        silent: zones whose consumption neither a meter nor an estimate tells; what they took is in the zone above.
    """

    method: str
    taken_mw: np.ndarray
    losses_mw: float
    silent: frozenset[str] = frozenset()


def allocated(facts: TownFacts, metered: Metered, pattern: Pattern | None) -> Allocation | None:
    """The pattern with the meters' sums; pooled without a pattern, None when the town's balance is unknown."""
    if not metered.known:
        return None
    through = 0.0 if pattern is None else pattern.transit_mw
    injected = _injected(facts, metered, pattern, through)
    drawn = _drawn(facts, metered, pattern, through, float(injected.sum()))
    short = max(float(drawn.sum() - injected.sum()), 0.0)
    if facts.pv:
        injected[0] += short
    elif short > 0.0:
        drawn *= float(injected.sum() / drawn.sum())
    traced = np.ones((len(drawn), len(injected))) if pattern is None else pattern.taken_mw
    taken = fitted(traced, drawn, injected)
    if pattern is not None:
        return Allocation("traced", taken, pattern.losses_mw)
    inner = zip(facts.zones[1:], metered.consumption[1:], strict=True)  # the town's own follows from its balance
    return Allocation("pooled", taken, math.nan, frozenset(zone.name for zone, p_mw in inner if math.isnan(p_mw)))


def _injected(facts: TownFacts, metered: Metered, pattern: Pattern | None, through_mw: float) -> np.ndarray:
    found = []
    parts = _carrier_parts(facts, pattern)
    store = dict(zip((store.id for store in facts.stores), metered.stores, strict=True))
    for kind, name in facts.sources:
        if kind == "other":
            found.append(metered.other * parts[name])
        elif kind == "storage":
            found.append(max(-store[name], 0.0))
        elif kind == "import":
            found.append(max(metered.net, 0.0) + through_mw)
        else:
            found.append(metered.pv if kind == "pv" else metered.hydro)
    return np.array(found)


def _carrier_parts(facts: TownFacts, pattern: Pattern | None) -> dict[str, float]:
    """Part of each carrier in the zone's metered sum of other plants: as estimated, else as installed."""
    weights = {plants.carrier: plants.kw for plants in facts.others}
    if pattern is not None:
        columns = {name: i for i, (kind, name) in enumerate(facts.sources) if kind == "other"}
        traced = {name: float(pattern.taken_mw[:, i].sum()) for name, i in columns.items()}
        weights = traced if sum(traced.values()) > DUST_MW else weights
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total > 0.0 else {}


def _drawn(facts: TownFacts, metered: Metered, pattern: Pattern | None, through_mw: float, injected_mw: float) -> np.ndarray:
    charged = [max(p_mw, 0.0) for p_mw in metered.stores]
    exported = max(-metered.net, 0.0) + through_mw
    # Consumption is what the balance leaves. Panels that are scaled up from a few may fall short of what the connection and the
    # storages took: then nothing is left, and the panels gave what was taken.
    consumed = max(injected_mw - math.fsum(charged) - exported, 0.0)
    return np.array([*_own(facts, metered, pattern, consumed), *charged, exported])


def _own(facts: TownFacts, metered: Metered, pattern: Pattern | None, consumed_mw: float) -> list[float]:
    """Each zone's consumption beside the zones within it; a silent one's as estimated, never more than the zone above has.

    Without an estimate nobody knows what a silent zone took beside the zones within it: that stays with the zone above.
    """
    totals = [consumed_mw, *metered.consumption[1:]]
    children = [[j for j, other in enumerate(facts.zones) if other.parent == zone.name] for zone in facts.zones]
    for i in reversed(range(len(totals))):  # from the leaves up
        if math.isnan(totals[i]):
            rows = list(facts.inside[facts.zones[i].name])
            within = math.fsum(totals[j] for j in children[i])
            totals[i] = within if pattern is None else float(pattern.taken_mw[rows].sum())
    own = [0.0] * len(totals)
    for i, inside in enumerate(children):  # from the root down: a parent stands before its children
        inner = math.fsum(totals[j] for j in inside)
        if inner > totals[i]:
            for j in inside:
                totals[j] *= totals[i] / inner
            inner = totals[i]
        own[i] = max(totals[i] - inner, 0.0)
    return own


@dataclass(frozen=True)
class Told:
    """A quarter hour's origin, and each storage's ledger after it."""

    traced: Traced
    ledgers: tuple[Ledger, ...]


def told(facts: TownFacts, metered: Metered, allocation: Allocation | None, ledgers: Sequence[Ledger]) -> Told:
    """What is told of a quarter hour that began with these ledgers, one for each store."""
    outs = [HOURS_PER_STEP * max(-p_mw, 0.0) for p_mw in metered.stores]
    gives = {
        store.id: given(ledger, out, store.capacity_mwh) for store, ledger, out in zip(facts.stores, ledgers, outs, strict=True)
    }
    unit = [_unit(facts, kind, name, metered, gives) for kind, name in facts.sources]
    zones, charged = len(facts.zones), [NOTHING] * len(facts.stores)
    if allocation is None:
        unknown = {zone.name: Origin(p_mw) for zone, p_mw in zip(facts.zones, metered.consumption, strict=True)}
        traced = Traced("unknown", unknown, UNKNOWN, UNKNOWN, (), math.nan)
        charged = [Content(unknown_mwh=HOURS_PER_STEP * max(p_mw, 0.0)) for p_mw in metered.stores]
    else:
        taken = allocation.taken_mw
        of_zones = {
            name: UNKNOWN if name in allocation.silent else _origin(facts, taken[list(rows)].sum(axis=0), unit)
            for name, rows in facts.inside.items()
        }
        traced = Traced(
            method=allocation.method,
            zones=of_zones,
            exported=_origin(facts, taken[-1], unit),
            charged=_origin(facts, taken[zones:-1].sum(axis=0), unit),
            injections=_injections(facts, taken.sum(axis=0), unit),
            losses_mw=allocation.losses_mw,
        )
        charged = [_content(row, unit) for row in taken[zones:-1]]
    after = tuple(
        advanced(
            ledger,
            charged=charge,
            out_mwh=out,
            stored_mwh=stored,
            capacity_mwh=store.capacity_mwh,
            efficiency=store.efficiency,
            metered=spoke,
        )
        for ledger, charge, out, stored, store, spoke in zip(
            ledgers, charged, outs, metered.content_mwh, facts.stores, metered.metered, strict=True
        )
    )
    return Told(traced, after)


@dataclass(frozen=True)
class _Unit:
    """A megawatt hour of one source. ``content``: as a ledger takes it.

    Attributes:
        share, co2: ``(known, amount)``: the part whose renewable share, or emissions, are known; how much that is [MWh, t].
    """

    content: Content
    share: tuple[float, float]
    co2: tuple[float, float]


def _unit(facts: TownFacts, kind: str, name: str, metered: Metered, gives: Mapping[str, Content]) -> _Unit:
    if kind == "storage":
        content, total = gives[name], gives[name].total_mwh
        content = content.scaled(1.0 / total) if total > DUST_MW * HOURS_PER_STEP else Content(unknown_mwh=1.0)
        return _Unit(content, (content.share_mwh, content.renewable_mwh), (content.co2_mwh, content.co2_t))
    if kind == "import":
        share, co2 = metered.import_share, metered.import_co2_g_per_kwh
    elif kind == "other":
        plants = next(plants for plants in facts.others if plants.carrier == name)
        share, co2 = plants.renewable, plants.co2_g_per_kwh
    else:
        share, co2 = CARRIERS[kind].renewable, facts.co2_g_per_kwh[kind]
    of_share, of_co2 = _amount(share), _amount(co2 / 1000.0)
    content = Content({kind: 1.0}, 0.0, of_share[1], of_co2[1], no_share_mwh=1.0 - of_share[0], no_co2_mwh=1.0 - of_co2[0])
    return _Unit(content, of_share, of_co2)


def _amount(value: float) -> tuple[float, float]:
    return (1.0, value) if math.isfinite(value) else (0.0, 0.0)


def _origin(facts: TownFacts, taken_mw: np.ndarray, units: Sequence[_Unit]) -> Origin:
    """Origin of what was taken, dims (source,)."""
    total = float(taken_mw.sum())
    if total <= DUST_MW:
        return Origin(0.0)
    by_kind = {kind: 0.0 for kind in KINDS if any(kind == each for each, _ in facts.sources)}
    for (kind, _), p_mw in zip(facts.sources, taken_mw.tolist(), strict=True):
        by_kind[kind] += p_mw
    share, co2 = (_mean(taken_mw, [getattr(unit, name) for unit in units]) for name in ("share", "co2"))
    here = [
        p_mw * unit.share[1] for (kind, _), p_mw, unit in zip(facts.sources, taken_mw, units, strict=True) if kind in MADE_HERE
    ]
    return Origin(
        p_mw=total,
        parts={kind: p_mw / total for kind, p_mw in by_kind.items()},
        share=share,
        made_here=None if share is None else min(math.fsum(here) / total, share),
        co2_g_per_kwh=None if co2 is None else 1000.0 * co2,
    )


def _mean(taken_mw: np.ndarray, amounts: Sequence[tuple[float, float]]) -> float | None:
    """Mean amount in what is known; None when more than `UNKNOWN_TOLERATED` is not."""
    known = math.fsum(p_mw * part for p_mw, (part, _) in zip(taken_mw.tolist(), amounts, strict=True))
    if known <= 0.0 or known < (1.0 - UNKNOWN_TOLERATED) * float(taken_mw.sum()):
        return None
    return math.fsum(p_mw * amount for p_mw, (_, amount) in zip(taken_mw.tolist(), amounts, strict=True)) / known


def _injections(facts: TownFacts, injected_mw: np.ndarray, units: Sequence[_Unit]) -> tuple[Injection, ...]:
    found = []
    for kind in KINDS:
        of_kind = np.array([each == kind for each, _ in facts.sources])
        if of_kind.any():
            p_mw = np.where(of_kind, injected_mw, 0.0)
            share = _mean(p_mw, [unit.share for unit in units])
            found.append(Injection(kind, float(p_mw.sum()), share))
    return tuple(found)


def _content(taken_mw: np.ndarray, units: Sequence[_Unit]) -> Content:
    """What a storage charged at its terminals, from powers by source [MW], dims (source,)."""
    found = NOTHING
    for p_mw, unit in zip(taken_mw.tolist(), units, strict=True):
        found = found.plus(unit.content.scaled(HOURS_PER_STEP * p_mw)) if p_mw > 0.0 else found
    return found
