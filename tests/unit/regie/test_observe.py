"""From raw channels to signals: balances, substitution, scaling, quality."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.contracts.frame import Layout
from twin.domain.channels import parse_channel
from twin.domain.quality import Quality
from twin.domain.zones import OtherPlant, Zone
from twin.regie.observe import CONTEXT_ROWS, HOLD_ROWS, Observer, TrafoSpec

NAMES = (
    "trafo.0.p_mw",
    "trafo.1.p_mw",
    "line.4.p_mw",
    "sgen.1.p_mw",
    "sgen.2.p_mw",
    "sgen.3.p_mw",
    "device.battery.p_mw",
    "device.battery.soc_percent",
    "trafo.2.p_mw",
    "trafo.2.q_mvar",
    "bus.19.vm_pu",
    "trafo.2.top_oil_c",
    "weather.site.temp_c",
)
TITLE = {"en": "x"}
TOWN = Zone(
    "town",
    TITLE,
    1000,
    pv_kwp=300.0,
    boundary=(("trafo.0.p_mw", 1.0), ("trafo.1.p_mw", 1.0), ("line.4.p_mw", -1.0)),
    hydro=("sgen.3.p_mw",),
    storage=("device.battery.p_mw",),
    pv_references=(("sgen.1.p_mw", 100.0), ("sgen.2.p_mw", 50.0)),
)
ROOF = Zone("roof", TITLE, 1, pv_kwp=50.0, parent="town", pv_references=(("sgen.2.p_mw", 50.0),))
DARK = Zone("dark", TITLE, 10, pv_kwp=0.0, parent="town", boundary=(("trafo.2.p_mw", 1.0),))
ZONE_SIGNALS = {"town": ("net", "load", "pv", "hydro", "storage"), "roof": ("pv", "load"), "dark": ("load", "pv")}
LAYOUT = Layout(
    (
        *((f"zone_{kind}_p_mw", zone) for zone, kinds in ZONE_SIGNALS.items() for kind in kinds),
        ("trafo_loading_percent", "t"),
        ("trafo_top_oil_c", "t"),
        ("device_p_mw", "battery"),
        ("device_soc_percent", "battery"),
        ("temp_c", ""),
        ("ghi_w_m2", ""),
    )
)
OBSERVER = Observer(
    [parse_channel(name) for name in NAMES], [TOWN, ROOF, DARK], [TrafoSpec("t", 2, 0.63, "bus.19.vm_pu")], LAYOUT
)
GOOD_ROW = (10.0, 5.0, 2.0, 0.06, 0.03, 1.0, 0.5, 80.0, 0.3, 0.4, 1.0, 55.0, 20.0)


def derive(*rows, context: int = 0):
    """The last row's signals as ``{(signal, element): (value, quality)}``."""
    values = np.array(rows, dtype=float)
    quality = np.where(np.isnan(values), int(Quality.INVALID), 0).astype(np.uint8)
    found, flags = OBSERVER.derive(values, quality, context)
    return {c: (float(v), int(q)) for c, v, q in zip(LAYOUT.columns, found[-1], flags[-1], strict=True)}


def with_(**changes) -> tuple[float, ...]:
    named = {name.replace(".", "_"): i for i, name in enumerate(NAMES)}
    row = list(GOOD_ROW)
    for name, value in changes.items():
        row[named[name]] = value
    return tuple(row)


def test_power_entering_a_zone_is_the_signed_sum_of_its_boundary():
    assert derive(GOOD_ROW)["zone_net_p_mw", "town"] == (13.0, Quality.GOOD)


def test_consumption_is_import_plus_generation_minus_charging():
    pv = (0.06 + 0.03) * 300.0 / 150.0
    assert derive(GOOD_ROW)["zone_load_p_mw", "town"][0] == pytest.approx(13.0 + pv + 1.0 - 0.5)


def test_a_plant_of_another_carrier_adds_to_what_is_consumed():
    zone = replace(DARK, others=(OtherPlant("sgen.3.p_mw", "waste", 900.0, 300.0),))
    layout = Layout((("zone_other_p_mw", "dark"), ("zone_load_p_mw", "dark")))
    observer = Observer([parse_channel(name) for name in NAMES], [zone], [], layout)
    found, _ = observer.derive(np.array([GOOD_ROW]), np.zeros((1, len(NAMES)), np.uint8), 0)
    assert found[0] == pytest.approx([1.0, 0.3 + 1.0])


def test_a_discharging_battery_adds_to_what_is_consumed():
    more = derive(with_(device_battery_p_mw=-0.5))["zone_load_p_mw", "town"][0]
    assert more - derive(GOOD_ROW)["zone_load_p_mw", "town"][0] == pytest.approx(1.0)


