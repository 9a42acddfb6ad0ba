"""The state estimate on a small real grid: a known state is found again within what the meters allow."""

import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from tests.unit.regie import small_town as town
from tests.unit.regie.small_devices import ROOF
from twin.domain.grid import NORMAL, Topology
from twin.domain.quality import Quality
from twin.regie.estimate import PSEUDO_FLOOR_MVA, PSEUDO_SHARE, StateEstimator, ZoneInput
from twin.regie.horizon import zone_input

LOAD = np.array([0.7, 0.25, 0.9, 0.22])
PV, HYDRO, BATTERY = 0.3, 0.6, 0.4
WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "trafo_p_hv_mw", "trafo_q_hv_mvar")


@pytest.fixture(scope="module")
def model():
    return town.engine().model(NORMAL)


@pytest.fixture(scope="module")
def truth(model):
    steps = xr.Dataset(
        {
            "load_p_mw": (("time", "load"), LOAD[None]),
            "load_q_mvar": (("time", "load"), 0.2 * LOAD[None]),
            "sgen_p_mw": (("time", "sgen"), np.array([[PV, HYDRO]])),
            "storage_p_mw": (("time", "storage"), np.array([[BATTERY, 0.0]])),
        },
        coords={"time": [0]},
    )
    return model.solve(steps, want=WANT).isel(time=0)


def estimator(model, *, devices=(town.STATION, town.STREET)) -> StateEstimator:
    return StateEstimator(
        model.grid,
        town.CHANNELS,
        [town.TOWN, town.QUARTER],
        load_weight=np.array([600.0, 300.0, 800.0, 200.0]),
        load_tan_phi=np.full(4, 0.2),
        sgen_kwp=np.array([0.5, 0.0]),
        devices=devices,
    )


def measured(truth) -> dict[str, float]:
    """What exact meters would show."""
    station = LOAD[:2].sum() - PV + BATTERY
    return {
        "bus.1.vm_pu": float(truth.vm_pu[1]),
        "bus.2.p_mw": station,
        "bus.2.q_mvar": 0.2 * LOAD[:2].sum(),
        "trafo.0.p_mw": float(truth.trafo_p_hv_mw[0]),
        "trafo.0.q_mvar": float(truth.trafo_q_hv_mvar[0]),
        "trafo.1.p_mw": float(truth.trafo_p_hv_mw[1]),
        "trafo.1.q_mvar": float(truth.trafo_q_hv_mvar[1]),
        "sgen.0.p_mw": PV,
        "sgen.1.p_mw": HYDRO,
        "device.station_battery.p_mw": BATTERY,
    }


def row(values: dict[str, float], *lost: str, substituted=()) -> tuple[np.ndarray, np.ndarray]:
    names = [channel.name for channel in town.CHANNELS]
    array = np.array([math.nan if name in lost else values[name] for name in names])
    quality = np.where(np.isnan(array), int(Quality.INVALID), 0).astype(np.uint8)
    quality[[names.index(name) for name in substituted]] |= int(Quality.SUBSTITUTED)
    return array, quality


ZONES = {"town": ZoneInput(LOAD.sum(), PV), "quarter": ZoneInput(LOAD[3], 0.0)}


def test_a_known_state_is_found_again_within_the_meters_sigma(model, truth):
    state = estimator(model).estimate(model, *row(measured(truth)), ZONES)
    assert bool(state.converged)
    np.testing.assert_allclose(state.vm_pu, truth.vm_pu, atol=0.002)  # sigma of the voltmeter
    np.testing.assert_allclose(state.trafo_loading_percent, truth.trafo_loading_percent, rtol=0.01)  # 1 % power meters
    np.testing.assert_allclose(state.line_loading_percent, truth.line_loading_percent, rtol=0.02)


def test_guessed_loads_are_corrected_by_the_feeder_head(model, truth):
    half = {"town": ZoneInput(0.5 * LOAD.sum(), PV), "quarter": ZoneInput(0.5 * LOAD[3], 0.0)}
    state = estimator(model).estimate(model, *row(measured(truth)), half)
    assert float(state.load_p_mw.sum()) == pytest.approx(LOAD.sum(), rel=0.02)


