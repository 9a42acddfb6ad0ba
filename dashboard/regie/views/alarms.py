"""Alarm list: each with cause, consequence, action, time to act and owner; children stand under their root cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.format import readable
from dashboard.regie.chips import chip
from dashboard.regie.markup import Markup, tag
from dashboard.regie.messages import about, facts, told
from dashboard.regie.names import Names
from twin.contracts.snapshot import AlarmView

_PARTS = ("cause", "consequence", "action")


def alarm_list(alarms: Sequence[AlarmView], names: Names, places: Mapping[str, str], *, read_only: bool) -> Markup:
    """The list, roots in the loop's order and children after their root.

    Args:
        places: key of a thing -> its key on the diagram; what is not drawn cannot be located.
    """
    words = names.words
    active = sum(1 for alarm in alarms if alarm.cleared_at is None)
    waiting = sum(1 for alarm in alarms if can_acknowledge(alarm))
    items = [_item(alarm, names, places, child=child, read_only=read_only) for alarm, child in grouped(alarms)]
    body = tag("ol", *items) if items else tag("p", words("ui.no_alarms"), class_="empty")
    return tag(
        "div",
        tag("h2", words("ui.alarms", active=active, waiting=waiting)),
        tag("div", body, class_="scroll", tabindex=0, role="group", data_focus="alarms", aria_label=words("ui.alarms_short")),
        class_="filled",
    )


def can_acknowledge(alarm: AlarmView) -> bool:
    """True while it waits for somebody to say that it was seen; the host's own alarms are in no book that could note it."""
    return alarm.acknowledged_at is None and not alarm.of_host


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


def sentence(alarm: AlarmView, part: str, names: Names) -> str:
    """Cause, consequence or action in words; a code without words shows itself and its parameters."""
    words, code = names.words, f"alarm.{alarm.code}.{part}"
    if words.known(code):
        return words.fill(code, told(alarm.params, names))
    if part == "cause":
        came = facts(alarm.params)
        return f"{readable(alarm.code)} ({alarm.code})" + (f": {came}" if came else "")
    return words(f"alarm.unknown.{part}", owner=words.owner(alarm.owner))


def _item(alarm: AlarmView, names: Names, places: Mapping[str, str], *, child: bool, read_only: bool) -> Markup:
    words = names.words
    cleared, acknowledged = alarm.cleared_at is not None, alarm.acknowledged_at is not None
    marks = {"child": child, "cleared": cleared, "seen": acknowledged, "of-host": alarm.of_host}
    name, place = names.of(about(alarm)), places.get(names.key(about(alarm)))
    technical = words("ui.technical", text=alarm.params["reason"]) if alarm.params.get("reason") else None
    texts = [
        tag(
            "p",
            sentence(alarm, "cause", names),
            class_="cause",
            data_tip=technical,
            tabindex=0 if technical else None,
            data_focus=f"cause-{alarm.key}",
        ),
        *(tag("p", sentence(alarm, part, names), class_=part) for part in _PARTS[1:]),
    ]
    meta = [
        tag("span", words("ui.since", at=alarm.since)),
        tag("span", words("ui.act_before", at=alarm.act_before)) if not cleared else None,
        tag("span", words.owner(alarm.owner)),
    ]
    if acknowledged:
        seen = words("ui.acknowledged", by=alarm.acknowledged_by or "", at=alarm.acknowledged_at)
        meta.append(tag("span", "✓ ", seen))
    if cleared:
        meta.append(tag("span", words("ui.cleared", at=alarm.cleared_at)))
    buttons = [
        _acknowledge(alarm, name, names) if can_acknowledge(alarm) and not read_only else None,
        _locate(alarm, name, place, names) if place is not None else None,
    ]
    return tag(
        "li",
        tag("div", chip(alarm.priority), tag("strong", name), tag("span", *buttons, class_="buttons"), class_="line"),
        *texts,
        tag("p", *meta, class_="meta"),
        class_=" ".join(["alarm", *(mark for mark, on in marks.items() if on)]),
        data_alarm=alarm.key,
        data_focus=f"alarm-{alarm.key}",
    )


def _acknowledge(alarm: AlarmView, name: str, names: Names) -> Markup:
    return tag(
        "button",
        names.words("ui.acknowledge"),
        tag("kbd", "A"),
        type="button",
        class_="button strong",
        data_do="acknowledge",
        data_target=alarm.key,
        data_focus=f"ack-{alarm.key}",
        aria_label=names.words("ui.acknowledge_this", name=name),
    )


def _locate(alarm: AlarmView, name: str, place: str, names: Names) -> Markup:
    return tag(
        "button",
        names.words("ui.locate"),
        tag("kbd", "L"),
        type="button",
        class_="button",
        data_do="locate",
        data_el=place,
        data_focus=f"locate-{alarm.key}",
        aria_label=names.words("ui.locate_this", name=name),
    )
