"""Reconciling what was traced with what was metered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.origin.fitting import fitted

POWER = st.one_of(st.just(0.0), st.floats(1e-6, 100.0))


@st.composite
def cases(draw):
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    taken = np.array(draw(st.lists(POWER, min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)
    drawn = np.array(draw(st.lists(POWER, min_size=rows, max_size=rows)))
    injected = np.array(draw(st.lists(POWER, min_size=columns, max_size=columns)))
    if not drawn.sum() or not injected.sum():
        return taken, np.zeros(rows), np.zeros(columns)
    return taken, drawn, injected * (drawn.sum() / injected.sum())


@given(cases())
def test_the_sums_are_the_metered_ones_whatever_was_traced(case):
    taken, drawn, injected = case
    found = fitted(taken, drawn, injected)
    assert (found >= 0.0).all()
    assert found.sum(axis=1) == pytest.approx(drawn, rel=1e-9, abs=1e-9)
    assert found.sum(axis=0) == pytest.approx(injected, rel=1e-9, abs=1e-9)


@given(cases())
def test_an_allocation_that_agrees_with_its_meters_stays(case):
    taken = case[0]
    assert fitted(taken, taken.sum(axis=1), taken.sum(axis=0)) == pytest.approx(taken, rel=1e-9, abs=1e-9)


@given(cases())
def test_without_a_pattern_everybody_takes_the_same_mix(case):
    _, drawn, injected = case
    found = fitted(np.ones((len(drawn), len(injected))), drawn, injected)
    total = max(float(injected.sum()), 1.0)
    assert found * injected.sum() == pytest.approx(np.outer(drawn, injected), rel=1e-9, abs=1e-9 * total * total)


def test_a_small_disagreement_moves_the_parts_a_little():
    taken = np.array([[4.0, 0.0], [1.0, 5.0]])
    found = fitted(taken, np.array([4.1, 5.9]), np.array([5.05, 4.95]))
    assert found == pytest.approx(taken, abs=0.11)
    assert found[0, 1] < 1e-6  # what no line carries stays with nobody


def test_a_source_that_the_estimate_had_at_nothing_is_shared_over_all_who_lack_something():
    found = fitted(np.array([[2.0, 0.0], [2.0, 0.0]]), np.array([2.0, 2.0]), np.array([3.0, 1.0]))
    assert found == pytest.approx(np.array([[1.5, 0.5], [1.5, 0.5]]))
