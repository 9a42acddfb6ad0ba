"""Recommendations: what to do, effect on the three figures, what binds, how sure, until when; accept or refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dashboard.format import MISSING
from dashboard.regie.markup import Markup, tag
from dashboard.regie.views.horizon import element_of
from dashboard.regie.words import Words
from twin.contracts.snapshot import RecommendationView

_MOMENTS = {"at_h": "at", "from_h": "from_at", "to_h": "to_at"}
"""Parameters in hours from the plan's start, and the instants made of them."""


def recommendation_list(
    items: Sequence[RecommendationView], as_of: datetime, names: Mapping[str, str], words: Words, *, read_only: bool
) -> Markup:
    """Open ones first, as the loop orders them."""
    waiting = sum(1 for item in items if item.state == "open")
    entries = [_item(item, as_of, names, words, read_only=read_only) for item in items]
    body = tag("ol", *entries) if entries else tag("p", words("ui.no_recommendations"), class_="empty")
    return tag(
        "div",
        tag("h2", words("ui.recommendations", waiting=waiting)),
        tag("div", body, class_="scroll", tabindex=0, role="group", aria_label=words("ui.recommendations_short")),
        class_="filled",
    )


def what(item: RecommendationView, words: Words) -> str:
    """One line: which devices, how much now."""
    group = words(f"group.{item.group}")
    return words("ui.what", group=group, devices=item.devices, power=words.power(item.p_mw_now, signed=True))


def reason(item: RecommendationView, as_of: datetime, words: Words) -> str:
    """Why: the binding constraint or the price, in words."""
    return words.fill(f"reason.{item.reason}", told(item.params, as_of, words))


def told(params: Mapping[str, Any], as_of: datetime, words: Words) -> dict[str, Any]:
    """Parameters as a text needs them: hours from now become instants, figures with a unit become texts."""
    result = dict(params)
    for hours, name in _MOMENTS.items():
        if isinstance(params.get(hours), (int, float)):
            result[name] = words.moment(as_of + timedelta(hours=float(params[hours])))
    unit = str(params.get("unit", ""))
    for name in ("without", "limit", "value"):
        if isinstance(params.get(name), (int, float)) and unit:
            result[name] = words.number(params[name], unit, decimals=None if unit == "pu" else 1)
    if isinstance(params.get("element"), str):
        code = f"place.{params['element']}"
        result["element"] = words(code) if words.known(code) else params["element"]
    return result


def _item(item: RecommendationView, as_of: datetime, names: Mapping[str, str], words: Words, *, read_only: bool) -> Markup:
    answerable = item.state in ("open", "accepted") and not read_only
    state = words(f"state.{item.state}")
    if item.by:
        by = words("ui.contract") if item.by == "contract" else item.by
        state = f"{state} · {by}"
    if item.motive:
        state = f"{state} · «{item.motive}»"
    decide = (
        words("ui.decide_before", at=words.moment(item.decide_before))
        if item.state == "open"
        else words("ui.until", at=words.moment(item.until))
    )
    name = what(item, words)
    return tag(
        "li",
        tag(
            "div",
            tag("strong", name),
            tag("span", state, class_=f"state {item.state}"),
            tag("span", *(_buttons(item, name, words) if answerable else ()), class_="buttons"),
            class_="line",
        ),
        tag("p", reason(item, as_of, words)),
        tag("dl", *_effects(item, names, words), class_="effects"),
        tag(
            "p",
            tag("span", decide, class_="decide"),
            tag("span", words("ui.confidence", confidence=words.percent(item.confidence))),
            class_="meta",
        ),
        class_=f"recommendation {item.state}",
        data_recommendation=item.id,
    )


def _effects(item: RecommendationView, names: Mapping[str, str], words: Words) -> list[Markup]:
    """The three figures; what the loop did not compute is said to be missing, never zero."""
    effect = item.effect
    before, after = effect.get("loading_percent_before"), effect.get("loading_percent_after")
    grid = MISSING
    if before is not None and after is not None:
        grid = f"{words.number(before, '%', decimals=1)} → {words.number(after, '%', decimals=1)}"
    element = element_of(str(effect.get("element") or ""), names)
    rows = (
        (words("kpi.economic"), words.number(effect.get("chf"), "CHF", signed=True)),
        (f"{words('kpi.grid')} · {element}" if element else words("kpi.grid"), grid),
        (words("kpi.climate"), words.number(effect.get("co2_kg"), "kg", signed=True)),
    )
    return [tag("div", tag("dt", label), tag("dd", value)) for label, value in rows]


def _buttons(item: RecommendationView, name: str, words: Words) -> list[Markup]:
    made = []
    if item.state == "open":
        made.append(("accept", "Y", "button strong"))
    made.append(("refuse", "N", "button"))
    return [
        tag(
            "button",
            words(f"ui.{kind}"),
            tag("kbd", key),
            type="button",
            class_=style,
            data_do=kind,
            data_target=item.id,
            data_what=name,
            data_focus=f"{kind}-{item.id}",
            aria_label=words(f"ui.{kind}_this", name=name),
        )
        for kind, key, style in made
    ]
