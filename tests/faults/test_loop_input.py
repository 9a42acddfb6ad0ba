"""Rows 11, 12, 14, 16, 17 and 20 of the fault table: telemetry that is missing, wrong, doubled or from the future."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hamlet import SUMMER, Reading, hamlet

from twin.contracts.ports import Readings
from twin.domain.channels import parse_channel
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.raw import RawTable

pytestmark = pytest.mark.fault

MISSING, COLLAPSED, BLIND, SPIKE, KILOWATTS, LOST, BACK = 4, 8, 10, 12, 14, range(16, 22), 22
"""Ticks of the bad morning; tick n sees the quarter hour n of the window."""
COLLAPSE = 60.0
"""Times the load: 1.9 MW through 0.4 MVA and 150 mm2 of aluminium has no power flow solution."""
NONSENSE = 200.0
"""Times the load: no state of the grid is anywhere near such flows, so there is not even an estimate."""


def quarter(number):
    return SUMMER + number * QUARTER_HOUR


def battery_p_mw(made):
    label_s = to_epoch_s(quarter(KILOWATTS))
    return next(r.value for r in made.window if (r.channel, r.label_s) == ("device.battery.p_mw", label_s))


@pytest.fixture(scope="module")
def bad(play):
    made = hamlet(days=1.0).with_planner()
    # A range this careless lets the collapse through as a load, not as a spike: a tenth of it is no jump to doubt.
    made.site = made.site.replace("maximum = 4.0", "maximum = 400.0")
    made.replace("trafo.0.p_mw", quarter(MISSING), None)
    made.scale(COLLAPSE, quarter(COLLAPSED))
    made.scale(NONSENSE, quarter(BLIND))
    made.replace("trafo.0.p_mw", quarter(SPIKE), 401.0)
    made.replace("device.battery.p_mw", quarter(KILOWATTS), 1000.0 * battery_p_mw(made))
    lost = {to_epoch_s(quarter(number)) for number in LOST}
    # The link to the substations is gone; weather and prices come by other ways and go on.
    alive = ("weather.", "market.")
    made.window = [r for r in made.window if r.label_s not in lost or r.channel.startswith(alive)]
    return play(made, 30, "bad")


@pytest.fixture(scope="module")
def collapsing(play):
    """The collapse and the nonsense, believed: the house's own forecast would not take a single quarter hour for tomorrow."""
    made = hamlet(days=1.0).with_planner().with_believer()
    made.site = made.site.replace("maximum = 4.0", "maximum = 400.0")
    made.scale(COLLAPSE, quarter(COLLAPSED))
    made.scale(NONSENSE, quarter(BLIND))
    return play(made, BLIND + 5, "collapsing")


def grid(record):
    return {name: values for name, values in record.arrays.items() if name.startswith("grid.")}


def assert_equal_grids(one, other):
    assert grid(one).keys() == grid(other).keys()
    for name, values in grid(one).items():
        np.testing.assert_array_equal(values, grid(other)[name], err_msg=name)


def active(record):
    return {alarm["key"] for alarm in record.meta["alarms"] if alarm["cleared_at"] is None}


def codes(record):
    return [code for code, _ in record.meta["lines"]]


def test_a_bad_morning_costs_no_tick(bad):
    assert bad.ended.figures["ticks"] == 30
    assert bad.ended.figures["deadline_misses"] == 0


# ---------------------------------------------------------------------------------------------- row 12


def test_one_missing_channel_is_substituted_and_flagged(bad, clean):
    record, before = bad.records[MISSING], clean.records[MISSING]
    assert record.meta["coverage"] < before.meta["coverage"] == 1.0
    assert record.meta["mode"] == "normal"
    assert "substituted" in record.meta["boxes"]["load"]["quality"]
    assert record.meta["boxes"]["load"]["service"] == "fresh"
    assert "substituted" not in before.meta["boxes"]["load"]["quality"]
    assert "substituted" not in bad.records[MISSING + 1].meta["boxes"]["load"]["quality"]


# ---------------------------------------------------------------------------------------------- row 11


