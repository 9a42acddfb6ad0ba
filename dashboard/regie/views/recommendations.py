"""Recommendations: what to do, effect on the three figures, what binds and how surely, until when; accept, refuse, simulate."""

from __future__ import annotations

from dashboard.format import MISSING
from dashboard.regie.buttons import button
from dashboard.regie.markup import Markup, tag
from dashboard.regie.messages import told
from dashboard.regie.names import Names
from dashboard.regie.views.aftermath import aftermath
from dashboard.regie.views.countdown import time_left
from dashboard.regie.words import is_nothing
from twin.contracts.snapshot import RecommendationView, Snapshot
from twin.domain.time import floor_quarter

_CONFIDENCE = ((0.9, "very_likely"), (0.66, "likely"), (0.33, "even"), (0.0, "unlikely"))
"""From this share of the forecast's paths on, it is called so."""
_PARTS = ("energy", "losses", "voltage", "loading", "site", "peak")
"""Parts of a local price, as boxes name them."""


def recommendation_list(snapshot: Snapshot, names: Names, *, may_answer: bool, may_see_money: bool) -> Markup:
    """Open ones first, as the loop orders them."""
    words, items = names.words, snapshot.recommendations
    waiting = sum(1 for item in items if item.state == "open")
    entries = [_item(item, snapshot, names, may_answer=may_answer, may_see_money=may_see_money) for item in items]
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
    if is_promotion(item):
        return words("ui.promote", box=names.of(f"box:{item.params['box']}"))
    power = words("ui.unchanged") if is_nothing(item.p_mw_now) else words.power(item.p_mw_now, signed=True)
    return words("ui.what", group=names.group(item.group), devices=item.devices, power=power)


def reason(item: RecommendationView, names: Names) -> str:
    """Why: the binding constraint, with the share of the forecast's paths on which it binds, or the price."""
    words, params = names.words, told(item.params, names)
    text = words.fill(f"reason.{item.reason}", params)
    on_paths = f"on_paths.{item.reason}"
    return f"{text} {words.fill(on_paths, params)}" if "paths_share" in params and words.known(on_paths) else text


def confidence(item: RecommendationView, names: Names) -> str:
    """How surely the constraint binds, in a word and a figure; a matter of money alone claims none."""
    if "paths_share" not in item.params:
        return names.words("ui.no_confidence")
    called = next(code for least, code in _CONFIDENCE if item.confidence >= least)
    return names.words(f"confidence.{called}", share=names.words.percent(item.confidence))


def effects(item: RecommendationView, names: Names, *, may_see_money: bool) -> list[tuple[str, str]]:
    """(name, value) of the three figures; what the loop did not compute is said to be missing, never zero.

    The economic one is a plan's: what relieving a limit is valued at stands in it beside what is paid and earned, and says so.
    """
    words, effect = names.words, item.effect
    before, after = effect.get("loading_percent_before"), effect.get("loading_percent_after")
    grid = MISSING
    if before is not None and after is not None:
        grid = f"{words.number(before, '%', decimals=1)} → {words.number(after, '%', decimals=1)}"
    element = effect.get("element")
    money = [(words("ui.effect_economic"), words.number(effect.get("chf"), "CHF", signed=True))] if may_see_money else []
    return [
        *money,
        (f"{words('kpi.grid')} · {names.of(element)}" if element else words("kpi.grid"), grid),
        (words("kpi.climate"), words.number(effect.get("co2_kg"), "kg", signed=True)),
    ]


def is_promotion(item: RecommendationView) -> bool:
    """True where a box is to take another's place; what that is worth in the three figures, ``regie worth`` replays."""
    return item.reason == "promotion_earned"


def answers(item: RecommendationView, names: Names, *, may_see_money: bool, only_answers: bool = False) -> list[Markup]:
    """Buttons of what can still be said to it. ``only_answers``: without simulating, for where that has been done."""
    words, place = names.words, "trial-" if only_answers else ""

    def one(do: str, key: str, *, strong: bool = False) -> Markup:
        return button(
            do,
            words(f"ui.{do}"),
            focus=f"{place}{do}-{item.id}",
            key=None if only_answers else key,
            strong=strong,
            data_target=item.id,
            data_what=what(item, names),
            data_effect=_consequence(do, item, names, may_see_money=may_see_money),
            data_return=f"recommendation-{item.id} recommendations" if only_answers else None,
            aria_label=words(f"ui.{do}_this", name=what(item, names)),
        )

    made = []
    if item.state == "open":
        made.append(one("accept", "Y", strong=True))
    if item.state in ("open", "accepted"):
        made.append(one("refuse", "N"))
        if not is_promotion(item) and not only_answers:
            made.append(one("simulate", "G"))
    return made


