"""From one look to the panels of the main page that show the snapshot alone: panel id -> its properties."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dashboard.regie.abnormal import Abnormal, abnormal, without_value
from dashboard.regie.access.roles import Deed
from dashboard.regie.chips import chip
from dashboard.regie.desk import Look, Screen
from dashboard.regie.diagram import Diagram
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.places import places
from dashboard.regie.views.alarms import alarm_list
from dashboard.regie.views.dialogs import dialogs
from dashboard.regie.views.header import header
from dashboard.regie.views.horizon import horizon_chart
from dashboard.regie.views.recommendations import recommendation_list
from dashboard.regie.views.records import journal_lines, order_list
from dashboard.regie.views.wall import strip, wall
from dashboard.regie.words import Words
from twin.contracts.snapshot import DiagramFacts, Snapshot

SECTIONS = {
    "wall": "ui.wall",
    "strip": "ui.strip",
    "alarms": "ui.alarms_short",
    "recommendations": "ui.recommendations_short",
    "horizon": "ui.horizon",
    "orders": "ui.orders",
    "journal": "ui.journal",
}
"""Panels that are landmarks, and the code of their name."""

GRACE = timedelta(seconds=3)
"""How long after ``next_at`` a snapshot may come before the page calls itself stale, beside the last tick's own time."""

LONGEST_SILENCE = timedelta(seconds=60)
"""A live loop that announces no next snapshot runs at full speed: far longer than any tick, training included."""


def look_at(snapshot: Snapshot, diagram: Diagram | None, language: str, deeds: frozenset[Deed], *, read_only: bool) -> Look:
    """What whoever has these rights sees of a snapshot in that language."""
    words = Words.of(language, snapshot.site.timezone, snapshot.as_of)
    names = Names(words, snapshot.site, diagram.facts if diagram is not None else None)
    return Look(snapshot, names, diagram, deeds, read_only)


def screen(look: Look, *, readable: bool = True) -> Screen:
    """Everything that the page shows of one snapshot.

    Args:
        readable: False when a newer snapshot is there that cannot be read.
    """
    snapshot, names, words, diagram = look.snapshot, look.names, look.words, look.diagram
    drawn = places(diagram) if diagram is not None else {}
    read_only = not look.may(Deed.COMMAND)
    panels: Screen = {
        "header": {"markup": header(snapshot, words, read_only=read_only)},
        "wall": {"markup": wall(snapshot, names)},
        "strip": {"markup": strip(snapshot.strip, words)},
        "alarms": {"markup": alarm_list(snapshot.alarms, names, drawn, read_only=read_only)},
        "recommendations": {"markup": recommendation_list(snapshot.recommendations, names, read_only=read_only)},
        "horizon": {"markup": horizon_chart(snapshot.horizon, names)},
        "orders": {"markup": order_list(snapshot.orders, snapshot.order_counts, names)},
        "journal": {"markup": journal_lines(snapshot.journal, snapshot.head, snapshot.alarms, names)},
        "dialogs": {"markup": dialogs(words)},
        "pulse": {"payload": _pulse(snapshot, words, readable=readable)},
    }
    panels.update(_grid(snapshot, diagram, names))
    for panel, code in SECTIONS.items():
        panels[panel]["label"] = words(code)
    return panels


def waiting(language: str, *, readable: bool = True) -> Screen:
    """The screen before the first snapshot: every panel says what will stand there, the header what it waits for."""
    words = Words.of(language, "UTC")
    note = tag("p", words("ui.waiting"), class_="empty") if readable else None
    texts = {"late": "", "lost": words("ui.lost_waiting"), **_texts(words, readable=readable)}
    panels: Screen = {
        "header": {"markup": tag("div", tag("h1", words("ui.title_bare")), note, class_="header-row")},
        "grid-list": {"markup": tag("h2", words("ui.diagram"))},
        "dialogs": {"markup": dialogs(words)},
        "pulse": {"payload": {"published_ms": None, "late_ms": None, "texts": texts}},
    }
    for panel, code in SECTIONS.items():
        panels[panel] = {"markup": tag("h2", words(code)), "label": words(code)}
    return panels


def _grid(snapshot: Snapshot, diagram: Diagram | None, names: Names) -> Screen:
    words = names.words
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
        "grid-base": {"markup": diagram.base(snapshot.grid, names)},
        "grid-overlay": {
            "markup": diagram.overlay(items, dark, words),
            "payload": diagram.tips(snapshot.grid, names),
        },
        "grid-list": {"markup": _abnormal_list(title, items, len(dark), snapshot, names)},
    }


def _abnormal_list(title: Markup, items: tuple[Abnormal, ...], dark: int, snapshot: Snapshot, names: Names) -> Markup:
    """Text equivalent of the drawing: every abnormal element with value and limit; choosing one locates it."""
    words = names.words
    entries = [
        tag(
            "li",
            tag(
                "button",
                chip(item.priority, words.number(item.value, item.unit)),
                " ",
                words("ui.abnormal", name=names.of(item.key), limit=words.number(item.limit, item.unit)),
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
        parts.append(tag("p", "■ ", words("ui.without_value", count=dark), class_="warn"))
    count = words("ui.abnormal_count", count=len(items)) if items else words("ui.all_normal")
    listing = (
        tag("ol", *entries, class_="abnormal", tabindex=0, data_focus="abnormal", aria_label=count)
        if entries
        else tag("p", count, class_="meta")
    )
    return tag("div", *parts, listing)


def _fits(snapshot: Snapshot, facts: DiagramFacts) -> bool:
    grid = snapshot.grid
    have = (len(grid.vm_pu), len(grid.line_loading_percent), len(grid.trafo_loading_percent))
    return have == (len(facts.buses), len(facts.lines), len(facts.trafos))


def late_at(snapshot: Snapshot) -> datetime:
    """Wall clock from which a live snapshot is stale."""
    return _due(snapshot) + GRACE + timedelta(milliseconds=snapshot.tick_ms)


def _due(snapshot: Snapshot) -> datetime:
    return snapshot.next_at if snapshot.next_at is not None else snapshot.published_at + LONGEST_SILENCE


def _pulse(snapshot: Snapshot, words: Words, *, readable: bool) -> dict[str, Any]:
    """What the page's own clock needs: instants in epoch milliseconds of this machine, and the words it counts in."""
    due = _due(snapshot)
    late = late_at(snapshot)
    return {
        "published_ms": _epoch_ms(snapshot.published_at),
        "late_ms": _epoch_ms(late) if snapshot.mode == "live" else None,
        "texts": {
            "late": words("ui.stale_late", at=words.wall(due)),
            "lost": words("ui.stale_lost", tick=snapshot.tick, at=words.wall(snapshot.published_at)),
            **_texts(words, readable=readable),
        },
    }


def _texts(words: Words, *, readable: bool) -> dict[str, str]:
    return {
        "unreadable": "" if readable else words("ui.unreadable"),
        "s": words("ui.age_s", n="{n}"),
        "min": words("ui.age_min", n="{n}"),
        "h": words("ui.age_h", n="{n}"),
        "stale": words("mode.stale"),
        "sent": words("ui.sent"),
        "failed": words("ui.not_sent"),
        "nowhere": words("ui.not_on_diagram"),
    }


def _epoch_ms(instant: datetime) -> float:
    return 1000.0 * instant.timestamp()
