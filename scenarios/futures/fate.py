"""What chance gives to each future: paths, devices that obey nobody, outages, and the topologies that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from forecasts.quantiles import LEVELS
from scenarios.futures.chances import Chances
from scenarios.futures.outages import OPERATED_AFTER, Outage, Rates, drawn_outages
from scenarios.futures.paths import drawn_paths
from scenarios.futures.powers import left_alone
from scenarios.futures.start import Start
from scenarios.futures.town import Town, topologies
from twin.domain.chance import streams, uniform
from twin.domain.grid import NORMAL
from twin.domain.time import HOURS_PER_STEP
from twin.engines.outages.closures import minutes_of
from twin.site.rules import PlantEvent

_MEDIAN = LEVELS.index(0.5)
_NO_SWITCH = -1


@dataclass
class Fate:
    """Everything that is drawn, as functions of a future's number; closures that were looked for are kept."""

    town: Town
    start: Start
    chances: Chances
    _rates: Rates = field(init=False)
    _closures: dict[tuple[str, int], tuple[int, timedelta]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        rates = self.chances.line_per_100km_year, self.chances.trafo_per_year
        self._rates = Rates.of(self.town.net, line_per_100km_year=rates[0], trafo_per_year=rates[1])

    def __getstate__(self) -> dict[str, Any]:
        """As it was made: closures are looked for where they are needed."""
        return {**vars(self), "_closures": {}}

    def paths(self, number: int) -> np.ndarray:
        """Of every series [MW], dims (series, time)."""
        return drawn_paths(self.start, number, seed=self.chances.seed, spread=self.chances.spread)

    def obeys(self, number: int) -> np.ndarray:
        """Which devices obey, dims (device,)."""
        lots = streams(self.chances.seed, "future/available", self.start.devices)
        return np.asarray(uniform(lots, number) >= self.chances.unavailable_share)

    def outages(self, number: int) -> list[Outage]:
        """What goes out, in order of time."""
        return drawn_outages(
            self._rates,
            number,
            seed=self.chances.seed,
            start=self.start.start,
            hours=self.start.steps * HOURS_PER_STEP,
            repair_hours=self.chances.repair_hours,
        )

    def events(self, outages: Sequence[Outage]) -> list[PlantEvent]:
        """The outages, and for each the closure that follows it, where there is one before the repair."""
        found: list[PlantEvent] = []
        for outage in outages:
            element = outage.label.replace(":", ".")
            found.append(PlantEvent(at=outage.at, kind="outage", element=element, until=outage.until))
            switch, after = self._closure(outage)
            if switch != _NO_SWITCH and outage.at + after < outage.until:
                found.append(PlantEvent(at=outage.at + after, kind="close", element=f"switch.{switch}", until=outage.until))
        return found

    def topologies(self, outages: Sequence[Outage]) -> np.ndarray:
        """Of every quarter hour, with what the scenario declares, dims (time,), objects."""
        found = np.empty(self.start.steps, dtype=object)
        found[:] = topologies(self.town.schedule(self.events(outages)), self.start.times)
        return found

    def _closure(self, outage: Outage) -> tuple[int, timedelta]:
        """The best single permitted closure at the peak of the median path, and how long it takes; in every future the same."""
        key = outage.table, outage.index
        if key not in self._closures:
            median = left_alone(self.town, self.start, self.start.quantiles[None, ..., _MEDIAN] * self.start.world)
            peak = median.rows(median.load_p_mw.sum(axis=1).argmax()[None])
            model = self.town.engine.model(NORMAL)
            found = model.contingencies(peak.injections(model.grid), [key], limits=self.town.tightest)
            switch = int(found["closure"].values[0, 0])
            minutes = float("nan") if switch == _NO_SWITCH else minutes_of(self.town.net.switch, switch)
            self._closures[key] = switch, OPERATED_AFTER if np.isnan(minutes) else timedelta(minutes=minutes)
        return self._closures[key]