def _item(item: RecommendationView, snapshot: Snapshot, names: Names, *, may_answer: bool, may_see_money: bool) -> Markup:
    words = names.words
    state = words(f"state.{item.state}")
    if item.by:
        state = f"{state} · {words('ui.contract') if item.by == 'contract' else item.by}"
    if item.motive:
        state = f"{state} · «{item.motive}»"
    buttons = answers(item, names, may_see_money=may_see_money) if may_answer else ()
    after = aftermath(item, snapshot, lambda other: what(other, names), words)
    return tag(
        "li",
        tag(
            "div",
            tag("strong", what(item, names)),
            tag("span", state, class_=f"state {item.state}"),
            tag("span", *buttons, class_="buttons"),
            class_="line",
        ),
        tag("p", tag("b", _why(item, names)), " ", reason(item, names), class_="reason"),
        None if is_promotion(item) else _effects(item, names, may_see_money=may_see_money),
        tag(
            "p",
            *_until(item, names),
            _age(item, snapshot, names),
            *_stakes(item, names, may_see_money=may_see_money),
            class_="meta",
        ),
        tag("p", after, class_="aftermath") if after else None,
        class_=f"recommendation {item.state}",
        data_recommendation=item.id,
        data_focus=f"recommendation-{item.id}",
    )


def _why(item: RecommendationView, names: Names) -> str:
    """What its reason is: a constraint that binds, or something else."""
    return names.words("ui.binds" if "limit" in item.params else "ui.why")


def _until(item: RecommendationView, names: Names) -> list[Markup]:
    """By when to decide and how surely it is needed, while it is open; afterwards how long it holds."""
    words = names.words
    if item.state != "open":
        return [tag("span", words("ui.until", at=item.until))]
    left = time_left(item.decide_before, words)
    parts = [tag("span", words("ui.decide_before", at=item.decide_before), " (", left, ")", class_="decide")]
    return parts if is_promotion(item) else [*parts, tag("span", confidence(item, names))]


def _age(item: RecommendationView, snapshot: Snapshot, names: Names) -> Markup | None:
    """Which quarter hour's plan its figures are of, and whether that is this one's; one that ended needs no age."""
    if item.state not in ("open", "accepted"):
        return None
    current = item.planned_at >= floor_quarter(snapshot.as_of)  # an event within the quarter hour makes no plan old
    text = names.words("ui.planned" if current else "ui.planned_before", at=item.planned_at)
    return tag("span", text, class_=None if current else "warn")


def _stakes(item: RecommendationView, names: Names, *, may_see_money: bool) -> list[Markup]:
    """What a refusal would cost, and what a kilowatt-hour costs at the device now, by its parts; nothing where nobody knows."""
    words, params = names.words, item.params
    if not may_see_money:
        return []
    found = []
    if "refused_chf" in params:
        code = "ui.if_refused_cheaper" if params["refused_chf"] < 0.0 else "ui.if_refused"
        found.append(words(code, money=words.number(abs(params["refused_chf"]), "CHF", decimals=2)))
    if "price_energy_chf_per_kwh" in params:
        parts = {name: float(params.get(f"price_{name}_chf_per_kwh", 0.0)) for name in _PARTS}
        wires = parts["voltage"] + parts["loading"] + parts["site"]
        shown = {"energy": parts["energy"], "losses": parts["losses"], "wires": wires, "peak": parts["peak"]}
        told_parts = {name: words.number(value, "CHF/kWh", decimals=3) for name, value in shown.items()}
        total = words.number(sum(parts.values()), "CHF/kWh", decimals=3)
        found.append(words("ui.local_price", total=total, **told_parts))
    return [tag("span", text) for text in found]


def _effects(item: RecommendationView, names: Names, *, may_see_money: bool) -> Markup:
    rows = [
        tag("div", tag("dt", label), tag("dd", value)) for label, value in effects(item, names, may_see_money=may_see_money)
    ]
    against = tag("span", names.words("ui.against_nothing"), class_="muted")
    return tag("div", against, tag("dl", *rows, class_="effects"), class_="against")


def _consequence(kind: str, item: RecommendationView, names: Names, *, may_see_money: bool) -> str:
    """What happens when it is answered so, for whoever is about to."""
    words = names.words
    if is_promotion(item):
        return words(f"ui.promotion_{kind}_effect")
    if kind == "refuse":
        return words("ui.refuse_effect", group=names.group(item.group))
    figures = ", ".join(f"{label} {value}" for label, value in effects(item, names, may_see_money=may_see_money))
    return words("ui.accept_effect", devices=item.devices, until=item.until, figures=figures)
