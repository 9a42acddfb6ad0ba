"""Weights of experts: the regret bounds of the theory, losses that say nothing, experts that say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.champion.weights import blended, equal_weights, pinball_of, updated
from forecasts.quantiles import LEVELS

EXPERTS, DAYS = 5, 400
ETA, SHARE = 0.5, 0.01


def day_of(losses):
    """One loss per expert as the losses of a day with one part, all levels alike."""
    return np.repeat(np.asarray(losses, dtype=float)[:, None, None], len(LEVELS), axis=2)


def played(draw, *, share):
    """(loss of the weighted mean, losses of the experts), relative to the experts' mean, dims (day,) and (day, expert).

    Args:
        draw: (day, weights before it) -> losses.
    """
    weights, ours, theirs = equal_weights(EXPERTS, 1), [], []
    for day in range(DAYS):
        before = weights[:, 0, 0]
        losses = draw(day, before)
        theirs.append(losses / losses.mean())
        ours.append(before @ theirs[-1])
        weights = updated(weights, day_of(losses), eta=ETA, share=share)
    return np.array(ours), np.array(theirs)


def bound(theirs, *, switches, share):
    """Most regret against the best sequence of experts with that many switches, for losses in a range ``R``.

    Source: N. Cesa-Bianchi, G. Lugosi, Prediction, Learning, and Games (2006), theorem 2.2 without a share, theorem 5.2 with
    one; both for losses in [0, 1], so the last term grows with R squared (lemma 2.2, Hoeffding).
    """
    days, experts = theirs.shape
    reach = float(np.ptp(theirs, axis=1).max())
    found = (switches + 1) * np.log(experts) / ETA + ETA * days * reach**2 / 8.0
    if share:
        found += (switches * np.log(1.0 / share) + (days - switches - 1) * np.log(1.0 / (1.0 - share))) / ETA
    return found


def malicious(_day, weights):
    """Whoever is trusted most errs most: the case that the theory is about."""
    return 0.5 + 0.5 * weights.argsort().argsort() / (EXPERTS - 1)


def one_is_better(day, _weights):
    noise = np.random.default_rng(day).uniform(0.0, 0.3, EXPERTS)
    return np.where(np.arange(EXPERTS) == 3, 0.5, 1.0) + noise


def changing_best(day, _weights):
    noise = np.random.default_rng(day).uniform(0.0, 0.3, EXPERTS)
    return np.where(np.arange(EXPERTS) == day * 4 // DAYS, 0.5, 1.0) + noise


@pytest.mark.parametrize("draw", [malicious, one_is_better, changing_best])
def test_regret_against_the_best_expert_stays_below_the_theorems_bound(draw):
    ours, theirs = played(draw, share=0.0)
    regret = ours.sum() - theirs.sum(axis=0).min()
    assert regret <= bound(theirs, switches=0, share=0.0)


@pytest.mark.parametrize("draw", [malicious, one_is_better, changing_best])
def test_regret_with_a_share_stays_below_its_bound_for_any_single_expert(draw):
    ours, theirs = played(draw, share=SHARE)
    regret = ours.sum() - theirs.sum(axis=0).min()
    assert regret <= bound(theirs, switches=0, share=SHARE)


def test_regret_against_an_expert_that_changes_three_times_stays_below_the_bound_of_the_fixed_share():
    ours, theirs = played(changing_best, share=SHARE)
    best = theirs[np.arange(DAYS), np.arange(DAYS) * 4 // DAYS]
    regret, most = ours.sum() - best.sum(), bound(theirs, switches=3, share=SHARE)
    assert regret <= most
    assert theirs.mean(axis=1).sum() - best.sum() > most  # equal weights would break it


def test_a_mean_of_quantiles_loses_no_more_than_its_experts_on_average():
    rng = np.random.default_rng(4)
    weights = rng.dirichlet(np.ones(3), size=(2, len(LEVELS))).transpose(2, 0, 1)
    quantiles = np.sort(rng.normal(size=(3, 96, len(LEVELS))), axis=-1)
    truth = rng.normal(size=96)
    by_slot = weights[:, np.arange(96) * 2 // 96]
    alone = (by_slot * np.stack([pinball_of(truth, q) for q in quantiles])).sum(axis=0)
    # Convexity of the loss (Jensen) holds for every level; sorting helps the mean over levels.
    assert pinball_of(truth, blended(weights, quantiles)).mean() <= alone.mean() + 1e-12


def test_pinball_of_a_quantile_weighs_misses_by_its_level():
    loss = pinball_of(np.array([10.0, np.nan]), np.full((2, len(LEVELS)), 8.0))
    assert loss[0] == pytest.approx(2.0 * np.array(LEVELS))
    assert pinball_of(np.array([8.0]), np.full((1, len(LEVELS)), 10.0))[0] == pytest.approx(2.0 * (1.0 - np.array(LEVELS)))
    assert np.isnan(loss[1]).all()


def test_weights_start_equal():
    assert (equal_weights(4, 3) == 0.25).all()
    assert equal_weights(4, 3).shape == (4, 3, len(LEVELS))


def test_weights_of_a_level_sum_to_one():
    weights = updated(equal_weights(3, 1), day_of([1.0, 2.0, np.nan]), eta=ETA, share=SHARE)
    assert weights.sum(axis=0) == pytest.approx(1.0)


def test_an_expert_that_was_silent_keeps_its_weight_while_the_others_were_alike():
    before = np.array([0.6, 0.3, 0.1])
    after = updated(day_of(before), day_of([np.nan, 2.0, 2.0]), eta=ETA, share=0.0)[:, 0, 0]
    assert after == pytest.approx(before)


def test_an_expert_that_was_silent_ends_between_those_that_were_better_and_worse():
    after = updated(equal_weights(3, 1), day_of([np.nan, 1.0, 3.0]), eta=ETA, share=0.0)[:, 0, 0]
    assert after[2] < after[0] < after[1]


def test_a_day_without_truth_teaches_nothing():
    before = np.array([0.6, 0.3, 0.1])
    after = updated(day_of(before), day_of([np.nan] * 3), eta=ETA, share=0.0)[:, 0, 0]
    assert after == pytest.approx(before)


def test_the_unit_of_the_series_does_not_matter():
    losses = np.random.default_rng(2).uniform(0.5, 1.5, (3, 1, len(LEVELS)))
    in_mw = updated(equal_weights(3, 1), losses, eta=ETA, share=SHARE)
    in_w = updated(equal_weights(3, 1), 1e6 * losses, eta=ETA, share=SHARE)
    assert in_mw == pytest.approx(in_w)


def test_one_terrible_day_leaves_a_twentieth_of_the_weight():
    losses = day_of([1.0, *[1.0] * 18, 1e9])
    after = updated(equal_weights(20, 1), losses, eta=4.0, share=0.0)[:, 0, 0]
    assert after[-1] / after[0] == pytest.approx(np.exp(-3.0))


def test_an_expert_that_was_bad_for_a_year_leads_again_within_three_weeks():
    weights = equal_weights(3, 1)
    for _ in range(365):
        weights = updated(weights, day_of([1.0, 1.0, 2.0]), eta=ETA, share=SHARE)
    for _ in range(21):
        weights = updated(weights, day_of([2.0, 2.0, 1.0]), eta=ETA, share=SHARE)
    assert weights[2, 0, 0] > 0.5


def test_a_silent_expert_is_left_out_of_the_mean_and_the_others_share_its_weight():
    quantiles = np.stack([np.full((4, len(LEVELS)), v) for v in (np.nan, 2.0, 6.0)])
    weights = np.broadcast_to(np.array([0.6, 0.3, 0.1])[:, None, None], (3, 1, len(LEVELS)))
    assert blended(weights, quantiles) == pytest.approx((0.3 * 2.0 + 0.1 * 6.0) / 0.4)


def test_where_nobody_speaks_there_is_no_forecast():
    assert np.isnan(blended(equal_weights(2, 1), np.full((2, 4, len(LEVELS)), np.nan))).all()


def test_a_mean_is_ascending_though_every_level_has_its_own_weights():
    weights = np.zeros((2, 1, len(LEVELS)))
    weights[0, :, ::2], weights[1, :, 1::2] = 1.0, 1.0
    quantiles = np.stack([np.tile(np.arange(11.0), (4, 1)), np.tile(np.arange(11.0) - 5.0, (4, 1))])
    assert (np.diff(blended(weights, quantiles), axis=-1) >= 0.0).all()


def test_each_part_of_the_day_reads_its_own_weights():
    weights = np.zeros((2, 2, len(LEVELS)))
    weights[0, 0], weights[1, 1] = 1.0, 1.0
    quantiles = np.stack([np.full((96, len(LEVELS)), 1.0), np.full((96, len(LEVELS)), 2.0)])
    mixed = blended(weights, quantiles)
    assert (mixed[:48] == 1.0).all()
    assert (mixed[48:] == 2.0).all()
