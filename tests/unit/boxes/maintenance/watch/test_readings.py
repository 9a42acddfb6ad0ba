import numpy as np
import pytest

from twin.boxes.maintenance.watch.readings import UNITS, unit_of
from twin.boxes.maintenance.watch.verdicts import verdicts

DAY = 96


def kinds(watch) -> list[tuple[int, str, str]]:
    return [(verdict.asset, verdict.kind, verdict.detail) for verdict in verdicts(watch)]


def measured(readings: dict) -> np.ndarray:
    return np.round(readings["ambient_c"] + readings["modelled_rise_k"] + readings["residual_k"], 1)


def test_stuck_sensor_is_found_within_six_hours(fleet) -> None:
    held: list[float] = []

    def stuck(row: int, readings: dict) -> None:
        values = measured(readings)
        held.append(float(values[1]))
        values[1] = held[0]
        readings["measured_c"] = values

    watch = fleet.run(0.25, stuck)
    assert kinds(watch) == [(1, "sensor_stuck", "")]


def test_stuck_sensor_that_flickers_by_its_last_digit_is_found_too(fleet) -> None:
    held: list[float] = []

    def stuck(row: int, readings: dict) -> None:
        values = measured(readings)
        held.append(float(values[1]))
        values[1] = round(held[0] + 0.1 * (row % 2), 1)
        readings["measured_c"] = values

    assert (1, "sensor_stuck", "") in kinds(fleet.run(0.4, stuck))


@pytest.mark.parametrize(("readings_held", "is_stuck"), [(5, False), (8, True)])
def test_a_reading_that_stays_for_an_hour_may_be_chance_and_for_two_it_is_not(fleet, readings_held, is_stuck) -> None:
    held: list[float] = []

    def holds(row: int, readings: dict) -> None:
        readings["ambient_c"][1] += 0.8 * len(held)  # the model moves on by 3 K an hour
        values = measured(readings)
        held.append(float(values[1]))
        values[1] = held[0]
        readings["measured_c"] = values

    assert ((1, "sensor_stuck", "") in kinds(fleet.run(readings_held / DAY, holds))) == is_stuck


def test_constant_readings_are_right_where_load_and_ambient_rest(fleet) -> None:
    """The model stands still too: a sensor that says the same is no fault."""

    def calm(row: int, readings: dict) -> None:
        readings["modelled_rise_k"][:] = 20.0
        readings["ambient_c"][:] = 10.0
        readings["load_factor"][:] = 0.5
        readings["measured_c"] = np.full(6, 33.0)

    assert not any(kind == "sensor_stuck" for _, kind, _ in kinds(fleet.run(2.0, calm)))


def test_stuck_alarm_clears_when_the_sensor_moves_again(fleet) -> None:
    held: list[float] = []

    def stuck(row: int, readings: dict) -> None:
        values = measured(readings)
        held.append(float(values[1]))
        values[1] = held[0]
        readings["measured_c"] = values

    fleet.run(0.5, stuck)
    assert kinds(fleet.run(0.5)) == []


@pytest.mark.parametrize("size_k", [12.0, -9.0])
def test_a_single_wild_reading_is_a_spike_at_once(fleet, size_k) -> None:
    def spike(row: int, readings: dict) -> None:
        readings["residual_k"][2] += size_k

    fleet.run(1)
    watch = fleet.run(1 / DAY, spike)
    (verdict,) = verdicts(watch)
    assert (verdict.asset, verdict.kind) == (2, "sensor_spike")
    assert verdict.size_k == pytest.approx(size_k, abs=2.5)  # three sigmas of a reading, the offset and the rise's part


def test_a_spike_does_not_enter_the_sums(fleet, frozen) -> None:
    def spike(row: int, readings: dict) -> None:
        readings["residual_k"][2] += 90.0

    fleet.run(1 / DAY, spike)
    assert fleet.run(1).sums.value[2, 0] < 1.0  # 90 K / 24 readings would have been 3.7 K, over two long sigmas


def test_a_spike_is_forgotten_after_a_day(fleet) -> None:
    def spike(row: int, readings: dict) -> None:
        readings["residual_k"][2] += 12.0

    fleet.run(1 / DAY, spike)
    assert kinds(fleet.run(1.1)) == []


def test_a_lasting_shift_is_no_spike(fleet) -> None:
    def shift(row: int, readings: dict) -> None:
        readings["residual_k"][2] += 8.0

    found = kinds(fleet.run(2, shift))
    assert [asset for asset, _, _ in found] == [2]
    assert found[0][1] != "sensor_spike"


@pytest.mark.parametrize(
    ("spoilt", "named"),
    [(lambda c: 1.8 * c + 32.0, "fahrenheit"), (lambda c: 10.0 * c, "times_ten"), (lambda c: c / 10.0, "tenth")],
)
def test_a_wrong_unit_is_named(fleet, spoilt, named) -> None:
    def unit(row: int, readings: dict) -> None:
        values = measured(readings)
        values[0] = spoilt(values[0])
        readings["measured_c"] = values

    assert (0, "sensor_spike", named) in kinds(fleet.run(0.5, unit))


def test_a_hot_day_is_no_fahrenheit() -> None:
    assert UNITS[int(unit_of(np.array(60.0), np.array(45.0), hopeless_k=20.0))] == ""


def test_overload_is_told_where_the_model_follows(fleet) -> None:
    watch = fleet.run(0.3, load_scale=1.5)
    assert {kind for _, kind, _ in kinds(watch)} == {"overload"}


def test_overload_clears_with_a_margin(fleet) -> None:
    fleet.run(0.3, load_scale=1.5)
    assert kinds(fleet.run(0.3, load_scale=0.8)) == []


def test_overload_ends_an_hour_after_the_load_is_no_longer_measured(fleet) -> None:
    def silent(row: int, readings: dict) -> None:
        readings["load_factor"][:] = np.nan
        readings["residual_k"][:] = np.nan

    fleet.run(0.3, load_scale=1.5)
    assert kinds(fleet.run(3 / 96, silent, load_scale=1.5)) != []  # a gap is no relief
    assert kinds(fleet.run(1 / 96, silent, load_scale=1.5)) == []
