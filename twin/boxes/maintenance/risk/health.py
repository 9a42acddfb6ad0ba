"""Health of one asset from whatever is known of it, and how much of what one would want to know that is.

What is unknown never makes an asset better: an unknown age counts as a full expected life, unknown duty and surroundings as
CNAIM's default of 1, an unknown test as no factor. Each is named, and the confidence falls by its share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from twin.boxes.maintenance.risk import cnaim, oil
from twin.boxes.maintenance.risk.classes import AssetClass
from twin.boxes.maintenance.risk.condition import Factor

NAN = float("nan")
HOURS_PER_YEAR = 8766.0
INSULATION_LIFE_H = 150_000.0
"""Of dry paper at its rated hot-spot, until its degree of polymerisation is 200 (IEC 60076-7:2005, table 2; life tests of
distribution transformers gave 180,000 h)."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of an asset; NaN, or nothing in a tuple, is unknown.

    Attributes:
        age_y: age [years].
        reliability: factor of its make, 0.6 to 1.5. ``location``: factor of its surroundings (corrosion, altitude), around 1.
        utilisation_percent: highest in normal operation [%]. ``taps_per_day``: mean. ``operations_high``: 1 for switchgear that
            operates often, 0 for other.
        observed, measured: factors of inspections and measurements. ``inspected``: whether someone looked and found nothing to
            note (an empty ``observed`` is otherwise unknown); ``tested`` likewise for ``measured``.
        life_lost_h: insulation life used on air [h at rated hot-spot], over ``life_observed_h`` [h].
        moisture_ppm, acidity_mg_koh_per_g, breakdown_kv, furan_ppm: of the last oil sample.
        gases, gases_before: of the last two samples, `twin.boxes.maintenance.risk.oil.GASES` [ppm].
        sensor_faults: sensors that the watch holds to be faulty: what rests on them counts as unknown.
    """

    age_y: float = NAN
    reliability: float = NAN
    location: float = NAN
    utilisation_percent: float = NAN
    taps_per_day: float = NAN
    operations_high: float = NAN
    observed: tuple[Factor, ...] = ()
    measured: tuple[Factor, ...] = ()
    inspected: bool = False
    tested: bool = False
    life_lost_h: float = NAN
    life_observed_h: float = NAN
    moisture_ppm: float = NAN
    acidity_mg_koh_per_g: float = NAN
    breakdown_kv: float = NAN
    furan_ppm: float = NAN
    gases: Mapping[str, float] = field(default_factory=dict)
    gases_before: Mapping[str, float] = field(default_factory=dict)
    sensor_faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parts:
    """Factors by where they come from: inspections, measurements, tests of the oil."""

    observed: tuple[Factor, ...]
    measured: tuple[Factor, ...]
    tests: tuple[Factor, ...]

    @property
    def groups(self) -> tuple[tuple[Factor, ...], ...]:
        """The three of them."""
        return self.observed, self.measured, self.tests

    @property
    def all(self) -> tuple[Factor, ...]:
        """All factors."""
        return self.observed + self.measured + self.tests


@dataclass(frozen=True, kw_only=True)
class Health:
    """Health of one asset today.

    Attributes:
        score: 0.5 (new) to 10. ``initial``: from age alone.
        age_y: age that it rests on [years], thermal ageing within. ``life_y``: expected life [years]. ``rate``: beta 1
            [1/year].
        reliability: factor of its make. ``parts``: what was observed, measured and tested. ``factor``: all that in one.
        confidence: share of the class's inputs that is known, 0 to 1.
        unknown: inputs that are not.
        assumptions: codes of what stands in or is not CNAIM's: "class" (the class's row), "age_of_life" (an unknown age is a
            full expected life), "thermal_age" (insulation life used on air counts), "factor:<name>".
    """

    score: float
    initial: float
    age_y: float
    life_y: float
    rate: float
    reliability: float
    parts: Parts
    factor: float
    confidence: float
    unknown: tuple[str, ...]
    assumptions: tuple[str, ...]

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Its parts, the worst first."""
        return tuple(sorted(self.parts.all, key=lambda one: (-one.factor, -one.collar, one.name)))


def equivalent_age_y(age_y: float, *, life_lost_h: float, life_observed_h: float, life_y: float) -> float:
    """Age [years] once the insulation's own ageing is counted where it went faster than the calendar.

    Insulation that lives `INSULATION_LIFE_H` at rated hot-spot stands for the whole expected life; what it lost while it was
    observed replaces the calendar's time of that span if it is more, never if it is less: a cool transformer still rusts.
    An assumption: CNAIM itself knows the load by its duty factor alone.

    Args:
        age_y: age by the calendar [years].
        life_lost_h, life_observed_h: insulation life used, and over how long [h]; NaN for unknown.
        life_y: expected life [years].
    """
    if np.isnan(life_lost_h) or np.isnan(life_observed_h):
        return age_y
    thermal_y = life_lost_h / INSULATION_LIFE_H * life_y
    return age_y + max(thermal_y - life_observed_h / HOURS_PER_YEAR, 0.0)


