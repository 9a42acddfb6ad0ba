"""One alarm: cause, consequence, action, time to act, owner, who saw it, who was called, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.format import readable
from dashboard.regie.buttons import button
from dashboard.regie.chips import chip
from dashboard.regie.markup import Markup, tag
from dashboard.regie.messages import about, facts, told
from dashboard.regie.names import Names
from dashboard.regie.views.countdown import time_left
from twin.contracts.snapshot import AlarmView


def can_acknowledge(alarm: AlarmView) -> bool:
    """True while it waits for somebody to say that it was seen; the host's own alarms are in no book that could note it."""
    return alarm.acknowledged_at is None and not alarm.of_host


def on_shelf(alarm: AlarmView) -> bool:
    """True while somebody has put it out of sight."""
    return alarm.shelved_until is not None


def sentence(alarm: AlarmView, part: str, names: Names) -> str:
    """Cause, consequence or action in words; a code without words shows itself and its parameters."""
    words, code = names.words, f"alarm.{alarm.code}.{part}"
    if words.known(code):
        return words.fill(code, told(alarm.params, names))
    if part == "cause":
        came = facts(alarm.params)
        return f"{readable(alarm.code)} ({alarm.code})" + (f": {came}" if came else "")
    return words(f"alarm.unknown.{part}", owner=words.owner(alarm.owner))


def alarm_item(
    alarm: AlarmView,
    names: Names,
    places: Mapping[str, str],
    *,
    may_answer: bool,
    child: bool = False,
    fold: str | None = None,
) -> Markup:
    """One line of the list.

    Args:
        child: whether it follows from the alarm above it. ``fold``: the group that it is folded away with.
    """
    marks = {
        "child": child,
        "cleared": alarm.cleared_at is not None,
        "seen": alarm.acknowledged_at is not None,
        "of-host": alarm.of_host,
    }
    name = names.of(about(alarm))
    return tag(
        "li",
        tag(
            "div",
            chip(alarm.priority),
            tag("strong", name),
            tag("span", *_buttons(alarm, name, names, places, may_answer=may_answer), class_="buttons"),
            class_="line",
        ),
        *_texts(alarm, names),
        tag("p", *_meta(alarm, names), class_="meta"),
        class_=" ".join(["alarm", *(mark for mark, on in marks.items() if on)]),
        data_alarm=alarm.key,
        data_focus=f"alarm-{alarm.key}",
        data_in=fold,
        data_unshelvable=_unshelvable(alarm, names) if may_answer else None,
    )


def shelved_item(alarm: AlarmView, names: Names, *, may_answer: bool) -> Markup:
    """An alarm on the shelf: what it is, why it is there, when it comes back, and a button that brings it back now."""
    words, name = names.words, names.of(about(alarm))
    label = words("ui.unshelve_this", name=name)
    back = button("unshelve", words("ui.unshelve"), focus=f"unshelve-{alarm.key}", data_target=alarm.key, aria_label=label)
    why = words("ui.shelved", by=alarm.shelved_by or "", motive=alarm.shelved_motive or "")
    return tag(
        "li",
        tag(
            "div",
            chip(alarm.priority),
            tag("strong", name),
            tag("span", back if may_answer else None, class_="buttons"),
            class_="line",
        ),
        tag("p", sentence(alarm, "cause", names), class_="cause"),
        tag("p", tag("span", why), tag("span", words("ui.shelved_until", at=alarm.shelved_until)), class_="meta"),
        class_="alarm shelved",
        data_shelved=alarm.key,
    )


def _texts(alarm: AlarmView, names: Names) -> list[Markup]:
    technical = names.words("ui.technical", text=alarm.params["reason"]) if alarm.params.get("reason") else None
    cause = tag(
        "p",
        sentence(alarm, "cause", names),
        class_="cause",
        data_tip=technical,
        tabindex=0 if technical else None,
        data_focus=f"cause-{alarm.key}",
    )
    return [cause, *(tag("p", sentence(alarm, part, names), class_=part) for part in ("consequence", "action"))]


def _meta(alarm: AlarmView, names: Names) -> list[Markup]:
    """Since when, until when to act, whose, and what became of it."""
    words, cleared = names.words, alarm.cleared_at is not None
    meta = [tag("span", words("ui.since", at=alarm.since))]
    if not cleared:
        meta.append(tag("span", words("ui.act_before", at=alarm.act_before), " (", time_left(alarm.act_before, words), ")"))
    meta.append(tag("span", words.owner(alarm.owner)))
    if alarm.escalated_to and alarm.acknowledged_at is None:
        meta.append(tag("span", "▲ ", words("ui.escalated", to=alarm.escalated_to, at=alarm.escalated_at), class_="warn"))
    if alarm.acknowledged_at is not None:
        meta.append(tag("span", "✓ ", words("ui.acknowledged", by=alarm.acknowledged_by or "", at=alarm.acknowledged_at)))
    if cleared:
        meta.append(tag("span", words("ui.cleared", at=alarm.cleared_at)))
    return meta


def _unshelvable(alarm: AlarmView, names: Names) -> str | None:
    """Why it cannot be shelved; None when it can."""
    if alarm.of_host:
        return names.words("ui.unshelvable_host")
    if alarm.cleared_at is not None:
        return names.words("ui.unshelvable_cleared")
    return names.words("ui.unshelvable_p1") if alarm.priority == 1 else None


def _buttons(alarm: AlarmView, name: str, names: Names, places: Mapping[str, str], *, may_answer: bool) -> list[Markup]:
    words, place = names.words, places.get(names.key(about(alarm)))

    def one(do: str, key: str, focus: str, *, strong: bool = False, **more: str) -> Markup:
        label = words(f"ui.{do}_this", name=name)
        return button(do, words(f"ui.{do}"), focus=f"{focus}-{alarm.key}", key=key, strong=strong, **more, aria_label=label)

    made = []
    if may_answer and can_acknowledge(alarm):
        made.append(one("acknowledge", "A", "ack", strong=True, data_target=alarm.key))
    if may_answer and _unshelvable(alarm, names) is None:
        cause = sentence(alarm, "cause", names)
        made.append(one("shelve", "H", "shelve", data_target=alarm.key, data_what=f"{name}: {cause}"))
    if place is not None:
        made.append(one("locate", "L", "locate", data_el=place))
    return made
