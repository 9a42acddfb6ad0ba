"""Figures of results as tables: one against doing nothing, or several side by side with what differs said in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.names import Names
from dashboard.regie.rehearsal.result import ROWS, Result
from dashboard.regie.words import Words

LETTERS = "ABCD"
RISKS = (
    ("violation_probability", "share"),
    ("energy_not_served_mwh", "MWh"),
    ("cost_chf", "CHF"),
    ("n1_margin_percent", "%"),
    ("n1_short_probability", "share"),
)
"""What is told of many futures, with its unit (`docs/risk.md`)."""
_DECIMALS = {"%.h": 2, "pu.h": 4, "t": 3, "kW": 0, "%": 1, "MWh": 2, "CHF": 0, "pu": 4, "MW": 2, "min": 1}
_SPOKEN = {"%.h": "% h", "pu.h": "pu h"}


def figure(value: float | None, unit: str, words: Words) -> str:
    """A figure of a result; a share is a percentage."""
    if unit == "share":
        return words.number(None if value is None else 100.0 * value, "%", decimals=1)
    return words.number(value, _SPOKEN.get(unit, unit), decimals=_DECIMALS[unit])


def gap(value: float | None, unit: str, words: Words, *, signed: bool = True) -> str:
    """How far two figures are apart; percentages are points apart."""
    if value is None or unit not in ("share", "%"):
        return words.number(value, _SPOKEN.get(unit, unit), decimals=_DECIMALS.get(unit), signed=signed)
    points = 100.0 * value if unit == "share" else value
    return f"{words.number(points, decimals=1, signed=signed)} {words('compare.points')}"


def rows_for(*, money: bool) -> Sequence[tuple[str, str, str]]:
    """The figures that somebody with these rights sees."""
    return [row for row in ROWS if money or row[0] != "economic"]


def own_figures(result: Result, words: Words, *, money: bool) -> Markup:
    """One result against doing nothing."""
    if result.futures is not None:
        return risk_table([result], words, money=money)
    heads = [words("figures.what"), words("figures.plan"), words("figures.do_nothing"), words("figures.difference")]
    body = []
    for triple, name, unit in rows_for(money=money):
        sides = [figure(result.figure(triple, name, side), unit, words) for side in ("value", "do_nothing")]
        apart = gap(result.figure(triple, name, "difference"), unit, words)
        body.append(_row(words(f"compare.figure.{name}"), [*sides, apart]))
    return _table(words("figures.caption"), heads, body)


def side_by_side(results: Sequence[Result], words: Words, *, money: bool) -> Markup:
    """Results beside the first; under each value what it is against doing nothing, and whether it differs from the first."""
    heads = [words("figures.what"), *(f"{letter} · {title}" for letter, title in _titles(results, words))]
    body = []
    for triple, name, unit in rows_for(money=money):
        values = [result.figure(triple, name) for result in results]
        if all(value is None for value in values):
            continue
        cells = []
        for at, (result, value) in enumerate(zip(results, values, strict=True)):
            apart = gap(result.figure(triple, name, "difference"), unit, words)
            below = [tag("span", words("figures.against_nothing", apart=apart), class_="meta")]
            if at:
                below.append(tag("span", _against_first(values[0], value, unit, words), class_="meta"))
            cells.append(join([tag("strong", figure(value, unit, words)), *below]))
        body.append(_row(words(f"compare.figure.{name}"), cells))
    return _table(words("figures.compare_caption"), heads, body)


def risk_table(results: Sequence[Result], words: Words, *, money: bool) -> Markup:
    """What is told of many futures, with its interval, for the plan and for doing nothing."""
    heads = [words("figures.what")]
    for letter, title in _titles(results, words):
        before = f"{letter} · {title}: " if len(results) > 1 else ""
        heads += [before + words("figures.plan"), before + words("figures.do_nothing")]
    body = []
    for name, unit in RISKS:
        if name == "cost_chf" and not money:
            continue
        cells = [_interval(result, side, name, unit, words) for result in results for side in ("plan", "do_nothing")]
        body.append(_row(words(f"compare.risk.{name}"), cells))
    futures = ", ".join(words.number(result.futures) for result in results if result.futures is not None)
    return _table(words("figures.risk_caption", futures=futures), heads, body)


def violations(result: Result, names: Names) -> Markup:
    """Where a limit was broken with the plan, and by doing nothing: element, kind, worst value and limit."""
    words = names.words
    parts = []
    for name, code in (("violations", "figures.plan"), ("violations_do_nothing", "figures.do_nothing")):
        found = result.worst(name)
        items = [
            tag(
                "li",
                words(
                    "figures.violation",
                    name=_element(one, result, names),
                    kind=words(f"compare.kind.{one['kind']}"),
                    worst=words.number(one["worst"], one["unit"]),
                    limit=words.number(one["limit"], one["unit"]),
                    at=words.clock(datetime.fromisoformat(one["from"])),
                ),
            )
            for one in found
        ]
        listing = tag("ol", *items) if items else tag("p", words("figures.no_violation"), class_="meta")
        parts.append(tag("div", tag("h3", words(code)), listing))
    return tag("div", *parts, class_="two")


def margins(results: Sequence[Result], words: Words) -> Markup:
    """The N-1 margin by hour of results that were played; nothing where none tells it."""
    tables = [dict(zip(n1.get("hour", ()), n1.get("margin_percent", ()), strict=True)) for n1 in map(_n1, results)]
    hours = sorted({hour for table in tables for hour in table})
    if not hours:
        return Markup()
    heads = [words("figures.hour"), *(f"{letter} · {title}" for letter, title in _titles(results, words))]
    body = [
        _row(words.moment(datetime.fromisoformat(hour)), [words.number(table.get(hour), "%", decimals=0) for table in tables])
        for hour in hours
    ]
    return tag("details", tag("summary", words("figures.n1_hours")), _table(words("figures.n1_note"), heads, body))


def _n1(result: Result) -> Mapping[str, Any]:
    return result.facts.get("n1") or {}


def _titles(results: Sequence[Result], words: Words) -> list[tuple[str, str]]:
    return list(zip(LETTERS, (result.title.get(words.language, "") for result in results), strict=False))


def _against_first(first: float | None, value: float | None, unit: str, words: Words) -> str:
    """In words, so that no colour is needed: the same as A, or by how much more or less."""
    if first is None or value is None:
        return words("figures.unknown_against_first")
    if figure(first, unit, words) == figure(value, unit, words):
        return words("figures.same_as_first")
    code = "figures.more_than_first" if value > first else "figures.less_than_first"
    return words(code, by=gap(abs(value - first), unit, words, signed=False))


def _interval(result: Result, side: str, name: str, unit: str, words: Words) -> str:
    risk = ((result.facts.get("risk") or {}).get(side) or {}).get("headline") or {}
    told = risk.get(name) or {}
    value = figure(told.get("value"), unit, words)
    if told.get("low") is None or told.get("high") is None:
        return value
    return f"{value} [{figure(told['low'], unit, words)} … {figure(told['high'], unit, words)}]"


def _element(one: Mapping[str, Any], result: Result, names: Names) -> str:
    """Its title in the site that was rehearsed, else the name that the grid gives it."""
    element = str(one["element"])
    titles = (result.facts.get("element_titles") or {}).get(element) or {}
    return str(titles.get(names.words.language) or names.of(element))


def _row(head: str, cells: Sequence[object]) -> Markup:
    return tag("tr", tag("th", head, scope="row"), *(tag("td", cell) for cell in cells))


def _table(caption: str, heads: Sequence[str], body: Sequence[Markup]) -> Markup:
    top = tag("tr", *(tag("th", head, scope="col") for head in heads))
    return tag("table", tag("caption", caption), tag("thead", top), tag("tbody", *body), class_="figures-table")
