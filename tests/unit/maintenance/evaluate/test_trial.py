import numpy as np
import pytest

from twin.maintenance.evaluate.simulated import simulated_fleet
from twin.maintenance.evaluate.trial import Trial, run_trial


@pytest.fixture(scope="module")
def trial() -> Trial:
    """One seed that nothing was tuned on: 70 assets, 130 days of simulated telemetry."""
    return run_trial([211])


def test_failing_coolings_are_found_two_days_ahead(trial) -> None:
    assert trial.found("cooling") >= 0.8
    assert trial.figures()["lead_h_median"] >= 48.0


def test_false_alarms_keep_the_budget(trial) -> None:
    assert trial.figures()["false_alarms_asset_month"] <= 0.1


def test_stuck_sensors_are_found_within_six_hours(trial) -> None:
    assert trial.figures()["stuck_h"] <= 6.0


@pytest.mark.parametrize(("group", "least"), [("cooling", 0.7), ("contact", 0.7), ("drift", 0.7), ("stuck", 1.0)])
def test_the_proposed_cause_is_mostly_the_true_one(trial, group, least) -> None:
    # 4 to 16 faults of a kind in one seed: over many, nine of ten are named right
    assert trial.named(group) >= least


def test_a_fault_that_is_not_found_counts_against_the_lead(trial) -> None:
    missed = Trial(tuple(type(each)(each.seed, each.group, each.fault, None) for each in trial.outcomes), 0, 1.0)
    assert missed.figures()["lead_h_median"] == -14 * 24.0
    assert missed.figures()["stuck_h"] is None


def test_the_same_seed_gives_the_same_telemetry() -> None:
    one, other = (simulated_fleet(seed=9, assets=2, days=3, start_s=1_672_531_200).telemetry for _ in range(2))
    assert np.array_equal(one.top_oil_c, other.top_oil_c, equal_nan=True)
