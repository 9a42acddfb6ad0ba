"""Laws of the thermal model, and agreement with an independent implementation of the standard."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.boxes.maintenance.thermal.iec60076 import (
    TYPICAL,
    Paper,
    ThermalParameters,
    ThermalState,
    advance,
    ageing_rate,
    loss_of_life_h,
    rebased,
    roll,
    steady_state,
)

KINDS = sorted(TYPICAL)
loads = st.lists(st.floats(0.0, 2.0), min_size=2, max_size=40)


def run(parameters: ThermalParameters, load, ambient, *, minutes: float = 15.0) -> ThermalState:
    load = np.asarray(load, dtype=float)[:, None]
    air = np.broadcast_to(np.asarray(ambient, dtype=float).reshape(-1, 1), load.shape)
    return roll(parameters, steady_state(parameters, load[0], air[0]), load, air, minutes=minutes)


@pytest.mark.parametrize("kind", KINDS)
def test_rated_load_at_20_degrees_brings_the_hot_spot_to_98(kind) -> None:
    # The rated rises of every typical transformer add up to 78 K, where normal paper ages at the rate of one.
    settled = steady_state(TYPICAL[kind], np.ones(1), np.full(1, 20.0))
    assert float(settled.hot_spot_c[0]) == pytest.approx(98.0, abs=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind[1] in {"ONAN", "ONAF"}])
def test_temperatures_agree_with_transformer_thermal_model(kind) -> None:
    library = pytest.importorskip("transformer_thermal_model")
    assert library is not None
    from transformer_thermal_model.cooler import CoolerType
    from transformer_thermal_model.model import Model
    from transformer_thermal_model.schemas import InputProfile, UserTransformerSpecifications
    from transformer_thermal_model.schemas.thermal_model.initial_state import InitialLoad
    from transformer_thermal_model.transformer import DistributionTransformer, PowerTransformer

    ours, random = TYPICAL[kind], np.random.default_rng(3)
    steps = 200
    load = random.uniform(0.2, 1.6, steps)
    ambient = 10.0 + 8.0 * np.sin(np.arange(steps) / 15.0)
    specs = UserTransformerSpecifications(
        load_loss=1000.0 * float(ours.loss_ratio),
        no_load_loss=1000.0,
        nom_load_sec_side=1000.0,
        amb_temp_surcharge=0.0,
        top_oil_temp_rise=ours.top_oil_rise_k,
        winding_oil_gradient=ours.hot_spot_gradient_k,
        hot_spot_fac=1.0,
    )
    theirs = (
        DistributionTransformer(user_specs=specs)
        if kind[0] == "distribution"
        else PowerTransformer(user_specs=specs, cooling_type=CoolerType[kind[1]])
    )
    profile = InputProfile.create(
        datetime_index=pd.date_range("2016-01-01", periods=steps, freq="15min"),
        load_profile=1000.0 * load,
        ambient_temperature_profile=ambient,
    )
    result = Model(profile, theirs, initial_condition=InitialLoad(initial_load=1000.0 * load[0])).run()
    # The library applies row i over the interval that ends there; its row 0 is the settled start.
    air, factor = ambient[1:, None], load[1:, None]
    start = steady_state(ours, load[:1], ambient[:1])
    states = roll(ours, start, factor, air, minutes=15.0)
    # Same equations, other order of operations: rounding only.
    np.testing.assert_allclose(states.top_oil_c[:, 0], result.top_oil_temp_profile, atol=1e-9)
    np.testing.assert_allclose(states.hot_spot_c[:, 0], result.hot_spot_temp_profile, atol=1e-9)


@given(load=loads, more=st.floats(0.0, 0.5), kind=st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_more_load_never_cools_the_oil(load, more, kind) -> None:
    less = run(TYPICAL[kind], load, 15.0).top_oil_c
    assert (run(TYPICAL[kind], np.array(load) + more, 15.0).top_oil_c >= less - 1e-9).all()


@given(load=loads, warmer=st.floats(0.0, 20.0), kind=st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_warmer_air_warms_the_hot_spot_by_just_as_much_in_the_end(load, warmer, kind) -> None:
    cold, warm = (run(TYPICAL[kind], load, air).hot_spot_c for air in (10.0, 10.0 + warmer))
    # both began settled in their air, so the difference is there from the start and stays
    np.testing.assert_allclose(warm - cold, warmer, atol=1e-9)


@given(
    load=loads,
    air=st.lists(st.floats(-25.0, 40.0), min_size=40, max_size=40),
    warmer=st.lists(st.floats(0.0, 15.0), min_size=40, max_size=40),
    kind=st.sampled_from(KINDS),
)
@settings(max_examples=60, deadline=None)
def test_hotter_air_never_cools_the_hot_spot_at_any_time(load, air, warmer, kind) -> None:
    cold = np.array(air[: len(load)])
    start = steady_state(TYPICAL[kind], np.array(load[:1]), cold[:1])
    factor = np.array(load)[:, None]
    one, other = (
        roll(TYPICAL[kind], start, factor, air_c[:, None], minutes=15.0).hot_spot_c
        for air_c in (cold, cold + np.array(warmer[: len(load)]))
    )
    assert (other >= one - 1e-9).all()


@given(less=st.floats(0.0, 2.0), more=st.floats(0.0, 1.0), hours=st.floats(0.25, 48.0), kind=st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_more_load_never_cools_the_end_of_a_constant_stretch(less, more, hours, kind) -> None:
    start = steady_state(TYPICAL[kind], np.full(1, 0.7), np.full(1, 20.0))
    cool, warm = (
        advance(TYPICAL[kind], start, np.full(1, load), np.full(1, 20.0), minutes=60.0 * hours).hot_spot_c[0]
        for load in (less, less + more)
    )
    assert warm >= cool - 1e-9


def test_parameters_in_another_rating_are_the_same_function_of_the_current() -> None:
    plate, load = TYPICAL["power", "ONAN"], np.linspace(0.0, 1.5, 20)
    ours = steady_state(rebased(plate, 1.6), load, np.full(20, 15.0))
    np.testing.assert_allclose(ours.hot_spot_c, steady_state(plate, 1.6 * load, np.full(20, 15.0)).hot_spot_c, rtol=1e-12)


def test_ageing_of_mixed_papers_is_that_of_each() -> None:
    hot_spot_c = np.array([[90.0, 90.0], [130.0, 130.0]])
    mixed = ageing_rate(hot_spot_c, np.array([False, True]))
    np.testing.assert_array_equal(mixed[:, 0], ageing_rate(hot_spot_c[:, 0], Paper.NORMAL))
    np.testing.assert_array_equal(mixed[:, 1], ageing_rate(hot_spot_c[:, 1], Paper.UPGRADED))


@pytest.mark.parametrize("kind", KINDS)
def test_hot_spot_is_monotonic_in_a_lasting_load(kind) -> None:
    settled = steady_state(TYPICAL[kind], np.linspace(0.0, 2.0, 50), np.full(50, 20.0))
    assert (np.diff(settled.hot_spot_c) > 0.0).all()


def test_two_winding_terms_make_a_power_transformer_overshoot() -> None:
    load = np.concatenate([[0.2], np.full(60, 1.0)])
    gradient = run(TYPICAL["power", "ONAN"], load, 20.0)
    gradient_k = gradient.fast_k - gradient.slow_k
    assert gradient_k.max() > gradient_k[-1] * 1.2


@given(load=loads, cut=st.integers(1, 39), kind=st.sampled_from(KINDS))
@settings(max_examples=60, deadline=None)
def test_rolling_in_pieces_gives_the_same_bits(load, cut, kind) -> None:
    parameters, factor = TYPICAL[kind], np.array(load)[:, None]
    air = np.full_like(factor, 12.0)
    cut = min(cut, len(load) - 1)
    start = steady_state(parameters, factor[0], air[0])
    whole = roll(parameters, start, factor, air, minutes=15.0)
    first = roll(parameters, start, factor[:cut], air[:cut], minutes=15.0)
    rest = roll(parameters, first.at(-1), factor[cut:], air[cut:], minutes=15.0)
    np.testing.assert_array_equal(rest.hot_spot_c[-1], whole.hot_spot_c[-1])


def test_advance_is_one_step_of_roll() -> None:
    parameters = TYPICAL["power", "ONAF"]
    start = ThermalState(np.array([40.0]), np.array([10.0]), np.array([3.0]))
    load, air = np.array([[1.3]]), np.array([[8.0]])
    rolled = roll(parameters, start, load, air, minutes=15.0).at(-1)
    stepped = advance(parameters, start, load[0], air[0], minutes=15.0)
    np.testing.assert_array_equal(rolled.hot_spot_c, stepped.hot_spot_c)


def test_transformers_side_by_side_equal_each_one_alone() -> None:
    plates = [TYPICAL[kind] for kind in KINDS]
    fleet = ThermalParameters(**{name: np.array([asdict(p)[name] for p in plates]) for name in asdict(plates[0])})
    load = np.random.default_rng(5).uniform(0.1, 1.5, (50, len(plates)))
    air = np.full_like(load, 18.0)
    together = roll(fleet, steady_state(fleet, load[0], air[0]), load, air, minutes=15.0)
    for i, plate in enumerate(plates):
        alone = run(plate, load[:, i], 18.0)
        np.testing.assert_allclose(together.hot_spot_c[:, i], alone.hot_spot_c[:, 0], rtol=1e-14)


@given(st.floats(0.0, 180.0))
def test_ageing_of_normal_paper_doubles_every_six_kelvin(hot_spot_c: float) -> None:
    rate = ageing_rate(np.array([hot_spot_c, hot_spot_c + 6.0]), Paper.NORMAL)
    assert rate[1] / rate[0] == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize("paper", list(Paper))
def test_lost_life_of_quarter_hours_matches_a_fine_integration(paper) -> None:
    parameters = TYPICAL["distribution", "ONAN"]
    load = np.tile(np.repeat([0.5, 1.4, 0.3], 16), 2)
    coarse = run(parameters, load, 20.0)
    factor = load[:, None]
    air = np.full_like(factor, 20.0)
    lost = loss_of_life_h(parameters, coarse, factor, air, minutes=15.0, paper=paper).sum()
    fine = run(parameters, np.repeat(load, 180), 20.0, minutes=1.0 / 12.0)
    exact = ageing_rate(fine.hot_spot_c, paper)[:-1].sum() / 720.0
    # Four points on the exponential of a load step of 1.1: 0.1 %
    assert lost == pytest.approx(exact, rel=1e-3)


def test_missing_load_gives_missing_temperatures_never_zero() -> None:
    states = run(TYPICAL["power", "ONAN"], [0.5, np.nan, 0.5], 20.0)
    assert np.isfinite(states.hot_spot_c[1, 0])
    assert np.isnan(states.hot_spot_c[2:, 0]).all()
