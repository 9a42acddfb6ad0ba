"""What can be done at an asset, what it costs, and the CHF of risk that it avoids.

Risk is failures per year times the CHF of one failure, over the years of a horizon, discounted. An intervention that mends
avoids the difference; one that looks avoids, on average, what would be mended because of what it finds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.risk import cnaim


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an action does to an asset; assumptions, to be configured.

    Attributes:
        removes: names of the factors (`twin.boxes.maintenance.risk.condition.Factor`) that are gone afterwards.
        health_after: score that it leaves at most; NaN for none.
        renews: whether the asset's age starts anew.
        finds: probability that it finds a hidden fault that is there.
        mends: share of the risk of a found fault that is avoided because it was found.
        source: of these numbers.
    """

    removes: tuple[str, ...] = ()
    health_after: float = float("nan")
    renews: bool = False
    finds: float = 0.0
    mends: float = 0.0
    source: str = "assumption, configure"


EFFECTS: dict[str, Effect] = {
    "inspect": Effect(finds=0.5, mends=0.6),
    "oil_sample": Effect(finds=0.7, mends=0.6),
    "exchange_sensor": Effect(finds=0.6, mends=0.6),
    "clean_cooling": Effect(removes=("cooling", "cooler", "temperature")),
    "repair_contact": Effect(removes=("contact", "temperature")),
    "treat_oil": Effect(removes=("oil",)),
    "refurbish": Effect(removes=("external", "tank", "cooler", "cooling", "contact", "temperature", "oil"), health_after=4.0),
    "refurbish_tap_changer": Effect(removes=("external", "drive", "contacts", "contact", "oil"), health_after=2.0),
    "replace": Effect(health_after=cnaim.NEW, renews=True),
}
"""Action -> effect."""


@dataclass(frozen=True, kw_only=True)
class Intervention:
    """One action at one asset, ready to be chosen or left out.

    Attributes:
        id: unique. ``asset``, ``action``: which at what.
        cost_chf: what it costs, crew within [CHF]. ``crew_h``: hours of crew.
        risk_avoided_chf: over ``horizon_y`` years, discounted [CHF]; beyond that of the intervention it comes ``after``.
        skill: what the crew must be able to do, "" for anyone. ``spare``: part that it uses up, "" for none.
        after: id of the intervention of the same asset that must be chosen as well, "" for none.
        blocked: why it can't be done now ("no_free_window"...), "" if it can.
    """

    id: str
    asset: str
    action: str
    cost_chf: float
    crew_h: float
    risk_avoided_chf: float
    horizon_y: int
    skill: str = ""
    spare: str = ""
    after: str = ""
    blocked: str = ""

    @property
    def net_chf(self) -> float:
        """Risk avoided less cost [CHF]."""
        return self.risk_avoided_chf - self.cost_chf

    @property
    def ratio(self) -> float:
        """CHF of risk avoided per CHF spent; infinite for what costs nothing."""
        return self.risk_avoided_chf / self.cost_chf if self.cost_chf > 0.0 else float("inf") * np.sign(self.risk_avoided_chf)


def ranked(interventions: Iterable[Intervention]) -> tuple[Intervention, ...]:
    """By CHF of risk avoided per CHF spent, the most first; equal ones by id."""
    return tuple(sorted(interventions, key=lambda one: (-one.ratio, one.id)))
