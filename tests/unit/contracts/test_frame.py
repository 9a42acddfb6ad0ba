"""The as-of frame: nothing later than ``as_of`` can be read, and whoever tries is told what and when."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.contracts.frame import AsOfView, Frame, FutureReadError, Layout, MissingSignalError
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, quarter_hours, to_epoch_s

LAYOUT = Layout((("temp_c", ""), ("zone_load_p_mw", "town"), ("zone_load_p_mw", "quarter")))
START = datetime(2016, 6, 15, tzinfo=UTC)


def frame(rows: int) -> Frame:
    values = np.arange(rows * 3, dtype=float).reshape(rows, 3)
    return Frame(LAYOUT, to_epoch_s(START), values, np.zeros(values.shape, np.uint8))


def view(rows: int = 8, known: int | None = None) -> AsOfView:
    return AsOfView(START + (rows if known is None else known) * QUARTER_HOUR, frame(rows))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12))
def test_rows_after_as_of_are_never_given(rows, known):
    history = view(rows, known).history("temp_c")
    assert history.sizes["time"] == min(rows, known)
    assert (history["time"].values < np.datetime64((START + known * QUARTER_HOUR).replace(tzinfo=None))).all()


def test_reading_up_to_a_later_instant_names_signal_and_time():
    with pytest.raises(FutureReadError, match=r"'zone_load_p_mw'.*2016-06-15T02:15.*2016-06-15T02:00"):
        view().history("zone_load_p_mw", end=START + 9 * QUARTER_HOUR)


def test_reading_from_as_of_on_names_signal_and_time():
    with pytest.raises(FutureReadError, match=r"'temp_c'.*2016-06-15T02:00"):
        view().history("temp_c", start=START + 8 * QUARTER_HOUR)


def test_a_forecast_issued_later_than_as_of_is_refused():
    issued = {"issued_at": (START + 9 * QUARTER_HOUR).isoformat()}
    ahead = {"temp_c": xr.DataArray([1.0], dims="time", attrs=issued)}
    with pytest.raises(FutureReadError, match="'temp_c' was issued"):
        AsOfView(START + 8 * QUARTER_HOUR, frame(8), ahead).outlook("temp_c")


def test_a_forecast_that_does_not_say_when_it_was_issued_is_refused():
    ahead = {"temp_c": xr.DataArray([1.0], dims="time")}
    with pytest.raises(FutureReadError, match="'temp_c' has no issued_at"):
        AsOfView(START + 8 * QUARTER_HOUR, frame(8), ahead).outlook("temp_c")


def test_a_start_within_a_quarter_hour_gives_the_next_one():
    history = view().history("temp_c", start=START + 3 * QUARTER_HOUR + timedelta(minutes=7))
    assert history["time"].values[0] == np.datetime64("2016-06-15T01:00")


def test_an_end_within_a_quarter_hour_leaves_it_out():
    history = view().history("temp_c", end=START + 3 * QUARTER_HOUR + timedelta(minutes=7))
    assert history["time"].values[-1] == np.datetime64("2016-06-15T00:30")


def test_the_running_quarter_hour_cannot_be_read_at_an_event():
    at = AsOfView(START + 8 * QUARTER_HOUR + timedelta(minutes=7), frame(8))
    with pytest.raises(FutureReadError, match=r"'temp_c' asked from 2016-06-15T02:00.*running at as_of 2016-06-15T02:07"):
        at.history("temp_c", start=START + 8 * QUARTER_HOUR)


@pytest.mark.parametrize("ask", ["history", "last", "outlook"])
def test_an_unknown_signal_is_named(ask):
    with pytest.raises(MissingSignalError, match="'zone_wind_p_mw'"):
        getattr(view(), ask)("zone_wind_p_mw")


def test_an_unknown_element_is_named_beside_the_known_ones():
    with pytest.raises(MissingSignalError, match=r"'village'.*'town', 'quarter'"):
        view().history("zone_load_p_mw", ("village",))


def test_an_element_signal_has_the_dimension_of_its_kind():
    assert view().history("zone_load_p_mw").dims == ("time", "zone")
    assert view().history("temp_c").dims == ("time",)


def test_elements_come_in_the_order_they_were_asked_for():
    values = view().last("zone_load_p_mw", ("quarter", "town"))
    assert values["zone"].values.tolist() == ["quarter", "town"]
    assert values.values.tolist() == [23.0, 22.0]


def test_the_last_complete_interval_at_an_event_is_the_one_before_the_running_one():
    at = AsOfView(START + 8 * QUARTER_HOUR + timedelta(minutes=7), frame(8))
    assert float(at.last("temp_c")) == 21.0


def test_the_last_interval_of_a_frame_that_lags_is_missing_by_name():
    with pytest.raises(MissingSignalError, match="'temp_c'"):
        view(rows=8, known=9).last("temp_c")


def test_a_fresh_value_has_no_age():
    assert view().age("temp_c") == timedelta(0)


def test_the_age_counts_from_the_newest_valid_value():
    stale = frame(8)
    stale.values[6, 0], stale.quality[7, 0] = np.nan, int(Quality.INVALID)
    assert AsOfView(START + 8 * QUARTER_HOUR, stale).age("temp_c") == 2 * QUARTER_HOUR


def test_the_age_counts_rows_that_have_not_come():
    assert view(rows=8, known=11).age("temp_c") == 3 * QUARTER_HOUR


def test_a_signal_that_was_never_valid_has_no_age():
    empty = frame(3)
    empty.values[:] = np.nan
    assert AsOfView(START + 3 * QUARTER_HOUR, empty).age("temp_c") is None


def test_what_a_reader_changes_stays_with_the_reader():
    at = view()
    at.history("temp_c").values[:] = -1.0
    assert float(at.history("temp_c")[0]) == 0.0


def test_quality_rides_along_when_asked_for():
    flagged = frame(2)
    flagged.quality[1, 2] = int(Quality.SUBSTITUTED)
    values = AsOfView(START + 2 * QUARTER_HOUR, flagged).history("zone_load_p_mw", with_quality=True)
    assert values["quality"].values.tolist() == [[0, 0], [0, int(Quality.SUBSTITUTED)]]


@pytest.mark.parametrize(("signal", "elements"), [("zone_load_p_mw", ("quarter", "town")), ("temp_c", ())])
def test_plain_arrays_of_the_past_are_its_history(signal, elements):
    flagged = frame(6)
    flagged.quality[4, :] = int(Quality.STALE)
    at = AsOfView(START + 5 * QUARTER_HOUR, flagged)
    labelled = at.history(signal, elements, start=START + QUARTER_HOUR, with_quality=True)
    values, quality = at.past(signal, elements, start=START + QUARTER_HOUR)
    assert np.array_equal(values, labelled.values.reshape(values.shape))
    assert np.array_equal(quality, labelled["quality"].values.reshape(quality.shape))


def test_plain_arrays_of_the_future_are_refused_too():
    with pytest.raises(FutureReadError):
        view().past("temp_c", end=START + 9 * QUARTER_HOUR)


def test_values_bring_their_unit():
    assert view().history("zone_load_p_mw").attrs["units"] == "MW"


def test_a_band_holds_what_is_forecast_of_one_zone_and_nan_where_nothing_is():
    quantiles = xr.DataArray(
        np.array([[[3.0], [1.0], [2.0]]]),
        dims=("time", "quantile", "zone"),
        coords={"time": quarter_hours(START, 1), "quantile": [0.9, 0.1, 0.4], "zone": ["town"]},
        attrs={"issued_at": START.isoformat()},
    )
    known, labels = AsOfView(START, frame(1), {"load_forecast_p_mw": quantiles}), quarter_hours(START, 2)
    np.testing.assert_array_equal(known.band("load_forecast_p_mw", "town", labels), [[1.0, 2.0, 3.0], [np.nan] * 3])
    for signal, zone in (("load_forecast_p_mw", "village"), ("pv_forecast_p_mw", "town")):
        assert np.isnan(known.band(signal, zone, labels)).all()
