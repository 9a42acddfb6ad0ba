"""The proof: a plan that harms is trimmed, one that does not is kept, and a second solver agrees."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.regie import small_town as town
from tests.unit.regie.small_devices import PUMPS, ROOF, plan
from twin.domain.grid import NORMAL, Topology
from twin.regie.horizon import after_switching
from twin.regie.proof import HORIZON_STEPS, TRIM_FACTORS, Prover, before_scaling

TAN_PHI = np.full(4, 0.2)


@pytest.fixture(scope="module")
def engine():
    return town.engine()


def prove(engine, *proposals, waiting=(), limits=None, load=(0.6, 0.3, 0.8, 0.2), topology=NORMAL, **more):
    prover = Prover(engine, limits or town.limits(), None, town.DEVICES, load_tan_phi=TAN_PHI)
    plan, open_ones = ({proposal.device: proposal for proposal in part} for part in (proposals, waiting))
    return prover.prove(topology, town.horizon(load, **more), plan, open_ones, town.NOW)


def test_a_harmless_plan_is_kept_whole(engine):
    proof = prove(engine, town.proposal(town.STATION, 0.3))
    assert (proof.factor, proof.solved) == (1.0, True)


def test_a_plan_that_overloads_a_transformer_is_trimmed_until_it_does_not(engine):
    # 200 kW of consumption and 450 kW of charging behind 400 kVA
    proof = prove(engine, town.proposal(town.STREET, 0.45))
    assert 0.0 < proof.factor < 1.0
    assert proof.factor in TRIM_FACTORS
    assert proof.after["loading_percent"].max() <= 100.1


def test_a_plan_that_cannot_be_made_harmless_is_dropped(engine):
    # the transformer is full before anybody charges
    proof = prove(engine, town.proposal(town.STREET, 0.45), load=(0.6, 0.3, 0.8, 0.45))
    assert proof.factor == 0.0
    np.testing.assert_array_equal(proof.after["loading_percent"], proof.before["loading_percent"])


def test_a_plan_that_relieves_an_overload_is_kept_although_the_overload_remains(engine):
    proof = prove(engine, town.proposal(town.STREET, -0.05), load=(0.6, 0.3, 0.8, 0.5))
    assert proof.factor == 1.0
    assert proof.after["loading_percent"].max() > 100.0
    assert (proof.after["loading_percent"] < proof.before["loading_percent"]).all()


def test_a_plan_that_lifts_voltage_beyond_the_band_is_trimmed(engine):
    calm = prove(engine)
    at_street = float(calm.vm_pu[0, 4])
    band = town.limits(high=np.array([1.1, 1.1, 1.1, 1.1, at_street + 0.005]))
    proof = prove(engine, town.proposal(town.STREET, -0.4), limits=band)
    assert proof.factor < 1.0
    assert proof.vm_pu[:, 4].max() <= at_street + 0.005 + 1e-4


def test_a_plan_that_drags_voltage_below_the_band_is_trimmed(engine):
    at_street = float(prove(engine).vm_pu[0, 4])
    band = town.limits(low=np.array([0.9, 0.9, 0.9, 0.9, at_street - 0.001]), trafo=1000.0)
    assert prove(engine, town.proposal(town.STREET, 0.3), limits=band).factor < 1.0


def test_one_bad_quarter_hour_is_enough_to_trim(engine):
    peak = np.zeros(HORIZON_STEPS)
    peak[40] = 0.45
    assert prove(engine, replace(town.proposal(town.STREET, 0.0), p_mw=peak)).factor < 1.0


def test_what_a_group_does_for_the_grid_is_told_with_and_without_that_group_alone(engine):
    relief, other = town.proposal(town.STREET, -0.1), town.proposal(town.STATION, 0.0)
    full = (0.6, 0.3, 0.8, 0.45)
    proof = prove(engine, relief, other, load=full)
    effect = proof.effects[town.STREET.group]
    assert effect.without_percent == pytest.approx(proof.before["loading_percent"].max())
    assert effect.with_percent == pytest.approx(proof.after["loading_percent"].max())
    assert effect.without_percent - effect.with_percent > 20.0  # 100 kW of 400 kVA
    idle = proof.effects[town.STATION.group]
    assert idle.without_percent == pytest.approx(idle.with_percent)


def test_a_group_that_waits_for_an_answer_is_told_beside_the_plan_and_not_in_it(engine):
    proof = prove(engine, waiting=[town.proposal(town.STREET, 0.1)])
    effect = proof.effects[town.STREET.group]
    assert effect.with_percent > effect.without_percent == pytest.approx(proof.after["loading_percent"].max())
    assert effect.element == "trafo 1"


def test_without_a_plan_before_and_after_are_one(engine):
    proof = prove(engine)
    assert proof.factor == 1.0
    np.testing.assert_array_equal(proof.before["vm_min_pu"], proof.after["vm_min_pu"])


def test_the_second_solver_agrees(engine):
    for proof in (prove(engine), prove(engine, town.proposal(town.STREET, 0.45), pv=0.4, hydro=0.9)):
        assert 0.0 <= proof.max_vm_error_pu < 1e-8


def test_the_verified_step_depends_on_nothing_but_the_instant(engine):
    assert prove(engine).max_vm_error_pu == prove(engine).max_vm_error_pu


def test_the_most_loaded_element_is_named(engine):
    assert set(prove(engine, load=(0.1, 0.1, 0.1, 0.35)).worst_element) == {"trafo 1"}
    assert set(prove(engine, load=(5.0, 1.0, 4.0, 0.01)).worst_element) <= {"line 0", "line 1", "trafo 0"}


def test_a_collapse_dispatches_nothing_and_raises_nothing(engine):
    proof = prove(engine, town.proposal(town.STATION, 0.3), load=(900.0, 0.3, 0.8, 0.2))
    assert not proof.solved


def test_a_plan_on_the_way_to_collapse_is_never_kept(engine):
    wild = replace(town.proposal(town.STREET, 50.0), p_mw=np.full(HORIZON_STEPS, 50.0))
    proof = prove(engine, wild)
    assert proof.factor == 0.0
    assert proof.solved


def test_a_dark_neighbourhood_is_no_harm_of_the_plan(engine):
    proof = prove(engine, town.proposal(town.STATION, 0.2), topology=Topology(out_trafos=frozenset({1})))
    assert proof.factor == 1.0
    assert np.isnan(proof.vm_pu[:, 4]).all()


def test_a_plan_shorter_than_the_horizon_moves_only_its_steps(engine):
    short = town.proposal(town.STREET, 0.1, steps=4)
    proof = prove(engine, short)
    moved = proof.after["loading_percent"] != proof.before["loading_percent"]
    assert moved[:4].all()
    assert not moved[4:].any()


def test_the_horizon_begins_at_the_tick(engine):
    horizon = prove(engine).horizon(town.NOW)
    assert horizon.sizes["time"] == HORIZON_STEPS
    assert str(horizon["time"].values[0])[:16] == "2016-06-15T12:00"


def test_forecast_power_is_not_scaled_a_second_time():
    plain, scaled = prove(town.engine()), prove(town.engine(scaling=0.6))
    np.testing.assert_allclose(scaled.vm_pu, plain.vm_pu, atol=1e-12)


def test_a_load_out_of_service_draws_nothing():
    assert before_scaling(np.array([[3.0, 3.0]]), np.array([0.0, 0.5])).tolist() == [[0.0, 6.0]]


def test_switching_keeps_the_estimated_powers():
    model = town.engine(scaling=0.6).model(NORMAL)
    ahead = town.horizon(pv=0.3)
    load, sgen = ahead.load_p_mw, ahead.sgen_p_mw
    from xarray import Dataset

    powers = {"load_p_mw": ("load", load[0]), "sgen_p_mw": ("sgen", sgen[0]), "storage_p_mw": ("storage", np.zeros(2))}
    estimated = Dataset(powers)
    solved = model.solve(after_switching(estimated, model.grid, TAN_PHI), want=("source_p_mw", "loss_mw"))
    assert float(solved.source_p_mw.sum() - solved.loss_mw[0]) == pytest.approx(load[0].sum() - sgen[0].sum(), abs=1e-9)


def with_devices(engine, *proposals, **more):
    devices = {device.id: device for device in (town.STREET, ROOF, PUMPS)}
    prover = Prover(engine, town.limits(), None, devices, load_tan_phi=TAN_PHI)
    return prover.prove(NORMAL, town.horizon(**more), {p.device: p for p in proposals}, {}, town.NOW)


def test_a_curtailed_plant_feeds_less_in_the_proof(engine):
    proof = with_devices(engine, plan(ROOF, -0.1, alone=-0.4), pv=0.4)
    less = with_devices(engine, pv=0.1)
    np.testing.assert_allclose(proof.vm_pu, less.vm_pu, atol=1e-12)  # the same injections, the same solution


def test_a_plant_cannot_be_curtailed_below_standstill_in_the_proof(engine):
    proof = with_devices(engine, plan(ROOF, 0.0, alone=-0.4), pv=0.1)
    np.testing.assert_allclose(proof.vm_pu, with_devices(engine, pv=0.0).vm_pu, atol=1e-12)


def test_a_ripple_group_moves_its_loads_by_their_shares(engine):
    proof = with_devices(engine, plan(PUMPS, 0.0, alone=0.04))
    alone = with_devices(engine)
    drop = (alone.loading - proof.loading).max()
    assert proof.factor == 1.0
    assert drop == pytest.approx(100.0 * 0.03 / 0.4, rel=0.05)  # 30 of 40 kW behind 400 kVA; losses and reactive power


def test_what_is_trimmed_is_proven_without_the_ripple_group(engine):
    street = town.proposal(town.STREET, 0.45)
    proof, without = with_devices(engine, street, plan(PUMPS, 0.0, alone=0.01)), with_devices(engine, street)
    assert 0.0 < proof.factor < 1.0
    np.testing.assert_array_equal(proof.vm_pu, without.vm_pu)
