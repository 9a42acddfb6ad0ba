"""The look-ahead below the diagram: a strip coloured only where something is wrong, and a slider that reads a quarter hour."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from dashboard.format import MISSING
from dashboard.regie.abnormal import SEVERE_PERCENT
from dashboard.regie.grid.coming import Coming
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.words import Words

LIKELY, POSSIBLE = 0.5, 0.1
"""A violation that is more likely than not is P2, one that a shift must reckon with P3; below, it has no colour."""


def ahead_strip(coming: Coming | None, names: Names, *, missing: str | None) -> Markup:
    """The whole panel.

    Args:
        missing: why the preview service's answer is not shown, None when it is.
    """
    words = names.words
    link = tag("a", words("grid.ahead"), href=f"/regie/ahead/?lang={words.language}", data_focus="ahead-page")
    title = tag("h2", link)
    if coming is None or not len(coming):
        why = tag("p", missing or words("ui.no_horizon"), class_="meta")
        return tag("div", title, why, class_="line")
    rows = [("loading", [_of_loading(v) for v in coming.loading])]
    if not coming.checked_only:
        rows += [("n1", [_of_margin(v) for v in coming.margin]), ("risk", [_of_risk(v) for v in coming.risk])]
    note = words("grid.ahead_checked") if coming.checked_only else words("grid.ahead_from", at=coming.as_of)
    slider = tag(
        "input",
        type="range",
        min=0,
        max=len(coming) - 1,
        value=0,
        step=1,
        tabindex=0,
        id="ahead-at",
        data_focus="ahead-at",
        aria_label=words("grid.ahead_slider"),
    )
    strips = [(tag("span", words(f"grid.row_{name}"), class_="meta"), _row(cells)) for name, cells in rows]
    return tag(
        "div",
        tag("div", title, tag("p", note, f" · {missing}" if missing else "", class_="meta"), class_="line"),
        *(part for pair in strips for part in pair),
        tag("span", words("grid.row_when"), class_="meta"),
        tag("div", slider, _axis(coming, words), class_="when-row"),
        tag("output", id="ahead-reads", for_="ahead-at"),
        class_="ahead",
    )


def readings(coming: Coming, names: Names) -> list[str]:
    """One line per step, as the slider says it."""
    return [_reading(coming, step, names) for step in range(len(coming))]


def _reading(coming: Coming, step: int, names: Names) -> str:
    words = names.words
    parts = [
        words("grid.reads_at", at=coming.at(step)),
        words(
            "grid.reads_loading", loading=words.number(coming.loading[step], "%"), element=_named(coming.element[step], names)
        ),
        words("grid.reads_voltage", low=words.number(coming.vm_min[step], "pu"), high=words.number(coming.vm_max[step], "pu")),
    ]
    if not coming.checked_only:
        outage = _named(coming.outage[step], names)
        parts.append(words("grid.reads_n1", margin=words.number(coming.margin[step], "%"), outage=outage))
        parts.append(words("grid.reads_risk", risk=words.percent(coming.risk[step])))
    return " · ".join(parts)


def _named(ref: str, names: Names) -> str:
    return names.of(ref) if ref else MISSING


Cell = tuple[int, float] | None
"""Priority, 0 for normal, and how much of the cell it fills; None where nothing is known."""


def _of_loading(percent: float | None) -> Cell:
    if percent is None:
        return None
    return (0 if percent <= 100.0 else 1 if percent > SEVERE_PERCENT else 2), min(1.0, percent / SEVERE_PERCENT)


def _of_margin(percent: float | None) -> Cell:
    """The less margin, the fuller; an outage that overloads something is to be acted upon in time, not now."""
    if percent is None:
        return None
    return (3 if percent < 0.0 else 0), min(1.0, max(0.0, 1.0 - percent / 100.0))


def _of_risk(probability: float | None) -> Cell:
    if probability is None:
        return None
    return (2 if probability >= LIKELY else 3 if probability >= POSSIBLE else 0), probability


def _row(cells: list[Cell]) -> Markup:
    """Bars from the bottom; grey in the normal, nothing where nothing is known."""
    drawn = [
        tag(
            "rect",
            x=i,
            width=1.02,
            y=f"{1.0 - fill:.3f}",
            height=f"{fill:.3f}",
            class_=f"p{priority}" if priority else "normal",
        )
        for i, cell in enumerate(cells)
        if cell is not None
        for priority, fill in (cell,)
    ]
    return tag("svg", *drawn, viewBox=f"0 0 {len(cells)} 1", preserveAspectRatio="none", class_="ahead-row", aria_hidden="true")


def _axis(coming: Coming, words: Words) -> Markup:
    zone = ZoneInfo(words.timezone)
    marks = []
    for step in range(len(coming)):
        local = coming.at(step).astimezone(zone)
        if local.minute == 0 and local.hour % 6 == 0 and 0.02 < step / len(coming) < 0.97:
            marks.append(
                tag("text", words.clock(coming.at(step)), x=f"{100 * step / len(coming):.2f}%", y=11, text_anchor="middle")
            )
    return tag("svg", *marks, class_="ahead-axis", aria_hidden="true")
