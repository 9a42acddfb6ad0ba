"""What a site holds plausible of its boxes' answers, element by element: a tighter frame than physics in general."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from twin.contracts.validation import Limit
from twin.domain.grid import Grid
from twin.site.site import Site
from twin.site.zone import Zone

OVERLOAD = 1.5
"""Times its rating that a transformer may carry in long-time emergency (IEC 60076-7, table on current limits)."""
LOAD_RAMP = 0.25
"""Share of its limit by which a zone's consumption may change in a quarter hour: customers do not act as one."""
PV_RAMP = 0.75
"""Share of its peak power by which a plant's quarter-hour mean may change: clouds pass, the sky does not go out."""


def plausible(site: Site, grid: Grid) -> Mapping[tuple[str, str], Limit]:
    """(signal, element) -> limits that follow from ratings, peak powers and tariffs; an answer outside is questionable."""
    return dict(_limits(site, grid))


def _limits(site: Site, grid: Grid) -> Iterator[tuple[tuple[str, str], Limit]]:
    for zone in site.zones:
        peak_mw = zone.pv_kwp / 1000.0
        yield ("pv_forecast_p_mw", zone.name), Limit(maximum=peak_mw, ramp=PV_RAMP * peak_mw)
        supply_mw = _supply_mw(zone, grid)
        if supply_mw is not None:
            most = supply_mw + peak_mw
            yield ("load_forecast_p_mw", zone.name), Limit(maximum=most, ramp=LOAD_RAMP * most)
    for device in site.devices:
        yield ("plan_p_mw", device.id), Limit(minimum=device.p_min_mw, maximum=device.p_max_mw)
    band = site.tariff.dynamic
    yield ("grid_tariff_chf_per_kwh", ""), Limit(minimum=band.min_chf_per_kwh, maximum=band.max_chf_per_kwh)


def _supply_mw(zone: Zone, grid: Grid) -> float | None:
    """What can enter the zone [MW]; None where its boundary is not made of transformers alone."""
    rated = dict(zip(grid.trafo.tolist(), grid.trafo_sn_mva.tolist(), strict=True))
    feeding = []
    for term in zone.boundary:
        table, element, _ = term.channel.split(".")
        if table != "trafo" or int(element) not in rated:
            return None
        feeding.append(rated[int(element)])
    return OVERLOAD * sum(feeding) if feeding else None
