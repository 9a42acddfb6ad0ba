"""What a scenario asks of a site that has nothing to do it with."""

from __future__ import annotations

from scenarios.file.scenario import Scenario
from twin.domain.problems import Problem, Problems
from twin.site import Site
from twin.site.rules import PlantTable

_SIMULATED = ("world", "outages", "switchings", "refusals", "prices")
"""Tables that change what happens: only a simulated plant can live otherwise than it did."""


def site_problems(scenario: Scenario, site: Site) -> tuple[Problem, ...]:
    """Every fault of ``scenario`` on ``site`` that shows without its grid and is none of the changed site's own."""
    problems = Problems()
    if site.plant is None or site.telemetry.source != "plant":
        _measured(scenario, site, problems)
    else:
        _growth(scenario, site, site.plant, problems)
    return tuple(problems)


def _measured(scenario: Scenario, site: Site, problems: Problems) -> None:
    limit, remedy = f"a site with a simulated plant, not {site.name!r}", "remove it: what was measured happened as it did"
    for table in _SIMULATED:
        for i in range(len(getattr(scenario, table))):
            problems.add(scenario.place(table, i), f"[[{table}]] of source = {site.telemetry.source!r}", limit, remedy)
    for i, cut in enumerate(scenario.imports):
        if cut.sheds:
            problems.add(scenario.place("imports", i, "sheds"), ", ".join(cut.sheds), limit, remedy)
    for kind in sorted(scenario.growth.model_fields_set):
        if getattr(scenario.growth, kind) != 1.0:
            problems.add(scenario.place("growth", kind), f"{getattr(scenario.growth, kind):g}", limit, remedy)
    if scenario.seed is not None:
        problems.add(scenario.place("seed"), str(scenario.seed), limit, remedy)


def _growth(scenario: Scenario, site: Site, plant: PlantTable, problems: Problems) -> None:
    """Of what a site has none of; cars are a change of the world, and refused there."""
    pumps = plant.heat_pumps or plant.households * plant.heat_pumps_per_household * plant.heat_pump_kw
    for kind, there, what in (("pv", any(zone.pv_kwp for zone in site.zones), "panels"), ("heat_pumps", pumps, "heat pumps")):
        factor = getattr(scenario.growth, kind)
        if factor != 1.0 and not there:
            remedy = "leave it out, or choose another site"
            problems.add(scenario.place("growth", kind), f"{factor:g}", f"a site with {what}, not {site.name!r}", remedy)