def test_a_metered_station_fixes_the_net_power_of_its_bus(model, truth):
    wrong = {"town": ZoneInput(3.0, 0.05), "quarter": ZoneInput(LOAD[3], 0.0)}
    m = estimator(model).measurements(model.grid, *row(measured(truth), "sgen.0.p_mw"), wrong)
    net = m.load_p_mw[:2].sum() - m.sgen_p_mw[0] + m.storage_p_mw[0]
    assert net == pytest.approx(measured(truth)["bus.2.p_mw"])
    spread = np.sqrt((m.load_sigma_mva[:2] ** 2).sum() + m.sgen_sigma_mva[0] ** 2 + m.storage_sigma_mva[0] ** 2)
    # 1 % of the station, 0.5 % of its battery and the floor of the roof
    assert spread < 0.011 * net + 0.005 * BATTERY + 2 * PSEUDO_FLOOR_MVA


def test_a_charging_battery_is_not_taken_for_consumption(model, truth):
    m = estimator(model).measurements(model.grid, *row(measured(truth)), ZONES)
    assert m.storage_p_mw[0] == BATTERY
    assert m.load_p_mw[:2].sum() == pytest.approx(LOAD[:2].sum())


def test_a_station_divides_over_its_loads_by_annual_energy(model, truth):
    m = estimator(model).measurements(model.grid, *row(measured(truth)), ZONES)
    assert m.load_p_mw[0] == pytest.approx(2.0 * m.load_p_mw[1])


def test_a_zone_divides_what_its_children_leave(model):
    load, sgen = estimator(model).share_out(
        {"town": np.array([1.9]), "quarter": np.array([0.2])}, {"town": np.array([0.3]), "quarter": np.array([0.0])}
    )
    np.testing.assert_allclose(load, [[0.6, 0.3, 0.8, 0.2]])
    np.testing.assert_allclose(sgen, [[0.3, 0.0]])


def test_a_child_that_consumes_more_than_its_parent_leaves_nothing_negative(model):
    load, _ = estimator(model).share_out(
        {"town": np.array([0.1]), "quarter": np.array([0.2])}, {"town": np.zeros(1), "quarter": np.zeros(1)}
    )
    assert load.min() == 0.0


def test_a_silent_storage_is_uncertain_by_its_size_and_not_surely_idle(model, truth):
    m = estimator(model).measurements(model.grid, *row(measured(truth), "device.station_battery.p_mw"), ZONES)
    assert m.storage_sigma_mva[0] == PSEUDO_SHARE * 0.5


def test_a_storage_without_any_meter_is_part_of_the_consumption_around_it(model, truth):
    m = estimator(model).measurements(model.grid, *row(measured(truth)), ZONES)
    assert m.storage_sigma_mva[1] == PSEUDO_FLOOR_MVA


def test_a_silent_hydro_plant_is_found_by_the_feeder_head(model, truth):
    state = estimator(model).estimate(model, *row(measured(truth), "sgen.1.p_mw"), ZONES)
    assert 0.1 < float(state.sgen_p_mw[1]) <= HYDRO + 0.05


def test_a_held_value_is_trusted_four_times_less(model, truth):
    fresh = estimator(model).measurements(model.grid, *row(measured(truth)), ZONES)
    held = estimator(model).measurements(model.grid, *row(measured(truth), substituted=("trafo.0.p_mw",)), ZONES)
    assert held.flow_sigma_mva[0] == pytest.approx(4.0 * fresh.flow_sigma_mva[0])


def test_a_flow_without_reactive_power_is_uncertain_by_its_power_factor(model, truth):
    m = estimator(model).measurements(model.grid, *row(measured(truth), "trafo.0.q_mvar"), ZONES)
    assert m.flow_q_mvar[0] == 0.0
    assert m.flow_sigma_mva[0] > 0.2 * abs(m.flow_p_mw[0])


def test_a_flag_keeps_a_number_out(model, truth):
    values, quality = row(measured(truth))
    quality[3] = int(Quality.INVALID)
    m = estimator(model).measurements(model.grid, values, quality, ZONES)
    assert 0 not in m.flow_index.tolist()


