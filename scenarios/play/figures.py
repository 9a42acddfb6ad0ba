"""``result.json`` of a played run: KPI.md in full against do-nothing, violations, N-1 by hour, orders, and what made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scenarios.play.interruptions import dark_zones, interruptions
from scenarios.play.margins import minutes_to_restore, n1_by_hour
from scenarios.play.order_life import order_list
from scenarios.play.tape import Tape
from scenarios.play.violations import violations
from scenarios.rehearsal.rehearsal import Rehearsal
from twin.domain.grid import NORMAL
from twin.regie import kpi, money
from twin.regie.memory import LoopMemory
from twin.site import Site
from twin.wiring import Wired

_NO_INVESTMENT = (
    "avoided investment (CAPEX) is not told: the site states no [kpi] reinforcement_chf_per_kw_year to price it with"
)
_NO_MINUTES = "minutes to restore are not told: the grid's switches carry no column 'minutes'"
_NO_TWIN = "there is no do-nothing twin beside telemetry from files: nothing to compare with"
_CUSTOMERS = (
    "SAIDI, SAIFI: a zone's customers stand behind its loads in proportion to annual energy; 3 min or less do not count"
)
_DEFERRED = "deferred investment: how much lower the month's import peak is, times the site's annuity per kW and year"


@dataclass(frozen=True)
class Facts:
    """What a run was and left: ``memory`` after its last tick, ``head`` of its journal."""

    rehearsal: Rehearsal
    wired: Wired
    memory: LoopMemory
    head: str


def figures(tape: Tape, series: Path, facts: Facts) -> dict[str, Any]:
    """Everything but what futures add (see `scenarios.results`)."""
    from scenarios.results.read import open_series

    rehearsal, wired, memory = facts.rehearsal, facts.wired, facts.memory
    notes = [*wired.notes, _CUSTOMERS]
    n1 = {side: n1_by_hour(tape, side) for side in tape.sides}
    with open_series(series.parent) as found:
        broken = {
            side: violations(
                found,
                side,
                limits=wired.limits,
                imports=rehearsal.scenario.imports,
                names=wired.names,
                dark=dark_zones(tape, side),
            )
            for side in tape.sides
        }
    return {
        "scenario": rehearsal.scenario.name,
        "title": rehearsal.scenario.about.title.model_dump(),
        "site": rehearsal.ready.site.name,
        "grid": rehearsal.ready.site.grid.code or Path(rehearsal.ready.site.grid.file or "").name,
        "timezone": rehearsal.ready.site.timezone,
        "start": rehearsal.window.start.isoformat(),
        "ticks": memory.statistics.ticks,
        "seed": rehearsal.ready.site.seed,
        "mode": "played",
        "versions": versions_of(rehearsal, tape),
        **_money(memory, wired.parts.kpi_facts, notes),
        "kpis": _kpis(tape, facts, n1),
        "element_titles": _titles(wired.site),
        "violations": broken["plan"],
        "violations_do_nothing": broken.get("do_nothing"),
        "orders": _in_order(memory.decision.order_counts),
        "order_list": order_list(tape),
        "n1": n1["plan"],
        "n1_do_nothing": n1.get("do_nothing"),
        **_restored(tape, notes),
        "alarms": _in_order(memory.decision.book.raised),
        "fallback_ticks": _in_order(memory.statistics.fallback_ticks),
        "unknown_quarter_hours": memory.ours.missing,
        "head": facts.head,
        "notes": notes,
    }


def _titles(site: Site) -> dict[str, dict[str, str]]:
    """What zones and watched elements are called in every language."""
    titles = {f"zone:{zone.name}": zone.title.model_dump() for zone in site.zones}
    titles |= {f"trafo:{trafo.index}": trafo.title.model_dump() for trafo in site.trafos}
    return titles | {f"line:{line.index}": line.title.model_dump() for line in site.lines}


def versions_of(rehearsal: Rehearsal, tape: Tape | None = None) -> dict[str, Any]:
    """Of the régie, the engine, and every box with the model that it used last in ``tape``."""
    uses = {box.name: box.use for box in rehearsal.ready.site.boxes}
    boxes: dict[str, Any] = {name: {"use": use} for name, use in uses.items()}
    for record in () if tape is None else tape.regular():
        for name, box in record.meta["boxes"].items():
            boxes[name] = {"use": uses.get(name), "version": box["version"], "artifact": box["artifact"]}
    model = rehearsal.ready.engine.model(NORMAL)
    return {"regie": version("regie"), "engine": {"name": model.engine, "version": model.engine_version}, "boxes": boxes}


def _kpis(tape: Tape, facts: Facts, n1: Mapping[str, Mapping[str, list[Any]]]) -> dict[str, Any]:
    """The three figures, with supply and security among those of the grid."""
    memory = facts.memory
    found = {
        name: _sides(one.value, one.baseline)
        for name, one in kpi.kpis(memory.ours, memory.baseline, facts.wired.parts.kpi_facts).items()
    }
    dark = interruptions(tape, facts.rehearsal.scenario)
    more = {side: {**dark.get(side, {}), **_least(n1[side])} for side in tape.sides}
    grid = found["grid"]
    theirs = None if "do_nothing" not in more else {**grid.get("do_nothing", {}), **more["do_nothing"]}
    return found | {"grid": _sides({**grid["value"], **more["plan"]}, theirs)}


def _least(n1: Mapping[str, list[Any]]) -> dict[str, float]:
    """Smallest margins and largest darkness over the hours; absent where one hour does not know its own."""
    chosen = {
        "n1_margin_percent": (min, "margin_percent"),
        "n1_voltage_margin_pu": (min, "voltage_margin_pu"),
        "n1_unsupplied_before_mw": (max, "unsupplied_before_mw"),
        "n1_unsupplied_after_mw": (max, "unsupplied_after_mw"),
    }
    return {name: least(n1[key]) for name, (least, key) in chosen.items() if n1[key] and None not in n1[key]}


def _money(memory: LoopMemory, facts: kpi.KpiFacts, notes: list[str]) -> dict[str, Any]:
    """The economic figure by whose money it is, and the grid operator's own view."""
    ours, theirs = memory.ours, memory.baseline
    split = _sides(money.split(ours, facts), None if theirs is None else money.split(theirs, facts))
    view = _sides(money.operator_view(ours, facts), None if theirs is None else money.operator_view(theirs, facts))
    deferred = None if theirs is None else money.capex_deferred_chf_per_year(ours, theirs, facts)
    if theirs is None:
        notes.append(_NO_TWIN)
    elif deferred is None:
        notes.append(_NO_INVESTMENT)
    else:
        split["capex_deferred_chf_per_year"] = deferred
        notes.append(_DEFERRED)
    return {"economic_split": split, "operator_view": view}


def _restored(tape: Tape, notes: list[str]) -> dict[str, float]:
    minutes = minutes_to_restore(tape)
    if minutes is None:
        notes.append(_NO_MINUTES)
        return {}
    return {"n1_minutes_to_restore": minutes}


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    """The same file whether the counts come from the loop or back from its journal."""
    return dict(sorted(counts.items()))


def _sides(value: Mapping[str, float], do_nothing: Mapping[str, float] | None) -> dict[str, Any]:
    """Ours, do-nothing's and the difference of what both have."""
    if do_nothing is None:
        return {"value": dict(value)}
    difference = {name: own - do_nothing[name] for name, own in value.items() if name in do_nothing}
    return {"value": dict(value), "do_nothing": dict(do_nothing), "difference": difference}
