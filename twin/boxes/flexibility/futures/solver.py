"""HiGHS for the extensive form: one thread, ended by iterations, nodes, or as a last resort the clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.boxes.flexibility.futures.extensive import Extensive
from twin.boxes.flexibility.lp.matrix import must

_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    # Interior point with crossover took as long (50 and 200 devices), and a second solve could not begin where it ended.
    "solver": "choose",
    "simplex_strategy": 1,
    # As for one path: an infeasibility of 1e-7 MW at the dearest penalty would be worth more than a car's saving.
    "primal_feasibility_tolerance": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
}


@dataclass(frozen=True, kw_only=True)
class PathLimits:
    """What ends a solve that is not done.

    Attributes:
        iterations: of the simplex method; ten paths of 50 devices over 48 steps need some 20,000.
        nodes: of the search where something is on or off. ``gap``: how far from the best it may end, relative.
        guard_s: wall clock of each solve [s].
    """

    iterations: int = 1_000_000
    nodes: int = 500
    gap: float = 1e-4
    guard_s: float = 60.0


@dataclass(frozen=True)
class Answer:
    """What HiGHS found: columns and row duals of the extensive form; empty without a plan."""

    status: str
    columns: np.ndarray = field(default_factory=lambda: np.zeros(0))
    duals: np.ndarray = field(default_factory=lambda: np.zeros(0))
    iterations: int = 0


class Held:
    """An extensive form inside HiGHS."""

    def __init__(self, form: Extensive) -> None:
        self._form = form
        self._highs = _load(form)

    def solve(self, limits: PathLimits, *, fixed: np.ndarray | None = None, shut: np.ndarray | None = None) -> Answer:
        """Solve; a second call starts from the first one's vertex.

        Args:
            limits: what ends it. ``fixed``: values that the shared columns are held at, dims (shared,). ``shut``: columns
                that must be zero from now on.
        """
        import highspy

        highs, form = self._highs, self._form
        if shut is not None:
            zero = np.zeros(len(shut))
            must(highs.changeColsBounds(len(shut), shut.astype(np.int32), np.minimum(form.low[shut], 0.0), zero), "shut a side")
        if fixed is not None:
            at = np.arange(form.shared, dtype=np.int32)
            must(highs.changeColsBounds(len(at), at, fixed, fixed), "hold the first steps")
        for name, value in (
            ("simplex_iteration_limit", limits.iterations),
            ("mip_max_nodes", limits.nodes),
            ("mip_rel_gap", limits.gap),
            ("time_limit", highs.getRunTime() + limits.guard_s),
        ):
            must(highs.setOptionValue(name, value), f"set option {name} to {value}")
        highs.run()
        status = highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal or (len(form.binary) and highs.getInfo().primal_solution_status == 2):
            return self._read(limits)
        return Answer(str(highs.modelStatusToString(status)).lower().replace(" ", "_"), iterations=self._iterations())

    def _read(self, limits: PathLimits) -> Answer:
        columns = np.asarray(self._highs.getSolution().col_value)
        if len(self._form.binary):
            # Prices of a plan with something on or off: hold what is on, and ask the linear programme.
            return self._priced(columns, limits)
        return Answer("optimal", columns, np.asarray(self._highs.getSolution().row_dual), self._iterations())

    def _priced(self, columns: np.ndarray, limits: PathLimits) -> Answer:
        import highspy

        highs, binary = self._highs, self._form.binary.astype(np.int32)
        held = np.round(columns[binary])
        must(highs.changeColsBounds(len(binary), binary, held, held), "hold what is on")
        kinds = np.full(len(binary), highspy.HighsVarType.kContinuous)
        must(highs.changeColsIntegrality(len(binary), binary, kinds), "switch the search off")
        must(highs.setOptionValue("time_limit", highs.getRunTime() + limits.guard_s), "set the guard")
        highs.run()
        status = highs.getModelStatus()
        found = highs.getSolution()
        answer = Answer(
            "optimal" if status == highspy.HighsModelStatus.kOptimal else "no_prices",
            np.asarray(found.col_value),
            np.asarray(found.row_dual),
            self._iterations(),
        )
        low, high = self._form.low[binary], self._form.high[binary]
        must(highs.changeColsBounds(len(binary), binary, low, high), "free what is on")
        must(highs.changeColsIntegrality(len(binary), binary, np.full(len(binary), highspy.HighsVarType.kInteger)), "search")
        return answer

    def _iterations(self) -> int:
        return max(int(self._highs.getInfo().simplex_iteration_count), 0)


def _load(form: Extensive) -> Any:
    import highspy

    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = form.a.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = form.cost, form.low, form.high
    lp.row_lower_, lp.row_upper_ = form.row_low, form.row_high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = form.a.shape
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = form.a.indptr, form.a.indices, form.a.data
    if len(form.binary):
        kinds = np.full(form.a.shape[1], highspy.HighsVarType.kContinuous)
        kinds[form.binary] = highspy.HighsVarType.kInteger
        lp.integrality_ = list(kinds)
    highs = highspy.Highs()
    for name, value in _OPTIONS.items():
        must(highs.setOptionValue(name, value), f"set option {name} to {value}")
    must(highs.passModel(lp), "load the model")
    return highs
