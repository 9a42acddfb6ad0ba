"""What chance may do in a scenario's futures: how wide forecasts are, what fails how often, and the seed of all draws."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from scenarios.file.scenario import Ensemble

_LOOKED_AT = 25
"""Futures of a run in which N-1 is looked at: each costs as much as twenty without."""


@dataclass(frozen=True)
class Chances:
    """The scenario's ensemble, as the draws take it.

    Attributes:
        seed: of every draw. ``spread``: width of the forecasts' bands as a multiple of their own.
        unavailable_share: probability that a device obeys nobody in a future.
        line_per_100km_year, trafo_per_year: outages per 100 km of circuit, and per transformer, in a year.
        repair_hours: how long an outage lasts.
        n1_every: N-1 is looked at in every so many futures; 0: in none.
    """

    seed: int
    spread: float = 1.0
    unavailable_share: float = 0.0
    line_per_100km_year: float = 0.0
    trafo_per_year: float = 0.0
    repair_hours: float = 4.0
    n1_every: int = 1

    @classmethod
    def of(cls, ensemble: Ensemble, n: int, seed: int | None) -> Chances:
        """Of a scenario's ensemble; another ``seed`` draws other futures."""
        return cls(
            seed=ensemble.seed if seed is None else seed,
            spread=ensemble.spread,
            unavailable_share=ensemble.unavailable_share,
            line_per_100km_year=ensemble.line_outages_per_100km_year,
            trafo_per_year=ensemble.trafo_outages_per_year,
            repair_hours=ensemble.repair_hours,
            n1_every=-(-n // _LOOKED_AT),
        )

    def meta(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)
