"""What speaks against doing something with a switching order now: the server's interlocks. Words: ``refused.<code>``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from dashboard.regie.switching.content import MOVES, Content, Step
from dashboard.regie.switching.field import Field, expected
from dashboard.regie.switching.life import Order, Tag, may
from twin.contracts.work_order import Why


def faults_of(content: Content, field: Field) -> tuple[Why, ...]:
    """What of a draft cannot be: all of it at once."""
    found: list[Why] = []
    for number, step in enumerate(content.steps, 1):
        here = {"step": number, "element": step.element}
        if not field.knows(step.element):
            found.append(Why(code="unknown_element", params=here))
        switch = field.switch(step.element)
        if step.how == "remote" and (switch is None or not switch.remote or step.operation not in ("open", "close")):
            found.append(Why(code="not_remote", params=here))
        if switch is not None and not switch.permitted and step.operation in MOVES:
            found.append(Why(code="not_permitted", params=here))
        found += [Why(code="after_itself", params={**here, "after": m}) for m in step.after if not 1 <= m < number]
        if step.condition is not None:
            found += _of_condition(step, number, field)
        if step.tag == "hang" and not step.tag_text:
            found.append(Why(code="tag_without_text", params=here))
    return tuple(found)


def _of_condition(step: Step, number: int, field: Field) -> Iterator[Why]:
    condition = step.condition
    assert condition is not None
    tables = {"open": ("switch", "line"), "closed": ("switch", "line"), "below": ("line", "trafo")}.get(
        condition.kind, ("bus",)
    )
    told = {"step": number, "element": condition.element, "kind": condition.kind}
    if not field.knows(condition.element):
        yield Why(code="unknown_element", params=told)
    elif condition.element.partition(":")[0] not in tables:
        yield Why(code="condition_of", params=told)
    if condition.kind == "below" and condition.limit_percent is None:
        yield Why(code="condition_limit", params=told)


def stale(order: Order, field: Field) -> Why | None:
    """Why the last check no longer holds; None while it does.

    It holds for what the order said, on the grid as it stood; what the order's own steps have changed since, the check
    foresaw. A remote step that is on its way may show already or not yet.
    """
    check = order.check
    if check is None:
        return Why(code="not_checked")
    if check.content != order.content.hash:
        return Why(code="content_changed")
    moving = {
        step.element
        for step, each in zip(order.content.steps, order.progress, strict=True)
        if each.state in ("ordered", "failed")
    }
    moving |= field.touched(order.content)
    now, then = (
        set(field.open_elements()) - moving,
        expected(check.positions, order.content.steps[check.done : order.done]) - moving,
    )
    if now != then:
        other = now ^ then
        by_switch = {f"line:{s.element}" for s in field.facts.switches if s.table == "line" and f"switch:{s.index}" in other}
        return Why(code="topology_changed", params={"elements": sorted(other - by_switch)})
    return None


def against_release(order: Order, field: Field, person: str, despite: str, *, four_eyes: bool) -> tuple[Why, ...]:
    """``despite``: the motive for which a check's objections are taken into account."""
    if not may(order, "release"):
        return (Why(code="state", params={"state": order.state}),)
    found = [*([why] if (why := stale(order, field)) is not None else []), *faults_of(order.content, field)]
    if order.check is not None and not order.check.holds and not despite.strip():
        found.append(Why(code="objections"))
    if four_eyes and person == order.drafted_by:
        found.append(Why(code="second_person", params={"by": person}))
    return tuple(found)


def against_step(order: Order, number: int, field: Field, tags: Mapping[str, Tag]) -> tuple[Why, ...]:
    """Why this step may not be ordered now."""
    if not may(order, "order"):
        return (Why(code="state", params={"state": order.state}),)
    if number != order.next_step or order.progress[number - 1].state == "ordered":
        return (Why(code="not_next", params={"step": number, "next": order.next_step}),)
    step = order.content.steps[number - 1]
    here = {"step": number, "element": step.element}
    found = [why] if (why := stale(order, field)) is not None else []
    if order.check is not None and not order.check.holds and not order.despite:
        found.append(Why(code="objections_since"))
    found += [
        Why(code="interlock", params={**here, "after": earlier})
        for earlier in step.after
        if order.progress[earlier - 1].state != "done" or field.shows(order.content.steps[earlier - 1]) is False
    ]
    if step.condition is not None and not field.holds(step.condition):
        unknown = field.holds(step.condition) is None
        told = {**here, "element": step.condition.element, "kind": step.condition.kind, "limit": step.condition.limit_percent}
        found.append(Why(code="condition_unknown" if unknown else "condition", params=told))
    tag = tags.get(step.element)
    if tag is not None and step.operation in MOVES and step.tag != "remove":
        found.append(Why(code="tagged", params={**here, "text": tag.text, "by": tag.by, "order": tag.order}))
    return tuple(found)


def against_report(order: Order, number: int, at: datetime, now: datetime) -> tuple[Why, ...]:
    """Why a crew's answer cannot be taken: it is told by a person, for a crew's step, at a time that has been."""
    if not may(order, "report") or number != order.next_step or order.progress[number - 1].state != "ordered":
        return (Why(code="not_ordered", params={"step": number}),)
    found = []
    if order.content.steps[number - 1].how == "remote":
        found.append(Why(code="telemetry_confirms", params={"step": number}))
    ordered_at = order.progress[number - 1].ordered_at
    if at > now or (ordered_at is not None and at < ordered_at):
        found.append(Why(code="time_of_report", params={"at": at, "from_at": ordered_at, "now": now}))
    return tuple(found)
