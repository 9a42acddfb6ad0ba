"""Paths: quantiles kept at every step, errors that hang together over hours and series, few that stand for many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from forecasts.futures.dependence import Dependence
from forecasts.futures.marginals import pit, values_at
from forecasts.futures.paths import reduce_paths, sample_joint_paths, sample_paths
from forecasts.quantiles import LEVELS, NORMAL, error_quantiles
from twin.domain.pack import pack, unpack

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
STEPS = 192
MEAN = 30.0 + 10.0 * np.sin(np.arange(STEPS) / 96 * 2 * np.pi)
SPREAD = 1.0 + np.arange(STEPS) / STEPS
QUANTILES = MEAN[:, None] + SPREAD[:, None] * NORMAL


def red_noise(rng, issues, memory=0.97, steps=STEPS):
    """A stationary first-order autoregression of variance one, dims (issue, step)."""
    shocks = rng.standard_normal((issues, steps)) * np.sqrt(1.0 - memory**2)
    shocks[:, 0] /= np.sqrt(1.0 - memory**2)
    noise = shocks.copy()
    for step in range(1, steps):
        noise[:, step] = memory * noise[:, step - 1] + shocks[:, step]
    return noise


def learnt(rng, issues=60):
    history = MEAN + SPREAD * red_noise(rng, issues)
    return Dependence.fit(pit(history, np.broadcast_to(QUANTILES, (issues, STEPS, len(LEVELS)))), step_s=900)


def variogram_score(paths, truth):
    """M. Scheuerer, T. Hamill, Monthly Weather Review 143 (2015), order 0.5, unweighted, every fourth step."""
    p, x = paths[:, ::4], truth[::4]
    expected = (np.abs(p[:, :, None] - p[:, None, :]) ** 0.5).mean(axis=0)
    return np.mean((expected - np.abs(x[:, None] - x[None]) ** 0.5) ** 2)


def test_truth_at_a_quantile_has_that_rank():
    truth = QUANTILES[:, 3]
    assert pit(truth, QUANTILES) == pytest.approx(np.full(STEPS, LEVELS[3]), abs=1e-6)


def test_ranks_of_a_calibrated_forecast_are_uniform():
    rng = np.random.default_rng(1)
    rank = pit(MEAN + SPREAD * rng.standard_normal((400, STEPS)), np.broadcast_to(QUANTILES, (400, STEPS, len(LEVELS))))
    for level in (0.01, 0.05, 0.25, 0.5, 0.9, 0.99):
        # 76,800 draws: the standard error is 0.002 at most
        assert np.mean(rank < level) == pytest.approx(level, abs=0.006)


def test_truth_where_several_quantiles_agree_lies_in_the_middle_of_their_levels():
    dusk = np.array([0.0, 0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    assert pit(np.array([0.0]), dusk[None]) == pytest.approx(0.15)  # zero holds everything up to the .3 quantile


def test_night_without_a_band_teaches_nothing():
    assert np.isnan(pit(np.zeros(1), np.zeros((1, len(LEVELS)))))[0]


def test_unknown_truth_has_no_rank():
    assert np.isnan(pit(np.array([np.nan]), QUANTILES[:1]))[0]


def test_values_at_the_levels_are_the_quantiles_and_the_tail_is_normal():
    scores = np.array([-3.0, *NORMAL, 2.5])
    found = values_at(QUANTILES, scores)
    assert found == pytest.approx(MEAN[:, None] + SPREAD[:, None] * scores, abs=1e-5)  # NORMAL has six decimals


def test_paths_keep_the_quantiles_at_every_step():
    paths = sample_paths(learnt(np.random.default_rng(2)), QUANTILES, 200, seed=5)
    found = np.quantile(paths, LEVELS, axis=0, method="hazen").T
    assert found == pytest.approx(QUANTILES, abs=0.03)  # 200 middles of equal shares, read between two of them


def test_paths_keep_skewed_quantiles_too():
    skewed = MEAN[:, None] + np.exp(NORMAL)
    paths = sample_paths(learnt(np.random.default_rng(2)), skewed, 200, seed=5)
    found = np.quantile(paths, LEVELS, axis=0, method="hazen").T
    assert found == pytest.approx(np.broadcast_to(skewed, found.shape), abs=0.1)


def test_energy_of_a_day_spreads_as_much_as_that_of_the_truth():
    rng = np.random.default_rng(3)
    paths = sample_paths(learnt(rng), QUANTILES, 400, seed=5)
    truth = MEAN + SPREAD * red_noise(rng, 2000)
    spread, expected = paths[:, :96].sum(axis=1).std(), truth[:, :96].sum(axis=1).std()
    assert spread == pytest.approx(expected, rel=0.25)  # the law is learnt from sixty issues; independent steps give 0.17


def test_quarter_hours_change_as_much_as_those_of_the_truth():
    rng = np.random.default_rng(3)
    paths = sample_paths(learnt(rng), QUANTILES, 400, seed=5)
    truth = MEAN + SPREAD * red_noise(rng, 2000)
    assert np.abs(np.diff(paths, axis=1)).mean() == pytest.approx(np.abs(np.diff(truth, axis=1)).mean(), rel=0.1)


def test_variogram_score_is_better_than_that_of_independent_steps():
    rng = np.random.default_rng(4)
    paths = sample_paths(learnt(rng), QUANTILES, 100, seed=5)
    alone = MEAN + SPREAD * rng.standard_normal((100, STEPS))
    truth = MEAN + SPREAD * red_noise(rng, 200)
    ours, independent = (np.mean([variogram_score(p, x) for x in truth]) for p in (paths, alone))
    assert ours < 0.97 * independent


def test_variogram_score_is_better_on_the_measured_load_of_zurich():
    path = DATA / "zurich" / "hourly_ne5_ne7_weather_2015_2021.parquet"
    if not path.exists():
        pytest.skip("../shared/data/zurich absent")
    pd = pytest.importorskip("pandas")
    load = pd.read_parquet(path).filter(like="NE5").iloc[:, 0].to_numpy(dtype=float)
    load = load[: len(load) // 168 * 168].reshape(-1, 168)[:, :48] / 1000.0  # weeks; their first two days, MW
    error = np.diff(load, axis=0)  # last week as forecast
    ours, independent = [], []
    for week in range(150, 220, 3):
        past = error[week - 100 : week]
        band = error_quantiles(past.T)
        fitted = Dependence.fit(pit(past, np.broadcast_to(band, (*past.shape, len(LEVELS)))), step_s=3600)
        alone = np.take_along_axis(
            sample_paths(fitted, band, 100, seed=week), np.random.default_rng(week).random((100, 48)).argsort(axis=0), axis=0
        )
        ours.append(variogram_score(sample_paths(fitted, band, 100, seed=week), error[week]))
        independent.append(variogram_score(alone, error[week]))
    assert np.mean(ours) < 0.9 * np.mean(independent)


def test_no_path_leaves_its_bounds():
    ceiling = MEAN + 0.5
    paths = sample_paths(
        learnt(np.random.default_rng(2)), QUANTILES, 300, seed=1, floor=25.0, ceiling=np.maximum(ceiling, 25.0)
    )
    assert paths.min() >= 25.0
    assert (paths <= np.maximum(ceiling, 25.0)).all()


def test_a_step_without_forecast_is_unknown_in_every_path_and_no_other_step_is():
    quantiles = QUANTILES.copy()
    quantiles[7] = np.nan
    paths = sample_paths(learnt(np.random.default_rng(2)), quantiles, 50, seed=1)
    assert np.isnan(paths[:, 7]).all()
    assert np.isfinite(np.delete(paths, 7, axis=1)).all()


def test_the_same_seed_draws_the_same_paths_and_another_one_others():
    fitted = learnt(np.random.default_rng(2))
    first, again, other = (sample_paths(fitted, QUANTILES, 20, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_before_any_issue_errors_forget_within_hours():
    unknown = Dependence.fit(np.empty((0, STEPS)), step_s=900)
    whole = unknown.factor[0] @ unknown.factor[0].T
    assert whole[0, 4] > 0.8  # an hour
    assert 0.05 < whole[0, 96] < 0.3  # a day


def test_few_issues_do_not_make_a_wild_correlation():
    rng = np.random.default_rng(6)
    true = 0.97 ** np.abs(np.subtract.outer(np.arange(STEPS), np.arange(STEPS)))
    fitted = learnt(rng, issues=4)
    assert np.abs(fitted.factor[0] @ fitted.factor[0].T - true).mean() < 0.15


def test_a_gap_in_the_history_changes_the_paths_little():
    rng = np.random.default_rng(7)
    history = MEAN + SPREAD * red_noise(rng, 200)
    rank = pit(history, np.broadcast_to(QUANTILES, (200, STEPS, len(LEVELS))))
    holed = np.where(rng.random(rank.shape) < 0.15, np.nan, rank)
    whole, gappy = (Dependence.fit(r, step_s=900).factor[0] for r in (rank, holed))
    assert np.abs(whole @ whole.T - gappy @ gappy.T).mean() < 0.05


def test_kept_dependence_draws_the_same_paths():
    fitted = learnt(np.random.default_rng(2))
    _, arrays = unpack(pack({}, fitted.to_arrays()))
    again = Dependence.from_arrays(arrays)
    assert np.array_equal(sample_paths(fitted, QUANTILES, 20, seed=1), sample_paths(again, QUANTILES, 20, seed=1))


def test_more_steps_than_learnt_are_refused():
    with pytest.raises(ValueError, match=r"steps 0\.\.192 asked of a dependence over 96"):
        sample_paths(Dependence.fit(np.empty((0, 96)), step_s=900), QUANTILES, 10, seed=1)


def test_errors_that_rest_at_night_and_turn_at_breakfast_do_so_in_paths():
    rng = np.random.default_rng(10)
    pace = np.where(np.arange(STEPS) % 96 < 48, 0.01, 0.2)  # share that a quarter hour renews: nearly none before noon
    errors = red_noise(rng, 120, memory=0.0)
    for step in range(1, STEPS):
        errors[:, step] = np.sqrt(1 - pace[step]) * errors[:, step - 1] + np.sqrt(pace[step]) * errors[:, step]
    fitted = Dependence.fit(pit(errors, np.broadcast_to(NORMAL, (120, STEPS, len(LEVELS)))), step_s=900)
    paths = sample_paths(fitted, np.broadcast_to(NORMAL, (STEPS, len(LEVELS))), 200, seed=1)
    change, expected = (np.abs(np.diff(p, axis=1))[:, :95] for p in (paths, errors))
    calm, lively = slice(0, 47), slice(48, 95)
    assert change[:, lively].mean() == pytest.approx(expected[:, lively].mean(), rel=0.15)
    # The truth rests five times as calmly; the clock is held a little towards an even one, for which the halves are equal.
    assert change[:, calm].mean() < 0.33 * change[:, lively].mean()


def test_the_rest_of_a_day_hangs_together_as_it_does_from_midnight_on():
    fitted = learnt(np.random.default_rng(2))
    whole = fitted.factor[0] @ fitted.factor[0].T
    late = fitted.scores(4000, steps=100, seed=1, first=60)[0]
    assert np.abs(np.corrcoef(late.T) - whole[60:160, 60:160]).max() < 0.08  # five standard errors of 4,000 draws


def test_load_and_sun_of_one_path_belong_to_the_same_world():
    rng = np.random.default_rng(8)
    common = red_noise(rng, 120)
    errors = np.stack([common, -0.8 * common + 0.6 * red_noise(rng, 120)], axis=1)  # less sun, more load
    history = MEAN + SPREAD * errors
    both = np.broadcast_to(QUANTILES, (120, 2, STEPS, len(LEVELS)))
    fitted = Dependence.fit(pit(history, both), step_s=900)
    paths = sample_joint_paths(fitted, np.stack([QUANTILES, QUANTILES]), 300, seed=1)
    energy = paths[:, :, :96].sum(axis=2)
    assert np.corrcoef(energy[:, 0], energy[:, 1])[0, 1] == pytest.approx(-0.8, abs=0.1)  # 300 paths, 120 issues


def test_unrelated_series_stay_unrelated():
    rng = np.random.default_rng(9)
    errors = np.stack([red_noise(rng, 120), red_noise(rng, 120)], axis=1)
    both = np.broadcast_to(QUANTILES, (120, 2, STEPS, len(LEVELS)))
    fitted = Dependence.fit(pit(MEAN + SPREAD * errors, both), step_s=900)
    energy = sample_joint_paths(fitted, np.stack([QUANTILES, QUANTILES]), 300, seed=1)[:, :, :96].sum(axis=2)
    assert abs(np.corrcoef(energy[:, 0], energy[:, 1])[0, 1]) < 0.25


def test_ten_paths_of_a_hundred_carry_all_the_probability():
    paths = sample_paths(learnt(np.random.default_rng(2)), QUANTILES, 100, seed=1)
    kept, probability = reduce_paths(paths, 10)
    assert kept.shape == (10, STEPS)
    assert probability.sum() == pytest.approx(1.0, abs=1e-12)
    assert (probability > 0.0).all()
    assert all((kept[i] == paths).all(axis=1).any() for i in range(10))


def test_reduction_keeps_one_path_of_each_bundle_with_its_weight():
    rng = np.random.default_rng(1)
    bundles = np.concatenate([level + 0.01 * rng.standard_normal((count, 8)) for level, count in ((0, 60), (10, 30), (30, 10))])
    kept, probability = reduce_paths(bundles, 3)
    assert kept[:, 0] == pytest.approx([0.0, 10.0, 30.0], abs=0.1)
    assert probability == pytest.approx([0.6, 0.3, 0.1])


def test_reduced_paths_stand_nearer_to_all_than_the_first_ten():
    paths = sample_paths(learnt(np.random.default_rng(2)), QUANTILES, 100, seed=1)
    kept, _ = reduce_paths(paths, 10)

    def left_out(few):
        return np.linalg.norm(paths[:, None] - few[None], axis=2).min(axis=1).mean()

    assert left_out(kept) < 0.95 * left_out(paths[:10])


def test_more_paths_asked_than_there_are_keeps_them_all():
    paths = np.arange(6.0).reshape(3, 2)
    kept, probability = reduce_paths(paths, 10)
    assert np.array_equal(kept, paths)
    assert probability == pytest.approx(np.full(3, 1 / 3))
