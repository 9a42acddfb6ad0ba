"""Recommendations: what to do, effect on the three figures, what binds and how surely, until when; accept or refuse."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.format import MISSING
from dashboard.regie.markup import Markup, tag
from dashboard.regie.messages import told
from dashboard.regie.names import Names
from dashboard.regie.words import is_nothing
from twin.contracts.snapshot import RecommendationView


def recommendation_list(items: Sequence[RecommendationView], names: Names, *, read_only: bool) -> Markup:
    """Open ones first, as the loop orders them."""
    words = names.words
    waiting = sum(1 for item in items if item.state == "open")
    entries = [_item(item, names, read_only=read_only) for item in items]
    body = tag("ol", *entries) if entries else tag("p", words("ui.no_recommendations"), class_="empty")
    return tag(
        "div",
        tag("h2", words("ui.recommendations", waiting=waiting)),
        tag(
            "div",
            body,
            class_="scroll",
            tabindex=0,
            role="group",
            data_focus="recommendations",
            aria_label=words("ui.recommendations_short"),
        ),
        class_="filled",
    )


def what(item: RecommendationView, names: Names) -> str:
    """One line: which devices, how much now; or which box to promote."""
    words = names.words
    if _is_promotion(item):
        return words("ui.promote", box=names.of(f"box:{item.params['box']}"))
    power = words("ui.unchanged") if is_nothing(item.p_mw_now) else words.power(item.p_mw_now, signed=True)
    return words("ui.what", group=names.group(item.group), devices=item.devices, power=power)


def reason(item: RecommendationView, names: Names) -> str:
    """Why: the binding constraint, with the share of the forecast's paths on which it binds, or the price."""
    words, params = names.words, told(item.params, names)
    text = words.fill(f"reason.{item.reason}", params)
    on_paths = f"on_paths.{item.reason}"
    return f"{text} {words.fill(on_paths, params)}" if "paths_share" in params and words.known(on_paths) else text


def _item(item: RecommendationView, names: Names, *, read_only: bool) -> Markup:
    words = names.words
    answerable = item.state in ("open", "accepted") and not read_only
    state = words(f"state.{item.state}")
    if item.by:
        state = f"{state} · {words('ui.contract') if item.by == 'contract' else item.by}"
    if item.motive:
        state = f"{state} · «{item.motive}»"
    until = words("ui.decide_before", at=item.decide_before) if item.state == "open" else words("ui.until", at=item.until)
    name = what(item, names)
    return tag(
        "li",
        tag(
            "div",
            tag("strong", name),
            tag("span", state, class_=f"state {item.state}"),
            tag("span", *(_buttons(item, name, names) if answerable else ()), class_="buttons"),
            class_="line",
        ),
        tag("p", reason(item, names)),
        None if _is_promotion(item) else tag("dl", *_effects(item, names), class_="effects"),
        tag("p", tag("span", until, class_="decide"), *_stakes(item, names), class_="meta"),
        class_=f"recommendation {item.state}",
        data_recommendation=item.id,
        data_focus=f"recommendation-{item.id}",
    )


def _stakes(item: RecommendationView, names: Names) -> list[Markup]:
    """What a refusal would cost, and what a kilowatt-hour costs at the device now, by its parts; nothing where nobody knows."""
    words, params = names.words, item.params
    found = []
    if "refused_chf" in params:
        found.append(words("ui.if_refused", money=words.number(params["refused_chf"], "CHF", decimals=2)))
    if "price_energy_chf_per_kwh" in params:
        parts = {name: float(params.get(f"price_{name}_chf_per_kwh", 0.0)) for name in _PARTS}
        wires = parts["voltage"] + parts["loading"] + parts["site"]
        shown = {"energy": parts["energy"], "losses": parts["losses"], "wires": wires, "peak": parts["peak"]}
        told_parts = {name: words.number(value, "CHF/kWh", decimals=3) for name, value in shown.items()}
        total = words.number(sum(parts.values()), "CHF/kWh", decimals=3)
        found.append(words("ui.local_price", total=total, **told_parts))
    return [tag("span", text) for text in found]


_PARTS = ("energy", "losses", "voltage", "loading", "site", "peak")
"""Parts of a local price, as boxes name them."""


def _is_promotion(item: RecommendationView) -> bool:
    """True where a box is to take another's place; what that is worth in the three figures, ``regie worth`` replays."""
    return item.reason == "promotion_earned"


def _effects(item: RecommendationView, names: Names) -> list[Markup]:
    """The three figures; what the loop did not compute is said to be missing, never zero."""
    words, effect = names.words, item.effect
    before, after = effect.get("loading_percent_before"), effect.get("loading_percent_after")
    grid = MISSING
    if before is not None and after is not None:
        grid = f"{words.number(before, '%', decimals=1)} → {words.number(after, '%', decimals=1)}"
    element = effect.get("element")
    rows = (
        (words("kpi.economic"), words.number(effect.get("chf"), "CHF", signed=True)),
        (f"{words('kpi.grid')} · {names.of(element)}" if element else words("kpi.grid"), grid),
        (words("kpi.climate"), words.number(effect.get("co2_kg"), "kg", signed=True)),
    )
    return [tag("div", tag("dt", label), tag("dd", value)) for label, value in rows]


def _buttons(item: RecommendationView, name: str, names: Names) -> list[Markup]:
    made = []
    if item.state == "open":
        made.append(("accept", "Y", "button strong"))
    made.append(("refuse", "N", "button"))
    return [
        tag(
            "button",
            names.words(f"ui.{kind}"),
            tag("kbd", key),
            type="button",
            class_=style,
            data_do=kind,
            data_target=item.id,
            data_what=name,
            data_focus=f"{kind}-{item.id}",
            aria_label=names.words(f"ui.{kind}_this", name=name),
        )
        for kind, key, style in made
    ]
