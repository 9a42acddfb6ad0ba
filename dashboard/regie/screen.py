"""From one look to the panels of the main page that show the snapshot alone: panel id -> its properties."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dashboard.regie.access.roles import Deed
from dashboard.regie.desk import Look, Screen
from dashboard.regie.diagram import Diagram
from dashboard.regie.grid.zone import grid_zone
from dashboard.regie.markup import Markup, tag
from dashboard.regie.money import without_money
from dashboard.regie.names import Names
from dashboard.regie.places import places
from dashboard.regie.views.alarms import alarm_list
from dashboard.regie.views.countdown import clock
from dashboard.regie.views.dialogs import dialogs
from dashboard.regie.views.header import counters, header, tools
from dashboard.regie.views.orders import order_list
from dashboard.regie.views.recommendations import recommendation_list
from dashboard.regie.views.records import journal_lines
from dashboard.regie.views.wall import strip, wall
from dashboard.regie.words import Words
from twin.contracts.snapshot import Snapshot

SECTIONS = {
    "wall": "ui.wall",
    "strip": "ui.strip",
    "alarms": "ui.alarms_short",
    "recommendations": "ui.recommendations_short",
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
    words = Words.of(language, snapshot.site.timezone, snapshot.as_of, "grid")
    names = Names(words, snapshot.site, diagram.facts if diagram is not None else None)
    seen = snapshot if Deed.SEE_MONEY in deeds else without_money(snapshot, words("ui.money_hidden"))
    return Look(seen, names, diagram, deeds, read_only)


def screen(look: Look, *, readable: bool = True) -> Screen:
    """Everything that the page shows of one snapshot.

    Args:
        readable: False when a newer snapshot is there that cannot be read.
    """
    snapshot, names, words, diagram = look.snapshot, look.names, look.words, look.diagram
    drawn = places(diagram) if diagram is not None else {}
    may_command, may_see_money = look.may(Deed.COMMAND), look.may(Deed.SEE_MONEY)
    panels: Screen = {
        "header": {"markup": header(snapshot, words, read_only=not may_command, may_see_money=may_see_money)},
        "counters": {"markup": counters(snapshot.alarms, words)},
        "tools": {"markup": tools(words, look.deeds)},
        "wall": {"markup": wall(snapshot, names, may_see_money=may_see_money)},
        "strip": {"markup": strip(snapshot, words, may_see_money=may_see_money)},
        "alarms": {
            "markup": alarm_list(snapshot.alarms, names, drawn, may_answer=may_command),
            "payload": {"clock": clock(snapshot, words)},
        },
        "recommendations": {
            "markup": recommendation_list(snapshot, names, may_answer=may_command, may_see_money=may_see_money)
        },
        "records-tabs": {"markup": _records_tabs(snapshot, words)},
        "orders": {"markup": order_list(snapshot, names)},
        "journal": {"markup": journal_lines(snapshot.journal, snapshot.head, snapshot.alarms, names)},
        "dialogs": {"markup": dialogs(words)},
        "pulse": {"payload": _pulse(snapshot, words, readable=readable)},
    }
    panels.update(grid_zone(look))
    for panel, code in SECTIONS.items():
        panels[panel]["label"] = words(code)
    return panels


def waiting(language: str, *, readable: bool = True) -> Screen:
    """The screen before the first snapshot: every panel says what will stand there, the header what it waits for."""
    words = Words.of(language, "UTC", None, "grid")
    note = tag("p", words("ui.waiting"), class_="empty") if readable else None
    texts = {"late": "", "lost": words("ui.lost_waiting"), **_texts(words, readable=readable)}
    panels: Screen = {
        "header": {"markup": tag("div", tag("h1", words("ui.title_bare")), note, class_="header-row")},
        "grid-tools": {"markup": tag("h2", words("ui.diagram"))},
        "dialogs": {"markup": dialogs(words)},
        "pulse": {"payload": {"published_ms": None, "late_ms": None, "texts": texts}},
    }
    for panel, code in SECTIONS.items():
        panels[panel] = {"markup": tag("h2", words(code)), "label": words(code)}
    return panels


def _records_tabs(snapshot: Snapshot, words: Words) -> Markup:
    """Journal and orders share a place; what failed is told on the tab, so that it cannot hide behind the other."""
    failed = snapshot.order_counts.get("failed", 0)
    mark = f"▲ {words('grid.orders_failed', count=failed)}" if failed else None
    tabs = (("journal", words("ui.journal"), None), ("orders", words("ui.orders"), mark))
    return tag(
        "div",
        *(
            tag(
                "button",
                text,
                tag("span", note, class_="warn") if note else None,
                type="button",
                role="tab",
                id=f"tab-{name}",
                aria_controls=name,
                aria_selected="false",
                data_do="tab",
                data_focus=f"tab-{name}",
            )
            for name, text, note in tabs
        ),
        role="tablist",
        aria_label=words("grid.records"),
        class_="tabs",
    )


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
            "frozen": words("grid.frozen", at=words.clock(snapshot.as_of)),
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
        "frozen_said": words("grid.frozen_said"),
        "released": words("grid.released"),
        "sent": words("ui.sent"),
        "failed": words("ui.not_sent"),
        "second": Words.of(words.language, words.timezone, words.now, "access")("second.asked"),
        "nowhere": words("ui.not_on_diagram"),
    }


def _epoch_ms(instant: datetime) -> float:
    return 1000.0 * instant.timestamp()
