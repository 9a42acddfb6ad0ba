"""Proportional sharing at the site's balance, by hand-computed cases."""

import math

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from twin.regie.origin import Flows, Ledger, advance, flows_of, mix

FACTORS = {"pv": 40.0, "hydro": 10.0}
POWER = st.floats(0.0, 50.0)


def test_import_pv_and_hydro_mix_in_proportion():
    # 6 MW import at 50 % and 100 g, 3 MW PV at 40 g, 1 MW hydro at 10 g
    pool = mix(flows_of(6.0, 3.0, 1.0, 0.0), Ledger(), 0.5, 100.0, FACTORS)
    assert pool.share == pytest.approx((6.0 * 0.5 + 3.0 + 1.0) / 10.0)
    assert pool.co2_g_per_kwh == pytest.approx((600.0 + 120.0 + 10.0) / 10.0)


def test_an_exporting_town_lives_on_its_own_generation():
    flows = flows_of(-4.0, 8.0, 2.0, 0.0)
    assert (flows.exported, flows.consumption) == (4.0, 6.0)
    assert mix(flows, Ledger(), 0.0, 500.0, FACTORS).share == 1.0


def test_exports_carry_the_traced_intensity():
    flows = flows_of(-4.0, 8.0, 2.0, 0.0)
    pool = mix(flows, Ledger(), 0.0, 500.0, FACTORS)
    embodied = flows.pv * 40.0 + flows.hydro * 10.0
    assert (flows.consumption + flows.exported) * pool.co2_g_per_kwh == pytest.approx(embodied)


def test_charging_is_no_consumption():
    flows = flows_of(5.0, 0.0, 0.0, 2.0)
    assert (flows.charge, flows.discharge, flows.consumption) == (2.0, 0.0, 3.0)


def test_a_battery_gives_back_the_mix_it_was_charged_with():
    # charged with 1 MWh at 80 % and 50 g, discharged into a pool of fossil import
    flows = flows_of(4.0, 0.0, 0.0, 4.0)
    ledger = advance(Ledger(), flows, mix(flows, Ledger(), 0.8, 50.0, FACTORS), None, 0.25)
    assert (ledger.energy_mwh, ledger.share, ledger.co2_g_per_kwh) == pytest.approx((1.0, 0.8, 50.0))
    pool = mix(flows_of(1.0, 0.0, 0.0, -1.0), ledger, 0.0, 450.0, FACTORS)
    assert pool.share == pytest.approx(0.4)
    assert pool.co2_g_per_kwh == pytest.approx(250.0)


def test_discharging_leaves_the_mix_of_what_remains():
    full = Ledger(2.0, 1.5, 0.1)
    flows = flows_of(0.0, 0.0, 0.0, -4.0)
    left = advance(full, flows, mix(flows, full, 0.5, 100.0, FACTORS), None, 0.25)
    assert (left.energy_mwh, left.share, left.co2_g_per_kwh) == pytest.approx((1.0, full.share, full.co2_g_per_kwh))


def test_storage_losses_keep_the_mix():
    flows = flows_of(4.0, 0.0, 0.0, 4.0)
    ledger = advance(Ledger(1.0, 0.5, 0.1), flows, mix(flows, Ledger(1.0, 0.5, 0.1), 0.5, 100.0, FACTORS), 1.9, 0.25)
    assert ledger.energy_mwh == 1.9
    assert (ledger.share, ledger.co2_g_per_kwh) == pytest.approx((0.5, 100.0))


def test_a_ledger_that_begins_takes_the_mix_of_the_moment():
    flows = flows_of(4.0, 0.0, 0.0, 0.0)
    ledger = advance(Ledger(), flows, mix(flows, Ledger(), 0.7, 90.0, FACTORS), 3.0, 0.25)
    assert (ledger.energy_mwh, ledger.share, ledger.co2_g_per_kwh) == pytest.approx((3.0, 0.7, 90.0))


def test_a_discharge_of_unknown_origin_takes_the_mix_of_the_rest():
    pool = mix(flows_of(1.0, 0.0, 0.0, -1.0), Ledger(), 0.6, 100.0, FACTORS)
    assert (pool.share, pool.co2_g_per_kwh) == (0.6, 100.0)
    assert ("storage", 1.0, None) in pool.sources


