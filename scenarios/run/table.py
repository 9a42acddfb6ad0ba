"""A run for people on a terminal: three figures against do-nothing, the worst violations, N-1, where the files are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scenarios.results.rows import ADD_UP, ROWS

RISK = (
    ("violation_probability", "any violation", "%", 100.0, 1),
    ("energy_not_served_mwh", "energy not served, mean", "MWh", 1.0, 3),
    ("cost_chf", "cost, mean", "CHF", 1.0, 2),
    ("n1_margin_percent", "N-1 margin, tightest hour", "%", 1.0, 1),
    ("n1_short_probability", "no N-1 margin in that hour", "%", 100.0, 1),
)
"""Figures of a risk's headline: name, words, unit, factor, decimals."""
_WORST = 5


def lines(results: Mapping[Path, Mapping[str, Any]]) -> list[str]:
    """All rehearsals, and what adds up over the sites of a scenario."""
    said = [line for folder, result in results.items() for line in (*_rehearsal(folder, result), "")]
    said += _totals(results.values())
    return said if said[-1] else said[:-1]


def totals(results: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of every scenario with several sites the figures that add up over them, by scenario, group and side."""
    by_scenario: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for result in results:
        by_scenario[result["scenario"]].append(result)
    found: dict[str, dict[str, Any]] = {}
    for scenario, of_sites in by_scenario.items():
        if len({result["site"] for result in of_sites}) > 1:
            found[scenario] = _added([result["kpis"] for result in of_sites])
    return found


def _added(kpis: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums of what every site knows, on each side that every site has."""
    sums: dict[str, Any] = {}
    for group, name, *_ in ROWS:
        if name not in ADD_UP:
            continue
        for side in ("value", "do_nothing", "difference"):
            values = [one.get(group, {}).get(side, {}).get(name) for one in kpis]
            if None not in values:
                sums.setdefault(group, {}).setdefault(side, {})[name] = sum(values)
    return sums


def _rehearsal(folder: Path, result: Mapping[str, Any]) -> list[str]:
    hours = result["ticks"] / 4.0
    said = [f"{result['title']['en']} - {result['site']}, {hours:g} h from {result['start']}, {result['mode']}"]
    said += _table(result["kpis"])
    violations = sorted(result.get("violations") or (), key=lambda one: -one["integral"])
    for one in violations[:_WORST]:
        span = f"{one['from'][:16]} to {one['until'][11:16]}Z"
        where = ", ".join(one.get("zones") or [one["name"]])
        worst = f"{one['worst']:.4g} {one['unit']} (limit {one['limit']:.4g})"
        said.append(f"  {one['kind']:<13} {where:<28} {span}  {worst}  {one['integral']:.3g} {one['integral_unit']}")
    if len(violations) > _WORST:
        said.append(f"  and {len(violations) - _WORST} more violations")
    n1 = result.get("n1") or {}
    known = [(margin, at) for at, margin in enumerate(n1.get("margin_percent", ())) if margin is not None]
    if known:
        margin, at = min(known)
        when, outage, loaded = n1["hour"][at][:16], n1["worst_outage"][at], n1["loaded"][at]
        said.append(f"  N-1 is least at {when}Z: {margin:.1f} % on {loaded} after {outage} is out")
    if "futures" in result:
        said += _risk(result["risk"])
        made = result["futures"]
        said.append(f"  {made['n']} futures in {made['wall_s']:.1f} s; their risk by hour and element stands in result.json")
    return [*said, f"  {folder}"]


def _risk(risk: Mapping[str, Any]) -> list[str]:
    """Five figures of both sides, each with its 95 % interval."""
    said = [f"  {'':<28} {'plan':>30} {'do nothing':>30}"]
    for name, words, unit, factor, digits in RISK:
        sides = [_interval(risk[side]["headline"][name], factor, digits) for side in ("plan", "do_nothing")]
        said.append(f"  {words:<28} {sides[0]:>30} {sides[1]:>30} {unit}")
    return said


def _interval(bounds: Mapping[str, float | None], factor: float, digits: int) -> str:
    ends = (bounds["value"], bounds["low"], bounds["high"])
    value, low, high = ("-" if end is None else format(factor * end, f",.{digits}f") for end in ends)
    return f"{value} [{low}, {high}]"


def _table(kpis: Mapping[str, Any]) -> list[str]:
    if not kpis:
        return []
    said = [f"  {'':<28} {'plan':>14} {'do nothing':>14} {'difference':>14}"]
    for group, name, words, unit, digits in ROWS:
        sides = [kpis.get(group, {}).get(side, {}).get(name) for side in ("value", "do_nothing", "difference")]
        if sides[0] is not None:
            shown = " ".join(f"{'-' if value is None else format(value, f',.{digits}f'):>14}" for value in sides)
            said.append(f"  {words:<28} {shown} {unit}")
    return said


def _totals(results: Iterable[Mapping[str, Any]]) -> list[str]:
    said = []
    for scenario, sums in totals(results).items():
        said += [f"{scenario}, all sites together", *_table(sums), ""]
    return said[:-1]
