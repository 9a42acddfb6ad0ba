"""What-ifs on diagram and map: the form that asks, and the answer beside the present. It is in one browser and on no air."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.format import MISSING
from dashboard.regie.abnormal import abnormal, without_value
from dashboard.regie.desk import Look
from dashboard.regie.diagram import Diagram
from dashboard.regie.grid.zone import locate_button
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.contracts.diagram import DiagramFacts, DiagramSwitch
from twin.contracts.preview import Objection, Standing, WhatIfAnswer

_ACTIONS = (("out", "line trafo"), ("back", "line trafo"), ("open", "switch"), ("close", "switch"), ("power", "device"))
"""What can be asked, and of which elements."""
_SHOWN = 6
"""Objections and abnormal elements in sight; the drawing has all of them."""


def form(look: Look) -> Markup:
    """Element, action and power; the same from tick to tick, so that what somebody chose stays."""
    words, diagram = look.words, look.diagram
    if diagram is None:
        return Markup("")
    actions = [tag("option", words(f"grid.do_{name}"), value=name, data_of=tables) for name, tables in _ACTIONS]
    fields = (
        tag(
            "label",
            words("grid.element"),
            tag("select", *_elements(diagram.facts, look.names), name="element", data_focus="what-if-element"),
        ),
        tag("label", words("grid.action"), tag("select", *actions, name="action", data_focus="what-if-action")),
        tag("label", words("grid.power"), tag("input", type="number", name="p_mw", step="0.01", value="0"), hidden=True),
        tag("button", words("grid.ask"), type="submit", class_="button strong", data_focus="what-if-ask"),
        tag("button", words("grid.leave"), tag("kbd", "Esc"), type="button", class_="button", data_do="leave-what-if"),
    )
    return tag(
        "form",
        *fields,
        tag("p", words("grid.not_on_air"), class_="not-on-air"),
        id="what-if-form",
        hidden=True,
        data_lang=words.language,
    )


def _elements(facts: DiagramFacts, names: Names) -> Iterable[Markup]:
    groups = (
        ("lines", [(f"line:{e.index}", names.of(f"line:{e.index}")) for e in facts.lines]),
        ("trafos", [(f"trafo:{e.index}", names.of(f"trafo:{e.index}")) for e in facts.trafos]),
        ("switches", [(f"switch:{s.index}", switch_name(s, names)) for s in facts.switches if s.permitted]),
        ("devices", [(f"device:{d}", names.of(f"device:{d}")) for d in facts.devices]),
    )
    for kind, found in groups:
        options = [tag("option", name, value=key) for key, name in sorted(found, key=lambda pair: pair[1])]
        if options:
            yield tag("optgroup", *options, label=names.words(f"grid.{kind}"))


def switch_name(switch: DiagramSwitch, names: Names) -> str:
    """Its own name, or what it switches."""
    what = names.of(f"{switch.table}:{switch.element}")
    at = names.of(f"bus:{switch.bus}")
    return names.words("grid.switch", name=switch.name or str(switch.index), what=what, at=at)


# ------------------------------------------------------------------------------------------------- the answer


def answer(told: WhatIfAnswer, done: str, diagram: Diagram, names: Names) -> dict[str, str]:
    """Markup for diagram, map and the comparison.

    Args:
        done: the change in words.
    """
    values = told.after.values
    items, dark = abnormal(diagram.facts, values), without_value(diagram.facts, values)
    drawings = {"diagram": diagram.base(values, names) + diagram.overlay(items, dark, names.words), "map": ""}
    if diagram.map is not None:
        drawings["map"] = diagram.map.base(values, names) + diagram.map.overlay(items, dark, names.words)
    entries = [tag("li", locate_button(item, names)) for item in items[:_SHOWN]]
    body = join([_comparison(told, done, names), _objections(told.objections, names), tag("ol", *entries, class_="abnormal")])
    return {**drawings, "answer": body}


def _comparison(told: WhatIfAnswer, done: str, names: Names) -> Markup:
    words = names.words
    rows = [(code, _of(told.before, names)[code], _of(told.after, names)[code]) for code in _of(told.after, names)]
    heads = [tag("th", words("grid.compared"), scope="col")] + [
        tag("th", words(f"grid.row_of_{code}"), scope="col") for code, _, _ in rows
    ]
    sides = (("grid.present", [before for _, before, _ in rows]), ("grid.with_it", [after for _, _, after in rows]))
    body = [tag("tr", tag("th", words(code), scope="row"), *(tag("td", text) for text in texts)) for code, texts in sides]
    kpi = told.kpi
    figures = words(
        "grid.kpi",
        chf=words.number(kpi.chf, "CHF", decimals=2, signed=True),
        loading=words("ui.points", value=words.number(kpi.grid_percent, decimals=1, signed=True)),
        co2=words.number(kpi.co2_kg, "kg", decimals=1, signed=True),
    )
    quality = ", ".join(words(f"quality.{flag}") for flag in told.quality)
    stale = tag("span", f" ▲ {words('grid.stale')}", class_="warn") if told.stale else None
    rests = tag("span", words("grid.rests_on", done=done, at=told.as_of, quality=quality), stale, class_="meta")
    table = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *body))
    banner = tag("strong", "▨ ", words("grid.banner"), class_="what-if-banner")
    return join([tag("p", banner, rests, class_="line"), table, tag("p", figures, class_="meta")])


def _of(state: Standing, names: Names) -> dict[str, str]:
    words = names.words
    if not state.converged:
        unsolved = words("grid.no_solution")
        return dict.fromkeys(("loading", "voltage", "dark", "n1"), unsolved)
    worst = names.of(state.worst_element) if state.worst_element else MISSING
    outage = names.of(state.n1_worst_outage) if state.n1_worst_outage else MISSING
    return {
        "loading": f"{words.number(state.worst_loading_percent, '%')} · {worst}",
        "voltage": f"{words.number(state.vm_min_pu, 'pu')} – {words.number(state.vm_max_pu, 'pu')}",
        "dark": words.power(state.unsupplied_mw),
        "n1": f"{words.number(state.n1_margin_percent, '%')} · {outage}",
    }


def _objections(objections: Iterable[Objection], names: Names) -> Markup | None:
    """What speaks against it that the present does not have already."""
    words = names.words
    new = [item for item in objections if not item.existed]
    texts = []
    for item in new[:_SHOWN]:
        code = f"objection.{item.code}"
        said = words(code) if words.known(code) else item.code.replace("_", " ")
        texts.append(tag("li", f"▲ {_where(item.element, names)}: {said}{_beyond(item, words)}"))
    return tag("ul", *texts, class_="objections") if texts else None


def _where(element: str, names: Names) -> str:
    """One element, or the first of several buses ("bus 3, 7, 8 ...")."""
    table, _, rest = element.partition(" ")
    found = [names.of(f"{table} {index.strip(' .')}") for index in rest.split(",")]
    return ", ".join(found) + (" …" if rest.endswith("...") else "")


def _beyond(item: Objection, words: Words) -> str:
    """Its figure, and the limit where that is not simply none at all."""
    if item.value is None:
        return ""
    value = words.number(item.value, item.unit)
    return f" {words('grid.limited', value=value, limit=words.number(item.limit, item.unit))}" if item.limit else f" {value}"
