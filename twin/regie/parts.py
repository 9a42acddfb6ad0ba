"""The parts of a loop, as wiring puts them together for one site."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from twin.contracts.devices import Device
from twin.contracts.frame import Layout
from twin.contracts.ports import Actuator, Engine, OutlookSource, Referee
from twin.domain.zones import Zone
from twin.origin.town import TownFacts
from twin.regie.decide import Decider
from twin.regie.estimate import StateEstimator
from twin.regie.journal import Journal
from twin.regie.kpi import KpiFacts
from twin.regie.runner import BoxRunner
from twin.regie.side import Side
from twin.regie.sun import Sun
from twin.regie.switching import Switches
from twin.site.rules import Promote


@dataclass(frozen=True)
class Parts:
    """What wiring puts together for one site.

    Attributes:
        root: the zone whose boundary is the site's connection. ``prehistory``: how much of the past the boxes see at the start.
        fixed_sgens: metered plants that nobody forecasts (hydro): sgen index -> channel position.
        on_ops: told what is no part of the journal's chain, as a mapping with an ``event``.
    """

    engine: Engine
    layout: Layout
    zones: Sequence[Zone]
    root: str
    devices: Sequence[Device]
    live: Side
    baseline: Side | None
    estimator: StateEstimator
    fixed_sgens: Mapping[int, int]
    sun: Sun
    outside: OutlookSource | None
    runner: BoxRunner
    decider: Decider
    journal: Journal
    actuator: Actuator | None
    referee: Referee | None
    kpi_facts: KpiFacts
    town: TownFacts
    promote: Promote
    switches: Switches
    prehistory: timedelta
    on_ops: Callable[[Mapping[str, Any]], None]
