from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from twin.boxes.maintenance.box import TransformerBox
from twin.boxes.maintenance.thermal.iec60076 import TYPICAL, ThermalState, roll
from twin.boxes.maintenance.transformers.health import Health
from twin.boxes.maintenance.watch.state import WatchSettings
from twin.contracts.box import Box
from twin.domain.problems import BadInput
from twin.domain.signals import SIGNALS

TRAFO = "neighbourhood"
DAY = 96
PLATE = TYPICAL["distribution", "ONAN"]


@pytest.fixture
def box(make_context):
    return TransformerBox({"trafo": TRAFO}, make_context())


def codes(report) -> set[str]:
    return {finding.code for finding in report.findings}


def test_box_keeps_the_contract(box) -> None:
    assert isinstance(box, Box)
    assert box.card.fallbacks[-1] == "constant"
    assert set(box.card.constants) == {provide.signal for provide in box.card.provides}


def test_outputs_cover_the_declared_horizon_from_now_on(box, make_values, make_view) -> None:
    view = make_view(make_values(10 * DAY, load_mw=0.2))
    report, _ = box.step(view, None, None)
    for provide in box.card.provides:
        output = report.outputs[provide.signal]
        assert output.dims == ("time", "trafo")
        assert output.sizes["time"] == provide.horizon / provide.resolution
        assert output["time"].values[0] == np.datetime64(view.as_of.replace(tzinfo=None), "ns")
        assert output.attrs["units"] == SIGNALS[provide.signal].unit
        assert np.isfinite(output.values).all()
    assert report.outputs["hot_spot_c"].values[0, 0] == report.headline.value


def test_stepping_quarter_hour_by_quarter_hour_equals_rolling_in_one_go(box, make_values, make_view) -> None:
    values = make_values(12 * DAY, load_mw=0.25)
    values[10 * DAY + 20 : 10 * DAY + 31, 0] = np.nan  # with a gap in the load
    values[10 * DAY + 60, 2] = np.nan  # and one in the ambient
    _, first = box.step(make_view(values, 10 * DAY), None, None)
    state = first
    for row in range(10 * DAY + 1, 11 * DAY + 1):
        report, state = box.step(make_view(values, row), None, state)
    at_once, state_at_once = box.step(make_view(values, 11 * DAY), None, first)
    assert state == state_at_once
    for name, output in report.outputs.items():
        np.testing.assert_array_equal(output.values, at_once.outputs[name].values)


def test_late_telemetry_counts_when_it_comes_within_four_hours(box, make_values, make_view) -> None:
    whole = make_values(10 * DAY, load_mw=0.25)
    late = whole.copy()
    late[-8:-4, 0] = np.nan
    _, before = box.step(make_view(whole, 9 * DAY), None, None)
    _, state = box.step(make_view(late, 10 * DAY - 4), None, before)
    report, _ = box.step(make_view(whole, 10 * DAY), None, state)
    undisturbed, _ = box.step(make_view(whole, 10 * DAY), None, before)
    assert report.headline == undisturbed.headline


def test_missing_load_holds_the_last_good_and_widens_the_statement(box, make_values, make_view) -> None:
    values = make_values(10 * DAY, load_mw=0.25)
    good, _ = box.step(make_view(values), None, None)
    values[-12:, 0] = np.nan
    held, _ = box.step(make_view(values), None, None)
    assert held.reason == "load_held"
    assert held.params["load_held_min"] == 180
    wide = held.params["hot_spot_high_c"] - held.params["hot_spot_low_c"]
    assert wide > 10.0 > good.params["hot_spot_high_c"] - good.params["hot_spot_low_c"]
    assert held.params["hot_spot_low_c"] <= good.headline.value <= held.params["hot_spot_high_c"]


def test_history_without_any_load_is_refused_with_a_reason(box, make_values, make_view) -> None:
    values = make_values(DAY, load_mw=0.25)
    values[:, 0] = np.nan
    with pytest.raises(ValueError, match="trafo_loading_percent"):
        box.step(make_view(values), None, None)


def test_lost_life_counts_hours_at_normal_ageing(box, make_values, make_view) -> None:
    values = make_values(10 * DAY, load_mw=0.25)
    # rated load at 20 degC: hot-spot 98 degC, where an hour costs an hour
    values[:, 0], values[:, 2] = 100.0, 20.0
    report, _ = box.step(make_view(values), None, None)
    assert report.params["lost_life_h"] == pytest.approx(240.0, rel=1e-9)


