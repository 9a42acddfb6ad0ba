"""Quarter hours folded into months, years and hours.

A figure is energy over energy: the share of a month is the renewable energy of its known quarter hours over what was consumed
in them, never a mean of shares. A year is the sum of its months.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from twin.contracts.publication import DraftFigure, Drafts, HourFigure, PublicationFacts
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR_S, from_epoch_s, to_epoch_s
from twin.publication.periods import Period
from twin.publication.quarters import Quarter

ENERGY_DECIMALS, SHARE_DECIMALS, CO2_DECIMALS = 1, 4, 1
"""Of what is published [MWh, 1, g/kWh]; finer energies would tell what a restated quarter hour changed."""
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Totals:
    """Sums over known quarter hours; they add up.

    Attributes:
        known: how many. ``emitted_kg``: over the part ``told_mwh`` whose emissions are known.
    """

    known: int = 0
    consumption_mwh: float = 0.0
    renewable_mwh: float = 0.0
    told_mwh: float = 0.0
    emitted_kg: float = 0.0
    parts_mwh: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, quarters: Iterable[Quarter]) -> Totals:
        """Of those that are known."""
        known, consumption, renewable, told, emitted, parts = 0, 0.0, 0.0, 0.0, 0.0, dict[str, float]()
        for quarter in quarters:
            if not quarter.known or quarter.p_mw is None:
                continue
            energy = quarter.p_mw * HOURS_PER_STEP
            known += 1
            consumption += energy
            renewable += energy * (quarter.share or 0.0)  # None where nothing was consumed
            if quarter.co2 is not None:
                told += energy
                emitted += energy * quarter.co2  # MWh x g/kWh = kg
            for kind, part in quarter.parts.items():
                parts[kind] = parts.get(kind, 0.0) + energy * part
        return cls(known, consumption, renewable, told, emitted, parts)

    def __add__(self, other: Totals) -> Totals:
        kinds = {*self.parts_mwh, *other.parts_mwh}
        return Totals(
            self.known + other.known,
            self.consumption_mwh + other.consumption_mwh,
            self.renewable_mwh + other.renewable_mwh,
            self.told_mwh + other.told_mwh,
            self.emitted_kg + other.emitted_kg,
            {kind: self.parts_mwh.get(kind, 0.0) + other.parts_mwh.get(kind, 0.0) for kind in kinds},
        )

    @property
    def share(self) -> float | None:
        """Renewable energy over consumption, None for 0/0."""
        return round(self.renewable_mwh / self.consumption_mwh, SHARE_DECIMALS) if self.consumption_mwh else None

    @property
    def co2_g_per_kwh(self) -> float | None:
        """Of what was consumed, as far as it is known."""
        return round(self.emitted_kg / self.told_mwh, CO2_DECIMALS) if self.told_mwh else None

    @property
    def rounded_mwh(self) -> float | None:
        """The consumption as it is published; None when nothing is known."""
        return round(self.consumption_mwh, ENERGY_DECIMALS) if self.known else None

    @property
    def parts(self) -> dict[str, float]:
        """Source kind -> part, rounded by largest remainders so that they sum to one."""
        return _rounded(self.parts_mwh)


def drafts_of(
    months: Mapping[Period, Totals], until: datetime | None, facts: PublicationFacts, behind: int = 0, unread: int = 0
) -> Drafts:
    """Every month and year. ``months``: in order, none left out; the others as `Drafts` says."""
    years: dict[str, Totals] = {}
    for period, each in months.items():
        years[period.name[:4]] = years.get(period.name[:4], Totals()) + each
    return Drafts(
        months=tuple(_draft(period, each, facts) for period, each in months.items()),
        years=tuple(_draft(Period.of(name, facts.timezone), each, facts) for name, each in years.items()),
        until=until,
        behind=behind,
        unread=unread,
    )


def hours_of(quarters: Sequence[Quarter], period: Period, facts: PublicationFacts) -> tuple[HourFigure, ...]:
    """The hours [UTC] that begin in a month, those without a known quarter hour too. ``quarters``: in order."""
    labels = [quarter.label_s for quarter in quarters]
    first = from_epoch_s(-(-to_epoch_s(period.start) // 3600) * 3600)  # a town half an hour beside UTC begins in its middle
    found = []
    for number in range(-(-(period.end - first) // _HOUR)):
        start = first + number * _HOUR
        begin = to_epoch_s(start)
        totals = Totals.of(quarters[bisect_left(labels, begin) : bisect_left(labels, begin + 4 * QUARTER_HOUR_S)])
        found.append(HourFigure(start=start, known=totals.known, **_figures(totals, facts, public=facts.hours_public)))
    return tuple(found)


def _draft(period: Period, totals: Totals, facts: PublicationFacts) -> DraftFigure:
    return DraftFigure(
        period=period.name,
        start=period.start,
        end=period.end,
        known=totals.known,
        due=period.quarters,
        **_figures(totals, facts, public=facts.share_public),
    )


def _figures(totals: Totals, facts: PublicationFacts, *, public: bool) -> dict[str, Any]:
    """What may be told of the sums; nothing where nothing is ``public`` of such a length of time."""
    return {
        "consumption_mwh": totals.rounded_mwh if public and facts.powers_public else None,
        "share": totals.share if public and facts.share_public else None,
        "co2_g_per_kwh": totals.co2_g_per_kwh if public and facts.co2_public else None,
        "parts": totals.parts if public and facts.parts_public else {},
    }


def _rounded(parts_mwh: Mapping[str, float]) -> dict[str, float]:
    total, one = sum(parts_mwh.values()), 10**SHARE_DECIMALS
    if not total:
        return {}
    exact = {kind: one * energy / total for kind, energy in parts_mwh.items()}
    whole = {kind: int(value) for kind, value in exact.items()}
    rest = sorted(exact, key=lambda kind: (whole[kind] - exact[kind], kind))[: one - sum(whole.values())]
    return {kind: (count + (kind in rest)) / one for kind, count in sorted(whole.items()) if count + (kind in rest)}
