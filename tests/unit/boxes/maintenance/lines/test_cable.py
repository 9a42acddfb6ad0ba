"""Laws of the cable model: IEC 60287 in the steady state, the exponential integral on the way there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import exp1

from twin.boxes.maintenance.lines.cable import DIFFUSIVITY_M2_S, bearable_ka, roll, steady_rise
from twin.boxes.maintenance.lines.cable_data import RATED_LAYING, Build, model_of, soil_of_rating

BUILD = Build("xlpe", "aluminium", 1, 240.0, 3.4)
FOR_EVER = replace(RATED_LAYING, load_factor=1.0)
RATED_KA, LIMIT_C = 0.353, 90.0
QUARTER_S = 900.0


def cable(*, soil_ratio=1.0, group_factor=1.0, soil_factor=(1.0,)):
    soil = soil_of_rating(BUILD, rated_i_ka=RATED_KA, rated=FOR_EVER, limit_c=LIMIT_C)
    return model_of(
        BUILD,
        effective_soil=soil,
        soil_ratio=soil_ratio,
        depth_m=FOR_EVER.depth_m,
        group_factor=group_factor,
        limit_c=LIMIT_C,
        soil_factor=np.asarray(soil_factor),
    )


def temps(model, rise_k, i_ka, *, soil_c=20.0) -> np.ndarray:
    current = np.asarray(i_ka, dtype=float).reshape(-1, 1)
    soil = np.full_like(current, soil_c)
    return soil_c + roll(model, rise_k, current, soil, seconds=QUARTER_S).sum(axis=-1)[:, 0]


def one(value: float) -> np.ndarray:
    return np.array([value])


def settled(model, i_ka: float, soil_c: float = 20.0) -> np.ndarray:
    return steady_rise(model, one(i_ka), one(soil_c))


def test_rated_current_settles_exactly_at_the_limit() -> None:
    assert 20.0 + settled(cable(), RATED_KA).sum() == pytest.approx(LIMIT_C, abs=1e-9)


def test_continuous_rating_is_the_rated_current(continuous_ka) -> None:
    assert continuous_ka(cable(), one(20.0), limit_c=LIMIT_C) == pytest.approx(RATED_KA, rel=1e-12)


def test_settled_cable_stays_where_it_is() -> None:
    model = cable()
    rise = settled(model, 0.3)
    assert temps(model, rise, np.full(200, 0.3)) == pytest.approx(20.0 + rise.sum(), abs=1e-9)


def test_doubled_soil_resistivity_lowers_the_rating(continuous_ka) -> None:
    dry = continuous_ka(cable(soil_ratio=2.0), one(20.0), limit_c=LIMIT_C)
    # all resistance would lower it by the square root of two; the cable's own part stays
    assert RATED_KA / np.sqrt(2.0) < dry < 0.8 * RATED_KA


def test_neighbouring_circuits_lower_the_rating_by_their_factor(continuous_ka) -> None:
    shared = continuous_ka(cable(group_factor=0.85), one(20.0), limit_c=LIMIT_C)
    assert shared == pytest.approx(0.85 * RATED_KA, rel=1e-12)


def test_warmer_soil_never_raises_a_rating() -> None:
    model, rise = cable(), settled(cable(), 0.2)
    ratings = [bearable_ka(model, rise, one(c), steps=8, seconds=QUARTER_S, limit_c=LIMIT_C)[0] for c in range(0, 40, 4)]
    assert (np.diff(ratings) < 0.0).all()


def test_colder_start_allows_more_for_a_shorter_time() -> None:
    model = cable()

    def bears(before_ka: float, hours: int) -> float:
        rise = settled(model, before_ka)
        return float(bearable_ka(model, rise, one(20.0), steps=4 * hours, seconds=QUARTER_S, limit_c=LIMIT_C)[0])

    for before in (0.0, 0.2, 0.3):
        assert bears(before, 1) > bears(before, 2) > bears(before, 4) > bears(before, 24) > RATED_KA
    for hours in (1, 2, 4):
        assert bears(0.0, hours) > bears(0.2, hours) > bears(0.3, hours)


@settings(max_examples=25, deadline=None)
@given(before=st.floats(0.0, 0.35), hours=st.integers(1, 24), soil_c=st.floats(0.0, 30.0))
def test_bearable_current_held_for_its_time_keeps_the_limit(before, hours, soil_c) -> None:
    model = cable()
    rise = settled(model, before, soil_c)
    held = bearable_ka(model, rise, one(soil_c), steps=4 * hours, seconds=QUARTER_S, limit_c=LIMIT_C)
    path = temps(model, rise, np.full(4 * hours, float(held[0])), soil_c=soil_c)
    # the rating takes the resistance at the limit, so it errs on the safe side; rounding alone may pass it
    assert path[1:].max() <= max(LIMIT_C, path[0]) + 1e-6


def test_emergency_limit_bears_more() -> None:
    model, rise = cable(), settled(cable(), 0.3)
    normal, emergency = (bearable_ka(model, rise, one(20.0), steps=16, seconds=QUARTER_S, limit_c=c)[0] for c in (90.0, 105.0))
    assert emergency > 1.05 * normal


def test_cable_above_its_limit_bears_nothing_at_once() -> None:
    model = cable()
    hot = 1.6 * settled(model, RATED_KA)
    assert bearable_ka(model, hot, one(20.0), steps=1, seconds=QUARTER_S, limit_c=LIMIT_C)[0] == 0.0


@pytest.mark.parametrize("cut", [1, 7, 95])
def test_pieces_give_the_same_bits_as_the_whole(cut) -> None:
    model, random = cable(soil_factor=(1.0, 1.28, 0.78)), np.random.default_rng(5)
    current, soil = random.uniform(0.0, 0.5, (96, 3)), random.uniform(5.0, 20.0, (96, 3))
    start = steady_rise(model, current[0], soil[0])
    whole = roll(model, start, current, soil, seconds=QUARTER_S)
    first = roll(model, start, current[:cut], soil[:cut], seconds=QUARTER_S)
    rest = roll(model, first[-1], current[cut:], soil[cut:], seconds=QUARTER_S)
    assert np.array_equal(whole[cut:], rest)


def test_ladder_follows_the_exponential_integral() -> None:
    model = replace(cable(), alpha_per_k=0.0, internal_k_m_per_w=0.0)  # loss independent of temperature, soil alone
    steps = 4 * 24 * 120
    found = temps(model, np.zeros((1, 7)), np.full(steps, 0.3)) - 20.0
    t = np.arange(1, steps + 1) * QUARTER_S
    near = model.bundle_diameter_m**2 / (16.0 * DIFFUSIVITY_M2_S)
    far = model.depth_m**2 / DIFFUSIVITY_M2_S
    watts = 3.0 * 300.0**2 * model.r20_ohm_per_m
    exact = watts * float(model.soil_k_m_per_w[0]) / (4.0 * np.pi) * (exp1(near / t) - exp1(far / t))
    # 2 % of the final rise at every time: what six terms reach, measured when their time constants were chosen
    assert np.abs(found[1:] - exact).max() < 0.02 * watts / 3.0 * float(model.soil_total[0])


def test_dry_and_moist_soil_lie_on_both_sides(continuous_ka) -> None:
    rating = continuous_ka(cable(soil_factor=(1.0, 1.28, 0.78)), np.full(3, 20.0), limit_c=LIMIT_C)
    assert rating[1] < rating[0] < rating[2]


def test_a_load_that_runs_away_stays_finite() -> None:
    assert np.isfinite(settled(cable(), 3.0)).all()


def test_three_core_cable_lies_closer_together_than_a_trefoil() -> None:
    single, three = (replace(BUILD, cores=cores).bundle_m for cores in (1, 3))
    assert BUILD.insulated_m < three
    assert three == pytest.approx(single, rel=0.2)  # the same three cores, in one jacket instead of three


def test_cross_section_outside_the_table_takes_the_resistivity() -> None:
    # 225 mm2 lies between 185 and 240
    assert Build("xlpe", "aluminium", 1, 240.0, 3.4).r20_ohm_per_m < Build("xlpe", "aluminium", 1, 225.0, 3.4).r20_ohm_per_m
    assert Build("xlpe", "aluminium", 1, 225.0, 3.4).r20_ohm_per_m < Build("xlpe", "aluminium", 1, 185.0, 3.4).r20_ohm_per_m
