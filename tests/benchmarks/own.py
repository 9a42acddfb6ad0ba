"""This project's engine through its public surface alone: compile_grid, replay, solve, contingencies."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
import xarray as xr
from clock import Span, span_of
from nets import Case
from states import Skipped, States

from twin.contracts.ports import WANT

NAME = "ours"
VERSION = version("regie")


def own_model(case: Case, needed: str) -> Any:
    """The compiled grid, if it has ``needed``.

    Raises:
        Skipped: when this checkout's engine does not have it.
    """
    try:
        from twin.engines import compile_grid
    except ImportError:
        raise Skipped("twin.engines has no compile_grid in this checkout") from None

    model = compile_grid(case.net)
    if not hasattr(model, needed):
        raise Skipped(f"compile_grid gives no {needed} in this checkout")
    return model


class Replay:
    """``compile_grid(net).replay``, with the statistics that the peers have to deliver, or with quantiles too."""

    most_compared = 1_000_000

    def __init__(self, case: Case, dtype: str = "float64", *, quantiles: bool = False) -> None:
        self._model = own_model(case, "replay")
        self._dtype = dtype
        self._statistics: dict[str, Any] = {"dtype": dtype} if quantiles else {"dtype": dtype, "quantiles": ()}

    def us_per_step(self, injections: xr.Dataset) -> Span:
        """Time of one step [s], element arrays to statistics."""
        return span_of(lambda: self.statistics(injections)).per(injections.sizes["time"])

    def statistics(self, injections: xr.Dataset) -> xr.Dataset:
        """The replay itself."""
        return self._model.replay(injections, **self._statistics)

    def states(self, injections: xr.Dataset) -> States:
        """Every step, for comparison; a step that is marked as not converged is NaN and counts as an infinite error."""
        found = self._model.solve(injections, want=WANT, dtype=self._dtype)
        return States(*(found[name].values.astype(float) for name in WANT))


class Outages:
    """``compile_grid(net).contingencies`` without restoration."""

    largest_states = 256
    largest_outages = 1_000_000

    def __init__(self, case: Case, lines: np.ndarray) -> None:
        self._model = own_model(case, "contingencies")
        self._lines = lines

    def us_per_outage(self, injections: xr.Dataset) -> Span:
        """Time of one outage and state [s]."""
        span = span_of(lambda: self._model.contingencies(injections, self._lines, restore=False))
        return span.per(injections.sizes["time"] * len(self._lines))

    def extremes(self, injections: xr.Dataset, step: int, outages: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Lowest and highest voltage [pu] and highest loading [%] with each of ``outages`` out, dims (outage,).

        It keeps no voltage per bus.
        """
        found = self._model.contingencies(injections.isel(time=[step]), self._lines[outages], restore=False)
        low, high, loading = (found[name].values[:, 0] for name in ("vm_pu_min", "vm_pu_max", "loading_percent_max"))
        return low, high, loading
