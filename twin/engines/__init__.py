"""Power flow for years, futures and outages; state estimation; what a closure or a move would do.

Importing this package imports neither pandapower, power-grid-model nor numba: each name comes with its module.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "compile_grid": "twin.engines.registry",
    "make_engine": "twin.engines.registry",
    "estimate_series": "twin.engines.estimation.state_series",
    "estimate_state": "twin.engines.estimation.state_estimation",
    "observability": "twin.engines.estimation.meter_places",
    "sensitivities": "twin.engines.tangents.sensitivity",
    "restore": "twin.engines.outages.restoration",
    "Controls": "twin.domain.controls",
    "Curve": "twin.domain.controls",
    "GridLimits": "twin.contracts.ports",
    "InverterControl": "twin.domain.controls",
    "TapControl": "twin.domain.controls",
    "StateModel": "twin.engines.estimation.state_model",
}

__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
