"""Alarm list: each with cause, consequence, action, time to act and owner; children stand under their root cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.format import readable
from dashboard.regie.chips import chip
from dashboard.regie.markup import Markup, tag
from dashboard.regie.words import Words
from twin.contracts.snapshot import AlarmView

_PARTS = ("cause", "consequence", "action")


def alarm_list(alarms: Sequence[AlarmView], names: Mapping[str, str], words: Words, *, read_only: bool) -> Markup:
    """The list, roots in the loop's order and children after their root.

    Args:
        names: element key ("line:66") -> its name on the diagram.
    """
    active = sum(1 for alarm in alarms if alarm.cleared_at is None)
    waiting = sum(1 for alarm in alarms if alarm.acknowledged_at is None)
    items = [_item(alarm, names, words, child=child, read_only=read_only) for alarm, child in grouped(alarms)]
    body = tag("ol", *items) if items else tag("p", words("ui.no_alarms"), class_="empty")
    return tag(
        "div",
        tag("h2", words("ui.alarms", active=active, waiting=waiting)),
        tag("div", body, class_="scroll", tabindex=0, role="group", aria_label=words("ui.alarms_short")),
        class_="filled",
    )


def grouped(alarms: Sequence[AlarmView]) -> list[tuple[AlarmView, bool]]:
    """(alarm, is a child) with every child right after its root; a child of an absent root stands for itself."""
    keys = {alarm.key for alarm in alarms}
    children: dict[str, list[AlarmView]] = {}
    for alarm in alarms:
        if alarm.parent in keys and alarm.parent != alarm.key:
            children.setdefault(str(alarm.parent), []).append(alarm)
    nested = {id(child) for group in children.values() for child in group}
    rows: list[tuple[AlarmView, bool]] = []
    for alarm in alarms:
        if id(alarm) not in nested:
            rows.append((alarm, False))
            rows += [(child, True) for child in children.get(alarm.key, [])]
    shown = {id(alarm) for alarm, _ in rows}
    return rows + [(alarm, True) for alarm in alarms if id(alarm) not in shown]


def element_name(alarm: AlarmView, names: Mapping[str, str], words: Words) -> str:
    """What people call the element."""
    if alarm.element in names:
        return names[alarm.element]
    if isinstance(alarm.params.get("name"), str):
        return str(alarm.params["name"])
    for code in (f"element.{alarm.element}", f"place.{alarm.element}"):
        if words.known(code):
            return words(code)
    return names.get(alarm.element, readable(alarm.element))


def sentence(alarm: AlarmView, part: str, words: Words) -> str:
    """Cause, consequence or action in words; a code without words shows itself and its parameters."""
    code = f"alarm.{alarm.code}.{part}"
    if words.known(code):
        return words.fill(code, _told(alarm.params, words))
    if part == "cause":
        facts = ", ".join(
            f"{key} {value}" for key, value in sorted(alarm.params.items()) if not isinstance(value, (dict, list))
        )
        return f"{readable(alarm.code)} ({alarm.code})" + (f": {facts}" if facts else "")
    return words(f"alarm.unknown.{part}", owner=words.owner(alarm.owner))


def _told(params: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Parameters that are codes themselves, in words."""
    told = dict(params)
    for name, table in (("outcome", "failure"), ("fallback", "fallback"), ("element", "place"), ("zone", "place")):
        code = f"{table}.{params.get(name)}"
        if words.known(code):
            told[name] = words(code)
    return told


def _item(alarm: AlarmView, names: Mapping[str, str], words: Words, *, child: bool, read_only: bool) -> Markup:
    cleared, acknowledged = alarm.cleared_at is not None, alarm.acknowledged_at is not None
    kind = " ".join(
        ["alarm", *(["child"] if child else []), *(["cleared"] if cleared else []), *(["seen"] if acknowledged else [])]
    )
    name = element_name(alarm, names, words)
    texts = [tag("p", sentence(alarm, part, words), class_=part) for part in _PARTS]
    meta = [
        tag("span", words("ui.since", at=words.moment(alarm.since))),
        tag("span", words("ui.act_before", at=words.moment(alarm.act_before))) if not cleared else None,
        tag("span", words.owner(alarm.owner)),
    ]
    if acknowledged:
        seen = words("ui.acknowledged", by=alarm.acknowledged_by or "", at=words.moment(alarm.acknowledged_at))
        meta.append(tag("span", "✓ ", seen))
    if cleared:
        meta.append(tag("span", words("ui.cleared", at=words.moment(alarm.cleared_at))))
    return tag(
        "li",
        tag(
            "div",
            chip(alarm.priority),
            tag("strong", name),
            tag("span", *_buttons(alarm, name, words, open_=not acknowledged and not read_only), class_="buttons"),
            class_="line",
        ),
        *texts,
        tag("p", *meta, class_="meta"),
        class_=kind,
        data_alarm=alarm.key,
        data_el=alarm.element,
    )


def _buttons(alarm: AlarmView, name: str, words: Words, *, open_: bool) -> list[Markup]:
    locate = tag(
        "button",
        words("ui.locate"),
        tag("kbd", "L"),
        type="button",
        class_="button",
        data_do="locate",
        data_el=alarm.element,
        data_focus=f"locate-{alarm.key}",
        aria_label=words("ui.locate_this", name=name),
    )
    if not open_:
        return [locate]
    acknowledge = tag(
        "button",
        words("ui.acknowledge"),
        tag("kbd", "A"),
        type="button",
        class_="button strong",
        data_do="acknowledge",
        data_target=alarm.key,
        data_focus=f"ack-{alarm.key}",
        aria_label=words("ui.acknowledge_this", name=name),
    )
    return [acknowledge, locate]
