"""A chunk of futures through the engine, both sides: drawn, solved by topology with Q(U), counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np

from scenarios.futures.chances import Chances
from scenarios.futures.count import Solved, counted
from scenarios.futures.outages import OPERATED_AFTER, Outage, Rates, drawn_outages
from scenarios.futures.paths import drawn_paths
from scenarios.futures.powers import Powers, as_planned, left_alone
from scenarios.futures.schema import SIDES
from scenarios.futures.security import security
from scenarios.futures.start import Start
from scenarios.futures.town import Town, topologies
from twin.contracts.ports import GridLimits
from twin.domain.chance import streams, uniform
from twin.domain.controls import NO_CONTROLS
from twin.domain.grid import NORMAL, Topology
from twin.domain.time import HOURS_PER_STEP
from twin.engines.outages.closures import minutes_of
from twin.site.rules import PlantEvent

BLOCK = 16
"""Futures that are in memory at a time: of a day on two hundred buses about 100 MB."""
_SETTLED = ("vm_pu", "sgen_p_mw", "sgen_q_mvar")
_WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "loss_mw", "source_p_mw")
_NO_SWITCH = -1
_PER_HOUR = 4
_SECURE = ("n1_margin_percent", "n1_unsupplied_mw")


@dataclass
class FutureSolver:
    """Solves futures of one start; kept by its worker with every model that it has compiled."""

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
        return {"town": self.town, "start": self.start, "chances": self.chances, "_rates": self._rates, "_closures": {}}

    def solve(self, numbers: Sequence[int]) -> dict[str, np.ndarray]:
        """Everything that the data set holds of a chunk, by variable; the dims ``chunk`` and ``future`` are the chunk's own."""
        blocks = [self._block(numbers[i : i + BLOCK]) for i in range(0, len(numbers), BLOCK)]
        chunk = {name: _joined(name, [block[name] for block in blocks]) for name in blocks[0]}
        return chunk | {"futures_in_chunk": np.array([len(numbers)], dtype=np.int32)}

    # ------------------------------------------------------------------------------------------ one block

    def _block(self, numbers: Sequence[int]) -> dict[str, np.ndarray]:
        chances, start = self.chances, self.start
        paths = np.stack([drawn_paths(start, n, seed=chances.seed, spread=chances.spread) for n in numbers])
        alone = left_alone(self.town, start, paths)
        planned = as_planned(self.town, start, alone, [self._obeys(number) for number in numbers])
        drawn = [self._outages(number) for number in numbers]
        topology = np.concatenate([self._topologies(outages) for outages in drawn])
        unmoved = self._solved(alone, topology)
        moved = np.flatnonzero(planned.differs(alone))
        sides = [unmoved.with_rows(moved, self._solved(planned.rows(moved), topology[moved])), unmoved]
        shape = len(numbers), start.steps
        per_side = [counted(self.town, solved, powers, shape) for solved, powers in zip(sides, (planned, alone), strict=True)]
        found = {name: np.stack([side[name] for side in per_side]) for name in per_side[0]}
        found["outage"] = np.array([" ".join(outage.label for outage in outages) for outages in drawn], dtype="U48")
        return found | self._security(numbers, (planned, alone), sides, topology, moved)

    def _obeys(self, number: int) -> np.ndarray:
        """Which devices obey in that future, dims (device,)."""
        lots = streams(self.chances.seed, "future/available", self.start.devices)
        return np.asarray(uniform(lots, number) >= self.chances.unavailable_share)

    def _outages(self, number: int) -> list[Outage]:
        chances = self.chances
        hours = self.start.steps * HOURS_PER_STEP
        begin, repair_hours = self.start.start, chances.repair_hours
        return drawn_outages(self._rates, number, seed=chances.seed, start=begin, hours=hours, repair_hours=repair_hours)

    def _topologies(self, outages: Sequence[Outage]) -> np.ndarray:
        """Topology of every quarter hour, dims (time,), objects."""
        events: list[PlantEvent] = []
        for outage in outages:
            element = outage.label.replace(":", ".")
            events.append(PlantEvent(at=outage.at, kind="outage", element=element, until=outage.until))
            switch, after = self._closure(outage)
            if switch != _NO_SWITCH and outage.at + after < outage.until:
                events.append(PlantEvent(at=outage.at + after, kind="close", element=f"switch.{switch}", until=outage.until))
        found = np.empty(self.start.steps, dtype=object)
        found[:] = topologies(self.town.schedule(events), self.start.times)
        return found

    def _closure(self, outage: Outage) -> tuple[int, timedelta]:
        """The best single permitted closure at the median's peak, and how long it takes; the same in every future."""
        key = outage.table, outage.index
        if key not in self._closures:
            median = left_alone(self.town, self.start, self._median())
            peak = int(median.load_p_mw.sum(axis=1).argmax())
            model = self.town.engine.model(NORMAL)
            found = model.contingencies(median.rows(np.array([peak])).injections(model.grid), [key], limits=self.limits)
            switch = int(found["closure"].values[0, 0])
            minutes = float("nan") if switch == _NO_SWITCH else minutes_of(self.town.net.switch, switch)
            self._closures[key] = switch, OPERATED_AFTER if np.isnan(minutes) else timedelta(minutes=minutes)
        return self._closures[key]

    def _median(self) -> np.ndarray:
        return np.asarray(self.start.quantiles[None, :, :, self.start.quantiles.shape[2] // 2] * self.start.world)

    @property
    def limits(self) -> GridLimits:
        """The tightest of the site's limits, for what knows one band only."""
        limits = self.town.limits
        supplied = np.isfinite(limits.bus_high_pu)
        return GridLimits(
            vm_min_pu=float(limits.bus_low_pu.max(initial=0.0)),
            vm_max_pu=float(limits.bus_high_pu[supplied].min(initial=2.0)),
            loading_percent=min(limits.line_percent, limits.trafo_percent),
        )

    def _solved(self, powers: Powers, topology: np.ndarray) -> Solved:
        """AC power flow of every row: inverters settle first, then one more pass gives all results."""
        town, rows = self.town, len(topology)
        result = Solved.blank(town.grid, rows)
        for one, at in by_topology(topology).items():
            model = town.engine.model(one)
            given = powers.rows(at).injections(model.grid)
            if town.controls is not None:
                settled = model.solve(given, want=_SETTLED, controls=town.controls)
                result.sgen_q_mvar[at] = q = np.nan_to_num(settled["sgen_q_mvar"].values)
                given = given.assign(sgen_q_mvar=(("time", "sgen"), q))
                result.converged[at] = settled["converged"].values
            found = model.solve(given, want=_WANT, controls=NO_CONTROLS)
            result.take(at, found, model.grid)
        return result

    def _security(
        self,
        numbers: Sequence[int],
        powers: Sequence[Powers],
        sides: Sequence[Solved],
        topology: np.ndarray,
        moved: np.ndarray,
    ) -> dict[str, np.ndarray]:
        """N-1 of every ``n1_every``-th future, in the quarter hour of each hour with the largest exchange upstream.

        Args:
            moved: rows in which the sides differ; where they do not, neither does their security.
        """
        hours, every = self.start.steps // _PER_HOUR, self.chances.n1_every
        found = {name: np.full((len(SIDES), len(numbers), hours), np.nan) for name in _SECURE}
        for i in (i for i, number in enumerate(numbers) if every and number % every == 0):
            before: dict[int, tuple[float, ...]] = {}
            for side in reversed(range(len(SIDES))):
                rows = self._busiest(sides[side], i * self.start.steps, hours)
                known = before if side == 0 else {}
                asked = np.array([row for row in rows if row in moved or row not in known], dtype=int)
                figures = known | self._secure(powers[side], sides[side], topology, asked)
                for at, name in enumerate(_SECURE):
                    found[name][side, i] = [figures[row][at] for row in rows]
                before = figures
        return found

    def _busiest(self, solved: Solved, first: int, hours: int) -> list[int]:
        """Row of each hour's largest exchange, of the future whose rows begin at ``first``."""
        exchange = np.nan_to_num(np.abs(solved.import_p_mw[first : first + hours * _PER_HOUR]))
        within = exchange.reshape(hours, _PER_HOUR).argmax(axis=1)
        return (first + np.arange(hours) * _PER_HOUR + within).tolist()

    def _secure(self, power: Powers, solved: Solved, topology: np.ndarray, rows: np.ndarray) -> dict[int, tuple[float, ...]]:
        """Figures `_SECURE` of those rows."""
        found: dict[int, tuple[float, ...]] = {}
        for one, at in by_topology(topology[rows]).items():
            model = self.town.engine.model(one)
            state = power.rows(rows[at]).injections(model.grid)
            state = state.assign(sgen_q_mvar=(("time", "sgen"), solved.sgen_q_mvar[rows[at]]))
            figures = security(model, state, limits=self.limits, hours=np.arange(len(at)))
            values = zip(*(figures[name].values[0].tolist() for name in _SECURE), strict=True)
            found |= dict(zip(rows[at].tolist(), values, strict=True))
        return found


def by_topology(topology: np.ndarray) -> dict[Topology, np.ndarray]:
    """Rows of each topology, in the order in which topologies appear."""
    rows: dict[Topology, list[int]] = {}
    for row, one in enumerate(topology):
        rows.setdefault(one, []).append(row)
    return {one: np.array(at) for one, at in rows.items()}


def _joined(name: str, parts: Sequence[np.ndarray]) -> np.ndarray:
    """Blocks of one chunk: futures stand after each other, counts add up."""
    from scenarios.futures.schema import VARIABLES

    dims = VARIABLES[name].dims
    if "chunk" in dims:
        total: np.ndarray = np.sum(parts, axis=0)
        return np.expand_dims(total, dims.index("chunk"))
    return np.concatenate(parts, axis=dims.index("future"))