def test_metered_plants_are_scaled_to_the_installed_power_and_say_estimated():
    assert derive(GOOD_ROW)["zone_pv_p_mw", "town"] == (pytest.approx(0.18), Quality.ESTIMATED)


def test_a_zone_whose_every_plant_is_metered_is_exact():
    assert derive(GOOD_ROW)["zone_pv_p_mw", "roof"] == (0.03, Quality.GOOD)


def test_a_silent_reference_plant_leaves_its_share_to_the_others():
    rows = [with_(sgen_1_p_mw=np.nan)] * (HOLD_ROWS + 1)
    value, flags = derive(*rows)["zone_pv_p_mw", "town"]
    assert value == pytest.approx(0.03 * 300.0 / 50.0)
    assert flags & Quality.ESTIMATED


def test_photovoltaics_never_generates_less_than_nothing():
    assert derive(with_(sgen_1_p_mw=-0.01, sgen_2_p_mw=0.0))["zone_pv_p_mw", "town"][0] == 0.0


def test_without_any_reference_plant_the_zone_generation_is_unknown():
    rows = [with_(sgen_1_p_mw=np.nan, sgen_2_p_mw=np.nan)]
    value, flags = derive(*rows)["zone_pv_p_mw", "town"]
    assert np.isnan(value)
    assert flags & Quality.INVALID


def test_a_zone_without_panels_generates_nothing_for_certain():
    assert derive(GOOD_ROW)["zone_pv_p_mw", "dark"] == (0.0, Quality.GOOD)


def test_a_roof_without_boundary_has_no_consumption():
    assert np.isnan(derive(GOOD_ROW)["zone_load_p_mw", "roof"][0])


def test_a_lost_boundary_makes_the_consumption_unknown_and_not_zero():
    found = derive(with_(trafo_1_p_mw=np.nan))
    for signal in ("zone_net_p_mw", "zone_load_p_mw"):
        assert np.isnan(found[signal, "town"][0])
        assert found[signal, "town"][1] & Quality.INVALID


def test_consumption_is_never_negative():
    assert derive(with_(trafo_2_p_mw=-0.1))["zone_load_p_mw", "dark"][0] == 0.0


def test_a_silent_home_battery_makes_the_sum_questionable_and_does_not_hide_the_town():
    value, flags = derive(with_(device_battery_p_mw=np.nan))["zone_storage_p_mw", "town"]
    assert value == 0.0
    assert flags == Quality.ESTIMATED | Quality.QUESTIONABLE


@pytest.mark.parametrize("missing", range(1, HOLD_ROWS + 1))
def test_a_missing_channel_keeps_its_last_value_for_one_hour_and_says_substituted(missing):
    rows = [GOOD_ROW] + [with_(weather_site_temp_c=np.nan)] * missing
    assert derive(*rows)["temp_c", ""] == (20.0, Quality.SUBSTITUTED)


def test_after_one_hour_a_missing_channel_is_missing():
    rows = [GOOD_ROW] + [with_(weather_site_temp_c=np.nan)] * (HOLD_ROWS + 1)
    value, flags = derive(*rows)["temp_c", ""]
    assert np.isnan(value)
    assert flags & Quality.INVALID


def test_the_newest_value_is_held_and_not_an_older_one():
    rows = [with_(weather_site_temp_c=10.0), GOOD_ROW, with_(weather_site_temp_c=np.nan)]
    assert derive(*rows)["temp_c", ""][0] == 20.0


def test_a_substituted_part_marks_the_whole_balance():
    assert derive(GOOD_ROW, with_(trafo_0_p_mw=np.nan))["zone_load_p_mw", "town"][1] & Quality.SUBSTITUTED


def test_loading_is_apparent_power_over_rating_at_the_voltage_there():
    half = derive(with_(bus_19_vm_pu=0.95))["trafo_loading_percent", "t"]
    assert half == (pytest.approx(100.0 * 0.5 / (0.63 * 0.95)), Quality.GOOD)


def test_loading_without_voltage_assumes_the_nominal_one_and_says_estimated():
    rows = [with_(bus_19_vm_pu=np.nan)]
    assert derive(*rows)["trafo_loading_percent", "t"] == (pytest.approx(100.0 * 0.5 / 0.63), Quality.ESTIMATED)


def test_loading_without_reactive_power_says_estimated():
    assert derive(with_(trafo_2_q_mvar=np.nan))["trafo_loading_percent", "t"] == (
        pytest.approx(100.0 * 0.3 / 0.63),
        Quality.ESTIMATED,
    )


def test_a_dead_bus_loads_nothing():
    found = derive(with_(trafo_2_p_mw=0.0, trafo_2_q_mvar=0.0, bus_19_vm_pu=0.0))
    assert found["trafo_loading_percent", "t"] == (0.0, Quality.ESTIMATED)


