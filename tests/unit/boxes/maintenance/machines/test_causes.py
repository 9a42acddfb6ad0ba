import numpy as np
import pytest

from twin.boxes.maintenance.machines.causes import propose

ALL, TWO = np.ones(7, dtype=bool), np.arange(7) < 2
"""Every feature, and vibration and temperature alone."""


def test_the_size_of_a_fault_does_not_change_its_name() -> None:
    pattern = np.array([2.0, 3.0, 4.0, 6.0, 7.0, 0.0, 0.0])
    small, large = propose(pattern, ALL), propose(10.0 * pattern, ALL)
    assert small.cause == large.cause == "bearing"
    assert small.confidence == pytest.approx(large.confidence, rel=1e-12)


def test_fewer_features_make_a_cause_less_sure() -> None:
    pattern = np.array([2.0, 3.0, 4.0, 6.0, 7.0, 0.0, 0.0])
    assert propose(pattern, TWO).confidence < propose(pattern, ALL).confidence


def test_vibration_alone_is_mechanical_and_no_more() -> None:
    assert propose(np.array([6.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]), TWO).cause == "mechanical"


def test_the_feature_that_deviates_most_is_named() -> None:
    told = propose(np.array([1.0, 8.0, 0.0, 0.0, 0.0, 0.0, 0.0]), TWO)
    assert (told.feature, told.sigma) == ("bearing_c", 8.0)