def test_without_telemetry_the_forecast_makes_the_state(model, truth):
    lost = [channel.name for channel in town.CHANNELS if channel.name != "bus.1.vm_pu"]
    forecast = {"load:town": (9.9, LOAD.sum()), "pv:town": (9.9, PV), "load:quarter": (9.9, LOAD[3])}
    zones = {zone.name: zone_input(zone, {}, 900, forecast, 0) for zone in (town.TOWN, town.QUARTER)}
    state = estimator(model).estimate(model, *row(measured(truth), *lost), zones)
    assert bool(state.converged)
    assert float(state.load_p_mw.sum()) == pytest.approx(LOAD.sum(), rel=0.01)


def test_what_is_measured_goes_before_what_was_forecast():
    signals = {("zone_load_p_mw", "town"): 1.5, ("zone_pv_p_mw", "town"): math.nan}
    assert zone_input(town.TOWN, signals, 900, {"load:town": (7.0, 7.0), "pv:town": (0.0, 0.4)}, 0) == ZoneInput(1.5, 0.4)


@pytest.mark.parametrize("label", [-900, 1800])
def test_beyond_the_last_forecast_nothing_is_known(label):
    assert zone_input(town.TOWN, {}, label, {"load:town": (7.0, 7.0)}, 0) == ZoneInput(0.0, 0.0)


def test_coverage_counts_fresh_and_valid_channels_of_the_grid(model, truth):
    _, quality = row(measured(truth), "sgen.0.p_mw", "sgen.1.p_mw", substituted=("bus.2.p_mw",))
    assert estimator(model).coverage(quality) == pytest.approx(6 / 9)  # the battery's meter tells nothing of the grid


def test_a_meter_without_spread_does_not_stop_the_estimate(model, truth):
    exact = [replace(channel, sigma=0.0) for channel in town.CHANNELS if channel.name != "bus.1.vm_pu"]
    found = StateEstimator(
        model.grid,
        [town.CHANNELS[0], *exact],
        [town.TOWN, town.QUARTER],
        load_weight=np.ones(4),
        load_tan_phi=np.full(4, 0.2),
        sgen_kwp=np.array([0.5, 0.0]),
    ).estimate(model, *row(measured(truth)), ZONES)
    assert bool(found.converged)


def test_the_meter_of_a_plant_without_one_of_its_own_measures_its_sgen(model, truth):
    roof = replace(ROOF, id="station_battery")  # under the name of a meter that the town has
    values = {**measured(truth), "device.station_battery.p_mw": -0.2}
    del values["sgen.0.p_mw"]
    channels = [channel for channel in town.CHANNELS if channel.name != "sgen.0.p_mw"]
    made = StateEstimator(
        model.grid, channels, (town.TOWN, town.QUARTER),
        load_weight=np.ones(4), load_tan_phi=np.full(4, 0.2), sgen_kwp=np.array([500.0, 0.0]), devices=(roof,),
    )  # fmt: skip
    row_ = np.array([values[channel.name] for channel in channels])
    found = made.measurements(model.grid, row_, np.zeros(len(row_), np.uint8), ZONES)
    assert found.sgen_p_mw[0] == 0.2


def test_a_town_without_supply_has_a_state_although_its_last_voltages_are_still_held(truth):
    dark = town.engine().model(Topology(out_trafos=frozenset({0})))
    held = dict.fromkeys(measured(truth), 0.0) | {"bus.1.vm_pu": float(truth.vm_pu[1])}
    nothing = {"town": ZoneInput(0.0, 0.0), "quarter": ZoneInput(0.0, 0.0)}
    state = estimator(dark).estimate(dark, *row(held, substituted=["bus.1.vm_pu"]), nothing)
    assert bool(state.converged)
    assert float(state.vm_pu[0]) == pytest.approx(1.02, abs=1e-6)  # the source's set value
    assert np.isnan(state.vm_pu[1:]).all()
    assert float(np.nansum(np.abs(state.trafo_p_hv_mw))) == pytest.approx(0.0, abs=1e-6)
