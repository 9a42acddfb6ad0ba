"""What may be held for how long, against a plain roll of the model; and what must be relieved."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.boxes.maintenance.thermal.iec60076 import TYPICAL, Paper, ThermalState, ageing_rate, roll, steady_state
from twin.boxes.maintenance.thermal.nameplate import Nameplate
from twin.boxes.maintenance.thermal.plates import stack
from twin.boxes.maintenance.transformers.outlook import LoadRelation
from twin.boxes.maintenance.transformers.relief import relief
from twin.boxes.maintenance.transformers.short_time import BINDING, DURATIONS_H, permissible

KINDS = sorted(TYPICAL)
WIDE = 1000.0  # % of rated current: no cap


def plates(*kinds, caps=None, current_percent=WIDE, top_oil_limit_c=105.0):
    return stack(
        [
            Nameplate(
                trafo=f"t{i}",
                sn_mva=1.0,
                cooling=cooling,
                size=size,
                paper=Paper.NORMAL,
                zone="",
                parameters=TYPICAL[size, cooling],
                typical=(),
                ambient_surcharge_k=0.0,
                hot_spot_limit_c=120.0,
                top_oil_limit_c=top_oil_limit_c,
                overload_percent=100.0,
                current_percent=current_percent,
                caps_percent=caps or {},
                reference_since_s=(),
            )
            for i, (size, cooling) in enumerate(kinds)
        ]
    )


def settled(of, load, air_c) -> ThermalState:
    count = len(of.names)
    return steady_state(of.parameters, np.full(count, load), np.full(count, air_c))


def day(of, air_c):
    hours = np.arange(96) / 4.0
    return np.repeat((air_c + 6.0 * np.sin(2.0 * np.pi * (hours - 9.0) / 24.0))[:, None], len(of.names), axis=1)


@pytest.mark.parametrize("duration", range(len(DURATIONS_H)))
def test_loading_held_as_long_as_allowed_touches_a_limit_and_passes_none(duration) -> None:
    of = plates(*KINDS)
    state, air_c = settled(of, 0.6, 18.0), day(of, 18.0)
    room = permissible(of, state, air_c)
    steps = round(DURATIONS_H[duration] * 4)
    load = np.broadcast_to(room.percent[duration] / 100.0, (steps, len(KINDS)))
    states = roll(of.parameters, state, load, air_c[:steps], minutes=15.0)
    left_k = np.minimum(120.0 - states.hot_spot_c, 105.0 - states.top_oil_c)[1:].min(axis=0)
    np.testing.assert_allclose(left_k, 0.0, atol=1e-6)  # eight Newton steps: rounding only


def test_hot_spot_that_overshoots_counts_with_its_peak_within_the_time() -> None:
    of = plates(("power", "ONAN"), top_oil_limit_c=150.0)
    room = permissible(of, settled(of, 0.3, 20.0), np.full((96, 1), 20.0))
    four_h, eight_h = (room.percent[DURATIONS_H.index(hours), 0] for hours in (4.0, 8.0))
    # The winding's peak comes within four hours, higher than where the oil has got to by then; a longer time allows no more.
    assert eight_h <= four_h
    load = np.full((32, 1), eight_h / 100.0)
    states = roll(of.parameters, settled(of, 0.3, 20.0), load, np.full((32, 1), 20.0), minutes=15.0)
    assert states.hot_spot_c.max() <= 120.0 + 1e-6


@given(load=st.floats(0.0, 1.2), air=st.floats(-20.0, 40.0), warmer=st.floats(0.0, 15.0), kind=st.sampled_from(KINDS))
@settings(max_examples=40, deadline=None)
def test_a_longer_time_or_hotter_air_never_allows_more(load, air, warmer, kind) -> None:
    of = plates(kind)
    state = settled(of, load, air)
    cold, warm = (permissible(of, state, day(of, at)).percent for at in (air, air + warmer))
    assert (np.diff(cold, axis=0) <= 1e-9).all()
    assert (warm <= cold + 1e-6).all()


def test_the_weakest_of_bushing_tap_changer_cable_and_protection_binds_and_is_named() -> None:
    of = plates(("power", "ONAF"), caps={"bushing": 128.0, "protection": 140.0}, current_percent=150.0)
    room = permissible(of, settled(of, 0.3, 0.0), np.full((96, 1), 0.0))
    two_hours = DURATIONS_H.index(2.0)
    assert room.percent[two_hours, 0] == 128.0
    assert BINDING[room.binding[two_hours, 0]] == "bushing"


def test_transformer_too_hot_even_when_idle_may_bear_nothing() -> None:
    of = plates(("distribution", "ONAN"))
    state = ThermalState(np.array([130.0]), np.array([30.0]), np.array([0.0]))
    room = permissible(of, state, np.full((96, 1), 30.0))
    assert room.percent[0, 0] == 0.0


def test_life_that_an_overload_may_cost_bounds_it_too() -> None:
    of = plates(("distribution", "ONAN"))
    state, air_c = settled(of, 0.5, 20.0), np.full((96, 1), 20.0)
    free, bound = permissible(of, state, air_c), permissible(of, state, air_c, allowed_loss_h=2.0)
    eight = DURATIONS_H.index(8.0)
    assert bound.percent[eight, 0] < free.percent[eight, 0]
    assert BINDING[bound.binding[eight, 0]] == "ageing"
    load = np.full((480, 1), bound.percent[eight, 0] / 100.0)
    fine = roll(of.parameters, state, load, np.full((480, 1), 20.0), minutes=1.0)
    lost_h = float(ageing_rate(fine.hot_spot_c[1:], Paper.NORMAL).sum()) / 60.0
    # each quarter hour is counted at its hotter end: on the safe side, by up to a sixth while it warms
    assert 1.6 < lost_h <= 2.0


def test_transformer_without_a_state_has_no_room_to_tell() -> None:
    of = plates(("distribution", "ONAN"))
    nothing = ThermalState(*(np.full(1, np.nan) for _ in range(3)))
    assert np.isnan(permissible(of, nothing, np.full((96, 1), 20.0)).percent).all()


# ---------------------------------------------------------------------------------------------- relief

RATED = LoadRelation(np.ones(1), np.zeros(1), np.zeros(1, dtype=bool))


def evening(peak):
    load = np.full((192, 1), 0.6)
    load[40:60] = peak
    return load


def test_load_cut_off_at_the_relief_level_keeps_the_limits_and_a_higher_level_does_not() -> None:
    of = plates(("distribution", "ONAN"))
    state, air_c, load = settled(of, 0.6, 20.0), np.full((192, 1), 20.0), evening(1.6)
    needed = relief(of, state, load, air_c, RATED)
    level = needed.level_percent[0] / 100.0
    for factor, kept in ((1.0, True), (1.002, False)):  # the level is found within 1/4096 of the peak
        states = roll(of.parameters, state, np.minimum(load, level * factor), air_c, minutes=15.0)
        within = states.hot_spot_c.max() <= 120.0 and states.top_oil_c.max() <= 105.0
        assert within == kept


def test_relief_tells_power_beginning_and_duration() -> None:
    of = plates(("distribution", "ONAN"))
    needed = relief(of, settled(of, 0.6, 20.0), evening(1.6), np.full((192, 1), 20.0), RATED)
    assert needed.first[0] == 40
    assert needed.hours[0] == 5.0
    assert needed.relieve_mw[0] == pytest.approx(1.6 - needed.level_percent[0] / 100.0, abs=1e-9)
    assert needed.relieve_percent[0] == pytest.approx(100.0 * needed.relieve_mw[0], abs=1e-6)


def test_component_that_bears_less_than_the_windings_sets_the_level() -> None:
    of = plates(("distribution", "ONAN"), caps={"cable": 90.0})
    needed = relief(of, settled(of, 0.6, 20.0), evening(1.0), np.full((192, 1), 20.0), RATED)
    assert needed.level_percent[0] == 90.0


def test_forecast_within_the_limits_needs_no_relief() -> None:
    of = plates(("distribution", "ONAN"))
    needed = relief(of, settled(of, 0.6, 20.0), evening(0.9), np.full((192, 1), 20.0), RATED)
    assert needed.steps[0] == 0
    assert needed.relieve_mw[0] == 0.0


def test_transformer_above_its_limit_that_cools_by_itself_needs_no_relief() -> None:
    of = plates(("distribution", "ONAN"))
    hot = settled(of, 1.3, 20.0)
    assert float(hot.hot_spot_c[0]) > 120.0
    needed = relief(of, hot, np.full((192, 1), 0.4), np.full((192, 1), 20.0), RATED)
    assert needed.steps[0] == 0


def test_relief_of_many_equals_relief_of_each() -> None:
    of = plates(*KINDS)
    many = LoadRelation(*(np.repeat(array, len(KINDS)) for array in (RATED.per_mw2, RATED.floor, RATED.fitted)))
    load = np.repeat(evening(1.5), len(KINDS), axis=1)
    together = relief(of, settled(of, 0.6, 20.0), load, np.full((192, len(KINDS)), 20.0), many)
    for i, kind in enumerate(KINDS):
        one = plates(kind)
        alone = relief(one, settled(one, 0.6, 20.0), evening(1.5), np.full((192, 1), 20.0), RATED)
        assert together.level_percent[i] == pytest.approx(alone.level_percent[0], abs=1e-9)


def test_emergency_limits_allow_more_than_those_of_a_normal_cycle() -> None:
    of = plates(("power", "ONAF"))
    emergency = replace(of, hot_spot_limit_c=np.array([140.0]), top_oil_limit_c=np.array([115.0]))
    state, air_c = settled(of, 0.8, 20.0), np.full((96, 1), 20.0)
    assert (permissible(emergency, state, air_c).percent > permissible(of, state, air_c).percent).all()
