"""The line rating box: a cable and an overhead line through telemetry, gaps, restarts and overload."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from twin.boxes.maintenance.line_box import LineRatingBox
from twin.boxes.maintenance.lines.reading import read_net_ahead
from twin.contracts import synthetic_facts
from twin.contracts.box import Box
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.contracts.synthetic import SyntheticSite
from twin.domain.quality import Quality
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, quarter_hours, to_epoch_s

START = datetime(2016, 6, 6, tzinfo=UTC)
DAY = 96
COLUMNS = (
    ("line_i_ka", "feeder"),
    ("line_i_ka", "ridge"),
    ("temp_c", ""),
    ("ghi_w_m2", ""),
    ("zone_net_p_mw", "town"),
    ("wind_m_s", ""),
    ("wind_degree", ""),
)
LINES = {
    "feeder": {"index": 0, "kind": "cable", "conductor_mm2": 240.0, "material": "aluminium", "rated_i_ka": 0.416},
    "ridge": {
        "index": 0,
        "kind": "overhead",
        "conductor": "Al/St 95/15",
        "rated_i_ka": 0.35,
        "azimuth_degree": 0.0,
        "altitude_m": 600.0,
        "inclination_degree": 5.0,
    },
}


def context(**lines):
    site = SyntheticSite().context("line_rating")
    return replace(site, lines=lines or LINES, grid=synthetic_facts.grid().to_bytes())


def values(steps: int, *, feeder=0.2, ridge=0.15, temp_c=18.0, wind_m_s=3.0) -> np.ndarray:
    """Telemetry with a daily swing; the town's power is 20 times the feeder's current."""
    swing = 1.0 + 0.3 * np.sin(2.0 * np.pi * np.arange(steps) / DAY)
    rows = [feeder * swing, ridge * swing, np.full(steps, temp_c), np.maximum(0.0, 600.0 * (swing - 1.0))]
    rows += [20.0 * feeder * swing, np.full(steps, wind_m_s), np.full(steps, 270.0)]
    return np.stack(rows, axis=1)


def view(rows: np.ndarray, count: int | None = None, *, ahead=None) -> AsOfView:
    """The view when ``count`` quarter hours were complete; NaN is flagged invalid."""
    quality = np.where(np.isnan(rows), int(Quality.INVALID), 0).astype(np.uint8)
    as_of = START + (len(rows) if count is None else count) * QUARTER_HOUR
    return AsOfView(as_of, Frame(Layout(COLUMNS), to_epoch_s(START), rows, quality), ahead or {})


def forecasts(as_of: datetime, load_mw: np.ndarray) -> dict[str, xr.DataArray]:
    found = {}
    for name, middle in (("load_forecast_p_mw", load_mw), ("pv_forecast_p_mw", np.zeros_like(load_mw))):
        found[name] = xr.DataArray(
            middle[:, None, None] * np.array([0.95, 1.0, 1.05])[None, :, None],
            dims=("time", "quantile", "zone"),
            coords={"time": quarter_hours(as_of, len(middle)), "quantile": [0.1, 0.5, 0.9], "zone": ["town"]},
            name=name,
            attrs={"issued_at": as_of.isoformat(), "units": "MW"},
        )
    return found


@pytest.fixture(scope="module")
def box():
    return LineRatingBox({}, context())


def found(report, code):
    return [finding for finding in report.findings if finding.code == code]


def test_box_keeps_the_contract(box) -> None:
    assert isinstance(box, Box)
    assert set(box.card.constants) == {provide.signal for provide in box.card.provides}


def test_outputs_cover_48_hours_from_now_on(box) -> None:
    now = view(values(10 * DAY))
    report, _ = box.step(now, None, None)
    for provide in box.card.provides:
        output = report.outputs[provide.signal]
        assert output.sizes["time"] == 192
        assert output["time"].values[0] == np.datetime64(now.as_of.replace(tzinfo=None), "ns")
        assert output.attrs["units"] == SIGNALS[provide.signal].unit
        assert np.isfinite(output.values).all()


def test_rating_quantiles_ascend(box) -> None:
    report, _ = box.step(view(values(10 * DAY)), None, None)
    assert (np.diff(report.outputs["line_rating_ka"].values, axis=1) >= 0.0).all()


def test_stepping_quarter_hour_by_quarter_hour_equals_rolling_in_one_go(box) -> None:
    rows = values(12 * DAY)
    rows[10 * DAY - 8 : 10 * DAY - 4, 0] = np.nan  # with a gap in the current
    rows[10 * DAY - 10, 2] = np.nan  # and one in the air
    _, first = box.step(view(rows, 10 * DAY), None, None)
    state = first
    for count in range(10 * DAY + 1, 10 * DAY + 17):
        report, state = box.step(view(rows, count), None, state)
    at_once, state_at_once = box.step(view(rows, 10 * DAY + 16), None, first)
    assert state == state_at_once
    for name, output in report.outputs.items():
        assert np.array_equal(output.values, at_once.outputs[name].values)


def test_late_telemetry_counts_when_it_comes_within_four_hours(box) -> None:
    whole = values(10 * DAY)
    late = whole.copy()
    late[-12:-4, :2] = np.nan
    _, before = box.step(view(whole, 9 * DAY), None, None)
    _, state = box.step(view(late, 10 * DAY - 4), None, before)
    report, _ = box.step(view(whole), None, state)
    undisturbed, _ = box.step(view(whole), None, before)
    assert report.headline == undisturbed.headline


def test_missing_current_is_held_and_said(box) -> None:
    rows = values(10 * DAY)
    rows[-8:, :2] = np.nan
    report, _ = box.step(view(rows), None, None)
    assert report.reason == "current_held"
    assert report.params["not_measured"] == ["feeder", "ridge"]
    assert report.params["lines"]["feeder"]["confidence"] == "reduced"


def test_current_never_measured_counts_as_the_rated_one(box) -> None:
    rows = values(10 * DAY)
    rows[:, 0] = np.nan
    report, _ = box.step(view(rows), None, None)
    assert report.params["lines"]["feeder"]["i_ka"] == pytest.approx(0.416)


def test_air_never_measured_gives_a_result_all_the_same(box) -> None:
    rows = values(10 * DAY)
    rows[:, 2:4] = np.nan
    report, _ = box.step(view(rows), None, None)
    assert report.params["soil_c"] == 20.0
    assert "no_air" in report.params["lines"]["ridge"]["doubts"]


def test_wind_that_is_not_forecast_reduces_confidence(box) -> None:
    report, _ = box.step(view(values(10 * DAY)), None, None)
    assert "no_wind" in report.params["lines"]["ridge"]["doubts"]


def test_other_plants_run_on_as_rivers_do(box) -> None:
    layout = Layout((("zone_hydro_p_mw", "town"), ("zone_other_p_mw", "town")))
    frame = Frame(layout, to_epoch_s(START), np.array([[1.0, 0.5]]), np.zeros((1, 2), np.uint8))
    now = START + QUARTER_HOUR
    net = read_net_ahead(AsOfView(now, frame, forecasts(now, np.full(192, 5.0))), "town")
    assert net[:, 0] == pytest.approx(3.5)
    assert {"zone_hydro_p_mw", "zone_other_p_mw"} <= {need.signal for need in box.card.needs}


def test_hotter_weeks_never_raise_what_a_cable_bears(box) -> None:
    cool, hot = (box.step(view(values(30 * DAY, temp_c=c)), None, None)[0].outputs["line_rating_ka"] for c in (10.0, 25.0))
    assert (hot.sel(line="feeder").values < cool.sel(line="feeder").values).all()


def test_cable_that_carried_little_bears_more_for_two_hours(box) -> None:
    def bears(i_ka):
        return box.step(view(values(30 * DAY, feeder=i_ka)), None, None)[0].params["lines"]["feeder"]["bears_percent"]

    little, much = bears(0.1), bears(0.3)
    assert little["2 h"] > 1.2 * much["2 h"]
    assert little["1 h"] > little["2 h"] > little["4 h"]


def test_bays_cap_what_a_cool_cable_bears() -> None:
    capped = LineRatingBox({}, context(feeder=LINES["feeder"] | {"cap_i_ka": 0.4}))
    report, _ = capped.step(view(values(10 * DAY)), None, None)
    assert report.outputs["line_rating_ka"].values.max() == 0.4


def test_emergency_limit_is_told_where_the_utility_allows_one() -> None:
    told = LineRatingBox({}, context(feeder=LINES["feeder"] | {"emergency_c": 105.0}))
    line = told.step(view(values(10 * DAY)), None, None)[0].params["lines"]["feeder"]
    assert line["emergency_percent"]["2 h"] > line["bears_percent"]["2 h"]


def test_calm_line_raises_no_finding(box) -> None:
    assert box.step(view(values(10 * DAY)), None, None)[0].findings == ()


def test_overload_that_the_cable_bears_for_a_while_says_how_long() -> None:
    alone = LineRatingBox({}, context(feeder=LINES["feeder"]))
    rows = values(30 * DAY, feeder=0.25)
    rows[-1, 0] = 0.55
    report, _ = alone.step(view(rows), None, None)
    (overload,) = found(report, "line_overload")
    assert overload.element == "line:0"
    assert 60 < overload.params["bearable_min"] < 12 * 60
    bearable = overload.act_before - view(rows).as_of
    assert bearable / timedelta(minutes=1) == pytest.approx(overload.params["bearable_min"], abs=0.5)  # whole minutes


def test_overhead_line_above_its_static_rating_in_a_storm_is_bearable_now_and_not_in_the_forecast_that_knows_no_wind() -> None:
    alone = LineRatingBox({}, context(ridge=LINES["ridge"]))
    rows = values(10 * DAY, temp_c=0.0, wind_m_s=12.0)
    rows[-1, 1] = 0.36
    report, _ = alone.step(view(rows), None, None)
    assert report.params["lines"]["ridge"]["temp_c"] < 40.0  # the wind cools it
    (said,) = (*found(report, "line_overload"), *found(report, "line_overload_bearable"))
    assert said.params["loading_percent"] == pytest.approx(102.9, abs=0.1)


def test_limit_in_the_evening_says_what_to_relieve_and_from_when() -> None:
    alone = LineRatingBox({}, context(feeder=LINES["feeder"]))
    rows = values(30 * DAY, feeder=0.25)
    now = view(rows).as_of
    load = np.full(192, 5.0)
    load[40:72] = 12.0  # eight hours at 0.6 kA
    report, _ = alone.step(view(rows, ahead=forecasts(now, load)), None, None)
    (limit,) = found(report, "line_limit")
    assert now + 40 * QUARTER_HOUR < limit.at < now + 72 * QUARTER_HOUR
    assert limit.params["relieve_at"] == (now + 40 * QUARTER_HOUR).isoformat()
    assert limit.act_before == now + 40 * QUARTER_HOUR
    # what is to be relieved is the peak less what is borne, at 10 kV
    assert limit.params["relieve_mw"] == pytest.approx(np.sqrt(3.0) * 10.0 * (0.6 - limit.params["hold_ka"]), abs=0.02)
    load[40:72] = 20.0 * 0.995 * limit.params["hold_ka"]  # the relation of town and feeder, with the grid's tenth of ampere
    relieved, _ = alone.step(view(rows, ahead=forecasts(now, load)), None, None)
    assert relieved.findings == ()
    assert (report.params["line"], relieved.params["line"]) == ("line_relief", "line_bears")  # what the card says


def test_state_of_other_lines_is_not_taken_over(box) -> None:
    rows = values(10 * DAY)
    alone = LineRatingBox({}, context(feeder=LINES["feeder"]))
    _, foreign = alone.step(view(rows, 9 * DAY), None, None)
    fresh, _ = box.step(view(rows), None, None)
    after, _ = box.step(view(rows), None, foreign)
    assert after.headline == fresh.headline


def test_box_watches_only_the_lines_it_names() -> None:
    assert LineRatingBox({"lines": ["ridge"]}, context()).card.provides[0].elements == ("ridge",)
