"""Every forecast of a rehearsal by origin: names, bands, the champion, and how it takes a level shift."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.backtest.record import CHAMPION, DAY_AHEAD, record_of
from forecasts.experts.registry import experts_for
from forecasts.quantiles import LEVELS, pinball
from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import rehearse

HORIZON = 192
MIDDLE = LEVELS.index(0.5)
NAMES = ("last_week", "day_type", "ridge")


def run(town, first, last, *, warm=30, issue_every=96, names=NAMES, outsiders=frozenset()):
    plan = Plan(
        train_days=60, refit_days=7, issue_every=issue_every, horizon=HORIZON, warm_from=towns.midnight(town, first - warm),
        scored_from=towns.midnight(town, first), end=towns.midnight(town, last), experts=names,
    )  # fmt: skip
    return record_of(rehearse(town, plan, experts_for("load", names), seed=1), outsiders=outsiders)


@pytest.fixture(scope="module")
def town():
    return towns.series("2015-11-10", 100, heated=True)


@pytest.fixture(scope="module")
def record(town):
    """Six weeks before, and three of the cold spell."""
    return run(town, 68, 90)


def inside(record, name=CHAMPION, where=None):
    chosen = record.scored if where is None else where
    truth, band = record.truth()[chosen], record.forecast(name)[chosen]
    known = np.isfinite(truth)
    return np.mean(((truth >= band[..., 0]) & (truth <= band[..., -1]))[known])


def loss(record, name):
    return pinball(record.truth()[record.scored].ravel(), record.forecast(name)[record.scored].reshape(-1, len(LEVELS)))


def test_every_expert_is_there_as_it_spoke_and_with_its_band(record):
    assert record.names == (
        CHAMPION, "last_week", "last_week_band", "day_type", "day_type_band", "ridge", "ridge_band",
    )  # fmt: skip
    assert record.members == NAMES
    for name in record.names:
        assert record.forecast(name).shape == (len(record.origin), HORIZON, len(LEVELS))


def test_a_floor_is_a_point_and_its_band_is_one(record):
    assert np.ptp(record.forecast("last_week"), axis=-1).max() == 0.0
    assert (np.diff(record.forecast("last_week_band")[10:], axis=-1) >= 0.0).all()
    assert np.ptp(record.forecast("last_week_band")[10:], axis=-1).min() > 0.0


def test_truth_is_what_was_measured_after_each_origin(town, record):
    row = record.origin[7]
    assert np.array_equal(record.truth(slice(7, 8))[0], town.values[row : row + HORIZON])


def test_truth_beyond_the_end_is_unknown(town):
    last = run(town, 97, 100, warm=5).truth()
    assert np.isnan(last[-1, 96:]).all()
    assert np.isfinite(last[-1, :96]).all()


def test_warm_up_origins_are_forecast_and_not_scored(town, record):
    assert (record.scored == (record.origin >= towns.midnight(town, 68))).all()
    assert (~record.scored).sum() == 30


def test_weights_start_equal_and_sum_to_one(record):
    assert record.weights[0] == pytest.approx(1.0 / 3.0)
    assert record.weights.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_on_ordinary_weeks_the_champion_is_as_good_as_every_member_within_two_percent(town):
    ordinary = run(town, 45, 68, warm=25)
    assert loss(ordinary, CHAMPION) <= 1.02 * min(loss(ordinary, f"{name}_band") for name in NAMES)


def test_in_the_cold_spell_the_champion_follows_the_best_member_within_five_percent(record):
    # Until then the day type was as good as the ridge, and three weeks are little to find out.
    assert loss(record, CHAMPION) <= 1.05 * min(loss(record, f"{name}_band") for name in NAMES)


def test_the_champion_beats_last_week(record):
    assert loss(record, CHAMPION) < 0.55 * loss(record, "last_week")  # the aim over measured series


def test_the_band_covers_nine_in_ten(record):
    # Three weeks of overlapping days with a memory of six hours: some eighty independent values, three errors of 3.4 %.
    assert inside(record) == pytest.approx(0.9, abs=0.1)


def test_an_outsider_is_scored_and_never_weighed(town, record):
    apart = run(town, 68, 75, outsiders=frozenset({"last_week"}))
    assert "last_week" in apart.names
    assert "last_week_band" not in apart.names
    assert apart.members == ("day_type", "ridge")
    assert apart.forecast("last_week")[0].tobytes() == record.forecast("last_week")[0].tobytes()


def test_an_unknown_name_is_an_error(record):
    with pytest.raises(KeyError):
        record.forecast("augur")
    with pytest.raises(KeyError):
        record.forecast("augur_band")


def test_origins_between_midnights_are_corrected_and_the_day_ahead_path_is_kept(town):
    hourly = run(town, 80, 90, warm=40, issue_every=4, names=("day_type", "ridge"))
    assert DAY_AHEAD in hourly.names
    truth = hourly.truth()[hourly.scored]
    ratio = [
        np.nanmean(np.abs(hourly.forecast(CHAMPION)[hourly.scored][:, step, MIDDLE] - truth[:, step]))
        / np.nanmean(np.abs(hourly.forecast(DAY_AHEAD)[hourly.scored][:, step, MIDDLE] - truth[:, step]))
        for step in (0, 3, 24, 95, 191)
    ]
    assert ratio[0] <= 0.5  # at 15 min
    assert ratio[1] <= 0.8  # at an hour
    assert max(ratio) <= 1.05  # never worse, but for the chance of ten days: some forty independent values
    assert inside(hourly) > 0.8


def test_tomorrow_noon_is_forecast_by_the_day_ahead_path_alone(town):
    hourly = run(town, 80, 82, warm=40, issue_every=32, names=("day_type", "ridge"))
    assert hourly.forecast(CHAMPION)[:, 150:] == pytest.approx(hourly.forecast(DAY_AHEAD)[:, 150:])


def test_a_record_of_midnights_has_no_second_name_for_its_path(record):
    assert DAY_AHEAD not in record.names


@pytest.mark.parametrize("first_day", ["2015-06-01", "2015-07-01", "2015-08-01"])
def test_in_the_fortnight_after_a_level_shift_of_a_third_the_band_covers_85_in_100(first_day):
    shift = 80

    def lower(labels, values):
        return np.where(np.arange(len(values)) >= shift * 96, 0.7 * values, values)

    town = towns.series(first_day, shift + 17, edit=lower)
    record = run(town, shift, shift + 14, warm=40, names=("day_type", "ridge"))
    assert len(record.origin[record.scored]) == 14
    covered = inside(record)
    assert covered >= 0.85, covered
