"""What a champion and its shadow foretold, held against what was measured: one issue a local day."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from twin.contracts.box import BoxCard, Provide
from twin.contracts.frame import Frame, Layout
from twin.contracts.messages import Envelope, Headline, Outcome, Report, Service
from twin.domain.pack import pack, unpack
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, quarter_hours, to_epoch_s
from twin.regie.shadow import LEVELS, DayScore, Scorer, covered_90, is_scored, paths_of, pinball_mw

LAYOUT = Layout((("zone_load_p_mw", "town"), ("temp_c", "")))
COLUMNS = (("zone_load_p_mw", "town"),)
MIDNIGHT = datetime(2024, 6, 12, 22, 0, tzinfo=UTC)
SPRING = datetime(2024, 3, 30, 23, 0, tzinfo=UTC)
AUTUMN = datetime(2024, 10, 26, 22, 0, tzinfo=UTC)


def outputs(start, level_mw=10.0, steps=192, width_mw=1.0):
    """A flat forecast whose quantiles lie ``width_mw`` apart."""
    values = level_mw + width_mw * (np.arange(len(LEVELS)) - 5.0)
    data = np.broadcast_to(values[None, :, None], (steps, len(LEVELS), 1))
    coords = {"time": quarter_hours(start, steps), "quantile": LEVELS, "zone": ["town"]}
    return {"load_forecast_p_mw": xr.DataArray(data, coords, ("time", "quantile", "zone"), attrs={"units": "MW"})}


def envelope(name, start, service=Service.FRESH, **more):
    report = Report(outputs(start, **more), Headline("load_forecast", 1.0, "MW"))
    return Envelope(
        name, "load", "1", "planning", "champion", start, start, start, Quality.FORECAST, service, Outcome.OK, None, "", None,
        report,
    )  # fmt: skip


def frame(start, end, value_mw=10.0):
    rows = (to_epoch_s(end) - to_epoch_s(start)) // QUARTER_HOUR_S
    return Frame(LAYOUT, to_epoch_s(start), np.full((rows, 2), value_mw), np.zeros((rows, 2), np.uint8))


def play(scorer, start, hours, truth, level_mw=10.0, names=("load", "tuned")):
    """Regular ticks from ``start`` on; the frame that a tick sees ends at its instant."""
    for step in range(int(4 * hours) + 1):
        as_of = start + step * QUARTER_HOUR
        rows = (to_epoch_s(as_of) - truth.start_s) // QUARTER_HOUR_S
        seen = Frame(LAYOUT, truth.start_s, truth.values[:rows], truth.quality[:rows])
        scorer.observe(as_of, {name: envelope(name, as_of, level_mw=level_mw) for name in names}, seen)


def scorer():
    return Scorer(("load", "tuned"), "Europe/Zurich")


# ---------------------------------------------------------------------------------------------- figures


def test_pinball_of_a_band_is_the_mean_check_function_over_the_nine_inner_levels():
    path = np.arange(11.0)[None, :, None]
    inner = zip(LEVELS[1:10], range(1, 10), strict=True)
    expected = np.mean([max(q * (7.5 - y), (q - 1.0) * (7.5 - y)) for q, y in inner])
    assert pinball_mw(path, np.array([[7.5]])) == pytest.approx(expected, abs=1e-12)


def test_pinball_of_a_point_is_half_its_absolute_error():
    path = np.full((4, 11, 1), 3.0)
    assert pinball_mw(path, np.full((4, 1), 5.0)) == pytest.approx(1.0)


def test_what_was_not_measured_counts_nowhere():
    path = np.broadcast_to(np.arange(11.0)[None, :, None], (3, 11, 1))
    truth = np.array([[-1.0], [np.nan], [5.0]])
    assert covered_90(path, truth) == 0.5
    assert pinball_mw(path, truth) == pytest.approx(np.mean([pinball_mw(path[:1], truth[:1]), pinball_mw(path[:1], truth[2:])]))
    assert np.isnan(pinball_mw(path[:1], truth[1:2]))


def test_levels_that_a_box_does_not_give_are_read_off_between_those_that_it_gives():
    whole = outputs(MIDNIGHT)["load_forecast_p_mw"]
    sparse = whole.sel(quantile=[0.1, 0.5, 0.9])
    _, path = paths_of({"load_forecast_p_mw": sparse})
    assert path[0, :, 0].tolist() == pytest.approx([6.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 14.0])


def test_a_point_forecast_is_all_levels_at_once():
    _, path = paths_of({"load_forecast_p_mw": outputs(MIDNIGHT)["load_forecast_p_mw"].sel(quantile=0.5, drop=True)})
    assert set(path[0, :, 0].tolist()) == {10.0}


def test_a_plan_has_no_truth_to_be_held_against():
    def card(signal, **more):
        return BoxCard("b", "1", "o", needs=(), provides=(Provide(signal, **more),), constants={signal: 0.0})

    day = timedelta(hours=24)
    assert is_scored(card("load_forecast_p_mw", horizon=day))
    assert not is_scored(card("plan_p_mw", horizon=day))
    assert not is_scored(card("load_forecast_p_mw", horizon=day, resolution=timedelta(hours=1)))
    assert paths_of({"plan_p_mw": outputs(MIDNIGHT)["load_forecast_p_mw"]}) is None


# ---------------------------------------------------------------------------------------------- days


def test_a_day_is_scored_two_hours_after_its_end_from_its_midnight_issue():
    kept, truth = scorer(), frame(MIDNIGHT, MIDNIGHT + timedelta(days=2), 12.0)
    play(kept, MIDNIGHT, 25.75, truth)
    assert kept.days("load") == ()
    play(kept, MIDNIGHT + timedelta(hours=26), 0.0, truth)
    (day,) = kept.days("load")
    assert day.day == "2024-06-13"
    assert day.pinball_mw == pytest.approx(pinball_mw(paths_of(outputs(MIDNIGHT))[1][:1], np.array([[12.0]])))
    assert day.covered_90 == 1.0
    assert kept.days("tuned") == (day,)


@pytest.mark.parametrize(("midnight", "steps"), [(SPRING, 92), (AUTUMN, 100), (MIDNIGHT, 96)])
def test_a_day_has_as_many_quarter_hours_as_its_clock_says(midnight, steps):
    kept = scorer()
    play(kept, midnight, 0.0, frame(midnight, midnight + timedelta(days=1)))
    meta, arrays = kept.to_parts()
    assert arrays["issue/0"].shape == (steps, 11, 1)
    assert meta["issues"][0][3] - meta["issues"][0][2] == steps * QUARTER_HOUR_S


def test_a_run_that_begins_during_a_day_scores_the_next_one_first():
    kept, begin = scorer(), MIDNIGHT + timedelta(hours=10)
    play(kept, begin, 13.75, frame(begin, begin + timedelta(days=2)))
    assert kept.to_parts()[0]["issues"] == []
    play(kept, begin + timedelta(hours=14), 0.0, frame(begin, begin + timedelta(days=2)))
    assert [issue[1] for issue in kept.to_parts()[0]["issues"]] == ["2024-06-14", "2024-06-14"]


def test_held_and_invalid_values_are_no_truth_and_a_day_with_too_few_is_not_scored():
    truth = frame(MIDNIGHT, MIDNIGHT + timedelta(days=2))
    truth.quality[: 96 // 4 + 1, 0] = int(Quality.SUBSTITUTED)
    kept = scorer()
    play(kept, MIDNIGHT, 26.0, truth)
    assert kept.days("load") == ()
    truth.quality[:2, 0] = int(Quality.ESTIMATED)
    kept = scorer()
    play(kept, MIDNIGHT, 26.0, truth)
    assert len(kept.days("load")) == 1


def test_a_box_that_served_nothing_is_not_scored_that_day():
    kept, truth = scorer(), frame(MIDNIGHT, MIDNIGHT)
    kept.observe(MIDNIGHT, {"load": envelope("load", MIDNIGHT), "tuned": envelope("tuned", MIDNIGHT, Service.ABSENT)}, truth)
    assert [issue[0] for issue in kept.to_parts()[0]["issues"]] == ["load"]


def test_only_the_last_four_weeks_are_kept():
    kept = scorer()
    kept.from_parts({"issues": [], "days": {"load": [[f"old {n}", 1.0, 0.9] for n in range(28)], "tuned": []}}, {})
    play(kept, MIDNIGHT, 26.0, frame(MIDNIGHT, MIDNIGHT + timedelta(days=2)))
    days = kept.days("load")
    assert (len(days), days[0].day, days[-1].day) == (28, "old 1", "2024-06-13")


def test_a_scorer_that_was_put_away_goes_on_with_the_same_bits():
    truth = frame(MIDNIGHT, MIDNIGHT + timedelta(days=3), 12.3456789)
    through, kept = scorer(), scorer()
    play(through, MIDNIGHT, 51.0, truth, level_mw=11.1)
    play(kept, MIDNIGHT, 25.0, truth, level_mw=11.1)
    resumed = scorer()
    resumed.from_parts(*unpack(pack(*kept.to_parts())))
    play(resumed, MIDNIGHT + timedelta(hours=25.25), 25.75, truth, level_mw=11.1)
    assert pack(*resumed.to_parts()) == pack(*through.to_parts())
    assert isinstance(resumed.days("load")[0], DayScore)


def test_a_site_without_shadows_keeps_nothing():
    kept = Scorer((), "Europe/Zurich")
    play(kept, MIDNIGHT, 27.0, frame(MIDNIGHT, MIDNIGHT + timedelta(days=2)))
    assert kept.to_parts() == ({"issues": [], "days": {}}, {})
