import numpy as np
import pytest

from forecasts.report.errors import autocorrelation, by_hour, by_lead
from forecasts.report.scored import Scored


def test_errors_are_averaged_over_the_hour_of_the_local_clock(series, record):
    # 2019-07-21T22:00 UTC is local midnight in summer; the error of 3 MW sits in the forecast's fifth hour.
    offset = np.where(np.arange(24) == 5, 3.0, 1.0)
    made = record(series(np.full(24 * 6, 10.0)), horizon=24, every=24, first=24, offsets={"champion": offset})
    found = by_hour(Scored(made), "champion")
    assert found == pytest.approx(offset)


def test_hours_follow_the_clock_over_its_change(series, record):
    # 2019-10-25T22:00 UTC, local midnight; the clocks go back on the 27th, and rows after it are an hour earlier locally.
    rows = np.arange(24 * 4)
    values = series(np.full(24 * 4, 10.0), start="2019-10-25T22:00")
    wall = (
        values.place.calendar.wall_clock(values.start_s * 10**9 + rows * 3_600 * 10**9).astype("datetime64[h]").astype(int) % 24
    )
    made = record(values, horizon=24 * 4, every=24, first=0, offsets={"champion": wall.astype(float)})
    assert by_hour(Scored(made), "champion") == pytest.approx(np.arange(24.0))


def test_errors_are_averaged_over_whole_hours_ahead(series, record):
    values = series(np.full(96 * 3, 10.0), step_s=900)
    offset = np.arange(8) / 4.0
    made = record(values, horizon=8, every=96, first=96, offsets={"champion": offset})
    lead_h, mae = by_lead(Scored(made), "champion")
    assert lead_h.tolist() == [0, 1]
    assert mae == pytest.approx([0.375, 1.375])


def test_warm_up_origins_are_not_shown(series, record):
    made = record(series(np.full(24 * 6, 10.0)), horizon=24, every=24, first=24, offsets={"champion": 1.0}, warm=3)
    assert Scored(made).origins == 2


def test_the_newest_forecast_of_a_row_stands_for_it(series, record):
    made = record(series(np.full(24 * 4, 10.0)), horizon=48, every=24, first=24, offsets={"champion": 0.0})
    scored = Scored(made)
    rows, found = scored.newest(np.array([np.full(48, 1.0), np.full(48, 2.0)]))
    assert rows.tolist() == list(range(24, 96))
    assert found.tolist() == [1.0] * 24 + [2.0] * 48


def test_a_sine_correlates_with_itself_a_period_later():
    values = np.sin(2 * np.pi * np.arange(240) / 24)
    found = autocorrelation(values, 24)
    assert found[0] == pytest.approx(1.0)
    assert found[12] == pytest.approx(-1.0)
    assert found[24] == pytest.approx(1.0)


def test_missing_errors_leave_the_correlation_of_the_others():
    values = np.sin(2 * np.pi * np.arange(2400) / 24)
    values[::7] = np.nan
    assert autocorrelation(values, 24)[24] == pytest.approx(1.0, abs=0.01)  # a seventh of the sine is not sampled


def test_a_forecast_without_error_has_no_correlation():
    assert np.isnan(autocorrelation(np.zeros(10), 3)).all()


def test_of_very_many_origins_some_of_every_time_of_day_are_shown(series, record):
    values = series(np.full(96 * 50, 10.0), step_s=900)
    made = record(values, horizon=1, every=1, first=0, offsets={"champion": 0.0})
    scored = Scored(made)
    assert scored.origins <= 2000
    assert len(np.unique(scored.rows % 96)) == 96


def test_origins_whose_horizons_overlap_are_counted(series, record):
    made = record(series(np.full(24 * 6, 10.0)), horizon=48, every=12, first=24, offsets={"champion": 0.0})
    assert Scored(made).overlapping == 4
