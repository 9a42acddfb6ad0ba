from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from twin.boxes.maintenance.watch.observe import observe
from twin.boxes.maintenance.watch.state import Watch, WatchSettings, new_watch

QUARTER_S, DAY = 900, 96
START_S = 1_700_006_400  # midnight UTC


@dataclass
class Fleet:
    """Six transformers 5 % hotter than modelled, with sensors 2 K too high; loads differ in shape and level."""

    watch: Watch
    day: int = 0
    seed: int = 5

    def run(self, days: float, spoil: Callable[..., None] | None = None, *, load_scale: float = 1.0) -> Watch:
        """Go on by some days; ``spoil(row, readings)`` may change residual_k, measured_c, ... in place."""
        first, count = round(self.day * DAY), self.watch.count
        self.day += days
        for row in range(first, round(self.day * DAY)):
            random = np.random.default_rng([self.seed, row])
            hour = 2.0 * np.pi * row / DAY
            asset = np.arange(count)
            load = load_scale * (0.5 + 0.04 * asset + 0.2 * np.sin(hour - 0.9 * asset))
            ambient = np.full(count, 15.0 + 5.0 * np.sin(hour - 1.0) + 3.0 * np.sin(hour / 5.0))
            rise = 12.0 + 30.0 * (0.5 + 0.04 * asset + 0.2 * np.sin(hour - 0.9 * asset - 0.6)) ** 2 * load_scale**2
            readings = {
                "modelled_rise_k": rise,
                "residual_k": 2.0 + 0.05 * rise + random.normal(0.0, 0.4, count),
                "load_factor": load,
                "ambient_c": ambient,
            }
            if spoil is not None:
                spoil(row, readings)
            measured = readings.pop("measured_c", None)
            model = ambient + rise
            if measured is None:
                measured = np.round(model + readings["residual_k"], 1)
            readings["residual_k"] = np.where(np.isfinite(readings["residual_k"]), measured - model, np.nan)
            self.watch = observe(self.watch, at_s=START_S + QUARTER_S * row, measured_c=measured, **readings)
        return self.watch


@pytest.fixture(scope="session")
def frozen() -> Watch:
    return Fleet(new_watch(6, WatchSettings())).run(29)


@pytest.fixture
def fleet(frozen) -> Fleet:
    return Fleet(replace(frozen), day=29)
