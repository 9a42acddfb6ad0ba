"""Wall of boxes: a card per box with figure, past, forecast, age, quality and service; and the live strip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from dashboard.regie.markup import Markup, tag
from dashboard.regie.messages import told
from dashboard.regie.names import Names
from dashboard.regie.views.spark import sparkline
from dashboard.regie.words import Words, is_nothing
from twin.contracts.snapshot import BoxCardView, ShadowView, Snapshot, Strip

_DOUBTFUL = {"questionable", "invalid", "stale"}
_ANSWERED = ("ok", "not_due")
_NOT_ITS_OWN = ("fallback", "absent")
_KEYS = 5


def wall(snapshot: Snapshot, names: Names, *, may_see_money: bool) -> Markup:
    """All cards: doubtful ones first, then champions, each in the site file's order."""
    ranked = sorted(snapshot.boxes, key=lambda card: (not is_doubtful(card), card.role != "champion"))
    numbers = _numbers(snapshot.boxes)
    title = names.words("ui.wall")
    return tag(
        "div",
        tag("h2", title, class_="sr"),
        tag(
            "ol",
            *(_card(card, numbers.get(card.instance), snapshot, names, may_see_money=may_see_money) for card in ranked),
            class_="cards",
            tabindex=0,
            data_focus="cards",
            aria_label=title,
        ),
        tag(
            "button",
            tag("span", title, class_="sr"),
            tag("span", data_shown=names.words("ui.cards_shown", shown="{shown}", total="{total}")),
            tag("span", "›", aria_hidden="true"),
            type="button",
            class_="button more",
            data_do="more",
            data_focus="more",
        ),
        class_="boxes",
    )


def is_doubtful(card: BoxCardView) -> bool:
    """True when the card shows another answer than the box's own, or one that somebody should look at.

    A reading held over a gap of minutes is labelled, and no more: cards that changed places with every gap could not be found.
    """
    return card.service in _NOT_ITS_OWN or bool(_DOUBTFUL & set(card.quality))


def _numbers(cards: Sequence[BoxCardView]) -> dict[str, int]:
    """Keys of the first champions in the site file's order: a box keeps its key when cards change places."""
    champions = [card.instance for card in cards if card.role == "champion"]
    return {instance: number for number, instance in enumerate(champions[:_KEYS], 1)}


def _card(card: BoxCardView, number: int | None, snapshot: Snapshot, names: Names, *, may_see_money: bool) -> Markup:
    words, doubtful, said = names.words, is_doubtful(card), _said(card, names)
    title = names.of(f"box:{card.instance}")
    figure = _figure(card.value, card.unit, words, may_see_money=may_see_money)
    drawing = sparkline(card.past, card.forecast, snapshot.as_of, alt=words("ui.spark_alt", title=title))
    return tag(
        "li",
        tag("h3", _way_in(card, number, title, names)),
        tag("p", tag("strong", figure), tag("span", _label(card, words)), class_="figure"),
        drawing if drawing is not None else tag("div", class_="spark empty"),
        tag("p", *_health(card, names), class_="health"),
        tag("p", said, class_="why") if said is not None else None,
        tag("p", _why(card, names), class_="why") if card.service in _NOT_ITS_OWN else None,
        tag("p", trial(card.shadow, names), class_="why") if card.shadow is not None else None,
        class_="card doubtful" if doubtful else "card",
        data_box=card.instance,
    )


def _figure(value: float | None, unit: str, words: Words, *, may_see_money: bool) -> str:
    """A figure with its unit; francs only for who may see them, and then it is said, for a dash would read as missing."""
    return words("ui.money_hidden") if "CHF" in unit and not may_see_money else words.number(value, unit)


def _way_in(card: BoxCardView, number: int | None, title: str, names: Names) -> Markup:
    """The way to the box's inside page; the style sheet spreads it over the whole card."""
    return tag(
        "a",
        None if number is None else tag("kbd", number, aria_hidden="true"),
        title,
        href=f"/regie/box/{quote(card.instance, safe='')}/?lang={names.words.language}",
        data_number=number,
        data_tip=_tip(card, title, names),
        data_focus=f"box-{card.instance}",
        aria_describedby="tip",
    )


def _label(card: BoxCardView, words: Words) -> str:
    """What the figure is; a constant stands under its signal's whole name ("load_forecast_p_mw")."""
    label = card.label
    while not words.known(f"label.{label}") and "_" in label:
        label = label.rpartition("_")[0]
    return words(f"label.{label if words.known(f'label.{label}') else card.label}")


