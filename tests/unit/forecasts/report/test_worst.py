import numpy as np
import pytest

from forecasts.report.scored import Scored
from forecasts.report.worst import pick_origins, worst_days

SWISS_NATIONAL_DAY = np.datetime64("2019-08-01").astype(int)


def days(count, per_day=24):
    return np.repeat(np.arange(count, dtype=float), per_day)


def test_origins_are_picked_from_both_ends_and_the_middle(series, record):
    made = record(series(np.full(24 * 12, 10.0)), horizon=24, every=24, first=24, offsets={"champion": 0.0})
    for origin in range(len(made.origin)):
        made.given["champion"][origin] += origin  # the error grows with the origin
    found = pick_origins(Scored(made), "champion", best=1, typical=1, worst=2)
    assert [(kind, origin) for kind, origin, _ in found] == [("worst", 10), ("worst", 9), ("typical", 5), ("best", 0)]
    assert [mae for *_, mae in found] == pytest.approx([10.0, 9.0, 5.0, 0.0])


def test_an_origin_without_half_of_its_truth_is_not_judged(series, record):
    values = np.full(24 * 3, 10.0)
    values[24 : 24 + 13] = np.nan
    made = record(series(values), horizon=24, every=24, first=24, offsets={"champion": 1.0})
    assert [origin for _, origin, _ in pick_origins(Scored(made), "champion", best=2, typical=0, worst=0)] == [1]


def test_the_worst_day_comes_first_with_its_errors(series, record):
    made = record(series(np.full(24 * 8, 10.0)), horizon=24, every=24, first=24, offsets={"champion": 1.0, "last_week": -2.0})
    made.given["champion"][3] += 4.0
    worst = worst_days(Scored(made), "champion", "last_week", count=2)[0]
    assert worst.day == np.datetime64("2019-07-26").astype(int)
    assert (worst.mae, worst.naive_mae, worst.bias, worst.steps) == pytest.approx((5.0, 2.0, 5.0, 24))


def test_a_holiday_is_named_and_so_is_the_day_after(series, record):
    made = record(series(np.full(24 * 16, 10.0)), horizon=24, every=24, first=24, offsets={"champion": 1.0, "last_week": 1.0})
    notes = {found.day: found.notes for found in worst_days(Scored(made), "champion", "last_week", count=20)}
    assert "public holiday" in notes[SWISS_NATIONAL_DAY]
    assert "day after a public holiday" in notes[SWISS_NATIONAL_DAY + 1]
    assert notes[SWISS_NATIONAL_DAY + 3] == ()


def test_the_day_of_a_clock_change_says_how_long_it_was(series, record):
    values = series(np.full(24 * 6, 10.0), start="2019-10-24T22:00")
    made = record(values, horizon=24, every=24, first=24, offsets={"champion": 1.0, "last_week": 1.0})
    notes = {found.day: found.notes for found in worst_days(Scored(made), "champion", "last_week", count=20)}
    assert "clock change, 25 h" in notes[np.datetime64("2019-10-27").astype(int)]


def test_a_warm_day_after_a_cold_week_says_by_how_much(series, record):
    temp = days(10) * 0.0
    temp[24 * 9 :] = 8.0
    values = series(np.full(240, 10.0), weather={"temp_c": temp})
    made = record(values, horizon=24, every=24, first=24, offsets={"champion": 1.0, "last_week": 1.0})
    last = max(worst_days(Scored(made), "champion", "last_week", count=20), key=lambda found: found.day)
    assert last.temp_c == pytest.approx(8.0)
    assert "+8.0 K on the week before" in last.notes


def test_a_level_shift_is_told_against_the_same_weekday(series, record):
    level = np.where(np.arange(24 * 10) >= 24 * 9, 7.0, 10.0)
    made = record(series(level), horizon=24, every=24, first=24, offsets={"champion": 1.0, "last_week": 1.0})
    last = max(worst_days(Scored(made), "champion", "last_week", count=20), key=lambda found: found.day)
    assert "-30 % on the same weekday a week before" in last.notes


def test_a_gap_on_the_day_before_is_told(series, record):
    values = np.full(24 * 6, 10.0)
    values[24 * 4 : 24 * 4 + 12] = np.nan
    made = record(series(values), horizon=24, every=24, first=24, offsets={"champion": 1.0, "last_week": 1.0})
    last = max(worst_days(Scored(made), "champion", "last_week", count=20), key=lambda found: found.day)
    assert "50 % of the day before missing" in last.notes


def test_pictures_of_issues_four_times_a_day_are_a_day_apart(series, record):
    made = record(series(np.full(24 * 12, 10.0)), horizon=24, every=6, first=24, offsets={"champion": 0.0})
    for origin in range(len(made.origin)):
        made.given["champion"][origin] += origin
    found = pick_origins(Scored(made), "champion", best=1, typical=1, worst=3)
    rows = sorted(int(made.origin[origin]) for _, origin, _ in found)
    assert min(np.diff(rows)) >= 24
    assert [kind for kind, *_ in found] == ["worst"] * 3 + ["typical", "best"]
