"""Whether an answer can be a forecast at all."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.past import Past
from forecasts.rehearsal.sane import gate, too_good

RNG = np.random.default_rng(1)


def past(values=None):
    return Past("load", 0, 900, np.linspace(10.0, 20.0, 960) if values is None else values, {}, towns.Place("UTC"))


@pytest.mark.parametrize("value", [np.inf, -np.inf, 31.0, -1.0, 1e9])
def test_an_answer_out_of_reach_is_no_forecast_and_the_limit_is_told(value):
    path = np.full(192, 15.0)
    path[7] = value
    found, why = gate(path, past())
    assert np.isnan(found).all()
    assert "out of reach" in why
    assert "0 .. 30 MW" in why


@pytest.mark.parametrize("value", [29.0, 1.0, 15.0])
def test_an_answer_within_one_span_of_what_was_seen_is_one(value):
    path = np.full(192, value)
    found, why = gate(path, past())
    assert found is path
    assert why == ""


def test_a_path_with_gaps_keeps_the_rest():
    path = np.full(192, 15.0)
    path[:50] = np.nan
    assert gate(path, past()) == (path, "")


def test_an_answer_without_any_value_is_told():
    assert gate(np.full(192, np.nan), past())[1] == "an issue without values"


def test_where_nothing_was_ever_seen_anything_may_be_true():
    path = np.full(192, 1e9)
    assert gate(path, past(np.full(96, np.nan)))[1] == ""


def test_a_flat_past_allows_its_own_value():
    flat = past(np.full(960, 5.0))
    assert gate(np.full(192, 5.0), flat)[1] == ""
    assert "out of reach" in gate(np.full(192, 6.0), flat)[1]


def truth(level=10.0):
    return level + RNG.standard_normal((7, 2, 96))


def as_kept(path):
    """Paths are kept in single precision, dims (issue, depth, slot, level)."""
    return path[..., None].astype(np.float32)


@pytest.mark.parametrize("level", [0.0, 10.0, 5000.0])
def test_a_path_that_repeats_the_truth_is_too_good(level):
    real = truth(level)
    paths = {"honest": as_kept(real + 0.1 * RNG.standard_normal(real.shape)), "knowing": as_kept(real)}
    assert too_good(paths["knowing"], real, paths)
    assert not too_good(paths["honest"], real, paths)


def test_a_path_that_knows_one_of_two_days_is_too_good():
    real = truth()
    half = real + 0.1 * RNG.standard_normal(real.shape)
    half[:, 0] = real[:, 0]
    half[:, 1, :10] = real[:, 1, :10]
    paths = {"honest": as_kept(real + 0.1), "knowing": as_kept(half)}
    assert too_good(paths["knowing"], real, paths)


def test_a_series_that_anybody_can_repeat_makes_nobody_too_good():
    real = np.zeros((7, 2, 96))
    paths = {name: as_kept(real) for name in ("last_week", "yesterday", "ridge")}
    assert not any(too_good(path, real, paths) for path in paths.values())


def test_without_truth_nobody_is_too_good():
    real = truth() * np.nan
    assert not too_good(as_kept(truth()), real, {})