def _health(card: BoxCardView, names: Names) -> list[Markup]:
    words = names.words
    parts = [tag("span", words.moment(card.as_of))]
    if card.service == "fallback":
        parts.append(tag("span", "▲ ", words("service.fallback", rung=names.rung(card.fallback)), class_="warn"))
    else:
        parts.append(tag("span", words(f"service.{card.service}"), class_="warn" if card.service == "absent" else None))
    flags = [flag for flag in card.quality if flag != "good"]
    if flags:  # the one that matters most; the tip names all of them
        doubt = next((flag for flag in flags if flag in _DOUBTFUL), None)
        plain = "substituted" if "substituted" in flags else flags[0]
        parts.append(tag("span", words(f"quality.{doubt or plain}"), class_="warn" if doubt else None))
    return parts


def _said(card: BoxCardView, names: Names) -> str | None:
    """The one line that a box adds to its figure, in its own answer: what may be done, or what must be."""
    line = card.params.get("line")
    if not isinstance(line, str) or card.service in _NOT_ITS_OWN:
        return None
    return names.words.fill(f"card.{line}", told(card.params, names))


def _why(card: BoxCardView, names: Names) -> str:
    """Why the box's own answer is not shown, or else what the answer that is shown rests on."""
    if card.outcome in _ANSWERED:
        return names.words.fill(f"reason.{card.reason}", told(card.params, names))
    return names.words(f"outcome.{card.outcome}")


def trial(shadow: ShadowView, names: Names) -> str:
    """One line: whom it shadows, over how many days, how much better it is, and what is missing to take its place."""
    words, params = names.words, told(shadow.params, names)
    return f"{words.fill('ui.shadow', params)} {words.fill(f'trial.{shadow.code}', params)}"


def _tip(card: BoxCardView, title: str, names: Names) -> str:
    words = names.words
    version = words("ui.version", box=card.box, version=card.version, owner=words.owner(card.owner))
    technical = [words("ui.technical", text=problem) for problem in card.problems[:3]]
    return "\n".join([title, _why(card, names), mark(card.as_of, card.quality, words), version, *technical])


def strip(snapshot: Snapshot, words: Words, *, may_see_money: bool) -> Markup:
    """What moves fastest: price, tariff, battery, chargers, flexibility on call; with the day behind and what is announced."""
    values = snapshot.strip
    chargers = f"{words.number(values.chargers_connected)} · {words.power(values.charger_p_mw)}"
    price, tariff = (
        _figure(value, "CHF/kWh", words, may_see_money=may_see_money)
        for value in (values.price_chf_per_kwh, values.grid_tariff_chf_per_kwh)
    )
    rows = (
        ("price", "price_chf_per_kwh", price),
        ("tariff", "grid_tariff_chf_per_kwh", tariff),
        ("battery", "battery_soc_percent", _battery(values, words)),
        ("chargers", "charger_p_mw", chargers),
        ("flexibility", "flexibility_on_call_mw", words.power(values.flexibility_on_call_mw)),
    )
    return tag(
        "div",
        tag("h2", words("ui.strip"), class_="sr"),
        tag("dl", *(_strip_row(words(f"ui.{code}"), field, value, snapshot, words) for code, field, value in rows)),
        tag("p", mark(values.interval, values.quality, words), class_="health"),
    )


def _battery(values: Strip, words: Words) -> Markup:
    """Charge, and whether it rises or falls."""
    charge, p_mw = words.number(values.battery_soc_percent, "%"), values.battery_p_mw
    if p_mw is None or is_nothing(p_mw):
        return tag("span", charge)
    power = words.power(abs(p_mw))
    said = words("ui.charging" if p_mw > 0 else "ui.discharging", power=power)
    arrow = tag("span", f" {'↑' if p_mw > 0 else '↓'} {power}", aria_hidden="true")
    return tag("span", charge, arrow, tag("span", said, class_="sr"))


def _strip_row(title: str, field: str, value: object, snapshot: Snapshot, words: Words) -> Markup:
    synthetic = field == "price_chf_per_kwh"
    note = (" ", tag("span", "◇", aria_hidden="true"), tag("span", words("ui.synthetic"), class_="sr")) if synthetic else ()
    past, ahead = snapshot.strip.past.get(field), snapshot.strip.ahead.get(field)
    drawing = sparkline(past, ahead, snapshot.as_of, alt=words("ui.spark_alt", title=title))
    return tag("div", tag("dt", title, *note), tag("dd", drawing), tag("dd", value))


def mark(at: datetime, quality: Sequence[str], words: Words) -> str:
    """Age and quality of all figures of one zone: the quarter hour that they describe, and how they came about."""
    return f"{words.moment(at)} · {', '.join(words(f'quality.{flag}') for flag in quality)}"
