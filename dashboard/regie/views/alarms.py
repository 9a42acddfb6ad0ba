"""Alarm list: families of root causes that fold, the shelf, and how much is only counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from dashboard.regie.buttons import folding
from dashboard.regie.chips import chip
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.names import Names
from dashboard.regie.views.alarm_item import alarm_item, can_acknowledge, on_shelf, shelved_item
from dashboard.regie.views.families import Family, families, is_urgent, readable
from twin.contracts.snapshot import AlarmView

_OPEN_UP_TO = 3
"""Children that are in sight unless somebody folds them away; of more, the root cause alone."""


def alarm_list(alarms: Sequence[AlarmView], names: Names, places: Mapping[str, str], *, may_answer: bool) -> Markup:
    """The list, root causes in the loop's order, what follows from them below, and what is shelved at the end.

    Args:
        places: key of a thing -> its key on the diagram; what is not drawn cannot be located.
        may_answer: whether whoever looks may acknowledge and shelve.
    """
    words = names.words
    shelved = [alarm for alarm in alarms if on_shelf(alarm)]
    listed = [alarm for alarm in alarms if not on_shelf(alarm)]
    drawn, rest = readable(families(listed))
    items = [_family(family, names, places, may_answer=may_answer) for family in drawn]
    body = tag("ol", *items) if items else tag("p", words("ui.no_alarms"), class_="empty")
    return tag(
        "div",
        tag("h2", _title(listed, shelved, names)),
        tag(
            "div",
            body,
            _rest(rest, names),
            _shelf(shelved, names, may_answer=may_answer),
            class_="scroll",
            tabindex=0,
            role="group",
            data_focus="alarms",
            aria_label=words("ui.alarms_short"),
        ),
        class_="filled",
        data_folds=True,
    )


def _title(listed: Sequence[AlarmView], shelved: Sequence[AlarmView], names: Names) -> str:
    """How many stand, how many wait for somebody, how many are out of sight."""
    active = sum(1 for alarm in listed if alarm.cleared_at is None)
    waiting = sum(1 for alarm in listed if can_acknowledge(alarm))
    title = names.words("ui.alarms", active=active, waiting=waiting)
    return f"{title}, {names.words('ui.shelved_count', count=len(shelved))}" if shelved else title


def _family(family: Family, names: Names, places: Mapping[str, str], *, may_answer: bool) -> Markup:
    """A root cause and its children: P1 always in sight, the others behind a button with their number."""
    root = alarm_item(family.root, names, places, may_answer=may_answer)
    if not family.children:
        return root
    fold, words = f"alarm-{family.root.key}", names.words
    hidden = [child for child in family.drawn if not is_urgent(child)]
    left = len(family.children) - len(family.drawn)
    head = folding(fold, words("ui.follow_from_it", count=len(family.children)), opened=len(family.children) <= _OPEN_UP_TO)
    urgent = [alarm_item(child, names, places, may_answer=may_answer, child=True) for child in family.drawn if is_urgent(child)]
    folded = [alarm_item(child, names, places, may_answer=may_answer, child=True, fold=fold) for child in hidden]
    more = tag("li", words("ui.more_children", count=left), class_="child more-alarms", data_in=fold) if left else None
    return join([root, tag("li", head, class_="child"), urgent, folded, more])


def _rest(rest: Sequence[AlarmView], names: Names) -> Markup | None:
    """What is not drawn, by priority: it comes into sight as others are acknowledged and go."""
    if not rest:
        return None
    by_priority = sorted(Counter(alarm.priority for alarm in rest).items())
    counts = [tag("span", chip(priority), " ", names.words.number(count)) for priority, count in by_priority]
    return tag("p", tag("b", names.words("ui.more_alarms", count=len(rest))), " ", *counts, class_="more-alarms")


def _shelf(shelved: Sequence[AlarmView], names: Names, *, may_answer: bool) -> Markup | None:
    """What somebody put out of sight, with when it comes back by itself."""
    if not shelved:
        return None
    soonest_first = sorted(shelved, key=_back_at)
    head = folding("shelf", names.words("ui.shelf", count=len(shelved)), opened=False)
    items = [shelved_item(alarm, names, may_answer=may_answer) for alarm in soonest_first]
    return tag("div", head, tag("ol", *items, data_in="shelf"), class_="shelf")


def _back_at(alarm: AlarmView) -> datetime:
    assert alarm.shelved_until is not None
    return alarm.shelved_until