def test_no_production_and_no_consumption_is_undefined():
    pool = mix(flows_of(0.0, 0.0, 0.0, 0.0), Ledger(), 0.5, 100.0, FACTORS)
    assert (pool.share, pool.co2_g_per_kwh, pool.sources) == (None, None, ())


def test_an_unknown_import_mix_makes_the_share_unknown():
    assert mix(flows_of(1.0, 1.0, 0.0, 0.0), Ledger(), math.nan, 100.0, FACTORS).share is None


def test_an_unknown_import_mix_does_not_matter_without_import():
    assert mix(flows_of(-1.0, 2.0, 0.0, 0.0), Ledger(), math.nan, math.nan, FACTORS).share == 1.0


@pytest.mark.parametrize("position", range(4))
def test_one_unknown_power_makes_consumption_unknown(position):
    powers = [1.0, 1.0, 1.0, 0.0]
    powers[position] = math.nan
    assert math.isnan(flows_of(*powers).consumption)
    assert mix(flows_of(*powers), Ledger(), 0.5, 100.0, FACTORS).share is None


def test_an_unknown_quarter_hour_leaves_the_ledger_as_it_is():
    ledger = Ledger(1.0, 0.5, 0.1)
    flows = flows_of(math.nan, 1.0, 0.0, 1.0)
    assert advance(ledger, flows, mix(flows, ledger, 0.5, 100.0, FACTORS), 0.9, 0.25) is ledger


@given(st.floats(-50.0, 50.0), POWER, POWER, st.floats(-50.0, 50.0))
def test_allocations_sum_to_the_flows_of_the_pool(net, pv, hydro, storage):
    assume(net + pv + hydro - storage >= 0.0)
    flows = flows_of(net, pv, hydro, storage)
    entering = flows.pv + flows.hydro + flows.discharge + flows.imported
    # float64 sums of a few tens of MW
    assert flows.consumption + flows.charge + flows.exported == pytest.approx(entering, abs=1e-9)


@given(st.floats(-50.0, 50.0), st.floats(-0.01, 50.0), st.floats(-0.01, 50.0), st.floats(-50.0, 50.0), st.floats(0.0, 1.0))
def test_a_share_lies_between_none_and_all(net, pv, hydro, storage, import_share):
    share = mix(flows_of(net, pv, hydro, storage), Ledger(1.0, 0.5, 0.1), import_share, 100.0, FACTORS).share
    assert share is None or -1e-12 <= share <= 1.0 + 1e-12


@given(st.lists(st.tuples(st.floats(-20.0, 20.0), POWER, st.floats(0.0, 1.0)), max_size=20))
def test_a_ledger_never_holds_more_renewable_energy_than_energy(quarter_hours):
    ledger = Ledger()
    for storage, imported, share in quarter_hours:
        flows = Flows(0.0, 0.0, max(-storage, 0.0), imported, max(storage, 0.0), 0.0, imported)
        ledger = advance(ledger, flows, mix(flows, ledger, share, 100.0, FACTORS), None, 0.25)
        assert -1e-9 <= ledger.renewable_mwh <= ledger.energy_mwh + 1e-9


@example([(0.0, 0.0, 0.0, 0.5), (1.0, 0.0, 1.0, 0.08203125), (1.0591044528282956e-169, 1.0, 0.0, None), (1.0, 1.0, 0.0, None)])
@given(
    st.lists(
        st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 2.0), st.floats(0.0, 1.0), st.one_of(st.none(), st.floats(0.0, 2.0))),
        max_size=40,
    )
)
def test_no_meter_reading_makes_a_store_greener_than_green(steps):
    # Meters of content and of power never agree exactly: an almost empty store must not blow up what little it remembers.
    ledger = Ledger()
    for charge, discharge, share, stored in steps:
        flows = Flows(pv=0.0, hydro=0.0, discharge=discharge, imported=5.0, charge=charge, exported=0.0, consumption=5.0)
        ledger = advance(ledger, flows, mix(flows, ledger, share, 100.0 * share, FACTORS), stored, 0.25)
        assert -1e-9 <= ledger.renewable_mwh <= ledger.energy_mwh + 1e-9
        assert -1e-9 <= ledger.co2_t <= 0.1 * ledger.energy_mwh + 1e-9
