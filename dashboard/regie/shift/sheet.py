"""What is open at a handover: compiled from the snapshot, the switching orders and the run-of-show, kept as codes and figures.

An item is kept as the book can keep it, so that a sheet reads in every language, and years later as on the day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dashboard.format import readable
from dashboard.regie.conducteur.cue import Cue
from dashboard.regie.conducteur.words import title, window
from dashboard.regie.messages import reference, told
from dashboard.regie.names import Names
from dashboard.regie.switching.life import OPEN, Orders
from dashboard.regie.switching.words import element
from dashboard.regie.words import Words
from twin.contracts.snapshot import Snapshot

PARTS = ("alarms", "recommendations", "orders", "switching", "tags", "cues", "boxes")
COMING = timedelta(hours=12)
"""A shift of twelve hours: what comes in it belongs on the sheet."""

Item = dict[str, Any]


def compile_sheet(snapshot: Snapshot, orders: Orders, cues: Sequence[Cue]) -> list[Item]:
    """Every open item, in the order of `PARTS`. ``cues``: of today and tomorrow."""
    return [*_of_grid(snapshot), *_of_desk(orders), *_of_show(cues, snapshot.as_of), *_of_boxes(snapshot)]


def _of_grid(snapshot: Snapshot) -> Iterator[Item]:
    for alarm in snapshot.alarms:
        if alarm.cleared_at is None:
            shelved = alarm.shelved_until is not None and alarm.shelved_until > snapshot.as_of
            state = "shelved" if shelved else "acknowledged" if alarm.acknowledged_at is not None else "active"
            yield {
                "part": "alarms",
                "state": state,
                "priority": alarm.priority,
                "code": alarm.code,
                "element": alarm.element,
                "params": dict(alarm.params),
                "by": alarm.shelved_by if shelved else alarm.acknowledged_by,
                "since": alarm.since.isoformat(),
            }
    for each in snapshot.recommendations:
        if each.state == "open":
            yield {"part": "recommendations", "group": each.group, "p_mw": each.p_mw_now, "at": each.decide_before.isoformat()}
    for order in snapshot.orders:
        if order.state in ("proposed", "accepted", "sent", "failed"):
            yield {
                "part": "orders",
                "state": order.state,
                "device": order.device,
                "p_mw": order.p_mw,
                "at": order.start.isoformat(),
            }


def _of_desk(orders: Orders) -> Iterator[Item]:
    for order in orders.all.values():
        if order.state in OPEN:
            done = {"done": order.done, "count": len(order.progress)}
            yield {"part": "switching", "id": order.id, "title": order.content.title, "state": order.state, **done}
    for tag in orders.tags.values():
        yield {"part": "tags", "element": tag.element, "text": tag.text, "order": tag.order, "at": tag.since.isoformat()}


def _of_show(cues: Sequence[Cue], now: datetime) -> Iterator[Item]:
    for cue in cues:
        if cue.end >= now and cue.start <= now + COMING:
            yield {"part": "cues", "cue": cue.to_json()}


def _of_boxes(snapshot: Snapshot) -> Iterator[Item]:
    for card in snapshot.boxes:
        if card.role == "champion" and (card.service != "fresh" or card.outcome != "ok"):
            yield {
                "part": "boxes",
                "box": card.instance,
                "outcome": card.outcome,
                "fallback": card.fallback,
                "at": card.as_of.isoformat(),
            }


def in_words(item: Mapping[str, Any], words: Words, switching: Words, cues: Words, names: Names) -> str:
    """One item as a line. ``switching``, ``cues``: words of those rooms."""
    part = item["part"]
    params = dict(item)
    if "at" in item:
        params["at"] = datetime.fromisoformat(item["at"])
    if "p_mw" in item:
        params["power"] = words.power(item["p_mw"], signed=True)
    if part == "alarms":
        code = f"alarm.{item['code']}.cause"
        spoken = told(item["params"], names)
        what = names.words.fill(code, spoken) if names.words.known(code) else readable(item["code"])
        params |= {"element": names.of(reference(item["element"], item["params"])), "what": what}
        params["state"] = words(f"alarm_state.{item['state']}", by=item["by"])
        params["since"] = datetime.fromisoformat(item["since"])
    elif part == "recommendations":
        params["group"] = names.group(item["group"])
    elif part == "orders":
        params |= {"device": names.of(f"device:{item['device']}"), "state": names.words(f"order.{item['state']}")}
    elif part == "switching":
        params["state"] = switching(f"state.{item['state']}")
    elif part == "tags":
        params["element"] = element(item["element"], names)
    elif part == "cues":
        cue = Cue.from_json(item["cue"])
        return f"{'' if cue.priority is None else f'P{cue.priority} '}{window(cue, words)} {title(cue, cues, names)}"
    elif part == "boxes":
        params |= {"box": names.of(f"box:{item['box']}"), "outcome": names.words(f"outcome.{item['outcome']}")}
        params["fallback"] = names.rung(item["fallback"])
    return words.fill(f"item.{part}", params)
