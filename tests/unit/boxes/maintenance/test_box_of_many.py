"""One box for several transformers: each as if alone, whoever is missing, whenever it restarts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twin.boxes.maintenance.box import TransformerBox
from twin.boxes.maintenance.thermal.iec60076 import steady_state
from twin.boxes.maintenance.thermal.limits import Loading
from twin.boxes.maintenance.thermal.nameplate import read_nameplate
from twin.boxes.maintenance.thermal.plates import stack
from twin.boxes.maintenance.transformers.health import Health, move_on, new_health
from twin.boxes.maintenance.transformers.telemetry import Telemetry
from twin.boxes.maintenance.transformers.told import annual_ageing_h
from twin.boxes.maintenance.watch.state import WatchSettings
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.pack import unpack
from twin.domain.problems import BadInput, Problems
from twin.domain.time import QUARTER_HOUR, to_epoch_s

DAY = 96
START = datetime(2016, 1, 4, tzinfo=UTC)
NAMES = ("small", "large", "old")
FACTS = {
    "small": {"sn_mva": 0.4, "size": "distribution", "cooling": "ONAN", "paper": "normal", "zone": "a"},
    "large": {"sn_mva": 40.0, "size": "power", "cooling": "ONAF", "paper": "upgraded", "zone": "b"},
    "old": {"sn_mva": 25.0, "size": "power", "cooling": "ONAN", "paper": "normal"},
}


def context(make_context, facts=None):
    return replace(make_context(), trafos=facts or FACTS, zones={"a": {}, "b": {}})


def values(days, *, seed=3):
    """Loading of each with a daily swing and noise [%], then the air [degC], dims (time, column)."""
    hours = np.arange(days * DAY)[:, None] / 4.0
    noise = np.random.default_rng(seed).normal(0.0, 3.0, (days * DAY, 3))
    loading = np.array([70.0, 60.0, 50.0]) * (1.0 + 0.3 * np.sin(2.0 * np.pi * (hours - 12.0) / 24.0)) + noise
    return np.concatenate([loading, 8.0 + 5.0 * np.sin(2.0 * np.pi * (hours - 9.0) / 24.0)], axis=1)


def view(array, rows=None, *, names=NAMES):
    columns = (*(("trafo_loading_percent", name) for name in names), ("temp_c", ""))
    quality = np.where(np.isnan(array), 1, 0).astype(np.uint8)
    as_of = START + (len(array) if rows is None else rows) * QUARTER_HOUR
    return AsOfView(as_of, Frame(Layout(columns), to_epoch_s(START), array, quality), {})


def test_each_of_several_gets_what_it_gets_alone(make_context) -> None:
    array = values(8)
    together, _ = TransformerBox({}, context(make_context)).step(view(array), None, None)
    for i, name in enumerate(NAMES):
        alone, _ = TransformerBox({"trafo": name}, context(make_context)).step(view(array), None, None)
        for signal, output in alone.outputs.items():
            # elementwise: at most the last bit of a power, taken in another loop, differs
            np.testing.assert_allclose(together.outputs[signal].values[:, i], output.values[:, 0], rtol=1e-12)


def test_restart_in_the_middle_of_a_transient_gives_the_same_bits(make_context) -> None:
    array = values(9)
    array[8 * DAY + 3 :, :3] *= 1.7  # everything jumps above its rating, and the restart comes half an hour later
    array[: 2 * DAY, 2] = np.nan  # one begins later
    array[8 * DAY + 7 : 8 * DAY + 12, 0] = np.nan
    box = TransformerBox({}, context(make_context))
    _, first = box.step(view(array, 8 * DAY), None, None)
    state = first
    for row in range(8 * DAY + 1, 8 * DAY + 40):
        restarted = TransformerBox({}, context(make_context)) if row == 8 * DAY + 5 else box
        report, state = restarted.step(view(array, row), None, state)
    at_once, state_at_once = box.step(view(array, 8 * DAY + 39), None, first)
    assert state == state_at_once
    assert report.params == at_once.params
    for signal, output in report.outputs.items():
        np.testing.assert_array_equal(output.values, at_once.outputs[signal].values)


def test_transformer_without_any_load_is_named_and_the_others_get_their_result(make_context) -> None:
    array = values(8)
    good, _ = TransformerBox({}, context(make_context)).step(view(array), None, None)
    array[:, 1] = np.nan
    report, _ = TransformerBox({}, context(make_context)).step(view(array), None, None)
    (finding,) = report.findings
    assert (finding.code, finding.element) == ("transformer_not_assessed", "large")
    hot_spot = report.outputs["hot_spot_c"]
    assert hot_spot.sel(trafo="large").values[0] == pytest.approx(98.0)  # rated load at 20 degC stands in
    np.testing.assert_array_equal(hot_spot.sel(trafo="small"), good.outputs["hot_spot_c"].sel(trafo="small"))
    assert "large" not in report.params["rooms"]


def test_without_any_outdoor_temperature_the_statement_is_wide_and_says_so(make_context) -> None:
    array = values(8)
    array[:, 3] = np.nan
    report, _ = TransformerBox({"trafo": "small"}, context(make_context)).step(view(array), None, None)
    assert report.reason == "ambient_assumed"
    wide_k = report.params["hot_spot_high_c"] - report.params["hot_spot_low_c"]
    assert wide_k == pytest.approx(65.0, abs=0.5)  # from -25 to 40 degC; the oil has had eight days
    array[DAY:, 3] = 10.0  # from the second day on there is one
    known, _ = TransformerBox({"trafo": "small"}, context(make_context)).step(view(array), None, None)
    assert known.reason == "thermal_state"


def test_transformer_added_to_a_box_begins_anew_and_the_others_keep_their_life(make_context) -> None:
    array = values(8)
    two = {name: FACTS[name] for name in ("small", "old")}
    _, state = TransformerBox({}, context(make_context, two)).step(view(array, 7 * DAY), None, None)
    before = Health.from_bytes(state, ["small", "old"], WatchSettings())
    after = Health.from_bytes(state, NAMES, WatchSettings())
    np.testing.assert_array_equal(after.lost_h[:, [0, 2]], before.lost_h)
    assert after.begun.tolist() == [True, False, True]
    report, _ = TransformerBox({}, context(make_context)).step(view(array), None, state)
    assert set(report.params["lives"]) == set(NAMES)


def test_a_new_reference_begins_at_its_instant_whether_in_pieces_or_in_one_go() -> None:
    rows, since = 12 * DAY, START + 6 * DAY * QUARTER_HOUR + 7 * timedelta(minutes=1)
    of = stack([plate(), plate(reference_since=[since.isoformat()])])
    load = np.full((rows, 2), 0.6) + 0.2 * np.sin(np.arange(rows) / 15.0)[:, None]
    telemetry = Telemetry(to_epoch_s(START), load, np.full(rows, 10.0), 40.0 + 20.0 * load)
    settings = WatchSettings(reference_blocks=12)
    whole = move_on(new_health(2, settings), telemetry, of)
    first = move_on(new_health(2, settings), telemetry.until(to_epoch_s(START + 6 * DAY * QUARTER_HOUR)), of)
    assert not first.watch.learning.any()
    next_row = move_on(first, telemetry.until(to_epoch_s(START + (6 * DAY + 2) * QUARTER_HOUR)), of)
    assert next_row.watch.learning.tolist() == [False, True]
    names = ["a", "b"]
    assert move_on(next_row, telemetry, of).to_bytes(names) == whole.to_bytes(names)


def test_a_budget_that_is_none_is_refused(make_context) -> None:
    with pytest.raises(BadInput, match="false_alarms_per_month"):
        TransformerBox({"false_alarms_per_month": 0.0}, context(make_context))


def test_the_budget_of_the_box_is_the_watchs_though_its_state_knew_another(make_context) -> None:
    array = values(8)
    _, state = TransformerBox({}, context(make_context)).step(view(array, 7 * DAY), None, None)
    _, state = TransformerBox({"false_alarms_per_month": 0.02}, context(make_context)).step(view(array), None, state)
    told = unpack(state)[1]["watch.head"]
    assert 0.02 in told.tolist()


def test_card_speaks_of_the_transformer_with_the_least_room(make_context) -> None:
    array = values(8)
    report, _ = TransformerBox({}, context(make_context)).step(view(array), None, None)
    rooms = {name: room["percent"][report.params["durations_h"].index(2.0)] for name, room in report.params["rooms"].items()}
    assert report.params["trafo"] == min(rooms, key=rooms.get)
    assert report.params["room_percent"] == min(rooms.values())
    assert report.params["line"] == "thermal_room_of"


def test_forecast_beyond_a_component_is_told_with_what_to_relieve(make_context) -> None:
    facts = FACTS | {"old": FACTS["old"] | {"cable_percent": 60.0}}
    array = values(8)
    report, _ = TransformerBox({}, context(make_context, facts)).step(view(array), None, None)
    (finding,) = report.findings
    assert finding.code == "transformer_component_limit"
    assert finding.params["binding"] == "cable"
    assert finding.params["relieve_percent"] == pytest.approx(finding.params["peak_percent"] - 60.0, abs=0.11)  # tenths
    assert report.params["line"] == "thermal_relief_of"
    assert report.params["trafo"] == "old"


def test_transformers_that_the_site_does_not_have_are_named_all_at_once(make_context) -> None:
    with pytest.raises(BadInput) as refused:
        TransformerBox({"trafos": ["small", "nowhere", "elsewhere"], "loading": "forever"}, context(make_context))
    text = str(refused.value)
    assert len(refused.value.problems) == 3
    assert all(name in text for name in ("nowhere", "elsewhere", "forever", "['large', 'old', 'small']"))


# ---------------------------------------------------------------------------------------------- nameplates


def plate(loading=Loading.NORMAL_CYCLIC, **facts):
    problems = Problems()
    found = read_nameplate("t", FACTS["large"] | facts, {}, loading, problems)
    problems.raise_if_any()
    return found


def test_fans_that_stand_still_leave_the_natural_rating() -> None:
    ill = plate(natural_sn_mva=25.0, fans="out_of_service")
    assert ill.cooling == "ONAN"
    natural = plate(cooling="ONAN", sn_mva=25.0).parameters
    # the same current: 100 % of 40 MVA is 160 % of 25 MVA
    load, air = np.linspace(0.0, 1.5, 7), np.full(7, 20.0)
    ours, theirs = (steady_state(*args) for args in ((ill.parameters, load, air), (natural, 1.6 * load, air)))
    np.testing.assert_allclose(ours.hot_spot_c, theirs.hot_spot_c, rtol=1e-12)


@pytest.mark.parametrize(("sn_mva", "size"), [(0.63, "distribution"), (2.5, "distribution"), (25.0, "power")])
def test_class_that_nobody_knows_is_assumed_by_the_rating_and_flagged(sn_mva: float, size: str) -> None:
    problems = Problems()
    found = read_nameplate("t", {"sn_mva": sn_mva}, {}, Loading.NORMAL_CYCLIC, problems)
    assert not problems
    assert (found.size, found.cooling, found.paper) == (size, "ONAN", "normal")
    assert {"size", "cooling", "paper", "top_oil_rise_k"} <= set(found.typical)
    assert "size" not in plate().typical


def test_windings_that_hinder_the_oil_overshoot_more() -> None:
    assert plate(restricted_oil_flow=True).parameters.k21 == 3.0
    assert plate(cooling="OFAF", restricted_oil_flow=True).parameters.k21 == 1.45
    assert plate(cooling="ODAF", restricted_oil_flow=True).parameters.k21 == 1.0


@pytest.mark.parametrize(("sn_mva", "current_percent"), [(40.0, 180.0), (100.0, 180.0), (160.0, 150.0)])
def test_short_emergency_allows_what_the_standard_says_of_the_size(sn_mva: float, current_percent: float) -> None:
    allowed = plate(Loading.SHORT_EMERGENCY, sn_mva=sn_mva, hot_spot_limit_c=110.0)
    assert (allowed.hot_spot_limit_c, allowed.top_oil_limit_c, allowed.current_percent) == (160.0, 115.0, current_percent)


# ---------------------------------------------------------------------------------------------- seasons


def counted(start: datetime, hours: float):
    of = stack([plate()])
    rows = round(hours * 4)
    telemetry = Telemetry(to_epoch_s(start), np.full((rows, 1), 0.9), np.full(rows, 20.0), np.full((rows, 1), np.nan))
    return move_on(new_health(1, WatchSettings()), telemetry, of)


def test_a_day_across_the_end_of_february_counts_in_winter_and_in_spring() -> None:
    health = counted(datetime(2016, 2, 29, 12, tzinfo=UTC), 24.0)
    assert health.counted_h[:, 0].tolist() == [12.0, 12.0, 0.0, 0.0]
    assert health.lost_h[0, 0] == pytest.approx(health.lost_h[1, 0], rel=1e-9)  # settled: each half alike


@pytest.mark.parametrize(("local_midnight", "hours"), [((2016, 3, 26, 23), 23.0), ((2016, 10, 29, 22), 25.0)])
def test_a_local_day_of_a_clock_change_counts_the_hours_it_has(local_midnight, hours: float) -> None:
    # Zurich, midnight to midnight, as UTC; a lost or doubled hour would show in hours and life alike.
    health = counted(datetime(*local_midnight, tzinfo=UTC), hours)
    assert health.counted_h.sum() == hours
    steady = counted(datetime(2016, 7, 1, tzinfo=UTC), 24.0)
    assert health.lost_h.sum() / hours == pytest.approx(steady.lost_h.sum() / 24.0, rel=1e-9)


def test_a_year_of_normal_ageing_is_as_long_as_a_year() -> None:
    counted_h = np.array([[500.0], [0.0], [700.0], [10.0]])
    assert annual_ageing_h(counted_h, counted_h)[0] == pytest.approx(365.25 * 24.0)
    assert annual_ageing_h(2.0 * counted_h, counted_h)[0] == pytest.approx(2.0 * 365.25 * 24.0)
