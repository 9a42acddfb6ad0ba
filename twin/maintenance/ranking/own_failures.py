"""What a utility's own failures say of its fleet: K of each class in their light, and lifetimes where there are enough."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from twin.boxes.maintenance.risk.classes import AssetClass
from twin.boxes.maintenance.risk.survival import WeibullLife, calibrated_k, weibull_life
from twin.maintenance.ranking.assess import Assessed
from twin.maintenance.ranking.rank import yearly_rate
from twin.maintenance.ranking.ranked import Said
from twin.maintenance.register.failures import Failure

PRIOR_FAILURES = 5.0
"""What the published K is worth beside a utility's own record: as much as five failures of its own (an assumption)."""
CONFIDENCE = 0.9
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class InTheirLight:
    """Classes with K updated, and what was found, as codes."""

    classes: Mapping[str, AssetClass]
    said: tuple[Said, ...]


def in_the_light_of(
    records: Sequence[Failure], assessed: Sequence[Assessed], classes: Mapping[str, AssetClass], as_of: datetime
) -> InTheirLight:
    """Update each class that has failures on record; a class without any stays as published.

    The record is taken to begin with the year of its first failure, for all classes alike.

    Args:
        assessed: the fleet as the published K has it.
    """
    if not records:
        return InTheirLight(classes, ())
    since_year = min(record.day.year for record in records)
    span_y = as_of.year - since_year + as_of.timetuple().tm_yday / _DAYS_PER_YEAR
    updated, said = dict(classes), []
    for kind in sorted({record.kind for record in records} & set(classes)):
        own = [record for record in records if record.kind == kind]
        fleet = [one for one in assessed if one.asset.kind == kind]
        expected = span_y * math.fsum(yearly_rate(one.risk) for one in fleet)
        found = calibrated_k(
            classes[kind].k_percent,
            observed=len(own),
            expected=expected,
            prior_failures=PRIOR_FAILURES,
            confidence=CONFIDENCE,
        )
        updated[kind] = replace(classes[kind], k_percent=found.k_percent)
        figures = {"kind": kind, "count": len(own), "expected": round(expected, 2), "multiplier": round(found.multiplier, 3)}
        said.append(Said("source.own_k", figures))
        life = _life(own, fleet, since_year, as_of)
        if life is not None:
            said.append(
                Said("source.weibull", {"kind": kind, "scale_y": round(life.scale_y, 1), "shape": round(life.shape, 2)})
            )
    return InTheirLight(updated, tuple(said))


def _life(own: Sequence[Failure], fleet: Sequence[Assessed], since_year: int, as_of: datetime) -> WeibullLife | None:
    """Lifetimes of failed and running units whose year of installation is known; None where there are too few failures."""
    rows = [
        (max(since_year - record.installed_year, 0.0), record.day.year - record.installed_year + 0.5, True)
        for record in own
        if record.installed_year is not None
    ]
    for one in fleet:
        year = one.asset.installed_year
        if year is not None:
            rows.append((max(since_year - year, 0.0), as_of.year - year + 0.5, False))
    kept = [row for row in rows if row[1] > row[0]]
    if not kept:
        return None
    entry, end, failed = (np.array(column) for column in zip(*kept, strict=True))
    life = weibull_life(entry.astype(float), end.astype(float), failed.astype(bool), confidence=CONFIDENCE)
    return life if isinstance(life, WeibullLife) else None
