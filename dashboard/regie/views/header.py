"""Header: where, when, how fresh, the three figures against doing nothing, alarm counters, and the tools of a screen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from dashboard.format import LANGUAGES
from dashboard.regie.access.roles import Deed
from dashboard.regie.buttons import button
from dashboard.regie.chips import chip
from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import ROOMS, ROOT
from dashboard.regie.words import Words
from twin.contracts.snapshot import AlarmView, KpiTriple, Snapshot

_LEADING = {
    "economic": ("total_chf", "CHF", 2),
    "grid": ("max_loading_percent", "%", 1),
    "climate": ("co2_t", "t", 2),
}
"""The figure that stands for each of the three, its unit and decimals; the others are in its tip."""

_UNIT_OF_SUFFIX = (
    ("_chf", "CHF"),
    ("_mwh", "MWh"),
    ("_pu_h", "pu.h"),
    ("_percent_h", "%.h"),
    ("_percent", "%"),
    ("_share", "share"),
    ("_kw", "kW"),
    ("_t", "t"),
    ("_kg", "kg"),
)


def header(snapshot: Snapshot, words: Words, *, read_only: bool, may_see_money: bool) -> Markup:
    """Site, clock and figures, which a frozen screen holds. Figures that a role does not see are said to be hidden."""
    site = snapshot.site
    title = site.title.get(words.language) or site.title.get("en") or site.name
    notes = [tag("span", words(f"note.{note}") if words.known(f"note.{note}") else note, class_="note") for note in site.notes]
    return tag(
        "div",
        tag("div", tag("h1", words("ui.title", site=title)), tag("p", *notes, class_="notes"), class_="who"),
        _clock(snapshot, words, read_only=read_only),
        tag(
            "dl",
            None if may_see_money else _hidden_figure("economic", words),
            *(_figure(name, snapshot.kpis[name], snapshot, words) for name in _LEADING if name in snapshot.kpis),
            class_="figures",
            aria_label=words("ui.figures"),
        ),
        class_="header-row",
    )


def _clock(snapshot: Snapshot, words: Words, *, read_only: bool) -> Markup:
    mode = words(f"mode.{snapshot.mode}")
    speed = snapshot.speed if snapshot.speed in ("max", "") else f"×{snapshot.speed.lstrip('x×')}"
    state = (
        [tag("span", mode, class_=f"mode {snapshot.mode}"), tag("span", speed)]
        if snapshot.mode == "live"
        else [tag("span", mode, class_=f"mode {snapshot.mode}")]
    )
    if snapshot.telemetry != "normal":
        state.append(tag("span", words(f"telemetry.{snapshot.telemetry}"), class_="mode doubtful"))
    if read_only:
        state.append(tag("span", words("ui.read_only"), class_="mode", data_tip=words("ui.read_only_why")))
    tick = words("ui.tick", tick=snapshot.tick)
    return tag(
        "div",
        tag("p", tag("span", words.day(snapshot.as_of)), " ", tag("strong", words.clock(snapshot.as_of)), class_="clock"),
        tag("p", *state, tag("span", tick), tag("span", class_="age", data_age=True), class_="state"),
        class_="when",
    )


def _figure(name: str, triple: KpiTriple, snapshot: Snapshot, words: Words) -> Markup:
    """Large the difference to doing nothing, small what it is a difference of; without a baseline that alone."""
    key, unit, decimals = _LEADING[name]
    label, value = words(f"since.{name}", at=snapshot.since), words.number(triple.value.get(key), unit, decimals=decimals)
    difference = None if triple.difference is None else triple.difference.get(key)
    if difference is None:
        large, lines = value, (label, words("ui.no_baseline"))
    else:
        lines = (_against(name, round(difference, decimals), words), f"{value} · {label}")
        large = _difference(difference, unit, decimals, words)
    quality = ", ".join(words(f"quality.{flag}") for flag in snapshot.quality)
    return tag(
        "div",
        tag("dt", f"{words(f'kpi.{name}')} · {quality}"),
        tag("dd", large, class_="value"),
        *(tag("dd", line, class_="beside") for line in lines),
        data_tip=f"{words('grid.quarter', at=snapshot.interval)} · {quality}\n{_all_figures(triple, words)}",
        tabindex=0,
        data_focus=f"figure-{name}",
        class_="figure",
    )


def _hidden_figure(name: str, words: Words) -> Markup:
    return tag("div", tag("dt", words(f"kpi.{name}")), tag("dd", words("ui.money_hidden"), class_="beside"), class_="figure")


def _difference(value: float, unit: str, decimals: int, words: Words) -> str:
    """With its sign; two percentages differ by points."""
    if unit == "%":
        return words("ui.points", value=words.number(value, decimals=decimals, signed=True))
    return words.number(value, unit, decimals=decimals, signed=True)


def _against(name: str, visible: float, words: Words) -> str:
    """What the sign says: saved or dearer, less or more than doing nothing."""
    return words(f"versus.{name}.{'less' if visible < 0 else 'more'}" if visible else "versus.same")


def _all_figures(triple: KpiTriple, words: Words) -> str:
    lines = []
    for key, value in triple.value.items():
        unit = unit_of(key)
        line = words("ui.labelled", label=words(f"figure.{key}"), value=_shown(value, unit, words))
        if triple.baseline is not None and key in triple.baseline:
            line += f" ({words('ui.doing_nothing')} {_shown(triple.baseline[key], unit, words)})"
        lines.append(line)
    return "\n".join(lines)


def unit_of(key: str) -> str:
    """The unit that a figure's name ends with; "share" for fractions."""
    return next((unit for suffix, unit in _UNIT_OF_SUFFIX if key.endswith(suffix)), "1")


