"""From the site file's list of boxes to seats: allow-list, class, card; every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from twin.contracts.box import BoxContext
from twin.contracts.description import box_description, box_from_description
from twin.contracts.frame import Layout
from twin.contracts.report_codec import plain
from twin.contracts.resolve import locate_box
from twin.domain.problems import BadInput, Problems
from twin.regie.seat import BoxInstance, Seat

ROLES = ("champion", "standby", "shadow", "reserve")


@dataclass(frozen=True)
class Part:
    """One instance as read: its seat, what it knows of the site, and the bytes from which a worker builds it."""

    seat: Seat
    context: BoxContext
    description: bytes


def read_cards(
    instances: Sequence[BoxInstance], context_for: Callable[[str], BoxContext], layout: Layout, allow: Collection[str]
) -> dict[str, Part]:
    """Make every box once, here, from the same bytes as its worker will, to read its card.

    Raises:
        BadInput: every instance that is doubled, not allowed, not found or cannot be made.
    """
    problems = Problems()
    parts: dict[str, Part] = {}
    for instance in instances:
        place = f"box {instance.name!r} ({instance.box_ref})"
        if instance.name in parts:
            problems.add(place, "twice in the site file", "one of each name", "rename one")
            continue
        if instance.role not in ROLES:
            problems.add(place, f"role={instance.role!r}", f"one of {ROLES}", "correct it")
            continue
        try:
            context = context_for(instance.name)
            target = locate_box(instance.box_ref, allow)
            description = box_description(target, plain(instance.config), context, layout)
            box, _, _ = box_from_description(description)
            parts[instance.name] = Part(Seat(instance, box.card), context, description)
        except BadInput as error:
            problems.found += error.problems
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a constructor may raise anything: a fault of the site file
            problems.add(place, f"{type(error).__name__}: {error}", "a box that can be made", "check its config")
    problems.raise_if_any()
    return parts
