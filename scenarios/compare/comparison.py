"""Runs beside the first of them: figures and their differences, violations gained and lost, N-1 by hour, orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scenarios.compare.runs import Run

_SIDES = ("value", "do_nothing", "difference")
_FIGURE_GROUPS = ("economic", "grid", "climate")


def compared(runs: Sequence[Run]) -> dict[str, Any]:
    """Everything, JSON-able; lists run along ``runs``. Where two runs cannot be compared, their difference is None.

    Returns:
        ``runs``; ``incomparable``: by letter what differs from the first ("site", "grid", "window"); ``kpis``,
        ``operator_view``, ``economic_split``: by figure ``value``, ``do_nothing``, ``difference`` (of each run to its own
        do-nothing) and ``to_first`` (its value less the first's); ``violations``: by letter ``gained``, ``lost`` and
        ``changed`` against the first; ``n1``: ``hour`` and ``margin_percent`` by run; ``risk``: of runs of futures, by side
        and figure ``value``, ``low``, ``high`` and ``to_first``; ``orders``: by state;
        ``versions``: those that differ.
    """
    first = runs[0]
    apart = {run.letter: run.differs(first) for run in runs[1:]}
    kpis = {group: _figures(runs, ("kpis", group), apart) for group in _FIGURE_GROUPS}
    return {
        "runs": [_about(run) for run in runs],
        "incomparable": {letter: list(why) for letter, why in apart.items() if why},
        "kpis": {group: figures for group, figures in kpis.items() if figures},
        "operator_view": _figures(runs, ("operator_view",), apart),
        "economic_split": _figures(runs, ("economic_split",), apart),
        "violations": {run.letter: _violations(first, run) for run in runs[1:] if not apart[run.letter]},
        "n1": _n1(runs),
        "risk": _risk(runs, apart),
        "orders": _orders(runs),
        "versions": _versions(runs),
    }


def _about(run: Run) -> dict[str, Any]:
    names = ("scenario", "title", "site", "grid", "timezone", "start", "ticks", "mode", "seed")
    about = {name: run.result.get(name) for name in names}
    counted = len(run.result.get("violations") or ())
    told = {"notes": run.result.get("notes", []), "titles": run.result.get("element_titles", {})}
    return {"letter": run.letter, "folder": str(run.folder), **about, "violations": counted, **told}


def _figures(runs: Sequence[Run], path: tuple[str, ...], apart: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
    tables = [_within(run.result, path) for run in runs]
    names = list(dict.fromkeys(name for table in tables for name in table.get("value", {})))
    found = {}
    for name in names:
        row = {side: [table.get(side, {}).get(name) for table in tables] for side in _SIDES}
        found[name] = row | {"to_first": _to_first(runs, row["value"], apart)}
    return found


def _within(result: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any]:
    for key in path:
        result = result.get(key) or {}
    return result


def _violations(first: Run, other: Run) -> dict[str, list[dict[str, Any]]]:
    """By element and kind, over the whole window: what only the other has, what only the first has, what both have."""
    before, after = _by_element(first), _by_element(other)
    both = [{**after[key], "integral_first": before[key]["integral"]} for key in after if key in before]
    return {
        "gained": [one for key, one in after.items() if key not in before],
        "lost": [one for key, one in before.items() if key not in after],
        "changed": [one for one in both if one["integral"] != one["integral_first"]],
    }


def _by_element(run: Run) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for span in run.result.get("violations") or ():
        key = (span["kind"], span["element"])
        known = found.get(key)
        if known is None:
            kept = ("element", "name", "kind", "from", "until", "worst", "limit", "unit", "integral", "integral_unit")
            found[key] = {name: span[name] for name in kept} | {"zones": list(span.get("zones") or ())}
            continue
        worse = max(known, span, key=lambda one: abs(one["worst"] - one["limit"]))
        known |= {"until": span["until"], "worst": worse["worst"], "limit": worse["limit"]}
        known["integral"] += span["integral"]
        known["zones"] = sorted({*known["zones"], *(span.get("zones") or ())})
    return dict(sorted(found.items(), key=lambda item: (item[0][0], -item[1]["integral"], item[0][1])))


def _n1(runs: Sequence[Run]) -> dict[str, Any]:
    """Margins on the hours that any run knows; None where one does not know its own."""
    tables = [run.result.get("n1") or {} for run in runs]
    hours = sorted({hour for table in tables for hour in table.get("hour", ())})
    rows = []
    for table in tables:
        known = dict(zip(table.get("hour", ()), table.get("margin_percent", ()), strict=True))
        rows.append([known.get(hour) for hour in hours])
    return {"hour": hours, "margin_percent": rows}


def _risk(runs: Sequence[Run], apart: Mapping[str, Sequence[str]]) -> dict[str, dict[str, dict[str, list[float | None]]]]:
    """By side and figure; empty where the runs were played once."""
    if not runs[0].of_futures:
        return {}
    sides = {side: [_within(run.result, ("risk", side, "headline")) for run in runs] for side in ("plan", "do_nothing")}
    return {side: _bounds(runs, tables, apart) for side, tables in sides.items()}


def _bounds(
    runs: Sequence[Run], tables: Sequence[Mapping[str, Any]], apart: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, list[float | None]]]:
    """Figures with their intervals along runs."""
    found = {}
    for name in dict.fromkeys(name for table in tables for name in table):
        row = {bound: [(table.get(name) or {}).get(bound) for table in tables] for bound in ("value", "low", "high")}
        found[name] = row | {"to_first": _to_first(runs, row["value"], apart)}
    return found


def _to_first(runs: Sequence[Run], values: Sequence[float | None], apart: Mapping[str, Sequence[str]]) -> list[float | None]:
    """Each value less the first's; None where one is unknown or the two cannot be compared."""
    base = values[0]
    return [
        None if base is None or value is None or apart.get(run.letter) else value - base
        for run, value in zip(runs, values, strict=True)
    ]


def _orders(runs: Sequence[Run]) -> dict[str, list[int | None]]:
    states = dict.fromkeys(state for run in runs for state in run.result.get("orders") or {})
    return {state: [(run.result.get("orders") or {}).get(state) for run in runs] for state in states}


def _versions(runs: Sequence[Run]) -> dict[str, list[str | None]]:
    """What was made by another version, or learnt otherwise: régie, engine, boxes and their models."""
    flat = [_flat_versions(run.result.get("versions") or {}) for run in runs]
    names = dict.fromkeys(name for one in flat for name in one)
    rows = {name: [one.get(name) for one in flat] for name in names}
    return {name: values for name, values in rows.items() if len(set(values)) > 1}


def _flat_versions(versions: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    if "regie" in versions:
        found["regie"] = str(versions["regie"])
    if engine := versions.get("engine"):
        found["engine"] = f"{engine['name']} {engine['version']}"
    for name, box in (versions.get("boxes") or {}).items():
        found[name] = " ".join(
            str(part) for part in (box.get("use"), box.get("version"), (box.get("artifact") or "")[:12]) if part
        )
    return found
