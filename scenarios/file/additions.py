"""What a scenario adds to the tables of a site, entry by entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from scenarios.file.elements import is_name
from scenarios.file.growth import ALWAYS, LIVED
from scenarios.file.scenario import Outage, Scenario
from twin.site.locate import Keys
from twin.site.rehearsed import BoxOutage, Manual, WorldChange
from twin.site.rules import PlantEvent
from twin.site.tables import Silence, Table


@dataclass(frozen=True)
class Addition:
    """One entry.

    Attributes:
        table: of the site's file. ``origin``: keys in the scenario of what is added.
    """

    table: Keys
    entry: Table
    origin: Keys


def additions(scenario: Scenario) -> Iterator[Addition]:
    """All of them, in the order in which they apply; elements that are still written by name are left out."""
    yield from _worlds(scenario)
    for addition in _events(scenario):
        if not is_name(addition.entry.element):
            yield addition
    for i, lost in enumerate(scenario.telemetry_lost):
        silence = Silence(at=lost.at, until=lost.until, channels=lost.channels)
        yield Addition(("telemetry", "silences"), silence, ("telemetry_lost", i))
    for i, failure in enumerate(scenario.box_failures):
        outage = BoxOutage(at=failure.at, until=failure.until, box=failure.box)
        yield Addition(("box_outages",), outage, ("box_failures", i))
    for i, hours in enumerate(scenario.manual):
        yield Addition(("orders", "manual"), Manual(at=hours.at, until=hours.until), ("manual", i))


def _worlds(scenario: Scenario) -> Iterator[Addition]:
    """Growth that lies in how people live, then the world, then prices."""
    table: Keys = ("plant", "world")
    for kind in LIVED:
        factor = getattr(scenario.growth, kind)
        if factor != 1.0:
            always = WorldChange.model_validate({"at": ALWAYS[0], "until": ALWAYS[1], "quantity": kind, "times": factor})
            yield Addition(table, always, ("growth", kind))
    for i, change in enumerate(scenario.world):
        yield Addition(table, WorldChange.model_validate(change.model_dump()), ("world", i))
    for i, price in enumerate(scenario.prices):
        changed = WorldChange(quantity="price_chf_per_kwh", **price.model_dump())
        yield Addition(table, changed, ("prices", i))


@dataclass(frozen=True)
class _Event(Addition):
    entry: PlantEvent


def _events(scenario: Scenario) -> Iterator[_Event]:
    for i, outage in enumerate(scenario.outages):
        yield _outage(outage, ("outages", i))
    for i, cut in enumerate(scenario.imports):
        for outage in cut.outages:
            yield _outage(outage, ("imports", i, "sheds"))
    for i, each in enumerate(scenario.switchings):
        event = PlantEvent(kind="close" if each.closed else "open", element=each.switch, at=each.at, until=each.until)
        yield _Event(("plant", "events"), event, ("switchings", i))
    for i, refusal in enumerate(scenario.refusals):
        event = PlantEvent(kind="refuse", element=f"device.{refusal.device}", at=refusal.at, until=refusal.until)
        yield _Event(("plant", "events"), event, ("refusals", i))


def _outage(outage: Outage, origin: Keys) -> _Event:
    event = PlantEvent(kind="outage", element=outage.element, at=outage.at, until=outage.until)
    return _Event(("plant", "events"), event, origin)