def test_a_power_flow_without_solution_alarms_in_the_same_tick_and_moves_nothing(collapsing):
    record = collapsing.records[COLLAPSED]
    assert "engine:diverged" in active(record)
    assert "engine:diverged" not in active(collapsing.records[COLLAPSED - 1])
    assert record.meta["setpoints"] == {}
    for around in (COLLAPSED - 1, COLLAPSED + 1):
        assert set(collapsing.records[around].meta["setpoints"]) == {"battery"}


def test_the_step_after_a_divergence_is_as_if_nothing_had_been(collapsing, clean):
    assert_equal_grids(collapsing.records[COLLAPSED + 1], clean.records[COLLAPSED + 1])
    assert collapsing.records[COLLAPSED + 1].meta["max_vm_error_pu"] < 1e-6  # the look-ahead solves again, flat start


def test_where_no_estimate_exists_the_last_good_state_stays_and_is_called_stale(collapsing):
    record, before = collapsing.records[BLIND], collapsing.records[BLIND - 1]
    assert Quality(record.meta["quality"]) & Quality.STALE
    assert "state:stale" in active(record)
    assert not Quality(before.meta["quality"]) & Quality.STALE
    assert_equal_grids(record, before)
    assert record.meta["setpoints"] == {}


def test_the_estimate_after_none_starts_clean(collapsing, clean):
    assert not Quality(collapsing.records[BLIND + 1].meta["quality"]) & Quality.STALE
    assert_equal_grids(collapsing.records[BLIND + 1], clean.records[BLIND + 1])


def test_the_alarm_of_a_divergence_clears(collapsing):
    assert "engine:diverged" not in active(collapsing.records[BLIND + 4])


# ---------------------------------------------------------------------------------------------- row 16


def test_a_value_beyond_its_range_is_refused_and_the_raw_one_kept(bad, clean):
    record = bad.records[SPIKE]
    assert ["readings_refused", {"channels": ["trafo.0.p_mw"]}] in record.meta["lines"]
    assert 401.0 in record.arrays["live.value"]
    assert "substituted" in record.meta["boxes"]["load"]["quality"]
    # The held value stands in: the transformer's loading stays near the undisturbed one, points of a percent.
    loading, before = (r.arrays["grid.trafo_loading_percent"][0] for r in (record, clean.records[SPIKE]))
    assert abs(loading - before) < 2.0


def test_kilowatts_in_the_place_of_megawatts_are_refused_by_the_devices_nameplate(bad, clean):
    record = bad.records[KILOWATTS]
    true_mw = battery_p_mw(hamlet(days=1.0))
    assert ["readings_refused", {"channels": ["device.battery.p_mw"]}] in record.meta["lines"]
    assert 1000.0 * true_mw in record.arrays["live.value"]
    # The quarter hour before stands in, in which the battery did the same: 4 kW of its 10, to a tenth of a kilowatt.
    assert record.arrays["grid.storage_p_mw"][0] == pytest.approx(true_mw, abs=1e-4)
    assert clean.records[KILOWATTS].arrays["grid.storage_p_mw"][0] == pytest.approx(true_mw, abs=1e-4)


# ---------------------------------------------------------------------------------------------- row 14


def test_without_telemetry_of_the_grid_the_loop_lives_on_forecasts_and_says_so(bad):
    for number in LOST:
        record = bad.records[number]
        assert record.meta["mode"] == "forecast_only"
        assert record.arrays["grid.converged"]
        assert record.meta["setpoints"] == {}
    assert bad.records[BACK].meta["mode"] == "normal"
    for around in (LOST[0] - 1, BACK):
        assert set(bad.records[around].meta["setpoints"]) == {"battery"}


def test_lost_telemetry_holds_dispatch_and_alarms_within_one_tick(bad):
    assert "dispatch:held" not in active(bad.records[LOST[0] - 1])
    assert "dispatch:held" in active(bad.records[LOST[0]])
    assert "dispatch:held" not in active(bad.records[BACK + 2])


def test_after_an_hour_without_telemetry_the_state_follows_the_forecast_not_the_last_value(bad, clean):
    held, forecast = bad.records[LOST[3]], bad.records[LOST[4]]
    assert forecast.arrays["grid.trafo_p_hv_mw"][0] != held.arrays["grid.trafo_p_hv_mw"][0]
    # The morning rises; a day-type forecast meets it within a third.
    actual = clean.records[LOST[5]].arrays["grid.trafo_p_hv_mw"][0]
    assert bad.records[LOST[5]].arrays["grid.trafo_p_hv_mw"][0] == pytest.approx(actual, rel=0.33)


