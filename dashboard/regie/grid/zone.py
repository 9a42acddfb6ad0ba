"""The grid's own panels: diagram and map with what is abnormal on them, the list that says the same in text, their tools."""

from __future__ import annotations

from dashboard.regie.abnormal import Abnormal, abnormal, without_value
from dashboard.regie.buttons import button
from dashboard.regie.chips import chip
from dashboard.regie.desk import Look, Screen
from dashboard.regie.diagram import Diagram
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.contracts.diagram import DiagramFacts
from twin.contracts.snapshot import GridValues, Snapshot

_EMPTY: Screen = {
    "grid-base": {"markup": ""},
    "grid-overlay": {"markup": "", "payload": {}},
    "map-base": {"markup": "", "payload": None},
    "map-overlay": {"markup": ""},
}


def grid_zone(look: Look) -> Screen:
    """Every panel of the zone but the look-ahead."""
    snapshot, diagram, names = look.snapshot, look.diagram, look.names
    words = names.words
    if diagram is None or not fits(snapshot.grid, diagram.facts):
        nothing = tag("p", words("ui.no_diagram"), class_="empty")
        return {**_EMPTY, "grid-tools": {"markup": tag("h2", words("ui.diagram"))}, "grid-list": {"markup": nothing}}
    items, dark = abnormal(diagram.facts, snapshot.grid), without_value(diagram.facts, snapshot.grid)
    return {
        "grid-tools": {"markup": _tools(words)},
        "grid-list": {"markup": _abnormal_list(items, len(dark), snapshot, names)},
        "grid-base": {"markup": diagram.base(snapshot.grid, names)},
        "grid-overlay": {"markup": diagram.overlay(items, dark, words), "payload": diagram.tips(snapshot.grid, names)},
        **_map(diagram, snapshot.grid, items, dark, names),
    }


def _map(diagram: Diagram, values: GridValues, items: tuple[Abnormal, ...], dark: tuple[int, ...], names: Names) -> Screen:
    if diagram.map is None:
        missing = tag("p", names.words("grid.no_map"), class_="empty")
        return {"map-base": {"markup": missing, "payload": None}, "map-overlay": {"markup": ""}}
    return {
        "map-base": {"markup": diagram.map.base(values, names), "payload": {"aspect": round(diagram.map.aspect, 4)}},
        "map-overlay": {"markup": diagram.map.overlay(items, dark, names.words)},
    }


def fits(values: GridValues, facts: DiagramFacts) -> bool:
    """True when the values are those of the grid that was described."""
    have = (len(values.vm_pu), len(values.line_loading_percent), len(values.trafo_loading_percent))
    return have == (len(facts.buses), len(facts.lines), len(facts.trafos))


def _tools(words: Words) -> Markup:
    """Title and buttons; the same from tick to tick."""
    return tag(
        "div",
        tag("h2", words("ui.diagram"), data_view_title="diagram"),
        tag("h2", words("grid.map"), data_view_title="map"),
        tag(
            "span",
            button("diagram", words("grid.to_diagram"), focus="diagram", key="S", aria_pressed="true"),
            button("map", words("grid.to_map"), focus="map", key="M", aria_pressed="false"),
            button("zoom-out", "−", focus="zoom-out", aria_label=words("grid.zoom_out")),
            button("zoom-in", "+", focus="zoom-in", aria_label=words("grid.zoom_in")),
            button("what-if", words("grid.what_if"), focus="what-if", key="W", aria_expanded="false"),
            class_="buttons",
        ),
        class_="line",
    )


def _abnormal_list(items: tuple[Abnormal, ...], dark: int, snapshot: Snapshot, names: Names) -> Markup:
    """Text equivalent of the drawing: every abnormal element with value and limit; choosing one locates it."""
    words = names.words
    parts = [tag("p", summary(snapshot.grid, words), f" · {words('grid.quarter', at=snapshot.interval)}", class_="meta")]
    if dark:
        parts.append(tag("p", "■ ", words("ui.without_value", count=dark), class_="warn"))
    count = words("ui.abnormal_count", count=len(items)) if items else words("ui.all_normal")
    entries = [tag("li", locate_button(item, names)) for item in items]
    listing = (
        tag("ol", *entries, class_="abnormal", tabindex=0, data_focus="abnormal", aria_label=count)
        if entries
        else tag("p", count, class_="meta")
    )
    return tag("div", *parts, listing, class_="grid-state")


def summary(values: GridValues, words: Words) -> str:
    """The extremes of one state, with its quality."""
    voltages = [v for v in values.vm_pu if v is not None]
    loading = [v for v in (*values.line_loading_percent, *values.trafo_loading_percent) if v is not None]
    return words(
        "grid.summary",
        low=words.number(min(voltages, default=None), "pu"),
        high=words.number(max(voltages, default=None), "pu"),
        loading=words.number(max(loading, default=None), "%"),
        quality=", ".join(words(f"quality.{flag}") for flag in values.quality),
    )


def locate_button(item: Abnormal, names: Names) -> Markup:
    """One abnormal element, which the button shows on the drawing."""
    words = names.words
    return tag(
        "button",
        chip(item.priority, words.number(item.value, item.unit)),
        " ",
        words("ui.abnormal", name=names.of(item.key), limit=words.number(item.limit, item.unit)),
        type="button",
        data_do="locate",
        data_el=item.key,
        data_focus=f"abnormal-{item.key}",
    )
