"""One asset from register, gas, running history and engine to health, causes and the cost of a failure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from twin.boxes.maintenance.gas.diagnosis import Diagnosis
from twin.boxes.maintenance.gas.sample import Sample
from twin.boxes.maintenance.risk import classes, condition, oil
from twin.boxes.maintenance.risk.consequence import Consequence, Failure, UnitValues, consequence
from twin.boxes.maintenance.risk.health import Evidence, Health, health_score
from twin.boxes.maintenance.risk.interventions import AssetRisk, Fault
from twin.maintenance.ranking.on_air import SENSOR, VIBRATION, OnAir, Seen
from twin.maintenance.ranking.outage_effects import OutageEffect
from twin.maintenance.ranking.ranked import Said
from twin.maintenance.register.asset import Asset
from twin.site.maintenance import AssetClass, Maintenance

KWH_PER_MWH = 1000.0
AGED = 4.0
"""Health score from age alone at and above which age is a cause: where CNAIM's probability of failure begins to rise."""
WORN = 3.0
"""Finding of an inspection (1 to 5) at and above which it is a cause."""
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Known:
    """All that assets are judged by, beside themselves.

    Attributes:
        customers: of the whole site, shared out where the register knows none. ``utilisation_percent``: highest of the week, by
            element. ``effects``: by element. ``samples``, ``diagnoses``: by asset.
    """

    table: Maintenance
    lost_load_chf_per_kwh: float
    as_of: datetime
    customers: int
    on_air: OnAir = field(default_factory=OnAir)
    utilisation_percent: Mapping[str, float] = field(default_factory=dict)
    effects: Mapping[str, OutageEffect] = field(default_factory=dict)
    samples: Mapping[str, Sequence[Sample]] = field(default_factory=dict)
    diagnoses: Mapping[str, Diagnosis] = field(default_factory=dict)

    @property
    def values(self) -> UnitValues:
        """What the site holds things to be worth."""
        own = self.table.values.model_dump(exclude={"generation_chf_per_mwh"})
        return UnitValues(lost_load_chf_per_mwh=KWH_PER_MWH * self.lost_load_chf_per_kwh, **own)

    def effect_of(self, asset: Asset) -> OutageEffect | None:
        """What its loss does to the grid; None for an asset that is not in it."""
        return self.effects.get(asset.element) if asset.on_grid else None


@dataclass(frozen=True)
class Assessed:
    """An asset and what it comes to.

    Attributes:
        causes: why something should be done, the most pressing first. ``unknown``: facts that are missing or typical.
        confidence: share of what one would want to know that is known, 0 to 1.
    """

    asset: Asset
    risk: AssetRisk
    failure: Failure
    consequence: Consequence
    effect: OutageEffect | None
    causes: tuple[Said, ...]
    unknown: tuple[str, ...]
    confidence: float

    @property
    def health(self) -> Health:
        """Today's."""
        return self.risk.health


def own_classes(table: Maintenance) -> Mapping[str, classes.AssetClass]:
    """CNAIM's classes with the site's own constants."""
    settings = {
        kind: {name: getattr(row, name) for name in ("k_percent", "normal_life_y", "source") if getattr(row, name) is not None}
        for kind, row in table.classes.items()
    }
    return classes.configured({kind: changes for kind, changes in settings.items() if changes})


def assess(asset: Asset, known: Known, asset_class: classes.AssetClass) -> Assessed:
    """Health, causes and the cost of one failure; what is unknown lowers the confidence and never the risk."""
    row = known.table.class_of(asset.kind)
    seen = known.on_air.seen.get(asset.element, ()) + known.on_air.seen.get(asset.asset, ())
    health = health_score(asset_class, _evidence(asset, known, seen))
    failure = failure_of(asset, known, row, spare=bool(asset.spares))
    cost = consequence(failure, known.values)
    since_visit = _years_since_visit(asset, known)
    risk = AssetRisk(
        asset=asset.asset,
        asset_class=asset_class,
        health=health,
        failure_chf=0.0 if math.isnan(cost.total_chf) else cost.total_chf,
        length_km=asset.length_km if asset_class.per_km else 1.0,
        faults=(_hidden(row, since_visit / known.table.visit_years),),
    )
    unknown = _unknown(asset, known, health, cost)
    # the class's inputs count as CNAIM weighs them; each fact of register and grid that is missing counts as one more
    wanted = len(asset_class.inputs) + len(unknown) - len(health.unknown) + 1
    confidence = 1.0 - len(unknown) / wanted
    causes = tuple(_causes(asset, known, health, seen, since_visit))
    return Assessed(asset, risk, failure, cost, known.effect_of(asset), causes, unknown, confidence)


