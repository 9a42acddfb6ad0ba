import numpy as np
import pytest

from twin.boxes.maintenance.watch.budget import MONTH_S, blocks_between, run_length, threshold_for


@pytest.mark.parametrize(("threshold", "slack", "published"), [(4.0, 0.5, 336.0), (5.0, 0.5, 930.0)])
def test_run_length_meets_published_tables(threshold, slack, published) -> None:
    """Twice the two-sided run lengths at no shift of Montgomery, Statistical Quality Control (2009), table 9.3."""
    # Siegmund's approximation is good to some 2 % there
    assert float(run_length(np.array(threshold), np.array(slack))) == pytest.approx(published, rel=0.02)


def test_a_smaller_budget_raises_the_bar() -> None:
    slack = np.array([0.3, 0.75, 1.5])
    assert np.all(threshold_for(slack, blocks=10_000.0) > threshold_for(slack, blocks=1_000.0))


def test_the_bar_is_the_inverse_of_the_run_length() -> None:
    slack = np.array([0.2, 0.75, 3.0])
    assert run_length(threshold_for(slack, blocks=4_000.0), slack) == pytest.approx(4_000.0, rel=1e-6)  # bisection


def test_both_sides_share_the_budget() -> None:
    # one alarm a month of 121.75 blocks from two sides: each may have one in two months
    assert blocks_between(1.0, block_s=6 * 3600) == pytest.approx(2.0 * MONTH_S / 21_600.0)


def test_measured_false_alarms_keep_the_budget() -> None:
    """Independent normal blocks through the sum with the derived bar: the rate is the budget's, within chance."""
    slack, blocks, lanes = 0.75, 400.0, 400
    bar = float(threshold_for(np.array([slack]), blocks=blocks)[0])
    random = np.random.default_rng(3)
    value, alarms, steps = np.zeros(lanes), 0, 1500
    for _ in range(steps):
        value = np.maximum(0.0, value + random.normal(size=lanes) - slack)
        alarms += int((value > bar).sum())
        value[value > bar] = 0.0
    # 1,500 alarms expected: three standard errors are 8 %; the approximation adds some 5 %
    assert steps * lanes / alarms == pytest.approx(blocks, rel=0.13)
