"""From one snapshot to the whole screen in one language: panel id -> its properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboard.regie.abnormal import Abnormal, abnormal, without_value
from dashboard.regie.chips import chip
from dashboard.regie.diagram import Diagram
from dashboard.regie.markup import Markup, tag
from dashboard.regie.views.alarms import alarm_list
from dashboard.regie.views.dialogs import dialogs
from dashboard.regie.views.header import header
from dashboard.regie.views.horizon import horizon_chart
from dashboard.regie.views.recommendations import recommendation_list
from dashboard.regie.views.records import journal_lines, order_list
from dashboard.regie.views.wall import box_title, strip, wall
from dashboard.regie.words import Words
from twin.contracts.snapshot import DiagramFacts, Snapshot

Screen = dict[str, dict[str, Any]]

PANELS = (
    "header",
    "wall",
    "strip",
    "grid-base",
    "grid-overlay",
    "grid-list",
    "alarms",
    "recommendations",
    "horizon",
    "orders",
    "journal",
    "dialogs",
    "pulse",
)
"""Ids of all panels, in reading order."""

GRACE_S = 3.0
"""How long after ``next_at`` a snapshot may come before the page calls itself stale, beside the last tick's own time."""


def screen(snapshot: Snapshot, diagram: Diagram | None, language: str, *, read_only: bool) -> Screen:
    """Everything that the page shows of one snapshot."""
    words = Words.of(language, snapshot.site.timezone, snapshot.as_of)
    facts = diagram.facts if diagram is not None else None
    names = {**_names(facts, language), **{card.instance: box_title(card, words) for card in snapshot.boxes}}
    panels: Screen = {
        "header": {"markup": header(snapshot, words, read_only=read_only)},
        "wall": {"markup": wall(snapshot, words), "label": words("ui.wall")},
        "strip": {"markup": strip(snapshot.strip, words), "label": words("ui.strip")},
        "alarms": {
            "markup": alarm_list(snapshot.alarms, names, words, read_only=read_only),
            "label": words("ui.alarms_short"),
        },
        "recommendations": {
            "markup": recommendation_list(snapshot.recommendations, snapshot.as_of, names, words, read_only=read_only),
            "label": words("ui.recommendations_short"),
        },
        "horizon": {"markup": horizon_chart(snapshot.horizon, names, words), "label": words("ui.horizon")},
        "orders": {"markup": order_list(snapshot.orders, snapshot.order_counts, words), "label": words("ui.orders")},
        "journal": {"markup": journal_lines(snapshot.journal, snapshot.head, words), "label": words("ui.journal")},
        "dialogs": {"markup": dialogs(words)},
        "pulse": {"payload": _pulse(snapshot, words)},
    }
    panels.update(_grid(snapshot, diagram, names, words))
    return panels


def waiting(language: str, timezone: str) -> Screen:
    """The screen before the first snapshot: it says what it waits for."""
    words = Words.of(language, timezone)
    note = tag("div", tag("h1", words("ui.title_bare")), tag("p", words("ui.waiting"), class_="empty"), class_="header-row")
    return {"header": {"markup": note}, "dialogs": {"markup": dialogs(words)}}


def _grid(snapshot: Snapshot, diagram: Diagram | None, names: Mapping[str, str], words: Words) -> Screen:
    title = tag("h2", words("ui.diagram"))
    if diagram is None or not _fits(snapshot, diagram.facts):
        return {
            "grid-base": {"markup": ""},
            "grid-overlay": {"markup": "", "payload": {}},
            "grid-list": {"markup": tag("div", title, tag("p", words("ui.no_diagram"), class_="empty"))},
        }
    items = abnormal(diagram.facts, snapshot.grid)
    dark = without_value(diagram.facts, snapshot.grid)
    return {
        "grid-base": {"markup": diagram.base(words, frozenset(snapshot.grid.open_lines))},
        "grid-overlay": {
            "markup": diagram.overlay(items, dark, words),
            "payload": diagram.tips(snapshot.grid, words),
        },
        "grid-list": {"markup": _abnormal_list(title, _named(items, names), len(dark), snapshot, words)},
    }