def test_evening_peak_in_the_forecast_raises_the_hot_spot_finding_before_it_comes(
    box, make_values, make_view, make_forecast
) -> None:
    values = make_values(10 * DAY, load_mw=0.25)
    as_of = make_view(values).as_of
    peak = np.full(DAY, 0.25)
    peak[40:60] = 0.58  # 148 % for five hours
    ahead = {
        "load_forecast_p_mw": make_forecast("load_forecast_p_mw", as_of, peak),
        "pv_forecast_p_mw": make_forecast("pv_forecast_p_mw", as_of, np.zeros(DAY)),
    }
    report, _ = box.step(make_view(values, ahead=ahead), None, None)
    (finding,) = report.findings
    assert finding.code == "transformer_hot_spot_limit"
    assert as_of + timedelta(hours=10) < finding.act_before <= as_of + timedelta(hours=15)
    assert finding.at == finding.act_before
    assert finding.owner
    assert finding.params["peak_high_c"] > finding.params["peak_c"] > 120.0
    assert report.params["forecast_steps"] == DAY


def test_forecast_of_the_measured_power_predicts_the_measured_loading(box, make_values, make_view, make_forecast) -> None:
    values = make_values(10 * DAY, load_mw=0.25)
    now = 9 * DAY
    view = make_view(values, now)
    flat = make_forecast("pv_forecast_p_mw", view.as_of, np.zeros(DAY))
    weather = flat.isel(quantile=0, zone=0, drop=True).copy(data=values[now:, 2])
    ahead = {
        "load_forecast_p_mw": make_forecast("load_forecast_p_mw", view.as_of, values[now:, 3]),
        "pv_forecast_p_mw": flat,
        "temp_c": weather,
    }
    report, state = box.step(make_view(values, now, ahead=ahead), None, None)
    later, _ = box.step(make_view(values, 10 * DAY - 1), None, state)
    # both roll over the same load and ambient, once forecast and once measured; only the fit's rounding differs
    assert report.outputs["hot_spot_c"].values[DAY - 1, 0] == pytest.approx(later.headline.value, abs=1e-6)
    assert report.params["relation_fitted"]


@pytest.mark.parametrize(("column", "p_mw", "found"), [(None, 0.3, True), (4, 0.3, False), (5, 0.3, False)])
def test_battery_that_feeds_in_now_hides_no_evening_peak_while_a_river_or_another_plant_does(
    box, make_values, make_view, make_forecast, column: int | None, p_mw: float, *, found: bool
) -> None:
    values = make_values(10 * DAY, load_mw=0.25)
    values[-1, 3] -= p_mw
    if column is not None:
        values[-1, column] = p_mw
    as_of = make_view(values).as_of
    peak = np.full(DAY, 0.25)
    peak[60:80] = 0.62
    ahead = {
        "load_forecast_p_mw": make_forecast("load_forecast_p_mw", as_of, peak),
        "pv_forecast_p_mw": make_forecast("pv_forecast_p_mw", as_of, np.zeros(DAY)),
    }
    report, _ = box.step(make_view(values, ahead=ahead), None, None)
    assert ("transformer_hot_spot_limit" in codes(report)) == found


def test_oil_above_its_limit_on_the_thermometer_is_a_finding_though_the_model_knows_no_reason(
    box, make_values, make_view
) -> None:
    values = make_values(10 * DAY, load_mw=0.25)
    values[-2:, 1] = 106.0
    view = make_view(values)
    found = {finding.code: finding for finding in box.step(view, None, None)[0].findings}
    assert set(found) == {"transformer_top_oil_limit", "transformer_sensor_spike"}
    finding = found["transformer_top_oil_limit"]
    assert finding.priority == 1
    assert finding.act_before == view.as_of
    assert finding.params["top_oil_c"] == 106.0
    values[-2, 1] = 80.0  # a single reading is no finding
    assert "transformer_top_oil_limit" not in codes(box.step(make_view(values), None, None)[0])


def test_limit_of_the_top_oil_is_the_sites(make_context, facts, make_values, make_view, make_forecast) -> None:
    view = make_view(make_values(10 * DAY, load_mw=0.25))
    ahead = {
        "load_forecast_p_mw": make_forecast("load_forecast_p_mw", view.as_of, np.full(DAY, 0.42)),
        "pv_forecast_p_mw": make_forecast("pv_forecast_p_mw", view.as_of, np.zeros(DAY)),
    }
    for limit_c, expected in ((105.0, set()), (60.0, {"transformer_top_oil_limit"})):
        box = TransformerBox({"trafo": TRAFO}, make_context(facts | {"top_oil_limit_c": limit_c}))
        report, _ = box.step(make_view(make_values(10 * DAY, load_mw=0.25), ahead=ahead), None, None)
        assert codes(report) == expected


def test_overload_tells_how_long_it_can_be_borne(box, make_values, make_view) -> None:
    values = make_values(10 * DAY, load_mw=0.25)
    values[-4:, 0] = 150.0
    report, _ = box.step(make_view(values), None, None)
    (finding,) = [finding for finding in report.findings if finding.code.startswith("transformer_overload")]
    minutes = finding.params["bearable_min"]
    assert 0 < minutes < 600
    assert finding.act_before - make_view(values).as_of == pytest.approx(timedelta(minutes=minutes), abs=timedelta(minutes=1))


