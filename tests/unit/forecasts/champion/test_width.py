"""Whether the band held lately: a factor that makes it hold."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.champion.width import stretch, stretched
from forecasts.quantiles import LEVELS, NORMAL

MIDDLE = LEVELS.index(0.5)
USUAL = {"half_life": 6.0, "strength": 1.0}


def issues(count, *, error, band=1.0, seed=1):
    """(truth, quantiles) of days whose errors and bands have these standard deviations [MW]."""
    rng = np.random.default_rng(seed)
    scale = np.broadcast_to(error, (count,))[:, None]
    truth = 10.0 + scale * rng.standard_normal((count, 96))
    return truth, np.broadcast_to(10.0 + band * NORMAL, (count, 96, len(LEVELS)))


def test_a_band_that_holds_is_left_alone():
    # 20 issues: the level is raised by a fortieth of .9, which asks for 1.05 to 1.10 times the normal's width.
    assert stretch(*issues(20, error=1.0), **USUAL) == pytest.approx(1.07, abs=0.06)


@pytest.mark.parametrize("error", [0.7, 1.5, 3.0])
def test_errors_that_grew_stretch_the_band_as_much(error):
    factor = stretch(*issues(20, error=error), **USUAL)
    assert factor / stretch(*issues(20, error=1.0), **USUAL) == pytest.approx(error, rel=0.02)


def test_a_stretched_band_covers_nine_in_ten_of_what_it_was_stretched_for():
    truth, band = issues(20, error=2.0)
    wide = stretched(band, stretch(truth, band, **USUAL))
    # Ninety percent and the surplus for few issues: .9 x (1 + .5 / 20) = .9225.
    assert np.mean((truth >= wide[..., 0]) & (truth <= wide[..., -1])) == pytest.approx(0.9225, abs=0.02)


def test_the_last_issues_count_more_than_those_before():
    calm_then_wild = np.where(np.arange(20) < 14, 1.0, 3.0)
    assert stretch(*issues(20, error=calm_then_wild), **USUAL) > 1.3 * stretch(*issues(20, error=calm_then_wild[::-1]), **USUAL)


def test_strength_is_the_share_of_the_correction_on_a_logarithmic_scale():
    case = issues(20, error=2.0)
    whole, half, none = (stretch(*case, half_life=6.0, strength=s) for s in (1.0, 0.5, 0.0))
    assert half == pytest.approx(np.sqrt(whole))
    assert none == 1.0


def test_four_issues_are_too_few_to_judge():
    assert stretch(*issues(4, error=3.0), **USUAL) == 1.0


def test_the_factor_has_limits():
    assert stretch(*issues(20, error=100.0), **USUAL) == 9.0
    assert stretch(*issues(20, error=0.01), **USUAL) == 0.5


def test_unknown_truth_and_nights_without_band_do_not_count():
    truth, band = issues(20, error=2.0)
    night = np.arange(96) < 40
    dark, flat = truth.copy(), np.array(band)
    dark[:, night], flat[:, night] = 0.0, 0.0
    unknown = np.where(night, np.nan, truth)
    assert stretch(dark, flat, **USUAL) == stretch(unknown, np.array(band), **USUAL)


def test_nothing_known_at_all_leaves_the_band():
    truth, band = issues(20, error=2.0)
    assert stretch(truth * np.nan, band, **USUAL) == 1.0


def test_stretching_moves_every_level_and_leaves_the_median():
    wide = stretched(5.0 + NORMAL, 2.0)
    assert wide == pytest.approx(5.0 + 2.0 * NORMAL)
    assert wide[MIDDLE] == 5.0
