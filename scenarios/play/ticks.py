"""Tick after tick at full speed, without screens: the one way in which anything is played that is not on air."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from twin.contracts.messages import Command
from twin.contracts.ports import GridEvent
from twin.domain.time import QUARTER_HOUR
from twin.regie.journal import JournalUnavailable
from twin.regie.tick import COMMAND_EVENT, Moment, Tick
from twin.wiring import Wired


@dataclass(frozen=True)
class Told:
    """What people asked for in one tick. ``between``: it came between two quarter hours, in a tick of its own."""

    at: datetime
    commands: tuple[Command, ...]
    between: bool


Answer = Callable[[Tick], Sequence[Command]]
"""What somebody answers to a tick; it is heard in the next quarter hour."""


def ticks_of(
    wired: Wired, begun: datetime, count: int, told: Sequence[Told] = (), answer: Answer | None = None
) -> Iterator[Tick]:
    """Every tick that the journal does not have, the grid's events included, until ``count`` quarter hours are done.

    Args:
        wired: begun, with its boxes running. ``begun``: where the first quarter hour begins.
        told: what people ask for, by instant. ``answer``: who answers besides.

    Raises:
        JournalUnavailable: when the disk does not take a tick.
    """
    loop, answers = wired.loop, tuple[Command, ...]()
    while loop.memory.statistics.ticks < count:
        moment = _next(wired, begun, told)
        if moment.event is None:
            loop.adopt_models(moment.as_of)
            moment = replace(moment, commands=(*moment.commands, *answers))
        tick = loop.tick(moment)
        answers = () if answer is None else tuple(answer(tick))
        if not tick.acked:
            raise JournalUnavailable("the disk does not take the run; free space, then start it again")
        yield tick


def _next(wired: Wired, begun: datetime, told: Sequence[Told]) -> Moment:
    """What comes first: a grid event, a call, somebody's wish, or the quarter hour, which hears what was asked in it."""
    loop = wired.loop
    last, as_of = loop.last or begun, (loop.regular or begun) + QUARTER_HOUR
    event = wired.parts.live.telemetry.next_event(last, as_of)
    wish = next((one for one in told if last < one.at <= as_of), None)
    call = loop.next_call(begun, as_of)
    if call is not None and all(call.as_of < one.at for one in (event, wish) if one is not None):
        return call
    if event is not None and (wish is None or event.at <= wish.at):
        return Moment(event.at, event=event)
    if wish is not None and wish.between:
        return Moment(wish.at, event=GridEvent(wish.at, COMMAND_EVENT, "site"), commands=wish.commands)
    return Moment(as_of, commands=wish.commands if wish is not None else ())