def health_score(asset_class: AssetClass, evidence: Evidence) -> Health:
    """Health of an asset of ``asset_class`` from ``evidence`` (CNAIM 4.3 and 6).

    A transformer with a tap changer is scored twice, once with class "tap_changer"; the worse score is the transformer's.
    """
    duty_value = getattr(evidence, asset_class.duty_input) if asset_class.duty_input else NAN
    duty = asset_class.duty(duty_value)
    location = 1.0 if np.isnan(evidence.location) else evidence.location
    life_y = float(cnaim.expected_life_y(asset_class.normal_life_y, duty=duty, location=location))
    # Nobody knows how old: as old as its kind is expected to get.
    known_age_y = life_y if np.isnan(evidence.age_y) else evidence.age_y
    age_y = equivalent_age_y(
        known_age_y, life_lost_h=evidence.life_lost_h, life_observed_h=evidence.life_observed_h, life_y=life_y
    )
    rate = float(cnaim.ageing_rate(life_y))
    parts = Parts(evidence.observed, evidence.measured, _tests(asset_class, evidence))
    unknown = _unknown(asset_class, evidence)
    health = Health(
        score=NAN,
        initial=float(cnaim.initial_health_score(age_y, rate=rate)),
        age_y=age_y,
        life_y=life_y,
        rate=rate,
        reliability=1.0 if np.isnan(evidence.reliability) else evidence.reliability,
        parts=parts,
        factor=_factor(asset_class, parts),
        confidence=1.0 - len(unknown) / len(asset_class.inputs),
        unknown=unknown,
        assumptions=_assumptions(asset_class, evidence, parts.all),
    )
    return replace(health, score=rescored(asset_class, health, removes=()))


def rescored(asset_class: AssetClass, health: Health, *, removes: tuple[str, ...]) -> float:
    """Today's score of ``health`` without the factors named in ``removes``; neither factor, collar nor cap of theirs counts."""
    parts = Parts(*(tuple(one for one in group if one.name not in removes) for group in health.parts.groups))
    score = cnaim.current_health_score(
        health.initial,
        factor=_factor(asset_class, parts),
        cap=min((one.cap for one in parts.all), default=cnaim.WORST_TODAY),
        collar=max((one.collar for one in parts.all), default=cnaim.NEW),
        reliability=health.reliability,
    )
    return float(score)


def _tests(asset_class: AssetClass, evidence: Evidence) -> tuple[Factor, ...]:
    """What the oil's tests say, as factors.

    CNAIM has no gas and furan test for distribution transformers; where a sample is taken all the same, it counts.
    """
    if not asset_class.oil:
        return ()
    of_oil = oil.oil_factor(
        moisture_ppm=evidence.moisture_ppm,
        acidity_mg_koh_per_g=evidence.acidity_mg_koh_per_g,
        breakdown_kv=evidence.breakdown_kv,
        table=asset_class.oil,
    )
    tests = (of_oil, oil.gas_factor(evidence.gases, evidence.gases_before), oil.furan_factor(evidence.furan_ppm))
    return tuple(test for test in tests if test is not None)


def _factor(asset_class: AssetClass, parts: Parts) -> float:
    """One factor from all (CNAIM tables 9 to 11)."""
    observed = cnaim.combined_factor((one.factor for one in parts.observed), most=asset_class.observed_most)
    measured = [one.factor for one in parts.measured]
    tests = [one.factor for one in parts.tests]
    if asset_class.tests_apart:
        groups = [observed, cnaim.combined_factor(measured, most=asset_class.measured_most), *tests]
    else:
        groups = [observed, cnaim.combined_factor([*measured, *tests], most=asset_class.measured_most)]
    return cnaim.combined_factor(groups, most=asset_class.overall_most)


def _unknown(asset_class: AssetClass, evidence: Evidence) -> tuple[str, ...]:
    there = {
        "observed": bool(evidence.observed) or evidence.inspected,
        "measured": (bool(evidence.measured) or evidence.tested) and not evidence.sensor_faults,
    }
    for name in asset_class.inputs:
        if name not in there:
            value = evidence.gases.get(name, NAN) if name in oil.GASES else getattr(evidence, name)
            there[name] = not np.isnan(value)
    return tuple(name for name in asset_class.inputs if not there[name])


def _assumptions(asset_class: AssetClass, evidence: Evidence, factors: tuple[Factor, ...]) -> tuple[str, ...]:
    said = ["class"] if asset_class.assumption else []
    if np.isnan(evidence.age_y):
        said.append("age_of_life")
    if not np.isnan(evidence.life_lost_h):
        said.append("thermal_age")
    said += [f"factor:{part.name}" for part in factors if part.assumption]
    return tuple(said)