def test_when_telemetry_is_back_the_state_is_the_undisturbed_one(bad, clean):
    assert_equal_grids(bad.records[BACK], clean.records[BACK])


# ---------------------------------------------------------------------------------------------- rows 17 and 20


@pytest.fixture(scope="module")
def doubled(play):
    """Every reading twice, and readings that claim to have been known before their quarter hour was over."""
    made = hamlet(days=1.0)
    future = [Reading(to_epoch_s(quarter(n)), "trafo.0.p_mw", 0.2, known_min=-120) for n in (10, 20)]
    made.window = [*made.window, *future, *made.window]
    return play(made, 30, "doubled")


def test_doubled_and_future_readings_leave_no_trace_in_the_journal(doubled, clean):
    assert len(doubled.records) == len(clean.records) == 30
    for one, other in zip(doubled.records, clean.records, strict=True):
        assert told(one) == told(other)
        assert one.arrays.keys() == other.arrays.keys()
        for name, values in one.arrays.items():
            np.testing.assert_array_equal(values, other.arrays[name], err_msg=name)


def told(record):
    """All that a record tells, but for the digest of the state to resume from: that knows how far the files were read."""
    return {name: value for name, value in record.meta.items() if name != "resume"}


def test_readings_from_the_future_are_left_out_aloud(doubled):
    assert "2 telemetry rows left out" in doubled.ended.err
    assert "comes from the future" in doubled.ended.err


def test_a_reading_sent_again_later_changes_no_result(play, clean):
    """The raw readings are kept as they came, so the chain differs; everything that is made of them does not."""
    made = hamlet(days=1.0)
    twice = [quarter(2), quarter(3), quarter(6)]
    made.window += [replace(r, known_min=late) for r in made.window if r.label in twice for late in (45, 80)]
    played = play(made, 12, "again")
    assert len(played.records[4].arrays["live.value"]) > len(clean.records[4].arrays["live.value"])
    for one, other in zip(played.records, clean.records, strict=False):
        assert_equal_grids(one, other)
        assert told(one) == told(other)


@pytest.mark.parametrize("times", [2, 5])
def test_a_source_that_repeats_itself_within_one_delivery_leaves_the_table_as_if_it_had_not(times):
    channels = [parse_channel(f"line.{i}.p_mw", minimum=-1.0, maximum=1.0) for i in range(2)]
    as_of = quarter(3)
    channel = np.array([0, 0, 1, 1], dtype=np.int32)
    labels = np.array([to_epoch_s(quarter(n)) for n in (0, 1, 0, 2)])
    once = Readings(channel, labels, np.full(4, to_epoch_s(as_of)), np.array([0.5, np.nan, -0.5, 0.25]))
    found = []
    for repeat in (1, times):
        table = RawTable(channels, to_epoch_s(SUMMER), 8)
        table.extend_to(as_of)
        intake = table.take(Readings(*(np.tile(part, repeat) for part in vars(once).values())), as_of)
        found.append((table.values.tobytes(), table.quality.tobytes(), intake.accepted, intake.revised))
        assert intake.duplicates == 4 * (repeat - 1)
    assert found[0] == found[1]


def test_a_label_that_is_not_over_yet_is_quarantined():
    table = RawTable([parse_channel("line.0.p_mw", minimum=-1.0, maximum=1.0)], to_epoch_s(SUMMER), 8)
    as_of = quarter(2)
    table.extend_to(as_of)
    labels = np.array([to_epoch_s(quarter(n)) for n in (0, 1, 2, 50)])
    known = np.full(4, to_epoch_s(as_of))
    intake = table.take(Readings(np.zeros(4, dtype=np.int32), labels, known, np.full(4, 0.5)), as_of)
    assert (intake.accepted, intake.future) == (2, 2)
    assert table.rows == 2
    assert np.isfinite(table.values[: table.rows]).all()
    table.extend_to(as_of + timedelta(minutes=30))
    assert np.isnan(table.values[2:4]).all()
