"""A scenario is a function from a site to a site: what it declares, in the vocabulary of a site's own tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.file.additions import additions
from scenarios.file.elements import unresolved
from scenarios.file.growth import grown
from scenarios.file.growth import origins as origins_of_growth
from scenarios.file.on_site import site_problems
from scenarios.file.scenario import Scenario
from twin.domain.problems import BadInput
from twin.site import Site
from twin.site.locate import Keys


@dataclass(frozen=True)
class Composed:
    """A changed site.

    Attributes:
        origins: keys of the site -> keys of the scenario that made what stands there.
    """

    site: Site
    origins: Mapping[Keys, Keys]


def compose(scenario: Scenario, site: Site) -> Site:
    """The site as ``scenario`` changes it; ``site`` itself where it changes nothing.

    Raises:
        BadInput: naming what this site cannot be made to do, and every element that is still written by name
            (`scenarios.file.elements.on_net` finds those on a grid).
    """
    problems = (*site_problems(scenario, site), *unresolved(scenario))
    if problems:
        raise BadInput(problems)
    return composed(scenario, site).site


def composed(scenario: Scenario, site: Site) -> Composed:
    """The changed site, without what `compose` would refuse."""
    tables = grown(site, scenario.growth)
    origins = dict(origins_of_growth(site, scenario.growth))
    stated = scenario.tariff.model_fields_set
    if stated:
        tables["tariff"] = site.tariff.model_copy(update={key: getattr(scenario.tariff, key) for key in stated})
        origins |= {("tariff", key): ("tariff", key) for key in stated}
    if scenario.seed is not None:
        tables["about"] = site.about.model_copy(update={"seed": scenario.seed})
        origins["site", "seed"] = ("seed",)
    for addition in additions(scenario):
        if addition.table[0] == "plant" and site.plant is None:
            continue
        number = _append(tables, site, addition.table, addition.entry)
        origins[*addition.table, number] = addition.origin
    return Composed(with_tables(site, tables) if tables else site, origins)


def _append(tables: dict[str, Any], site: Site, table: Keys, entry: Any) -> int:
    """Put ``entry`` at the end of a table; its number there."""
    first = str(table[0])
    held = tables.get(first, getattr(site, first))
    if len(table) == 1:
        tables[first] = (*held, entry)
        return len(held)
    key = str(table[1])
    entries = getattr(held, key)
    tables[first] = held.model_copy(update={key: (*entries, entry)})
    return len(entries)


def with_tables(site: Site, tables: Mapping[str, Any]) -> Site:
    """The site with other tables, by the name of their field; a copy would keep what the old one has worked out."""
    fields = type(site).model_fields
    return type(site).model_construct(
        **{spec.alias or name: tables.get(name, getattr(site, name)) for name, spec in fields.items()}
    )
