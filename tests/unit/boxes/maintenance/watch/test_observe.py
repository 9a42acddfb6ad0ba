from dataclasses import fields, replace

import numpy as np
import pytest

from twin.boxes.maintenance.watch.observe import CEILING, observe
from twin.boxes.maintenance.watch.reference import with_budget
from twin.boxes.maintenance.watch.state import Watch, WatchSettings, new_watch
from twin.boxes.maintenance.watch.verdicts import raised_s
from twin.domain.pack import pack, unpack

DAY = 96


def grown(*, asset: int, first_day: float, kelvin: float):
    """Spoils a fleet: the cooling of one asset fails over 10 days, by so much at its usual rise of 22 K."""

    def spoil(row: int, readings: dict) -> None:
        share = min(1.0, max(0.0, (row / DAY - first_day) / 10.0))
        readings["residual_k"][asset] += share * kelvin * readings["modelled_rise_k"][asset] / 22.0

    return spoil


def same(one: Watch, other: Watch) -> bool:
    ours, theirs = one.to_arrays(), other.to_arrays()
    return ours.keys() == theirs.keys() and all(np.array_equal(ours[key], theirs[key], equal_nan=True) for key in ours)


def test_reference_learns_the_transformer_as_built(frozen) -> None:
    reference = frozen.reference
    # 112 blocks of 24 readings with 0.4 K of noise: 0.01 K; weights and prior take no more than some hundredths
    assert reference.coefficients[:, 0] == pytest.approx(2.0 + 0.05 * reference.centre_rise_k, abs=0.1)


def test_learning_takes_four_weeks_of_blocks(frozen, fleet) -> None:
    assert not frozen.learning.any()
    assert type(fleet)(new_watch(6, WatchSettings())).run(27.9).learning.all()


def test_slow_drift_is_found_and_not_absorbed(fleet, frozen) -> None:
    watch = fleet.run(14, grown(asset=2, first_day=30.0, kelvin=6.0))
    assert watch.sums.raised_s[2, 0] > 0.0
    assert np.array_equal(watch.reference.coefficients, frozen.reference.coefficients)


def test_a_sensor_that_reads_low_raises_the_lower_side(fleet) -> None:
    def low(row: int, readings: dict) -> None:
        readings["residual_k"][4] -= 4.0

    watch = fleet.run(3, low)
    assert watch.sums.raised_s[4, 1] > 0.0
    assert watch.sums.raised_s[4, 0] == 0.0


def test_a_healthy_month_stays_silent(fleet) -> None:
    assert not raised_s(fleet.run(30)).any()


def test_one_block_alone_raises_no_alarm(fleet) -> None:
    def hour_of_nonsense(row: int, readings: dict) -> None:
        if row // 24 == 30 * DAY // 24:
            readings["residual_k"] += 40.0

    assert not fleet.run(3, hour_of_nonsense).sums.raised_s.any()


def test_alarm_clears_within_days_of_repair(fleet) -> None:
    def ill(row: int, readings: dict) -> None:
        readings["residual_k"][0] += 12.0

    watch = fleet.run(20, ill)
    assert watch.sums.value[0, 0] == pytest.approx(CEILING * watch.reference.threshold[0])
    assert fleet.run(5).sums.raised_s[0, 0] == 0.0


def test_sparse_blocks_are_not_judged(fleet) -> None:
    def sparse(row: int, readings: dict) -> None:
        readings["residual_k"] += 20.0
        if row % 24:
            readings["residual_k"][:] = np.nan

    assert not fleet.run(5, sparse).sums.raised_s.any()


def test_a_fault_within_the_learning_span_does_not_become_the_reference(fleet) -> None:
    def ill_for_six_days(row: int, readings: dict) -> None:
        if 10 * DAY <= row < 16 * DAY:
            readings["residual_k"][1] += 10.0

    watch = type(fleet)(new_watch(6, WatchSettings())).run(29, ill_for_six_days)
    at_rest = watch.reference.coefficients[1, 0] - 0.05 * watch.reference.centre_rise_k[1]
    # a plain mean would take up 10 K x 6/28 = 2.1 K
    assert at_rest == pytest.approx(2.0, abs=0.8)