def test_cold_air_makes_a_slight_overload_bearable(box, make_values, make_view) -> None:
    values = make_values(10 * DAY, load_mw=0.25, temp_c=-8.0)
    values[-4:, 0] = 113.6
    report, _ = box.step(make_view(values), None, None)
    assert codes(report) == {"transformer_overload_bearable"}


def test_same_arguments_give_the_same_bytes(box, make_values, make_view) -> None:
    view = make_view(make_values(10 * DAY, load_mw=0.25))
    (one, state), (two, same) = box.step(view, None, None), box.step(view, None, None)
    assert state == same
    assert one.params == two.params


def test_state_of_another_format_is_rolled_over_again(box, make_values, make_view) -> None:
    from twin.domain.pack import pack

    view = make_view(make_values(10 * DAY, load_mw=0.25))
    fresh, _ = box.step(view, None, None)
    again, _ = box.step(view, None, pack({"format": -1}))
    assert again.headline == fresh.headline


def test_stop_longer_than_the_frame_forgets_temperatures_but_not_the_life_lost(box, make_values, make_view) -> None:
    values = make_values(10 * DAY, load_mw=0.25)
    _, state = box.step(make_view(values), None, None)
    old = Health.from_bytes(state, [TRAFO], WatchSettings())
    view = make_view(values)
    lost_h = np.array([[1234.0], [0.0], [0.0], [0.0]])
    shifted = replace(old, at_s=old.at_s - 20 * 86_400, since_s=old.since_s - 20 * 86_400, lost_h=lost_h)
    report, _ = box.step(view, None, shifted.to_bytes([TRAFO]))
    fresh, _ = box.step(view, None, None)
    assert report.headline == fresh.headline
    assert report.params["lost_life_h"] > 1234.0


def test_cooling_that_has_lost_a_quarter_of_its_power_is_found_within_two_days(box, make_values, make_view) -> None:
    steps, fault = 50 * DAY, 45 * DAY
    values = make_values(steps, load_mw=0.25)
    # a transformer as built: 6 % more rise, 10 % slower oil than typical, sensor noise of 1 K
    start = ThermalState(np.full(1, 20.0), np.zeros(1), np.zeros(1))
    load, air = values[:, :1] / 100.0, values[:, 2:3]
    built = replace(PLATE, top_oil_rise_k=58.3, tau_oil_min=198.0)
    ill = replace(built, top_oil_rise_k=58.3 / 0.75)
    before = roll(built, start, load[:fault], air[:fault], minutes=15.0)
    after = roll(ill, before.at(-1), load[fault:], air[fault:], minutes=15.0)
    oil = np.concatenate([before.top_oil_c[1:, 0], after.top_oil_c[1:, 0]])
    values[:, 1] = oil + np.random.default_rng(7).normal(0.0, 1.0, steps)
    healthy, state = box.step(make_view(values, fault), None, None)
    assert codes(healthy) == set()
    assert healthy.params["cooling_watch"] == "watching"
    report, _ = box.step(make_view(values, fault + 2 * DAY), None, state)
    (finding,) = report.findings
    assert finding.code == "transformer_cooling"
    rise_k = (values[fault + DAY : fault + 2 * DAY, 1] - before.top_oil_c[1 - DAY :, 0].mean()).mean()
    # the residual of a day against the hotter oil: noise of block means, and what the load differs between days
    assert finding.params["excess_k"] == pytest.approx(rise_k, abs=2.0)
    assert finding.act_before > finding.at


def test_every_fault_of_the_configuration_is_told_at_once(make_context, facts) -> None:
    facts |= {"size": "huge", "cooling": "fan", "paper": "news", "sn_mva": -1, "top_oil_rise_k": "warm"}
    with pytest.raises(BadInput) as refused:
        TransformerBox({"trafo": TRAFO, "overload_percent": 5, "hotspot": 1}, make_context(facts))
    text = str(refused.value)
    assert len(refused.value.problems) == 7
    for name in ("size", "cooling", "paper", "sn_mva", "top_oil_rise_k", "overload_percent", "hotspot"):
        assert name in text


def test_unknown_transformer_is_refused_with_the_known_ones(make_context) -> None:
    with pytest.raises(BadInput, match="neighbourhood"):
        TransformerBox({"trafo": "nowhere"}, make_context())


def test_typical_values_are_named_where_the_nameplate_is_silent(make_context, facts) -> None:
    facts["top_oil_rise_k"] = 49.0
    box = TransformerBox({"trafo": TRAFO}, make_context(facts))
    assert box.plates.parameters.top_oil_rise_k == 49.0
    assert "top_oil_rise_k" not in box.card.params["typical_values"][TRAFO]
    assert "tau_oil_min" in box.card.params["typical_values"][TRAFO]