def _shown(value: float | None, unit: str, words: Words) -> str:
    if unit == "share":
        return words.percent(value)
    return words.number(value, unit, decimals=1 if unit == "%" else None)


def counters(alarms: Sequence[AlarmView], words: Words) -> Markup:
    """Active alarms in sight by priority, and how many are shelved; live on a frozen screen too."""
    active = [alarm for alarm in alarms if alarm.cleared_at is None]
    shelved = sum(1 for alarm in active if alarm.shelved_until is not None)
    counts: Mapping[int, int] = {
        priority: sum(1 for alarm in active if alarm.priority == priority and alarm.shelved_until is None)
        for priority in (1, 2, 3, 4)
    }
    items = [
        tag("li", chip(priority), tag("strong", words.number(count)), class_="zero" if not count else None)
        for priority, count in counts.items()
    ]
    return tag(
        "div",
        tag("ul", *items, class_="counters", aria_label=words("ui.counters")),
        tag("p", words("ui.shelved_count", count=shelved), class_="shelved-count some" if shelved else "shelved-count"),
    )


def tools(words: Words, deeds: Collection[Deed]) -> Markup:
    """Languages, theme, the way to the other rooms, Freeze and Help; the same from tick to tick, so that a menu stays open."""
    languages = [
        tag(
            "a",
            language.upper(),
            href=f"?lang={language}",
            lang=language,
            hreflang=language,
            aria_current="true" if language == words.language else None,
            data_focus=f"lang-{language}",
        )
        for language in LANGUAGES
    ]
    rooms = [
        tag("li", tag("a", words(code), href=f"{ROOT}{path}?lang={words.language}", data_focus=f"room-{path.strip('/')}"))
        for path, code, deed in ROOMS
        if path and deed in deeds
    ]
    menu = tag(
        "div",
        tag("ul", *rooms),
        tag("nav", *languages, aria_label=words("ui.languages"), class_="languages"),
        id="rooms",
        popover="auto",
    )
    opener = f"{words('nav.rooms')} · {words.language.upper()} ▾"
    return tag(
        "div",
        tag(
            "nav",
            tag("button", opener, type="button", class_="button", popovertarget="rooms", data_focus="rooms"),
            menu,
            aria_label=words("nav.rooms"),
            class_="rooms-menu",
        ),
        button("theme", "◐", focus="theme", aria_label=words("ui.theme")),
        button("freeze", words("ui.freeze"), focus="freeze", key=words("ui.key_space"), aria_pressed="false"),
        button("help", words("ui.help"), focus="help", key="?"),
        class_="tools",
    )
