"""What a journal gives to programs: the same values in every format, with units, in UTC, and missing where they are missing."""

import importlib.util
import io
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import xarray as xr

from twin.domain.problems import BadInput
from twin.live.history import JournalHistory

_SPEC = importlib.util.spec_from_file_location("api_stage", Path(__file__).with_name("api_stage.py"))
stage = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(stage)

SIGNALS = ["zone_load_p_mw", "temp_c"]


@pytest.fixture(scope="module")
def state(tmp_path_factory, factory):
    made = tmp_path_factory.mktemp("state")
    stage.evening(made, factory)
    return made


@pytest.fixture(scope="module")
def client(state):
    with stage.opened(state, "dispatcher") as opened:
        yield opened


@pytest.fixture(scope="module")
def start(factory):
    return factory.AS_OF - stage.DAY * stage.QUARTER


def ask(client, start, hours=24.0, **params):
    query = {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat(), "signal": SIGNALS, **params}
    return client.get("/api/v1/history", params=query)


def test_a_day_has_ninety_six_quarter_hours_labelled_by_their_start(client, start):
    told = ask(client, start).json()
    assert len(told["time"]) == 96
    assert told["time"][0] == start.isoformat().replace("+00:00", "Z")


def test_a_signal_says_its_unit_and_its_elements(client, start):
    series = ask(client, start).json()["signals"]["zone_load_p_mw"]
    assert (series["unit"], series["dims"], series["elements"]) == ("MW", ["time", "zone"], ["town", "neighbourhood"])


def test_a_lost_thermometer_is_null_and_not_zero(client, start):
    assert ask(client, start).json()["signals"]["temp_c"]["values"][stage.LOST] is None


def test_netcdf_opens_in_xarray_with_the_same_values(client, start, tmp_path):
    path = tmp_path / "day.nc"
    path.write_bytes(ask(client, start, format="netcdf").content)
    day = xr.open_dataset(path)
    assert day["zone_load_p_mw"].sel(zone="town").values == pytest.approx([stage.load_mw(step) for step in range(96)])
    assert day["zone_load_p_mw"].attrs["units"] == "MW"


def test_parquet_holds_instants_in_utc_and_units_beside_its_columns(client, start):
    table = pq.read_table(io.BytesIO(ask(client, start, format="parquet").content))
    assert str(table.schema.field("time").type) == "timestamp[ms, tz=UTC]"
    assert table.schema.field("zone_load_p_mw:town").metadata == {b"unit": b"MW"}
    assert table["temp_c"][stage.LOST].as_py() is None


def test_csv_leaves_a_missing_value_empty(client, start):
    lines = ask(client, start, format="csv").text.splitlines()
    assert lines[0] == "time,quality,zone_load_p_mw:town,zone_load_p_mw:neighbourhood,temp_c"
    assert lines[1 + stage.LOST].endswith(",0.25,")


def test_pages_follow_each_other_without_a_gap_and_without_a_repeat(client, start):
    seen, cursor = [], {}
    while True:
        told = ask(client, start, limit=40, **cursor).json()
        seen += told["time"]
        if told["next"] is None:
            break
        cursor = {"cursor": told["next"]}
    assert seen == sorted(set(seen))
    assert len(seen) == 96


def test_the_next_page_stands_in_the_link_header_of_a_file(client, start):
    first = ask(client, start, limit=40, format="csv")
    second = client.get(f"/api/v1/history{first.links['next']['url']}")
    assert second.text.splitlines()[1].startswith((start + 40 * stage.QUARTER).strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_before_the_run_began_there_is_nothing(client, start):
    told = ask(client, start - timedelta(days=30)).json()
    assert (told["time"], told["next"]) == ([], None)


def test_every_fault_of_a_window_is_named_at_once(client, start):
    refused = client.get("/api/v1/history", params={"start": "yesterday", "end": "x", "limit": 0})
    assert refused.status_code == 422
    assert {fault["place"] for fault in refused.json()["errors"]} == {"query.start", "query.end", "query.signal", "query.limit"}


def test_every_unknown_signal_is_named(client, start):
    refused = ask(client, start, signal=["sunshine", "moonlight"])
    assert [("sunshine" in f["detail"], "moonlight" in f["detail"]) for f in refused.json()["errors"]] == [
        (True, False),
        (False, True),
    ]


def test_a_viewer_reads_no_prices(state, start):
    with stage.opened(state, "viewer") as viewer:
        assert ask(viewer, start, signal=["price_chf_per_kwh"]).status_code == 403
        assert "price_chf_per_kwh" not in {item["name"] for item in viewer.get("/api/v1/signals").json()["items"]}


def test_a_held_answer_is_no_forecast_of_that_moment(client, start, factory):
    query = {"start": start.isoformat(), "end": (factory.AS_OF + stage.QUARTER).isoformat(), "limit": 96}
    told = client.get("/api/v1/forecasts/load_town/issued", params=query).json()
    held = (start + (stage.HELD + 1) * stage.QUARTER).isoformat().replace("+00:00", "Z")
    assert held not in told["issued_at"]
    assert len(told["issued_at"]) == 94  # of 95 ticks behind the first label


def test_a_forecast_of_the_past_holds_its_band(client, start):
    query = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    told = client.get("/api/v1/forecasts/load_town/issued", params=query).json()
    assert told["quantiles"] == [0.05, 0.5, 0.95]
    assert np.shape(told["signals"]["load_forecast_p_mw"]["values"]) == (3, 96, 3, 1)


def test_a_quarter_hour_without_a_tick_stands_in_the_axis_as_invalid(tmp_path, factory):
    start = stage.write_day(tmp_path, factory.AS_OF, without=(10,))
    day = JournalHistory(tmp_path).read(start, factory.AS_OF, ["zone_load_p_mw"])
    assert day.sizes["time"] == 96
    assert int(day["quality"][10]) == 2
    assert np.isnan(day["zone_load_p_mw"][10]).all()


def test_more_than_a_week_at_once_is_refused(state, start):
    with pytest.raises(BadInput, match="at most 7 days"):
        JournalHistory(state).read(start, start + timedelta(days=8), ["temp_c"])
