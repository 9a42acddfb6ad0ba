"""Scores against published values, against their definitions, and with holes in the truth."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.quantiles import LEVELS
from forecasts.scores import Scorecard, coverage, crps, interval_weights, mae, nmae, pinball, pinball_10_90, rmse, skill

NINE = np.linspace(0.1, 0.9, 9)
EQUAL = np.full(9, 1.0 / 9.0)


# Published: the cases of OpenSTEF 4.7's metric tests (openstef-beam, tests/unit/metrics/test_metrics_probabilistic.py),
# inputs and results as there, its own crps giving the same: 8/9 with equal weights, 0.88 with each level's own interval.
@pytest.mark.parametrize(
    ("truth", "quantiles", "levels", "weights", "published"),
    [
        pytest.param(5.0, [5.0], [0.5], None, 0.0, id="a point that is right"),
        pytest.param(5.0, [3.0], [0.5], None, 2.0, id="a point two below"),
        pytest.param(5.0, NINE * 10.0, NINE, EQUAL, 8.0 / 9.0, id="uniform from 0 to 10, levels of equal weight"),
        pytest.param(5.0, NINE * 10.0, NINE, None, 0.88, id="uniform from 0 to 10, levels weighted by their interval"),
        pytest.param(3.0, [2.0, 4.0], [0.5, 0.5], None, 1.0, id="two points of equal chance"),
    ],
)
def test_crps_is_the_published_value(truth, quantiles, levels, weights, published):
    got = crps(np.array([truth]), np.array([quantiles]), levels, weights=weights)
    assert got == pytest.approx(published, rel=1e-12)


def test_crps_of_many_levels_tends_to_the_closed_form_of_a_uniform_distribution():
    # U(0, w) at its middle: w / 12 (E|X - y| - E|X - X'| / 2 = w/4 - w/6); 999 levels err by about 1e-6 of w.
    levels = np.arange(1, 1000) / 1000.0
    assert crps(np.array([5.0]), 10.0 * levels[None], levels) == pytest.approx(10.0 / 12.0, abs=1e-4)


def test_levels_stand_for_the_whole_interval():
    weights = interval_weights(LEVELS)
    assert weights.sum() == pytest.approx(1.0, rel=1e-12)
    assert weights[[0, 1, 5]] == pytest.approx([0.075, 0.075, 0.1], rel=1e-12)


def test_pinball_weighs_a_miss_by_the_side_it_fell_on():
    low, high = pinball(np.array([10.0]), np.array([[4.0, 12.0]]), [0.1, 0.9])
    assert (low, high) == pytest.approx((0.1 * 6.0, 0.1 * 2.0), rel=1e-12)


def test_pinball_of_a_point_forecast_is_half_its_mean_absolute_error():
    # Over levels that lie symmetrically around one half, q and 1 - q pair up to one half of |e|.
    truth, point = np.array([1.0, 4.0, 9.0]), np.array([2.0, 2.0, 2.0])
    spread = np.repeat(point[:, None], len(LEVELS), axis=1)
    assert pinball_10_90(truth, spread) == pytest.approx(mae(truth, point) / 2.0, rel=1e-12)


def test_the_outer_levels_do_not_enter_pinball_10_90():
    truth = np.array([0.0, 1.0])
    quantiles = np.tile(np.linspace(-1.0, 1.0, len(LEVELS)), (2, 1))
    wild = quantiles.copy()
    wild[:, [0, -1]] = [-1e9, 1e9]
    assert pinball_10_90(truth, wild) == pinball_10_90(truth, quantiles)


def test_the_true_quantiles_are_the_best_forecast():
    rng = np.random.default_rng(7)
    truth = rng.normal(size=20_000)
    right = np.quantile(truth, LEVELS)[None].repeat(len(truth), axis=0)
    for wrong in (right * 0.7, right * 1.4, right + 0.3):
        assert crps(truth, right) < crps(truth, wrong)


def test_mean_errors_of_a_worked_example():
    truth, forecast = np.array([2.0, -4.0, 6.0]), np.array([1.0, -4.0, 9.0])
    assert mae(truth, forecast) == pytest.approx(4.0 / 3.0)
    assert rmse(truth, forecast) == pytest.approx(np.sqrt(10.0 / 3.0))
    assert nmae(truth, forecast) == pytest.approx((4.0 / 3.0) / 4.0)


def test_a_truth_on_the_edge_of_the_band_is_covered():
    truth = np.array([1.0, 2.0, 3.0, 3.1])
    assert coverage(truth, np.full(4, 1.0), np.full(4, 3.0)) == 0.75


def test_skill_is_the_share_of_the_naive_loss_that_is_gone():
    assert skill(0.3, 0.5) == pytest.approx(0.4)
    assert np.isnan(skill(0.3, 0.0))


@pytest.mark.parametrize("score", [mae, rmse, nmae])
def test_a_missing_truth_does_not_count(score):
    truth, forecast = np.array([2.0, np.nan, 6.0]), np.array([1.0, 100.0, 9.0])
    assert score(truth, forecast) == score(truth[[0, 2]], forecast[[0, 2]])


def test_a_missing_truth_does_not_count_in_quantile_scores():
    truth = np.array([2.0, np.nan, 6.0])
    quantiles = np.arange(33.0).reshape(3, 11)
    kept = [0, 2]
    assert crps(truth, quantiles) == crps(truth[kept], quantiles[kept])
    assert coverage(truth, quantiles[:, 0], quantiles[:, -1]) == 0.5


def test_a_score_over_nothing_is_unknown_and_not_zero():
    nothing = np.full(3, np.nan)
    assert np.isnan(mae(nothing, nothing))
    assert np.isnan(crps(nothing, np.zeros((3, 11))))
    assert np.isnan(list(Scorecard.of(nothing[None], np.zeros((1, 3, 11))).figures.values())).all()


def test_a_scorecard_says_what_the_single_scores_say():
    truth, quantiles = history()
    card = Scorecard.of(truth, quantiles)
    assert card.figures == pytest.approx(
        {
            "mae": mae(truth, quantiles[..., 5]),
            "rmse": rmse(truth, quantiles[..., 5]),
            "nmae": nmae(truth, quantiles[..., 5]),
            "pinball_10_90": pinball_10_90(truth, quantiles),
            "crps": crps(truth, quantiles),
            "coverage_90": coverage(truth, quantiles[..., 0], quantiles[..., -1]),
        },
        rel=1e-12,
    )


def test_scorecards_of_slices_add_up_to_that_of_all_origins():
    truth, quantiles = history()
    parts = Scorecard.of(truth[:3], quantiles[:3]) + Scorecard.of(truth[3:], quantiles[3:])
    whole = Scorecard.of(truth, quantiles)
    assert parts.figures == pytest.approx(whole.figures, rel=1e-12)
    assert (parts.cells, parts.origins) == (whole.cells, whole.origins)


def test_an_origin_without_any_truth_is_not_counted():
    truth, quantiles = history()
    truth[4] = np.nan
    assert Scorecard.of(truth, quantiles).origins == len(truth) - 1


def history():
    rng = np.random.default_rng(3)
    truth = rng.normal(5.0, 2.0, (8, 24))
    truth[2, 5:9] = np.nan
    return truth, np.sort(rng.normal(5.0, 2.0, (8, 24, len(LEVELS))), axis=-1)


def test_a_night_that_is_certain_tests_no_band() -> None:
    truth, low, high = np.array([0.0, 0.0, 1.0, 3.0]), np.array([0.0, 0.0, 0.5, 1.0]), np.array([0.0, 0.0, 2.0, 2.0])
    assert coverage(truth, low, high) == 0.5
