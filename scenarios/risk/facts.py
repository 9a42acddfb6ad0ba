"""What a site and a scenario say that risk is priced and weighted with; nothing else is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scenarios.file.scenario import Ensemble
from scenarios.futures.outages import HOURS_PER_YEAR, OPERATED_AFTER, Rates
from twin.site import Site
from twin.wiring import names_of


@dataclass(frozen=True)
class RiskFacts:
    """Prices and rates. Overload and voltage have no price of their own in a site's file: they stay in physical units.

    Attributes:
        value_of_lost_load_chf_per_kwh: of energy not served.
        outages_per_year: by outage, "line 66".
        switching_h: from an outage until its closure is made. ``repair_h``: from the outage until the element is back.
        source: where the rates come from. ``names``: of elements, "trafo:2" -> "Neighbourhood transformer".
    """

    value_of_lost_load_chf_per_kwh: float
    outages_per_year: Mapping[str, float]
    switching_h: float
    repair_h: float
    source: str
    names: Mapping[str, str] = field(default_factory=dict)


def risk_facts(site: Site, net: Any, ensemble: Ensemble) -> RiskFacts:
    """Of a site with its net, and a scenario's ensemble: the same rates and times that futures are drawn with."""
    rates = Rates.of(
        net,
        line_per_100km_year=ensemble.line_outages_per_100km_year,
        trafo_per_year=ensemble.trafo_outages_per_year,
    )
    per_year = {
        f"{table} {index}": float(rate) * HOURS_PER_YEAR
        for (table, index), rate in zip(rates.elements, rates.per_hour, strict=True)
    }
    return RiskFacts(
        value_of_lost_load_chf_per_kwh=site.kpi.value_of_lost_load_chf_per_kwh,
        outages_per_year=per_year,
        switching_h=min(OPERATED_AFTER.total_seconds() / 3600.0, ensemble.repair_hours),
        repair_h=ensemble.repair_hours,
        source=ensemble.source,
        names=names_of(site, net),
    )
