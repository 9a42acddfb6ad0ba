"""What the search may change of a setup, by chapters: some of it costs seconds to try, some of it minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts.experts.registry import FLOORS, experts_for
from forecasts.on_air.setup import PARTS, RANGES, Setup

if TYPE_CHECKING:
    import optuna

TOUR = ("champion", "experts", "champion", "ridge", "experts", "champion", "boosted", "champion", "experts", "training")
"""Order in which chapters are visited: weighing experts anew costs seconds, training trees costs minutes."""

_LOG_FROM = 20.0  # a range this wide, as a ratio, is searched by its logarithm
_PENALTIES = 8  # tried by a ridge, as many as by default
_TRAIN_DAYS = (60, 120, 240, 365, 730)
_BOOSTED = {"trees": (60, 600), "num_leaves": (8, 96), "learning_rate": (0.015, 0.2), "min_data_in_leaf": (10, 200)}
_RIDGE = {"smallest_penalty": (1e-5, 1e-2), "largest_penalty": (1e-2, 10.0), "half_life_days": (20.0, 500.0)}


@dataclass(frozen=True)
class Knob:
    """One thing that is searched: a number within a range, or one of several values."""

    name: str
    chapter: str
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    choices: tuple[Any, ...] = ()

    def distribution(self) -> optuna.distributions.BaseDistribution:
        """What values are drawn from."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.choices:
            return CategoricalDistribution(self.choices)
        log = self.low > 0.0 and self.high / self.low >= _LOG_FROM
        return (
            IntDistribution(int(self.low), int(self.high), log=log)
            if self.whole
            else FloatDistribution(self.low, self.high, log=log)
        )

    def nearest(self, value: Any) -> Any:
        """The value, or the nearest one that is searched."""
        if self.choices:
            return value if value in self.choices else min(self.choices, key=lambda choice: abs(choice - value))
        clipped = min(max(value, self.low), self.high)
        return round(clipped) if self.whole else float(clipped)


@dataclass(frozen=True)
class Space:
    """All knobs of one kind of series.

    Attributes:
        kind: of series. ``given``: what the search starts from. ``days``: of history there are before the first training.
    """

    kind: str
    given: Setup
    days: int

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Experts of the kind, in their order."""
        return tuple(experts_for(self.kind))

    @cached_property
    def knobs(self) -> tuple[Knob, ...]:
        """Everything that is searched; settings of experts that the kind does not have are left out."""
        champion = self.given.champion
        found = [
            Knob(f"champion.{name}", "champion", low, high, whole=isinstance(getattr(champion, name), int))
            for name, (low, high) in RANGES["champion"].items()
            if name != "parts"
        ]
        found.append(Knob("champion.parts", "champion", choices=PARTS))
        found += [Knob(f"experts.{name}", "experts", choices=(True, False)) for name in self.names if name not in FLOORS]
        if "ridge" in self.names:
            found += [Knob(f"ridge.{name}", "ridge", low, high) for name, (low, high) in _RIDGE.items()]
        if any(name.startswith("boosted") for name in self.names):
            whole = ("trees", "num_leaves", "min_data_in_leaf")
            found += [Knob(f"boosted.{n}", "boosted", low, high, whole=n in whole) for n, (low, high) in _BOOSTED.items()]
        windows = tuple(sorted({self.given.train_days, *(days for days in _TRAIN_DAYS if days <= self.days)}))
        if len(windows) > 1:
            found.append(Knob("training.days", "training", choices=windows))
        return tuple(found)

    @property
    def tour(self) -> tuple[str, ...]:
        """Chapters in the order in which they are visited."""
        there = {knob.chapter for knob in self.knobs}
        return tuple(chapter for chapter in TOUR if chapter in there)

    def params_of(self, setup: Setup) -> dict[str, Any]:
        """A setup as values of the knobs; the nearest ones where it lies outside of what is searched."""
        alphas, wanted = setup.ridge.alphas, self.names if setup.experts is None else setup.experts
        exact = {
            **{f"champion.{name}": getattr(setup.champion, name) for name in RANGES["champion"]},
            **{f"experts.{name}": name in wanted for name in self.names},
            **{f"boosted.{name}": getattr(setup.boosted, name) for name in _BOOSTED},
            "ridge.smallest_penalty": min(alphas),
            "ridge.largest_penalty": max(alphas),
            "ridge.half_life_days": setup.ridge.half_life_days,
            "training.days": setup.train_days,
        }
        return {knob.name: knob.nearest(exact[knob.name]) for knob in self.knobs}

    def setup_of(self, params: Mapping[str, Any]) -> Setup:
        """The setup that values of the knobs stand for; what no knob turns stays as given."""
        setup = self.given
        params = {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in params.items()}
        tables = {chapter: _of(params, chapter) for chapter in ("champion", "boosted")}
        setup = replace(setup, **{name: replace(getattr(setup, name), **values) for name, values in tables.items()})
        ridge = _of(params, "ridge")
        if ridge:
            alphas = np.geomspace(ridge["smallest_penalty"], ridge["largest_penalty"], _PENALTIES)
            kept = (min(setup.ridge.alphas), max(setup.ridge.alphas)) == (ridge["smallest_penalty"], ridge["largest_penalty"])
            chosen = setup.ridge.alphas if kept else tuple(float(f"{alpha:.3g}") for alpha in alphas)
            setup = replace(setup, ridge=replace(setup.ridge, alphas=chosen, half_life_days=ridge["half_life_days"]))
        switched = _of(params, "experts")
        given = self.names if self.given.experts is None else self.given.experts
        experts = tuple(name for name in self.names if switched.get(name, name in given))
        everybody = len(experts) == len(self.names) and self.given.experts is None
        return replace(setup, experts=None if everybody else experts, train_days=params.get("training.days", setup.train_days))


def chapter_of(tour: Sequence[str], trial: int) -> str:
    """The chapter that a trial turns; all others stand as in the best setup so far."""
    return tour[trial % len(tour)]


def _of(params: Mapping[str, Any], chapter: str) -> dict[str, Any]:
    return {name.partition(".")[2]: value for name, value in params.items() if name.startswith(f"{chapter}.")}