def _hidden(row: AssetClass, share: float) -> Fault:
    """A fault that nothing has shown: it had time to grow since somebody last looked, up to the interval of visits."""
    return Fault(name="hidden", probability=row.hidden_fault * min(share, 1.0), per_year=row.fault_per_year)


def _evidence(asset: Asset, known: Known, seen: Sequence[Seen]) -> Evidence:
    latest, samples = asset.latest, known.samples.get(asset.asset, ())
    grades = condition.GRADES
    observed = () if latest is None else (condition.observed(asset.kind, "external", grades[round(latest.score) - 1]),)
    measured = [_factor(one) for one in seen]
    diagnosis = known.diagnoses.get(asset.asset)
    if diagnosis is not None and diagnosis.gated:
        measured.append(condition.from_gas_code(diagnosis.code))
    return Evidence(
        age_y=asset.age_years(known.as_of.year),
        utilisation_percent=known.utilisation_percent.get(asset.element, math.nan),
        observed=observed,
        measured=tuple(factor for factor in measured if factor is not None),
        inspected=latest is not None,
        tested=bool(samples) or asset.element in known.on_air.life_lost_h,
        life_lost_h=known.on_air.life_lost_h.get(asset.element, math.nan),
        life_observed_h=known.on_air.life_observed_h.get(asset.element, math.nan),
        gases=_gases(samples[-1]) if samples else {},
        gases_before=_gases(samples[-2]) if len(samples) > 1 else {},
        sensor_faults=tuple(one.code for one in seen if one.cause == SENSOR),
    )


def _factor(one: Seen) -> condition.Factor | None:
    """A finding on air as a factor of health; vibration reads as CNAIM's temperature does, by assumption."""
    if one.cause != VIBRATION:
        return condition.from_watch(one.cause, size_k=one.size_k, confidence=one.confidence)
    return replace(
        condition.measured("temperature", "very_high" if one.severe else "moderately_high"), name=VIBRATION, assumption=True
    )


def _gases(sample: Sample) -> dict[str, float]:
    return {name: float(getattr(sample, name)) for name in oil.GASES}


def failure_of(asset: Asset, known: Known, row: AssetClass, *, spare: bool, pcb: float | None = None) -> Failure:
    """What happens when the asset fails.

    Args:
        spare: whether one is at hand. ``pcb``: 0 or 1 in place of what the register says.
    """
    effect = known.effect_of(asset)
    repair_h = row.spare_h if spare else row.repair_h
    nan = math.nan
    # generation that is lost until then must be bought: a part of the repair
    generation_mw = 0.0 if effect is None else effect.lost_generation_mw
    bought_chf = generation_mw * repair_h * known.table.values.generation_chf_per_mwh
    return Failure(
        customers=_customers(asset, known, effect),
        unsupplied_before_mw=nan if effect is None else effect.before_mw,
        switching_h=row.switching_h,
        unsupplied_after_mw=nan if effect is None else effect.after_mw,
        restoring_h=min(row.restoring_h, repair_h),
        repair_h=repair_h,
        # the rate is of each further failure by itself: all of them together make the expected loss
        second_mw=nan if effect is None else effect.second_sum_mw,
        second_per_year=row.second_per_year,
        second_h=row.second_h,
        repair_chf=row.repair_chf + bought_chf,
        dangerous_share=row.dangerous_share,
        oil_kg=0.0 if row.oil_share == 0.0 else asset.oil_l * known.table.oil_kg_per_l,
        oil_share=row.oil_share,
        pcb=_pcb(asset, known) if pcb is None else pcb,
        gas_kg=row.gas_kg,
    )


def _pcb(asset: Asset, known: Known) -> float:
    """1 with PCB, 0 without, NaN unknown."""
    return math.nan if math.isnan(asset.pcb_ppm) else float(asset.pcb_ppm >= known.table.pcb_limit_ppm)


