import numpy as np
import pytest

from twin.boxes.maintenance.machines.ewma import bar_for, run_length


@pytest.mark.parametrize(("features", "weight", "bar"), [(1, 0.1, 6.0), (3, 0.2, 9.0)])
def test_run_length_is_that_of_simulated_averages(features: int, weight: float, bar: float) -> None:
    rng = np.random.default_rng(1)
    average, length, alive = np.zeros((3000, features)), np.zeros(3000), np.ones(3000, dtype=bool)
    while alive.any():
        average[alive] = weight * rng.normal(size=(int(alive.sum()), features)) + (1 - weight) * average[alive]
        length[alive] += 1
        alive &= (average**2).sum(axis=1) * (2 - weight) / weight <= bar
    mean, error = length.mean(), length.std() / np.sqrt(len(length))
    # three standard errors of the simulation and the chain's own per cent
    assert run_length(bar, features=features, weight=weight) == pytest.approx(mean, abs=3 * error + 0.01 * mean)


def test_a_rarer_alarm_needs_a_higher_bar() -> None:
    bars = [bar_for(features=2, weight=0.1, blocks=blocks) for blocks in (100.0, 1000.0, 10000.0)]
    assert bars == sorted(bars)
