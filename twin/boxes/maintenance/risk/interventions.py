"""What can be done at an asset, what it costs, and the CHF of risk that it avoids.

Risk is failures per year times the CHF of one failure, over the years of a horizon, discounted. An intervention that mends
avoids the difference; one that looks avoids, on average, what would be mended because of what it finds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.risk import cnaim
from twin.boxes.maintenance.risk.classes import AssetClass
from twin.boxes.maintenance.risk.health import Health, rescored


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an action does to an asset, as the site declares it.

    Attributes:
        removes: names of the factors (`twin.boxes.maintenance.risk.condition.Factor`) and faults that are gone afterwards.
        health_after: score that it leaves at most; NaN for none.
        renews: whether the asset's age starts anew.
        finds: probability that it finds any other fault that is there.
        mends: share of a found fault's failures that are avoided because it was found.
    """

    removes: tuple[str, ...] = ()
    health_after: float = float("nan")
    renews: bool = False
    finds: float = 0.0
    mends: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault that an asset may have: one that an alarm names, or one that nothing has shown yet.

    Attributes:
        name: as `Effect.removes` would have it ("cooling"...), or "hidden".
        probability: that it is there, 0 to 1. ``per_year``: how soon it then ends in a failure [1/year], once.
    """

    name: str
    probability: float
    per_year: float


@dataclass(frozen=True, kw_only=True)
class AssetRisk:
    """What an asset's risk rests on.

    Attributes:
        asset: its name. ``health``: today's. ``asset_class``: of it.
        failure_chf: what one failure costs [CHF]. ``length_km``: of a line or cable; 1 for a unit.
        faults: faults that it may have beside its ageing. An alarm counts here or as a factor of its health, not as both.
    """

    asset: str
    asset_class: AssetClass
    health: Health
    failure_chf: float
    length_km: float = 1.0
    faults: tuple[Fault, ...] = ()


def yearly_failures(risk: AssetRisk, *, years: np.ndarray) -> np.ndarray:
    """Failures per year of the asset in the years that start ``years`` from now, if nothing is done; dims as ``years``."""
    health = risk.health
    scores = cnaim.future_health_score(health.score, years=years, age_y=health.age_y, rate=health.rate)
    return _of_age(risk, scores) + sum((_of_fault(fault, years) for fault in risk.faults), np.zeros(len(years)))


def yearly_failures_after(risk: AssetRisk, effect: Effect, *, start: float, years: np.ndarray) -> np.ndarray:
    """The same once ``effect`` is had ``start`` years from now; before, as if nothing was done.

    A renewed asset ages from new. A mended one is scored again without the factors that are gone, and ages on from there.
    """
    health, years = risk.health, np.asarray(years, dtype=float)
    since = np.maximum(years - start, 0.0)
    if effect.renews:
        scores = cnaim.future_health_score(cnaim.NEW, years=since, age_y=0.0, rate=health.rate)
    else:
        mended = _without(risk, effect)
        exponent = cnaim.yearly_exponent(mended, age_y=health.age_y, rate=health.rate)
        then = np.fmin(cnaim.grown(mended, years=start, exponent=exponent), effect.health_after)
        # A lower score is forecast to grow faster (the ageing reduction); no work makes an asset worse than leaving it alone.
        left_alone = cnaim.future_health_score(health.score, years=years, age_y=health.age_y, rate=health.rate)
        scores = np.minimum(cnaim.grown(then, years=since, exponent=exponent), left_alone)
    after = _of_age(risk, scores)
    for fault in risk.faults:
        gone = 1.0 if effect.renews or fault.name in effect.removes else effect.finds * effect.mends
        after = after + (1.0 - gone) * _of_fault(fault, years)
    return np.where(years < start, yearly_failures(risk, years=years), after)


def present_chf(per_year_chf: np.ndarray, *, discount_percent: float) -> float:
    """Present value [CHF] of ``per_year_chf``, dims (year,), each at the start of its year."""
    factors = (1.0 + discount_percent / 100.0) ** -np.arange(len(per_year_chf))
    return float(np.asarray(per_year_chf, dtype=float) @ factors)


def risk_avoided_chf(risk: AssetRisk, effect: Effect, *, horizon_y: int, discount_percent: float) -> float:
    """CHF of risk that an action with ``effect`` avoids when done now, over ``horizon_y`` years, discounted.

    What mends avoids the failures that fall away. What looks avoids those of the faults that it finds, in the share that is
    mended because of it: the value of an inspection is the probability that it finds something times what is avoided then.
    """
    years = np.arange(horizon_y, dtype=float)
    fewer = yearly_failures(risk, years=years) - yearly_failures_after(risk, effect, start=0.0, years=years)
    return present_chf(fewer * risk.failure_chf, discount_percent=discount_percent)


def intervention(
    risk: AssetRisk,
    action: str,
    *,
    effect: Effect,
    cost_chf: float,
    crew_h: float,
    horizon_y: int,
    discount_percent: float,
    skill: str = "",
    spare: str = "",
    after: str = "",
    blocked: str = "",
) -> Intervention:
    """``action`` at the asset, with what it avoids over the horizon; `Intervention` says what the words mean."""
    return Intervention(
        id=f"{risk.asset}:{action}",
        asset=risk.asset,
        action=action,
        cost_chf=cost_chf,
        crew_h=crew_h,
        risk_avoided_chf=risk_avoided_chf(risk, effect, horizon_y=horizon_y, discount_percent=discount_percent),
        horizon_y=horizon_y,
        skill=skill,
        spare=spare,
        after=after,
        blocked=blocked,
    )


def _without(risk: AssetRisk, effect: Effect) -> float:
    """Score today without the factors that ``effect`` removes; never above the score that it has."""
    health = risk.health
    if not set(effect.removes) & {part.name for part in health.factors}:
        return health.score
    return min(health.score, rescored(risk.asset_class, health, removes=effect.removes))


def _of_fault(fault: Fault, years: np.ndarray) -> np.ndarray:
    """Failures of a possible fault in the years from ``years`` on: at most one, at a constant rate until then."""
    left = np.exp(-fault.per_year * np.asarray(years, dtype=float))
    return fault.probability * left * -np.expm1(-fault.per_year)


def _of_age(risk: AssetRisk, scores: np.ndarray) -> np.ndarray:
    """Failures per year at health ``scores``."""
    row = risk.asset_class
    per_year = cnaim.probability_of_failure(scores, k_percent=row.k_percent, c=row.c)
    return per_year * (risk.length_km if row.per_km else 1.0)


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
        if self.cost_chf > 0.0:
            return self.risk_avoided_chf / self.cost_chf
        return float("inf") if self.risk_avoided_chf > 0.0 else 0.0


def ranked(interventions: Iterable[Intervention]) -> tuple[Intervention, ...]:
    """By CHF of risk avoided per CHF spent, the most first; equal ones by id."""
    return tuple(sorted(interventions, key=lambda one: (-one.ratio, one.id)))
