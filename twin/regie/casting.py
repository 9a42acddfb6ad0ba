"""What people ask of the boxes' roles: a shadow takes its champion's place, one leaves service, a reserve goes on trial.

What is asked is checked at once and done before the next regular tick; until then it waits in the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from twin.contracts.messages import Command, Recommendation
from twin.regie import promotion
from twin.regie.memory import Casting
from twin.regie.roles import Roles
from twin.regie.runner import BoxRunner

KINDS = ("promote", "withdraw", "shadow")


def answer(
    commands: Sequence[Command], roles: Roles, waiting: Sequence[Casting]
) -> tuple[tuple[Casting, ...], list[tuple[str, Mapping[str, object]]]]:
    """What waits after these commands, and a line for each: asked, or why it is refused."""
    asked = list(waiting)
    lines: list[tuple[str, Mapping[str, object]]] = []
    for command in commands:
        if command.kind not in KINDS:
            continue
        busy = any(one.box == command.target for one in asked)
        code = _code(command, roles, busy=busy)
        lines.append((code, {"box": command.target, "by": command.by, "motive": command.motive}))
        if code in ("box_promotion_asked", "box_withdrawal_asked", "box_trial_asked"):
            asked.append(Casting(command.kind, command.target, command.by))
    return tuple(asked), lines


def without_proposals(
    held: Mapping[str, Recommendation], waiting: Sequence[Casting], as_of: datetime
) -> dict[str, Recommendation]:
    """The recommendations after people cast the boxes themselves: what they had been asked, or had said, about them is over."""
    named = {one.box for one in waiting}
    return {
        key: replace(item, state="superseded", until=max(item.until, as_of))
        if promotion.is_promotion(item)
        and item.state in ("open", "accepted", "refused")
        and named & {str(item.params["box"]), str(item.params["instance"])}
        else item
        for key, item in held.items()
    }


def recast(
    runner: BoxRunner, held: Mapping[str, Recommendation], waiting: Sequence[Casting], as_of: datetime
) -> tuple[tuple[str, Mapping[str, object]], ...]:
    """Between two ticks: give the boxes the roles that people want, by an answer to a proposal or by themselves."""
    exchanged = promotion.in_force(runner.roles.exchange(promotion.wanted(held)))
    return (*exchanged, *put_in_force(waiting, runner, as_of))


def put_in_force(waiting: Sequence[Casting], runner: BoxRunner, as_of: datetime) -> list[tuple[str, Mapping[str, object]]]:
    """Do what waits, between two ticks, and say what became of it."""
    lines: list[tuple[str, Mapping[str, object]]] = []
    for one in waiting:
        roles, name = runner.roles, one.box
        seat = roles.seats.get(name)
        other = (seat.instance.shadows if seat is not None else None) or ""
        back = roles.predecessor(name)
        if one.kind == "promote" and roles.exchange([(name, other)]):
            lines.append(("box_promoted", {"box": name, "instance": other}))
        elif one.kind == "withdraw" and back is not None and roles.exchange([(back, name)]):
            lines.append(("box_promoted", {"box": back, "instance": name}))
        elif one.kind == "withdraw" and back is None and roles.stand_down(name):
            lines.append(("box_withdrawn", {"box": name}))
        elif one.kind == "shadow" and runner.call_up(name, as_of):
            lines.append(("box_on_trial", {"box": name, "instance": other}))
        else:
            lines.append(("box_not_changed", {"box": name, "by": one.by}))
    return lines


def _code(command: Command, roles: Roles, *, busy: bool) -> str:
    """What becomes of one command; ``busy``: something else was asked of the box already."""
    seat = roles.seats.get(command.target)
    if seat is None:
        return "box_unknown"
    if busy:
        return "box_change_waits"
    if command.kind == "promote":
        return "box_promotion_asked" if seat.shadow else "box_no_shadow"
    if command.kind == "shadow":
        return "box_trial_asked" if seat.idle else "box_no_reserve"
    withdrawable = seat.shadow or roles.predecessor(command.target) is not None
    return "box_withdrawal_asked" if withdrawable else "box_not_withdrawable"