def test_reverse_flow_loads_a_transformer_like_forward_flow():
    assert derive(with_(trafo_2_p_mw=-0.3))["trafo_loading_percent", "t"] == derive(GOOD_ROW)["trafo_loading_percent", "t"]


def test_device_and_weather_signals_are_their_channels():
    found = derive(GOOD_ROW)
    assert found["device_p_mw", "battery"][0] == 0.5
    assert found["device_soc_percent", "battery"][0] == 80.0
    assert found["trafo_top_oil_c", "t"][0] == 55.0


def test_a_signal_that_no_channel_carries_is_missing():
    value, flags = derive(GOOD_ROW)["ghi_w_m2", ""]
    assert np.isnan(value)
    assert flags == Quality.INVALID


RAW = st.lists(st.tuples(*[st.sampled_from([np.nan, -0.01, 0.0, 0.03, 0.3, 1.0])] * len(NAMES)), min_size=2, max_size=14)


@settings(max_examples=60, deadline=None)
@given(RAW, st.data())
def test_rows_derived_from_any_row_on_are_those_derived_all_at_once(rows, data):
    values = np.array(rows)
    quality = np.where(np.isnan(values), int(Quality.INVALID), 0).astype(np.uint8)
    first = data.draw(st.integers(0, len(rows) - 1))
    context = min(first, CONTEXT_ROWS)
    all_values, all_quality = OBSERVER.derive(values, quality, 0)
    some_values, some_quality = OBSERVER.derive(values[first - context :], quality[first - context :], context)
    assert some_values.tobytes() == all_values[first:].tobytes()
    assert some_quality.tobytes() == all_quality[first:].tobytes()


@settings(max_examples=60, deadline=None)
@given(RAW)
def test_missing_and_invalid_are_the_same_thing(rows):
    values = np.array(rows)
    quality = np.where(np.isnan(values), int(Quality.INVALID), 0).astype(np.uint8)
    found, flags = OBSERVER.derive(values, quality, 0)
    np.testing.assert_array_equal(np.isnan(found), (flags & int(Quality.INVALID)) > 0)


METERS = [parse_channel(name, minimum=-20.0, maximum=20.0) for name in ("line.4.q_mvar", "sgen.3.p_mw")]


def without_spikes(*rows):
    values = np.array(rows, dtype=float)
    return Observer(METERS, [], [], Layout(())).without_spikes(values, np.zeros(values.shape, dtype=np.uint8))


def test_a_unit_error_within_the_plausible_range_is_refused():
    values, quality = without_spikes((-0.014, 0.0), (-0.015, 0.0), (-14.0, 0.0))
    assert np.isnan(values[-1, 0])
    assert quality[-1, 0] == Quality.INVALID


def test_a_feeder_that_was_switched_on_is_believed_in_the_next_quarter_hour():
    values, _ = without_spikes((0.05, 0.0), (3.0, 0.0), (3.1, 0.0))
    assert np.isnan(values[1, 0])
    assert values[2, 0] == 3.1


def test_a_plant_may_start_at_once():
    values, _ = without_spikes((0.0, 0.01), (0.0, 3.0))
    assert values[1, 1] == 3.0


def test_a_watched_line_and_a_measured_wind_come_through_as_they_are():
    meters = [parse_channel(name) for name in ("line.4.i_ka", "weather.site.wind_m_s")]
    observer = Observer(
        meters, [], [], Layout((("line_i_ka", "feeder"), ("line_i_ka", "blind"), ("wind_m_s", ""))), lines={"feeder": 4}
    )
    values, quality = observer.derive(np.array([[0.2, 3.0]]), np.zeros((1, 2), dtype=np.uint8), 0)
    np.testing.assert_array_equal(values[0], [0.2, np.nan, 3.0])
    assert quality[0, 1] == Quality.INVALID


def test_a_machine_has_the_power_of_its_own_meter_and_keeps_a_held_reading_marked() -> None:
    names = ("sgen.3.p_mw", "machine.mill.vibration_mm_s")
    layout = Layout((("machine_p_mw", "mill"), ("machine_vibration_mm_s", "mill")))
    observer = Observer([parse_channel(name) for name in names], [], [], layout, machines={"mill": "sgen.3.p_mw"})
    raw = np.array([[1.5, 0.8], [1.4, np.nan]])
    quality = np.where(np.isnan(raw), int(Quality.INVALID), int(Quality.GOOD)).astype(np.uint8)
    values, flags = observer.derive(raw, quality, 0)
    assert values.tolist() == [[1.5, 0.8], [1.4, 0.8]]
    assert flags[1, 1] & int(Quality.SUBSTITUTED)
