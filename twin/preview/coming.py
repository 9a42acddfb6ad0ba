"""The coming quarter hours as the newest tick foresees them: element powers by the forecasts' medians, moves as decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from twin.contracts.desk_ports import Unavailable
from twin.contracts.messages import Envelope, Proposal, Service
from twin.contracts.preview import Course
from twin.domain.time import QUARTER_HOUR_S, quarter_hours
from twin.preview.present import Present
from twin.preview.warm import WarmGrid
from twin.regie.fallback import later
from twin.regie.horizon import AHEAD_STEPS, element_outlooks, label_s
from twin.regie.proof import Outlooks
from twin.regie.recommend import active_groups, merge


class Coming:
    """What is known ahead at one tick.

    Attributes:
        steps: quarter hours that the forecasts reach from the tick on, at most 48 h.
        median, sigma: by "load:<zone>" and "pv:<zone>" [MW], dims (time,). ``proposals``: by device, from now on.

    Raises:
        Unavailable: when a balanced zone has no forecast.
    """

    def __init__(self, warm: WarmGrid, present: Present) -> None:
        memory = present.memory
        begin = (label_s(present.as_of) - memory.forecast_start_s) // QUARTER_HOUR_S
        paths = {name: np.array(path[max(begin, 0) :]) for name, path in memory.forecast.items()}
        self.steps = min([AHEAD_STEPS, *map(len, paths.values())]) if paths else 0
        self._warm, self._present = warm, present
        self.boxes = {name: _from_now(envelope, present.as_of) for name, envelope in present.boxes.items()}
        self.median = {name: path[: self.steps] for name, path in paths.items() if not name.endswith(":sigma")}
        self.sigma = {name.removesuffix(":sigma"): p[: self.steps] for name, p in paths.items() if name.endswith(":sigma")}
        plans = [plan for box in self.boxes.values() if box.role == "champion" for plan in box.report.proposals]
        self.proposals: Mapping[str, Proposal] = merge(plans, warm.devices)
        if not self.steps:
            raise Unavailable("nobody forecasts this grid yet; ask again after the first quarter hour with forecasts")

    @property
    def decided(self) -> dict[str, Proposal]:
        """Proposals of groups with a mandate."""
        groups = active_groups(self._present.memory.decision.recommendations, self._present.as_of)
        return {name: plan for name, plan in self.proposals.items() if self._warm.devices[name].group in groups}

    def outlooks(self, paths: Mapping[str, np.ndarray]) -> Outlooks:
        """Element powers with devices left to themselves, for these zones' paths [MW], dims (time,).

        Raises:
            Unavailable: when a balanced zone has no forecast.
        """
        grid = self._warm.grid
        held = self._present.arrays["grid.sgen_p_mw"]
        found = element_outlooks(
            self._warm.estimator,
            grid,
            self._warm.kit.zones,
            forecasts=paths,
            fixed_sgen_p_mw={index: float(held[grid.sgen == index][0]) for index in self._warm.kit.fixed_sgens},
            envelopes=self.boxes,
            devices=self._warm.kit.devices,
            outside={},
            steps=self.steps,
        )
        if found is None:
            raise Unavailable("a zone has no forecast; ask again when its box answers")
        return found


def course(grid_lines: Sequence[int], grid_trafos: Sequence[int], solved: Mapping[str, np.ndarray]) -> Course:
    """Worst figures per step of a batch, dims (time, element)."""
    loading = np.concatenate([solved["line_loading_percent"], solved["trafo_loading_percent"]], axis=1)
    names = [f"line {i}" for i in grid_lines] + [f"trafo {i}" for i in grid_trafos]
    known = np.isfinite(loading).any(axis=1)
    worst = np.where(known, np.nan_to_num(loading, nan=-1.0).argmax(axis=1), -1)
    return Course(
        worst_loading_percent=numbers(np.fmax.reduce(loading, axis=1)),
        worst_element=tuple(names[at] if at >= 0 else "" for at in worst),
        vm_min_pu=numbers(np.fmin.reduce(solved["vm_pu"], axis=1)),
        vm_max_pu=numbers(np.fmax.reduce(solved["vm_pu"], axis=1)),
    )


def numbers(values: np.ndarray) -> tuple[float | None, ...]:
    """Floats, None where missing."""
    return tuple(None if np.isnan(value) else float(value) for value in values)


def _from_now(box: Envelope, as_of: datetime) -> Envelope:
    """A box's last answer on the labels from ``as_of`` on; of one that failed since, no plan is left."""
    report = box.report
    outputs = {
        name: output.reindex(time=quarter_hours(as_of, output.sizes["time"]), method="ffill")
        for name, output in report.outputs.items()
        if "time" in output.dims
    }
    served = box.service in (Service.FRESH, Service.HELD)
    plans = [plan for plan in (later(p, as_of) for p in report.proposals) if plan is not None] if served else []
    return replace(box, report=replace(report, outputs=outputs, proposals=tuple(plans)))
