"""What the loss of an asset does to the grid, from the engine: who is dark before and after the permitted closure.

A line or transformer is taken out at hours that stand for the week; after it every permitted single closure is tried and the
best one counts (`twin.engines.outages.contingency`). What a *second* failure would do while the first is repaired is found the
same way, with the first one out and its closure made: that is the N-1 relief of a healthy asset or of a spare at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from twin.contracts.ports import Engine, GridLimits
from twin.domain.grid import NORMAL, Topology
from twin.maintenance.ranking.week import Week

TYPICAL_HOURS = 8
"""Hours of the week that consequences are averaged over: quantiles of the load, each standing for an eighth of the time."""
NO_CLOSURE = -1
_WATT_MW = 1e-6


@dataclass(frozen=True)
class OutageEffect:
    """An asset's loss, averaged over hours that stand for the week.

    Attributes:
        element: "trafo.2". ``before_mw``, ``after_mw``: mean load without supply, before and after the closure.
        worst_mw: highest of ``before_mw`` over the hours. ``share``: mean share of all load that is dark at first.
        closure: the switch that is closed most often, `NO_CLOSURE` for none.
        loading_percent: highest loading afterwards. ``lost_generation_mw``: mean generation that is lost with it.
        second_mw: load that the worst further failure leaves dark beyond what it would today;
        second_sum_mw: the same, summed over all further failures. NaN where not asked for.
    """

    element: str
    before_mw: float
    after_mw: float
    worst_mw: float
    share: float
    closure: int
    loading_percent: float
    lost_generation_mw: float
    second_mw: float
    second_sum_mw: float


def outage_effects(engine: Engine, elements: Sequence[str], week: Week, *, limits: GridLimits) -> dict[str, OutageEffect]:
    """The effect of losing each element ("trafo.2", "line.66", "sgen.132"); others of the grid are left out.

    Args:
        engine: of the grid in its normal state. ``limits``: the site's, which a closure is judged by.
    """
    injections = week.injections.isel(time=week.typical_hours(TYPICAL_HOURS))
    load_mw = np.maximum(np.nansum(injections["load_p_mw"].to_numpy(), axis=1), _WATT_MW)
    model = engine.model(NORMAL)
    found = {element: _generation(element, injections) for element in elements if element.startswith("sgen.")}
    branches = [pair for pair in map(branch_of, elements) if pair is not None]
    if not branches:
        return found
    first = model.contingencies(injections, branches, limits=limits)
    everything = [("line", int(i)) for i in model.grid.line] + [("trafo", int(i)) for i in model.grid.trafo]
    peak = injections.isel(time=[int(load_mw.argmax())])
    today = model.contingencies(peak, everything, limits=limits)["unsupplied_after_mw"].to_numpy()[:, 0]
    for row, (table, index) in enumerate(branches):
        element = f"{table}.{index}"
        of = first.isel(outage=row)
        closure = commonest(of["closure"].to_numpy())
        second = second_failures(engine, (table, index), closure, peak, everything, limits=limits)
        # what this outage itself leaves dark is counted once, and not again with every further one
        beyond = np.maximum(second - np.maximum(today, of["unsupplied_after_mw"].to_numpy().max()), 0.0)
        before = of["unsupplied_before_mw"].to_numpy()
        found[element] = OutageEffect(
            element=element,
            before_mw=float(before.mean()),
            after_mw=float(of["unsupplied_after_mw"].to_numpy().mean()),
            worst_mw=float(before.max()),
            share=float((before / load_mw).mean()),
            closure=closure,
            loading_percent=_highest(of["after_loading_percent_max"].to_numpy()),
            lost_generation_mw=0.0,
            second_mw=float(beyond.max(initial=0.0)),
            second_sum_mw=float(beyond.sum()),
        )
    return found


def branch_of(element: str) -> tuple[str, int] | None:
    """("line" | "trafo", index) of an element that the engine can take out, else None."""
    table, _, index = element.partition(".")
    return (table, int(index)) if table in {"line", "trafo"} else None


def planned_state(outage: tuple[str, int], closure: int) -> Topology:
    """The grid with an element out and the closure made that stands in for it."""
    table, index = outage
    return Topology(
        closed_switches=frozenset() if closure == NO_CLOSURE else frozenset({closure}),
        out_lines=frozenset({index}) if table == "line" else frozenset(),
        out_trafos=frozenset({index}) if table == "trafo" else frozenset(),
    )


def second_failures(
    engine: Engine,
    outage: tuple[str, int],
    closure: int,
    injections: xr.Dataset,
    further: Sequence[tuple[str, int]],
    *,
    limits: GridLimits,
) -> np.ndarray:
    """Load [MW] dark after each further failure and its permitted closure, one step, dims (further,); 0 for the outage itself.

    Load that the first outage left dark is part of none of these.
    """
    model = engine.model(planned_state(outage, closure))
    rest = [pair for pair in further if pair != outage]
    dark = model.contingencies(injections, rest, limits=limits)["unsupplied_after_mw"].to_numpy()[:, 0]
    by_pair: Mapping[tuple[str, int], float] = dict(zip(rest, dark.tolist(), strict=True))
    return np.array([by_pair.get(pair, 0.0) for pair in further])


def commonest(closures: np.ndarray) -> int:
    """The switch that serves most often; of several the lowest index; `NO_CLOSURE` only where none ever serves."""
    used = closures[closures != NO_CLOSURE]
    if not used.size:
        return NO_CLOSURE
    values, counts = np.unique(used, return_counts=True)
    return int(values[counts.argmax()])


def _highest(values: np.ndarray) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else float("nan")


def _generation(element: str, injections: xr.Dataset) -> OutageEffect:
    """A generator's loss darkens nobody: what it would have fed in must be bought."""
    index = int(element.partition(".")[2])
    lost = 0.0
    if "sgen_p_mw" in injections and index in injections["sgen"].to_numpy():
        lost = float(np.nanmean(injections["sgen_p_mw"].sel(sgen=index).to_numpy()))
    nan = float("nan")
    return OutageEffect(element, 0.0, 0.0, 0.0, 0.0, NO_CLOSURE, nan, max(lost, 0.0), 0.0, 0.0)
