"""The tables of a debrief in words, for the page and for paper: a title, a note, a head and rows of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.debrief.alarm_load import AFTER_UPSET, PER_10_MIN, SHARES
from scenarios.debrief.debrief import Debrief
from scenarios.debrief.words import Words
from twin.contracts.devices import Right

_UNIT_OF = {
    "chf": "CHF",
    "percent_h": "%.h",
    "pu_h": "pu.h",
    "mwh": "MWh",
    "percent": "%",
    "kw": "kW",
    "t": "t",
}
_SHOWN = {
    "economic": (
        "total_chf",
        "energy_chf",
        "peak_chf",
        "flexibility_chf",
        "curtailment_chf",
        "wear_chf",
        "energy_not_served_chf",
        "stored_energy_chf",
    ),
    "grid": (
        "overload_percent_h",
        "voltage_violation_pu_h",
        "energy_not_served_mwh",
        "losses_mwh",
        "max_loading_percent",
        "peak_import_kw",
    ),
    "climate": ("consumption_mwh", "co2_t", "co2_known_mwh", "renewable_share", "share_known_mwh", "curtailed_mwh"),
}


@dataclass(frozen=True)
class Table:
    """``texts``: columns that hold words and no figures. ``wide``: too many columns to stand beside another."""

    title: str
    note: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    texts: frozenset[int] = frozenset({0})
    wide: bool = False


def tables(found: Debrief, words: Words) -> list[Table]:
    """All of them; one that would be empty is left out."""
    made = [
        _figures(found, words),
        _plan(found, words),
        _reliability(found, words),
        _alarms(found, words),
        _forecasts(found, words),
        _recommendations(found, words),
    ]
    return [table for table in made if table.rows]


def _figures(found: Debrief, words: Words) -> Table:
    rows = []
    compared = "difference" in found.figures["economic"]
    sides = ("value", "do_nothing", "difference") if compared else ("value",)
    for triple, names in _SHOWN.items():
        for name in names:
            values = [found.figures[triple][side].get(name) for side in sides]
            if any(values) or name in {"total_chf", "overload_percent_h", "co2_t"}:
                rows.append([words(f"figure.{name}"), *(_shown(name, v, words, signed=i == 2) for i, v in enumerate(values))])
    head = [words("head.name"), words("side.run"), words("side.alone"), words("side.difference")][: len(sides) + 1]
    return Table(words("page.figures"), words("page.figures_note"), head, rows)


def _plan(found: Debrief, words: Words) -> Table:
    rows = []
    if found.plan is not None and found.plan.figures["plan"]:
        for name in ("import_mwh", "peak_kw", "energy_chf"):
            plan, came = (found.plan.figures[side][name] for side in ("plan", "came"))
            row = [_shown(name, value, words) for value in (plan, came)]
            rows.append([words(f"total.{name}"), *row, _shown(name, came - plan, words, signed=True)])
    head = [words("head.name"), words("side.plan"), words("side.found"), words("side.difference")]
    return Table(words("page.planned"), words("page.planned_note"), head, rows)


def _reliability(found: Debrief, words: Words) -> Table:
    index = found.reliability
    rows = [[words(f"total.saidi_{cause}"), words.figure(index.saidi_min[cause], "min", 2)] for cause in index.saidi_min]
    rows += [[words(f"total.saifi_{cause}"), words.figure(index.saifi[cause], "", 3)] for cause in index.saifi]
    rows.append([words("total.longest_min"), words.figure(index.longest_min, "min", 0)])
    return Table(words("page.reliability"), words("page.reliability_note"), [words("head.name"), words("side.found")], rows)


def _alarms(found: Debrief, words: Words) -> Table:
    load = found.alarms
    densest = "total.upset" if load.upset is not None else "total.densest"
    rows = [
        [
            words("total.average"),
            f"{words.figure(load.per_10_min, '', 2)} – {words(f'verdict.{load.verdict}')}",
            f"≤ {words.figure(PER_10_MIN, '', 0)}",
        ],
        [words(densest), words.figure(load.most_in_10_min, ""), f"≤ {AFTER_UPSET}"],
    ]
    for priority, target in SHARES.items():
        share = load.shares.get(priority)
        shown = words.figure(None if share is None else 100.0 * share, "%", 0)
        rows.append([words("total.share", priority=priority), shown, words.figure(100.0 * target, "%", 0)])
    active = f"{words.figure(load.active_mean, '', 1)} / {words.figure(load.active_most, '')}"
    rows.append([words("total.active"), active, ""])
    rows.append([words("total.unacknowledged"), f"{load.unacknowledged} / {load.count}", "0"])
    head = [words("head.name"), words("side.found"), words("side.target")]
    return Table(words("page.alarm_load"), words("page.alarm_load_note"), head, rows)


def _forecasts(found: Debrief, words: Words) -> Table:
    rows = [
        [
            miss.box,
            words.title(miss.zone),
            f"{words.figure(miss.error_percent, '%', 1)}, {words.moment(miss.issued_at)}",
            words.figure(miss.mean_percent, "%", 1),
            words.figure(100.0 * miss.covered, "%", 0),
        ]
        for miss in found.misses
    ]
    head = [words(f"head.{name}") for name in ("box", "zone", "worst", "mean", "covered")]
    return Table(words("page.forecasts"), words("page.forecasts_note"), head, rows, frozenset({0, 1}))


def _recommendations(found: Debrief, words: Words) -> Table:
    rows = [
        [
            words.moment(one.begin),
            words.title(one.last.group),
            words(f"outcome_of.{one.last.state}"),
            words("by.contract") if one.last.by == Right.CONTRACT else one.last.by or "",
            words.figure(one.percent_h if one.in_force else None, "%.h", 1),
            words.figure(one.energy_chf if one.in_force else None, "CHF", 2),
            words.figure(one.payment_chf if one.in_force else None, "CHF", 2),
        ]
        for one in found.told
    ]
    head = [words(f"head.{name}") for name in ("when", "group", "state", "by", "relief", "energy", "paid")]
    return Table(words("page.recommendations"), "", head, rows, frozenset({0, 1, 2, 3}), wide=True)


def _shown(name: str, value: float | None, words: Words, *, signed: bool = False) -> str:
    if name == "renewable_share":
        return words.figure(None if value is None else 100.0 * value, "%", 1, signed=signed)
    unit = next(unit for ending, unit in _UNIT_OF.items() if name.endswith(f"_{ending}"))
    decimals = {"%": 1, "kW": 0, "%.h": 1, "CHF": 2 if value is not None and abs(value) < 1000.0 else 0}.get(unit)
    return words.figure(value, unit, decimals, signed=signed)
