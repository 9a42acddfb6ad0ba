"""Watch the grid: findings from the estimated state and from the proven horizon. Limits release with a deadband."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from twin.contracts.messages import Finding, State
from twin.domain.grid import Grid
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR
from twin.regie.proof import Limits, Proof

RELEASE_PERCENT = 2.0
RELEASE_PU = 0.002
"""An active alarm holds until the value is this far below its limit, so that it does not flutter."""
SEVERE_PERCENT = 120.0
"""Above this, a present overload is 'act now' and not only 'act soon': cables and old transformers heat within the hour."""
OWNER = "grid_operation"
NOW_OVERLOAD = "now:overload:"


@dataclass(frozen=True)
class Names:
    """What people call the elements: "line:66" -> "MV3.101 Line 66"."""

    words: Mapping[str, str]

    def of(self, key: str) -> str:
        """The name, or the key itself."""
        return self.words.get(key, key)


def watch(
    state: State, proof: Proof | None, grid: Grid, limits: Limits, names: Names, active: Collection[str]
) -> list[Finding]:
    """Findings now and ahead; at most one per element and kind, voltages one per level and direction."""
    found = _loading_now(state, grid, limits, names, active)
    found += _voltage_now(state, grid, limits, names, active)
    found += _unsupplied(state, grid)
    found += list(state.findings)
    if proof is not None:
        seen = {finding.key.removeprefix("now:") for finding in found}
        ahead = _loading_ahead(proof, state.as_of, grid, limits, names, active)
        ahead += _voltage_ahead(proof, state.as_of, grid, limits, names, active)
        found += [finding for finding in ahead if finding.key.removeprefix("ahead:") not in seen]
        if not proof.solved:
            found.append(_finding("engine:diverged", 2, "engine_diverged", {}, "grid", state.as_of, state.as_of))
    if Quality.STALE in state.quality:
        found.append(_finding("state:stale", 2, "state_stale", {}, "grid", state.as_of, state.as_of))
    return found


def grouped(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, those about an element that is overloaded now below that overload: one problem, one alarm to answer."""
    found = list(findings)
    causes = {f.key.removeprefix(NOW_OVERLOAD): f.key for f in found if f.key.startswith(NOW_OVERLOAD)}

    def cause(finding: Finding) -> str | None:
        named = ":".join(finding.key.rsplit(":", 2)[-2:])
        key = causes.get(finding.element) or causes.get(named)
        return None if key == finding.key else key

    return [finding if finding.parent else replace(finding, parent=cause(finding)) for finding in found]


def _loading_now(state: State, grid: Grid, limits: Limits, names: Names, active: Collection[str]) -> list[Finding]:
    found = []
    for table, limit in (("line", limits.line_percent), ("trafo", limits.trafo_percent)):
        loading = state.grid[f"{table}_loading_percent"].values
        for index, value in zip(getattr(grid, table).tolist(), loading.tolist(), strict=True):
            key = f"{NOW_OVERLOAD}{table}:{index}"
            if value > limit - (RELEASE_PERCENT if key in active else 0.0):
                priority = 1 if value > SEVERE_PERCENT else 2
                params = {"loading_percent": round(value, 1), "limit_percent": limit, "name": names.of(f"{table}:{index}")}
                act = state.as_of + QUARTER_HOUR
                found.append(_finding(key, priority, "overload_now", params, f"{table}:{index}", state.interval, act))
    return found


def _voltage_now(state: State, grid: Grid, limits: Limits, names: Names, active: Collection[str]) -> list[Finding]:
    vm = state.grid["vm_pu"].values[None, :]
    found = []
    for key, column, value, limit, _ in _worst_voltages(vm, grid, limits, active, "now"):
        params = {"vm_pu": round(value, 4), "limit_pu": limit, "name": names.of(f"bus:{grid.bus[column]}")}
        element = f"bus:{grid.bus[column]}"
        found.append(_finding(key, 3, "voltage_now", params, element, state.interval, state.as_of + QUARTER_HOUR))
    return found


def _unsupplied(state: State, grid: Grid) -> list[Finding]:
    dark = int(np.count_nonzero(grid.bus_node < 0))
    if not dark:
        return []
    first = int(grid.bus[grid.bus_node < 0][0])
    return [_finding("now:unsupplied", 1, "unsupplied", {"buses": dark}, f"bus:{first}", state.interval, state.as_of)]


def _loading_ahead(
    proof: Proof, as_of: datetime, grid: Grid, limits: Limits, names: Names, active: Collection[str]
) -> list[Finding]:
    keys = [("line", i, limits.line_percent) for i in grid.line.tolist()]
    keys += [("trafo", i, limits.trafo_percent) for i in grid.trafo.tolist()]
    found = []
    with np.errstate(invalid="ignore"):
        candidates = np.flatnonzero(
            np.fmax.reduce(proof.loading, axis=0) > min(limits.line_percent, limits.trafo_percent) - 2.0
        )
    for column in candidates.tolist():
        table, index, limit = keys[column]
        key = f"ahead:overload:{table}:{index}"
        threshold = limit - (RELEASE_PERCENT if key in active else 0.0)
        over = np.flatnonzero(proof.loading[:, column] > threshold)
        if not len(over):
            continue
        at = as_of + int(over[0]) * QUARTER_HOUR
        params = {
            "loading_percent": round(float(np.nanmax(proof.loading[:, column])), 1),
            "limit_percent": limit,
            "name": names.of(f"{table}:{index}"),
            "hours": len(over) / 4,
        }
        found.append(_finding(key, 3, "overload_forecast", params, f"{table}:{index}", at, at))
    return found


def _voltage_ahead(
    proof: Proof, as_of: datetime, grid: Grid, limits: Limits, names: Names, active: Collection[str]
) -> list[Finding]:
    found = []
    for key, column, value, limit, first in _worst_voltages(proof.vm_pu, grid, limits, active, "ahead"):
        at = as_of + first * QUARTER_HOUR
        params = {"vm_pu": round(value, 4), "limit_pu": limit, "name": names.of(f"bus:{grid.bus[column]}")}
        found.append(_finding(key, 4, "voltage_forecast", params, f"bus:{grid.bus[column]}", at, at))
    return found


def _worst_voltages(
    vm: np.ndarray, grid: Grid, limits: Limits, active: Collection[str], prefix: str
) -> list[tuple[str, int, float, float, int]]:
    """Per level and direction out of band: (key, worst column, value, limit, first step)."""
    found = []
    for vn_kv in np.unique(grid.bus_vn_kv):
        columns = np.flatnonzero(grid.bus_vn_kv == vn_kv)
        for side, sign, limit in (("high", 1.0, limits.bus_high_pu), ("low", -1.0, limits.bus_low_pu)):
            key = f"{prefix}:voltage:{side}:{vn_kv:g}kV"
            excess = sign * (vm[:, columns] - limit[columns]) + (RELEASE_PU if key in active else 0.0)
            excess = np.nan_to_num(excess, nan=-1.0)
            steps = np.flatnonzero(excess.max(axis=1) > 0.0)
            if len(steps):
                step, at = np.unravel_index(int(excess.argmax()), excess.shape)
                column = int(columns[at])
                found.append((key, column, float(vm[step, column]), float(limit[column]), int(steps[0])))
    return found


def _finding(
    key: str, priority: int, code: str, params: Mapping[str, object], element: str, at: datetime, act_before: datetime
) -> Finding:
    return Finding(key, priority, code, dict(params), element, at, act_before, OWNER)
