"""Rows 11, 12, 14, 16, 17 and 20 of the fault table: telemetry that is missing, wrong, doubled or from the future."""

from datetime import timedelta

import numpy as np
import pytest
from hamlet import SUMMER, Reading, hamlet

from twin.contracts.ports import Readings
from twin.domain.channels import parse_channel
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.raw import RawTable

pytestmark = pytest.mark.fault

MISSING, COLLAPSED, SPIKE, LOST, BACK = 4, 8, 12, range(16, 22), 22
"""Ticks of the bad morning; tick n sees the quarter hour n of the window."""
COLLAPSE = 60.0
"""Times the load: 1.9 MW through 0.4 MVA and 150 mm2 of aluminium has no power flow solution."""


def quarter(number):
    return SUMMER + number * QUARTER_HOUR


@pytest.fixture(scope="module")
def bad(play):
    made = hamlet(days=1.0)
    # A range this careless lets the collapse through as a load, not as a spike: a tenth of it is no jump to doubt.
    made.site = made.site.replace("maximum = 4.0", "maximum = 40.0")
    made.replace("trafo.0.p_mw", quarter(MISSING), None)
    made.scale(COLLAPSE, quarter(COLLAPSED))
    made.replace("trafo.0.p_mw", quarter(SPIKE), 41.0)
    lost = {to_epoch_s(quarter(number)) for number in LOST}
    made.window = [reading for reading in made.window if reading.label_s not in lost]
    return play(made, 30, "bad")


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


def test_a_power_flow_without_solution_alarms_in_the_same_tick_and_moves_nothing(bad):
    record = bad.records[COLLAPSED]
    assert "engine:diverged" in active(record)
    assert record.meta["setpoints"] == {}
    assert "engine:diverged" not in active(bad.records[COLLAPSED - 1])


def test_the_step_after_a_divergence_is_as_if_nothing_had_been(bad, clean):
    assert_equal_grids(bad.records[COLLAPSED + 1], clean.records[COLLAPSED + 1])
    assert bad.records[COLLAPSED + 1].meta["max_vm_error_pu"] < 1e-6  # the look-ahead solves again, flat start


def test_the_alarm_of_a_divergence_clears(bad):
    assert "engine:diverged" not in active(bad.records[COLLAPSED + 3])


# ---------------------------------------------------------------------------------------------- row 16


def test_a_value_beyond_its_range_is_refused_and_the_raw_one_kept(bad, clean):
    record = bad.records[SPIKE]
    assert ["readings_refused", {"channels": ["trafo.0.p_mw"]}] in record.meta["lines"]
    assert 41.0 in record.arrays["live.value"]
    assert "substituted" in record.meta["boxes"]["load"]["quality"]
    # The held value stands in: the transformer's loading stays near the undisturbed one, points of a percent.
    loading, before = (r.arrays["grid.trafo_loading_percent"][0] for r in (record, clean.records[SPIKE]))
    assert abs(loading - before) < 2.0


# ---------------------------------------------------------------------------------------------- row 14


def test_without_any_telemetry_the_loop_lives_on_forecasts_and_says_so(bad):
    for number in LOST:
        record = bad.records[number]
        assert record.meta["mode"] == "forecast_only"
        assert record.arrays["grid.converged"]
        assert record.meta["setpoints"] == {}
    assert bad.records[BACK].meta["mode"] == "normal"


def test_lost_telemetry_holds_dispatch_and_alarms_within_one_tick(bad):
    assert "dispatch:held" in active(bad.records[LOST[1]])
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


def test_doubled_and_future_readings_leave_no_trace_in_the_chain(doubled, clean):
    assert doubled.head == clean.head


def test_readings_from_the_future_are_left_out_aloud(doubled):
    assert "2 telemetry rows left out" in doubled.ended.err
    assert "comes from the future" in doubled.ended.err


def test_a_reading_sent_again_later_changes_no_result(play, clean):
    made = hamlet(days=1.0)
    again = [Reading(r.label_s, r.channel, r.value, known_min=45) for r in made.window if r.label == quarter(2)]
    made.window += again
    played = play(made, 8, "again")
    assert len(played.records[4].arrays["live.value"]) > len(clean.records[4].arrays["live.value"])
    for one, other in zip(played.records, clean.records, strict=False):
        assert_equal_grids(one, other)
        assert {n: box["report"] for n, box in one.meta["boxes"].items()} == {
            n: box["report"] for n, box in other.meta["boxes"].items()
        }
        assert codes(one) == codes(other)


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