def _customers(asset: Asset, known: Known, effect: OutageEffect | None) -> float:
    """Customers interrupted at first: none where nobody goes dark, else the register's, else the site's by the load's share."""
    if effect is not None and effect.before_mw == 0.0:
        return 0.0
    if asset.customers is not None:
        return float(asset.customers)
    return math.nan if effect is None else float(round(known.customers * effect.share))


def _unknown(asset: Asset, known: Known, health: Health, cost: Consequence) -> tuple[str, ...]:
    """Everything that a better answer would need, once each."""
    own = [*asset.typical]
    if not asset.on_grid:
        own.append("grid")
    effect = known.effect_of(asset)
    if asset.customers is None and (effect is None or effect.before_mw > 0.0):
        own.append("customers")
    if asset.spares is None:
        own.append("spares")
    if asset.last_visit is None:
        own.append("last_visit")
    if known.on_air.as_of is None:
        own.append("history")
    return tuple(dict.fromkeys([*health.unknown, *own, *cost.assumptions]))


def _years_since_visit(asset: Asset, known: Known) -> float:
    """Years since somebody looked; infinite where nobody is known to have."""
    days = [day for day in (asset.last_visit, None if asset.latest is None else asset.latest.day) if day is not None]
    return max((known.as_of.date() - max(days)).days / _DAYS_PER_YEAR, 0.0) if days else math.inf


def _causes(asset: Asset, known: Known, health: Health, seen: Sequence[Seen], since_visit: float) -> list[Said]:
    """Why something should be done, the most pressing first."""
    found = []
    diagnosis = known.diagnoses.get(asset.asset)
    if diagnosis is not None and diagnosis.gated:
        days = {"day": diagnosis.at.date().isoformat(), "next_day": diagnosis.next_sample.date().isoformat()}
        code = "cause.gas_undetermined" if diagnosis.code == "undetermined" else "cause.gas"
        found.append(Said(code, {"gas_code": diagnosis.code, "severity": diagnosis.severity, **days}))
    for one in seen:
        size: dict[str, object] = {} if math.isnan(one.size_k) else {"size_k": round(one.size_k, 1)}
        size |= {"detail": one.detail} if one.detail else {}
        found.append(Said(f"cause.{one.cause}", {"since": one.since, "finding": one.code, **size}))
    latest = asset.latest
    if latest is not None and latest.score >= WORN:
        found.append(Said("cause.inspection", {"score": latest.score, "day": latest.day.isoformat()}))
    if _pcb(asset, known) == 1.0:
        found.append(Said("cause.pcb", {"ppm": asset.pcb_ppm, "limit_ppm": known.table.pcb_limit_ppm}))
    if health.initial >= AGED:
        age = asset.age_years(known.as_of.year)
        params = {"life_y": round(health.life_y)} | ({} if math.isnan(age) else {"age_y": round(age)})
        found.append(Said("cause.age" if "age_y" in params else "cause.age_unknown", params))
    if asset.spares == 0:
        found.append(Said("cause.no_spare", {}))
    if since_visit > known.table.visit_years:
        years = {} if math.isinf(since_visit) else {"years": round(since_visit, 1)}
        found.append(Said("cause.routine" if years else "cause.never_visited", years))
    return found


CAUSE_OF = {
    "cause.gas_undetermined": "gas",
    "cause.age_unknown": "age",
    "cause.never_visited": "routine",
    "cause.contact": "temperature",
}
"""Causes whose name is not that of `twin.site.maintenance.Cause`."""


def cause_name(cause: Said) -> str:
    """The cause as a site file's actions name it."""
    return CAUSE_OF.get(cause.code, cause.code.removeprefix("cause."))


def utilisation(loading_percent: np.ndarray, indices: np.ndarray, table: str) -> dict[str, float]:
    """Highest loading of the week by element, dims (time, element) in; NaN steps are left out."""
    with np.errstate(all="ignore"):
        highest = np.nan_to_num(loading_percent, nan=-np.inf).max(axis=0, initial=-np.inf)
    return {f"{table}.{index}": float(value) for index, value in zip(indices, highest, strict=True) if np.isfinite(value)}