def test_missing_ambient_still_learns() -> None:
    watch = new_watch(2, WatchSettings(reference_blocks=8))
    for row in range(4 * DAY):
        rise = np.array([20.0, 25.0]) + np.sin(row / 9.0)
        watch = observe(
            watch,
            at_s=1_700_006_400 + 900 * row,
            modelled_rise_k=rise,
            residual_k=np.ones(2),
            measured_c=rise + 15.0,
            load_factor=np.full(2, 0.5),
            ambient_c=np.full(2, np.nan),
        )
    assert not watch.learning.any()
    assert np.isfinite(watch.reference.coefficients).all()


@pytest.mark.parametrize("cut", [0.013, 3.26])
def test_a_restart_anywhere_gives_the_same_bits(fleet, cut) -> None:
    spoil = grown(asset=3, first_day=30.0, kelvin=6.0)
    whole = type(fleet)(fleet.watch, day=29).run(cut + 2.0, spoil)
    fleet.run(cut, spoil)
    _, arrays = unpack(pack({}, fleet.watch.to_arrays()))
    again = Watch.from_arrays(arrays)
    assert again is not None
    fleet.watch = again
    assert same(fleet.run(2.0, spoil), whole)


def test_a_new_sensor_is_no_fault_once_a_new_reference_is_learnt(fleet) -> None:
    def four_kelvin_higher(row: int, readings: dict) -> None:
        readings["residual_k"][:2] += 4.0

    fleet.run(12, four_kelvin_higher)
    assert fleet.watch.sums.raised_s[:2, 0].all()
    fleet.watch = fleet.watch.renewed(np.array([fleet.watch.at_s, 0, 0, 0, 0, 0]))
    assert fleet.watch.learning.tolist() == [True, False, False, False, False, False]
    watch = fleet.run(33, four_kelvin_higher)
    assert (watch.sums.raised_s[:2, 0] > 0.0).tolist() == [False, True]
    assert not watch.learning.any()


def test_a_reference_is_asked_for_once(fleet) -> None:
    since_s = np.array([1_700_006_400 + 29 * DAY * 900, 0, 0, 0, 0, 0])
    once = fleet.watch.renewed(since_s)
    assert once.renewed(since_s) is once


def test_a_smaller_budget_raises_the_bar_and_keeps_the_reference(frozen) -> None:
    strict = with_budget(frozen, alarms_per_asset_month=0.01)
    assert (strict.reference.threshold > frozen.reference.threshold).all()
    assert strict.reference.coefficients is frozen.reference.coefficients
    back = with_budget(strict, alarms_per_asset_month=0.1)
    np.testing.assert_array_equal(back.reference.threshold, frozen.reference.threshold)


def test_blocks_without_a_reading_stay_in_the_window_as_unknown(fleet) -> None:
    """After two days of silence the last day's blocks are the last day's."""
    fleet.run(3)
    fleet.day += 2
    watch = fleet.run(1)
    known = np.isfinite(watch.recent.excess_k[0, -13:])
    # the last block before the silence, eight blocks of it, and three of the day that ran
    assert known.tolist() == [True, True] + [False] * 8 + [True] * 3


def test_another_format_is_learnt_anew(frozen) -> None:
    assert Watch.from_arrays({**frozen.to_arrays(), "head": np.array([99.0])}) is None


def test_assets_do_not_touch_each_other(fleet, frozen) -> None:
    """An asset in company comes to the same state as with a fault beside it."""
    company = type(fleet)(replace(frozen), day=29).run(6, grown(asset=0, first_day=30.0, kelvin=9.0))
    alone = fleet.run(6)
    for part in ("sums", "reference"):
        for field in fields(getattr(alone, part)):
            ours, theirs = getattr(getattr(alone, part), field.name), getattr(getattr(company, part), field.name)
            assert np.array_equal(ours[1:], theirs[1:], equal_nan=True)


def test_hours_as_steps_learn_in_the_same_four_weeks() -> None:
    watch, random = new_watch(1, WatchSettings(step_s=3600.0)), np.random.default_rng(1)
    for hour in range(24 * 29):
        rise = np.array([20.0 + 5.0 * np.sin(hour / 4.0)])
        residual = random.normal(0.0, 0.4, 1)
        watch = observe(
            watch,
            at_s=1_700_006_400 + 3600 * hour,
            modelled_rise_k=rise,
            residual_k=residual,
            measured_c=10.0 + rise + residual,
            load_factor=np.array([0.6]),
            ambient_c=np.array([10.0]),
        )
    assert not watch.learning.any()
