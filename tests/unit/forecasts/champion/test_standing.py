"""A play through past issues: nobody is judged on what was not known, and whoever has become better is listened to."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.champion.settings import RANGES, ChampionSettings
from forecasts.champion.standing import play
from forecasts.champion.weights import pinball_of
from forecasts.quantiles import LEVELS

ISSUES, DEPTHS, SLOTS = 90, 2, 24
SETTINGS = ChampionSettings()


def case(seed=0, issues=ISSUES):
    """Truth of days that share a level, and two experts of which ``early`` is good until day 45 and ``late`` from then on."""
    rng = np.random.default_rng(seed)
    sheet = 10.0 + rng.standard_normal((issues + DEPTHS, SLOTS))
    truth = np.stack([sheet[d : d + issues] for d in range(DEPTHS)], axis=1)
    first = np.arange(issues)[:, None, None] < 45
    bad, good = (scale * rng.standard_normal(truth.shape) for scale in (3.0, 0.5))
    paths = {"early": truth + np.where(first, good, bad), "late": truth + np.where(first, bad, good)}
    return truth, {name: path[..., None] for name, path in paths.items()}


def run(truth, paths, low=-np.inf, high=np.inf):
    return play(truth, paths, SETTINGS, 1.0, np.full(truth.shape, low), np.full(truth.shape, high))


def loss(truth, quantiles):
    return pinball_of(truth, quantiles).mean(axis=(1, 2, 3))


def test_weights_before_the_first_issue_are_equal():
    assert (run(*case()).weights[0] == 0.5).all()


def test_tomorrow_is_learnt_a_day_later_than_today():
    weights = run(*case()).weights
    assert (weights[1, :, 0] != 0.5).all()  # today's first issue is in
    assert (weights[1, :, 1] == 0.5).all()  # tomorrow's is not
    assert (weights[2, :, 1] != 0.5).all()


def test_the_best_experts_change_is_followed_within_three_weeks():
    played = run(*case())
    share = played.weights[:, 1].mean(axis=(1, 2, 3))  # of `late`
    assert share[45] < 0.1
    assert share[66] > 0.8


def test_the_champion_loses_little_against_whoever_is_best_at_the_time():
    truth, paths = case()
    played = run(truth, paths)
    alone = {name: loss(truth, run(truth, {name: path}).quantiles) for name, path in paths.items()}
    ours = loss(truth, played.quantiles)
    assert ours[20:45].mean() < 1.05 * alone["early"][20:45].mean()
    assert ours[72:].mean() < 1.05 * alone["late"][72:].mean()
    assert ours[20:].mean() < 0.8 * min(path[20:].mean() for path in alone.values())


def test_what_was_not_known_yet_changes_no_issue():
    truth, paths = case()
    before = run(truth, paths).quantiles
    other = truth.copy()
    other[50:] += 7.0
    other[49, 1] += 7.0  # tomorrow of issue 49 is today of issue 50
    after = run(other, paths).quantiles
    assert after[:51].tobytes() == before[:51].tobytes()
    assert (after[51:] != before[51:]).any(axis=(1, 2, 3)).all()


def test_tomorrows_truth_waits_until_it_is_in():
    truth, paths = case()
    before = run(truth, paths).quantiles
    other = truth.copy()
    other[50, 1] += 7.0
    after = run(other, paths).quantiles
    assert after[:52].tobytes() == before[:52].tobytes()
    assert (after[52:, 1] != before[52:, 1]).any()


def test_a_silent_expert_leaves_the_others_forecast_as_it_is():
    truth, paths = case()
    silent = {**paths, "silent": np.full((*truth.shape, 1), np.nan)}
    found, expected = run(truth, silent).quantiles, run(truth, paths).quantiles
    assert np.isfinite(found).all()
    # The fixed share feeds the silent one too: a third of a percent of the others' distance of up to ten. After the change at
    # day 45 the others' race starts from slightly other weights, and ends alike.
    settled = np.r_[5:45, 75:ISSUES]
    assert np.abs(found - expected)[settled].mean() < 0.02


def test_days_without_truth_leave_weights_and_width_to_the_days_before():
    truth, paths = case()
    gap = truth.copy()
    gap[50:70] = np.nan
    played = run(gap, paths)
    share = played.weights[:, 1].mean(axis=(1, 2, 3))
    assert np.isfinite(played.quantiles).all()
    assert np.ptp(share[54:70]) < 0.2  # only the fixed share moves them


def test_quantiles_ascend_at_every_issue_and_the_band_covers_nine_in_ten():
    truth, paths = case(issues=150)
    quantiles = run(truth, paths).quantiles
    assert (np.diff(quantiles, axis=-1) >= 0.0).all()
    late = slice(75, None)
    inside = (truth[late] >= quantiles[late, ..., 0]) & (truth[late] <= quantiles[late, ..., -1])
    # 75 days of 24 independent slots: a binomial spread of 0.7 %; the width reads twenty issues and moves by about a tenth.
    assert inside.mean() == pytest.approx(0.9, abs=0.04)


def test_a_quantile_expert_that_covers_too_little_leaves_with_a_band_that_holds():
    rng = np.random.default_rng(2)
    truth = rng.standard_normal((120, 1, SLOTS))
    narrow = np.broadcast_to(np.linspace(-0.84, 0.84, len(LEVELS)), (*truth.shape, len(LEVELS)))
    raw = np.mean(np.abs(truth) <= 0.84)
    band = run(truth, {"narrow": narrow}).bands[60:, 0]
    held = np.mean((truth[60:] >= band[..., 0]) & (truth[60:] <= band[..., -1]))
    assert raw == pytest.approx(0.6, abs=0.02)
    assert held == pytest.approx(0.9, abs=0.03)


def test_what_stands_after_the_last_issue_answers_the_next_one_like_a_longer_play():
    truth, paths = case()
    cut = 70
    known = truth[:cut].copy()
    known[cut - 1, 1] = np.nan
    standing = run(known, {name: path[:cut] for name, path in paths.items()}).standing
    free = np.full((DEPTHS, SLOTS), np.inf)
    answer = standing.answer({name: path[cut] for name, path in paths.items()}, -free, free)
    assert answer == pytest.approx(run(truth, paths).quantiles[cut])


def test_no_members_band_leaves_what_is_possible():
    truth, paths = case()
    played = run(truth, paths, low=9.5, high=11.0)
    assert played.bands.min() >= 9.5
    assert played.bands.max() <= 11.0


def test_defaults_lie_within_the_ranges_that_a_site_file_may_state():
    assert all(low <= getattr(SETTINGS, name) <= high for name, (low, high) in RANGES.items())
