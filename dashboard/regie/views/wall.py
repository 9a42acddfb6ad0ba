"""Wall of boxes: a card per box with figure, past, forecast, age, quality and service; and the live strip."""

from __future__ import annotations

from dashboard.format import readable
from dashboard.regie.markup import Markup, tag
from dashboard.regie.views.spark import sparkline
from dashboard.regie.words import Words
from twin.contracts.snapshot import BoxCardView, Snapshot, Strip

_DOUBTFUL = {"questionable", "invalid", "substituted", "stale"}


def wall(snapshot: Snapshot, words: Words) -> Markup:
    """All cards; champions first, in the site file's order."""
    ranked = sorted(enumerate(snapshot.boxes), key=lambda item: (item[1].role != "champion", item[0]))
    return tag(
        "div",
        tag("h2", words("ui.wall"), class_="sr"),
        tag(
            "ol", *(_card(card, snapshot, words) for _, card in ranked), class_="cards", tabindex=0, aria_label=words("ui.wall")
        ),
    )


def box_title(card: BoxCardView, words: Words) -> str:
    """The kind of box and what it watches: "Load forecast · town"."""
    kind = card.box if words.known(f"box.{card.box}") else card.instance.split("_")[0]
    if not words.known(f"box.{kind}"):
        return readable(card.instance)
    where = card.instance.removeprefix(kind).strip("_")
    return f"{words(f'box.{kind}')} · {words(f'place.{where}')}" if where else words(f"box.{kind}")


def _card(card: BoxCardView, snapshot: Snapshot, words: Words) -> Markup:
    doubtful = card.service in ("fallback", "absent") or bool(_DOUBTFUL & set(card.quality))
    title = box_title(card, words)
    label = words(f"label.{card.label}")
    drawing = sparkline(card.past, card.forecast, snapshot.as_of, alt=words("ui.spark_alt", title=title))
    why = words.fill(f"reason.{card.reason}", card.params)
    return tag(
        "li",
        tag("h3", title),
        tag("p", tag("strong", words.number(card.value, card.unit)), tag("span", label), class_="figure"),
        drawing if drawing is not None else tag("div", class_="spark empty"),
        tag("p", *_health(card, words), class_="health"),
        class_="card doubtful" if doubtful else "card",
        data_tip=_tip(card, title, why, words),
        data_box=card.instance,
    )


def _health(card: BoxCardView, words: Words) -> list[Markup]:
    parts = [tag("span", words.moment(card.as_of))]
    if card.service == "fallback":
        name = (card.fallback or "").removeprefix("instance:")
        rung = words(f"fallback.{name}") if words.known(f"fallback.{name}") else readable(name)
        parts.append(tag("span", "▲ ", words("service.fallback", rung=rung), class_="warn"))
    else:
        parts.append(tag("span", words(f"service.{card.service}"), class_="warn" if card.service == "absent" else None))
    flags = [flag for flag in card.quality if flag != "good"]
    if flags:
        text = ", ".join(words(f"quality.{flag}") for flag in flags)
        parts.append(tag("span", text, class_="warn" if _DOUBTFUL & set(flags) else None))
    if card.role != "champion":
        parts.append(tag("span", words(f"role.{card.role}")))
    return parts


def _tip(card: BoxCardView, title: str, why: str, words: Words) -> str:
    lines = [title, why, words("ui.version", box=card.box, version=card.version, owner=words.owner(card.owner))]
    if card.outcome not in ("ok", "not_due"):
        lines.append(words(f"outcome.{card.outcome}"))
    lines += card.problems[:3]
    return "\n".join(lines)


def strip(values: Strip, words: Words) -> Markup:
    """What moves fastest: price, tariff, battery, chargers, flexibility on call."""
    battery = words.number(values.battery_soc_percent, "%")
    if values.battery_p_mw is not None and abs(values.battery_p_mw) > 5e-4:
        code = "ui.charging" if values.battery_p_mw > 0 else "ui.discharging"
        battery = f"{battery} · {words(code, power=words.power(abs(values.battery_p_mw)))}"
    chargers = f"{words.number(values.chargers_connected)} · {words.power(values.charger_p_mw)}"
    quality = ", ".join(words(f"quality.{flag}") for flag in values.quality)
    rows = (
        ("ui.price", words.number(values.price_chf_per_kwh, "CHF/kWh"), "ui.synthetic"),
        ("ui.tariff", words.number(values.grid_tariff_chf_per_kwh, "CHF/kWh"), None),
        ("ui.battery", battery, None),
        ("ui.chargers", chargers, None),
        ("ui.flexibility", words.power(values.flexibility_on_call_mw), None),
    )
    return tag(
        "div",
        tag("h2", words("ui.strip"), class_="sr"),
        tag(
            "dl",
            *(
                tag("div", tag("dt", words(code), *([" ", tag("i", words(note))] if note else [])), tag("dd", value))
                for code, value, note in rows
            ),
        ),
        tag("p", f"{words.moment(values.interval)} · {quality}", class_="health"),
    )
