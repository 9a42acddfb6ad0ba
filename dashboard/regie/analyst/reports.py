"""What finished work of the analyst came to: a box's worth, a backtest's scores, a search's proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.regie.analyst.boxes import ROOM
from dashboard.regie.jobs.task import Task
from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import ROOT
from dashboard.regie.rehearsal.figures import figure, gap, rows_for
from dashboard.regie.words import Words

_SCORES = (("pinball_10_90", "MW", 4), ("mae", "MW", 4), ("skill", "share", 1), ("coverage_90", "share", 0))
_LEADING = {"total_chf", "overload_percent_h", "co2_t"}


def worth_sections(answer: Mapping[str, Any], words: Words, *, money: bool) -> tuple[Markup, ...]:
    """The three figures with the box and without it; negative is what it saved."""
    heads = [words("figures.what"), *(words(f"worth.{side}") for side in ("without_box", "with_box", "difference"))]
    body = []
    for triple, name, unit in rows_for(money=money):
        sides = answer["kpis"].get(triple, {})
        if sides.get("with_box", {}).get(name) is None:
            continue
        cells = [figure(sides[side].get(name), unit, words) for side in ("without_box", "with_box")]
        apart = gap(sides["difference"].get(name), unit, words)
        strong = name in _LEADING
        body.append(
            tag(
                "tr",
                tag("th", words(f"compare.figure.{name}"), scope="row"),
                *(tag("td", cell) for cell in cells),
                tag("td", tag("strong", apart) if strong else apart),
            )
        )
    caption = words("worth.caption", box=answer["box"], against=answer["against"], ticks=answer["ticks"], start=answer["start"])
    pinball = answer.get("pinball_mw") or {}
    ratio = tag("p", words("worth.pinball", ratio=pinball["ratio"]), class_="meta") if "ratio" in pinball else None
    return (tag("section", _table(caption, heads, body), tag("p", words("worth.sign"), class_="meta"), ratio, class_="panel"),)


def backtest_sections(task: Task, answer: Mapping[str, Any] | None, words: Words) -> tuple[Markup, ...]:
    """Every expert's scores, the lowest error first, and the page of pictures."""
    parts = []
    if answer is not None and "experts" in answer:
        experts = sorted(answer["experts"].items(), key=lambda item: _or_last(item[1].get("pinball_10_90")))
        heads = [words("backtest.expert"), *(words(f"backtest.{name}") for name, _, _ in _SCORES)]
        body = [
            tag(
                "tr",
                tag("th", _expert(name, answer, words), scope="row"),
                *(tag("td", _score(found.get(key), unit, decimals, words)) for key, unit, decimals in _SCORES),
            )
            for name, found in experts
        ]
        caption = words(
            "backtest.caption",
            series=answer["series"],
            origins=answer["origins"],
            hours=answer["horizon_h"],
            weather=answer["weather"],
        )
        parts.append(tag("section", _table(caption, heads, body), class_="panel"))
    if (task.folder / "report.html").exists():
        source = f"{ROOT}{ROOM}task/{task.id}/made/report.html"
        frame = tag("iframe", src=source, sandbox="allow-scripts", title=words("backtest.pictures"), class_="made-page")
        parts.append(tag("section", frame, aria_label=words("backtest.pictures")))
    return tuple(parts)


def tune_sections(answer: Mapping[str, Any], words: Words) -> tuple[Markup, ...]:
    """What the search gained where it looked and where it did not, and the shadow that it proposes."""
    heads = [words("tune.span"), *(words(f"tune.{name}") for name in ("given", "best", "ratio"))]
    body = [
        tag(
            "tr",
            tag("th", words(f"tune.{span}", **{"from": answer[span]["from"], "to": answer[span]["to"]}), scope="row"),
            *(tag("td", words.number(answer[span][key], "MW", decimals=4)) for key in ("pinball_given", "pinball_best")),
            tag("td", words.percent(answer[span]["ratio"])),
        )
        for span in ("validation", "test")
    ]
    table = _table(words("tune.caption", series=answer["series"], trials=answer["trials"]), heads, body)
    verdict = tag("p", tag("strong", words("tune.proposed" if answer["proposed"] else "tune.nothing")))
    snippet = None
    if answer.get("snippet"):
        listing = tag("pre", answer["snippet"], class_="log", tabindex=0, aria_label=words("tune.snippet"))
        snippet = tag("div", tag("p", words("tune.snippet"), class_="meta"), listing)
    return (tag("section", table, verdict, snippet, class_="panel"),)


def _expert(name: str, answer: Mapping[str, Any], words: Words) -> str:
    for role in ("champion", "naive"):
        if name == answer[role]:
            return words(f"backtest.is_{role}", name=name)
    return name


def _score(value: float | None, unit: str, decimals: int, words: Words) -> str:
    if unit == "share":
        return words.number(None if value is None else 100.0 * value, "%", decimals=decimals)
    return words.number(value, unit, decimals=decimals)


def _or_last(value: float | None) -> float:
    return float("inf") if value is None else value


def _table(caption: str, heads: Sequence[str], body: Sequence[Markup]) -> Markup:
    top = tag("tr", *(tag("th", head, scope="col") for head in heads))
    return tag("table", tag("caption", caption), tag("thead", top), tag("tbody", *body), class_="figures-table")