def _named(items: tuple[Abnormal, ...], names: Mapping[str, str]) -> tuple[Abnormal, ...]:
    return tuple(replace(item, name=names.get(item.key, item.name)) for item in items)


def _abnormal_list(title: Markup, items: tuple[Abnormal, ...], dark: int, snapshot: Snapshot, words: Words) -> Markup:
    """Text equivalent of the drawing: every abnormal element with value and limit; choosing one locates it."""
    entries = [
        tag(
            "li",
            tag(
                "button",
                chip(item.priority, words.number(item.value, item.unit)),
                " ",
                words("ui.abnormal", name=item.name, limit=words.number(item.limit, item.unit)),
                type="button",
                data_do="locate",
                data_el=item.key,
                data_focus=f"abnormal-{item.key}",
            ),
        )
        for item in items
    ]
    extremes = [v for v in snapshot.grid.vm_pu if v is not None]
    loading = [v for v in (*snapshot.grid.line_loading_percent, *snapshot.grid.trafo_loading_percent) if v is not None]
    summary = words(
        "ui.diagram_summary",
        low=words.number(min(extremes, default=None), "pu"),
        high=words.number(max(extremes, default=None), "pu"),
        loading=words.number(max(loading, default=None), "%"),
        quality=", ".join(words(f"quality.{flag}") for flag in snapshot.grid.quality),
        at=words.clock(snapshot.interval),
    )
    parts = [tag("div", title, tag("p", summary, class_="meta"), class_="line")]
    if dark:
        parts.append(tag("p", "■ ", words("ui.without_value", count=words.number(dark)), class_="warn"))
    count = words("ui.abnormal_count", count=words.number(len(items))) if items else words("ui.all_normal")
    listing = (
        tag("ol", *entries, class_="abnormal", tabindex=0, aria_label=count) if entries else tag("p", count, class_="meta")
    )
    return tag("div", *parts, listing)


def _fits(snapshot: Snapshot, facts: DiagramFacts) -> bool:
    grid = snapshot.grid
    have = (len(grid.vm_pu), len(grid.line_loading_percent), len(grid.trafo_loading_percent))
    return have == (len(facts.buses), len(facts.lines), len(facts.trafos))


def _names(facts: DiagramFacts | None, language: str) -> Mapping[str, str]:
    if facts is None:
        return {}
    names = {f"bus:{bus.index}": bus.name for bus in facts.buses}
    names.update({f"line:{edge.index}": edge.title(language) for edge in facts.lines})
    names.update({f"trafo:{edge.index}": edge.title(language) for edge in facts.trafos})
    return names


def _pulse(snapshot: Snapshot, words: Words) -> dict[str, Any]:
    """What the page's own clock needs: instants in epoch milliseconds, and the words it counts in."""
    due = snapshot.next_at
    late_ms = 1000.0 * GRACE_S + snapshot.tick_ms
    return {
        "tick": snapshot.tick,
        "mode": snapshot.mode,
        "published_ms": snapshot.published_at.timestamp() * 1000.0,
        "late_ms": None if due is None or snapshot.mode != "live" else due.timestamp() * 1000.0 + late_ms,
        "texts": {
            "late": words("ui.stale_late", at=words.wall(due)) if due is not None else "",
            "lost": words("ui.stale_lost", tick=snapshot.tick, at=words.wall(snapshot.published_at)),
            "s": words("ui.age_s", n="{n}"),
            "min": words("ui.age_min", n="{n}"),
            "h": words("ui.age_h", n="{n}"),
            "stale": words("mode.stale"),
            "sent": words("ui.sent"),
            "failed": words("ui.not_sent"),
            "nowhere": words("ui.not_on_diagram"),
        },
    }
