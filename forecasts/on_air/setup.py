"""What a forecast is made of, as a box's configuration states it: experts, training window, and what may be tuned of them.

[boxes.config]
experts = ["last_week", "day_type", "ridge", "boosted"]
train_days = 240
champion = { eta = 1.2 }
ridge = { half_life_days = 60.0 }
boosted = { trees = 300, learning_rate = 0.04 }
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from forecasts.champion.settings import RANGES as CHAMPION_RANGES
from forecasts.champion.settings import ChampionSettings
from forecasts.expert import Blender, Expert
from forecasts.experts.boosted import Boosted, BoostedProfile, BoostedRidge, BoostedSettings
from forecasts.experts.registry import experts_for
from forecasts.experts.ridge import Ridge, RidgeSettings
from forecasts.on_air.settings import read_champion, read_engine, read_experts
from twin.domain.problems import Problems

PARTS = (1, 2, 3, 4, 6, 8)
"""Parts that a day of hours can be cut into evenly."""

RANGES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "champion": CHAMPION_RANGES,
    "ridge": {"alphas": (1e-6, 100.0), "half_life_days": (14.0, 1000.0)},
    "boosted": {
        "trees": (20, 2000),
        "num_leaves": (4, 255),
        "learning_rate": (0.005, 0.3),
        "min_data_in_leaf": (5, 1000),
        "max_rows": (2_000, 400_000),
        "half_life_days": (14.0, 1000.0),
    },
}
"""Lowest and highest sensible value of each setting, by table."""

TRAIN_DAYS = (21, 1500)
KEYS = ("experts", "train_days", *RANGES)


@dataclass(frozen=True)
class Setup:
    """A forecast's configuration.

    Attributes:
        experts: names; None = all that are installed for the kind. ``train_days``: days that a training learns from at most.
    """

    experts: tuple[str, ...] | None = None
    train_days: int = 365
    champion: ChampionSettings = field(default_factory=ChampionSettings)
    ridge: RidgeSettings = field(default_factory=RidgeSettings)
    boosted: BoostedSettings = field(default_factory=BoostedSettings)

    def make(self, kind: str) -> dict[str, Expert | Blender]:
        """The experts by name, with their settings.

        Raises:
            BadInput: naming every expert that there is not.
        """
        return {name: self._tuned(expert) for name, expert in experts_for(kind, self.experts).items()}

    def to_config(self) -> dict[str, Any]:
        """What differs from the default, as it stands in a site file."""
        default = Setup()
        found: dict[str, Any] = {}
        if self.experts is not None:
            found["experts"] = list(self.experts)
        if self.train_days != default.train_days:
            found["train_days"] = self.train_days
        for table in RANGES:
            mine, usual = getattr(self, table), getattr(default, table)
            changed = {one.name: _plain(getattr(mine, one.name)) for one in fields(mine) if _differs(mine, usual, one.name)}
            if changed:
                found[table] = changed
        return found

    def _tuned(self, expert: Expert | Blender) -> Expert | Blender:
        if isinstance(expert, Ridge):
            return Ridge(self.ridge)
        return type(expert)(self.boosted) if isinstance(expert, Boosted | BoostedProfile | BoostedRidge) else expert


def read_setup(config: Mapping[str, Any], kind: str, place: str, problems: Problems) -> Setup:
    """The setup that a box's configuration states; defaults for what it leaves out. Keys of others are left alone.

    A box with a single expert for an engine is a champion of that one.

    Args:
        problems: takes every fault, named by ``place``.
    """
    setup = Setup(champion=read_champion(config, place, problems))
    for table, ranges in RANGES.items():
        if table != "champion":
            read = _read_table(config.get(table, {}), getattr(setup, table), ranges, f"{place}: {table}", problems)
            setup = replace(setup, **{table: read})
    train_days = config.get("train_days", setup.train_days)
    if _is_number(train_days, int) and TRAIN_DAYS[0] <= train_days <= TRAIN_DAYS[1]:
        setup = replace(setup, train_days=train_days)
    else:
        problems.add(
            f"{place}: train_days", repr(train_days), f"{TRAIN_DAYS[0]} to {TRAIN_DAYS[1]} whole days", "365 is a year"
        )
    engine = read_engine(config, kind, place, problems)
    everybody = engine == "champion" and "experts" not in config
    return setup if everybody else replace(setup, experts=read_experts(config, kind, engine, place, problems))


def _read_table(given: Any, settings: Any, ranges: Mapping[str, tuple[float, float]], place: str, problems: Problems) -> Any:
    if not isinstance(given, Mapping):
        problems.add(place, repr(given), "a table", f"write {{ {next(iter(ranges))} = ... }}")
        return settings
    found = {}
    for key, value in given.items():
        if key not in ranges:
            problems.add(f"{place}.{key}", repr(value), f"one of {', '.join(ranges)}", "remove or correct the key")
            continue
        low, high = ranges[key]
        several = isinstance(getattr(settings, key), tuple)
        kind = int if isinstance(getattr(settings, key), int) else float
        values = value if several and isinstance(value, list | tuple) else [value]
        if values and all(_is_number(each, kind) and low <= each <= high for each in values):
            found[key] = tuple(float(each) for each in values) if several else kind(value)
        else:
            what = "a list of numbers" if several else "a whole number" if kind is int else "a number"
            problems.add(f"{place}.{key}", repr(value), f"{what} from {low:g} to {high:g}", "correct or remove the key")
    return replace(settings, **found)


def _is_number(value: Any, kind: type) -> bool:
    right = int if kind is int else int | float
    return isinstance(value, right) and not isinstance(value, bool) and math.isfinite(value)


def _differs(mine: Any, usual: Any, name: str) -> bool:
    return bool(getattr(mine, name) != getattr(usual, name))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
