"""What a tick does beside what its decision needs: everything on air, nothing in a rehearsal that is played many times."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from twin.contracts.box import BoxCard
from twin.contracts.card import INSTANCE
from twin.contracts.frame import Layout
from twin.contracts.needs import reads_ahead

READ_BY_THE_LOOP = ("load_forecast_p_mw", "pv_forecast_p_mw")
"""What the proof of a plan and a silent meter's stand-in are made from, whichever box reads it too."""


@dataclass(frozen=True)
class Effort:
    """What a tick does beside what its decision needs.

    Without what informs, explains, checks and journals, every decision and what it earns is the same. Without learning the
    models of the start serve on: the forecasts of a later day are those of a model that has not seen the day before.

    Attributes:
        informs: boxes are asked that only tell people something: of transformers, cables, machines, tomorrow's tariff.
        explains: boxes say what a refusal would cost and who would move instead (`twin.contracts.box.BoxContext`).
        checks: the reference power flow looks over every tick's proof; otherwise over the first tick's alone.
        learns: models are fitted anew when that is due; otherwise those of the start stay in force.
        journals: every tick is put down, so that the run can be resumed, replayed and looked back on.
        remembers: a model that any run made from the very same question is used again (`twin.regie.kept_models`).
    """

    informs: bool
    explains: bool
    checks: bool
    learns: bool
    journals: bool
    remembers: bool


ON_AIR = Effort(informs=True, explains=True, checks=True, learns=True, journals=True, remembers=False)
PLAYED = replace(ON_AIR, remembers=True)
"""A rehearsal that is looked at: all that happens on air, and it begins as soon as its models are there."""
REHEARSED = Effort(informs=False, explains=False, checks=False, learns=False, journals=False, remembers=True)


def deciding(cards: Mapping[str, BoxCard], champions: Collection[str], layout: Layout) -> frozenset[str]:
    """The boxes on which a decision depends: who proposes, whom they and the loop read, and who stands in for any of these.

    Args:
        cards: by instance. ``champions``: instances whose answers are used.
    """
    wanted = {name for name in champions if cards[name].proposes or _provides(cards[name], READ_BY_THE_LOOP)}
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        found.add(name)
        read = [need.signal for need in cards[name].needs if reads_ahead(need, layout)]
        behind = {rung.removeprefix(INSTANCE) for rung in cards[name].fallbacks if rung.startswith(INSTANCE)}
        wanted |= (behind | {other for other in champions if _provides(cards[other], read)}) - found
    return frozenset(found)


def _provides(card: BoxCard, signals: Collection[str]) -> bool:
    return any(provide.signal in signals for provide in card.provides)
