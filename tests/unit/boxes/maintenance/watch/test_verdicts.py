import numpy as np
import pytest

from twin.boxes.maintenance.watch.verdicts import verdicts

DAY = 96


def test_cooling_is_proposed_where_the_excess_follows_the_rise(fleet) -> None:
    def cooling(row: int, readings: dict) -> None:
        readings["residual_k"][3] += 0.25 * readings["modelled_rise_k"][3]

    (verdict,) = verdicts(fleet.run(5, cooling))
    assert (verdict.asset, verdict.kind) == (3, "cooling")


def test_contact_is_proposed_where_the_excess_follows_the_square_of_the_load(fleet) -> None:
    slow = [0.4]

    def contact(row: int, readings: dict) -> None:
        square = float(readings["load_factor"][3]) ** 2
        slow[0] += (square - slow[0]) * (1.0 - np.exp(-0.25 / 3.0))  # as slow as the oil
        readings["residual_k"][3] += 15.0 * slow[0]

    (verdict,) = verdicts(fleet.run(5, contact))
    assert (verdict.asset, verdict.kind) == (3, "contact")


@pytest.mark.parametrize("offset_k", [5.0, -5.0])
def test_sensor_drift_is_proposed_where_the_excess_follows_neither(fleet, offset_k) -> None:
    def offset(row: int, readings: dict) -> None:
        readings["residual_k"][3] += offset_k

    (verdict,) = verdicts(fleet.run(5, offset))
    assert (verdict.asset, verdict.kind) == (3, "sensor_drift")
    assert verdict.size_k == pytest.approx(offset_k, abs=0.7)  # noise of four blocks and the reference's error


def test_exchanged_sensors_are_told_by_each_others_model(fleet) -> None:
    def swap(row: int, readings: dict) -> None:
        readings["residual_k"] += 0.0
        values = readings["ambient_c"] + readings["modelled_rise_k"] + readings["residual_k"]
        values[[0, 4]] = values[[4, 0]]
        readings["measured_c"] = np.round(values, 1)

    (verdict,) = verdicts(fleet.run(5, swap))
    assert verdict.kind == "sensor_swapped"
    assert verdict.members == (0, 4)


def test_assets_that_shift_together_are_one_alarm(fleet) -> None:
    def ambient_sensor(row: int, readings: dict) -> None:
        readings["residual_k"] += 5.0

    (verdict,) = verdicts(fleet.run(4, ambient_sensor))
    assert (verdict.kind, verdict.detail) == ("common", "ambient")
    assert verdict.members == (0, 1, 2, 3, 4, 5)


def test_a_station_that_shifts_alone_is_named_as_the_station(fleet) -> None:
    def hall(row: int, readings: dict) -> None:
        readings["residual_k"][:3] += 5.0

    stations = np.array([7, 7, 7, 8, 8, 8, 8, 8, 8, 8, 8, 8][:6])
    found = verdicts(fleet.run(4, hall), stations=stations)
    assert [verdict.members for verdict in found] == [(0, 1, 2)]


def test_two_of_six_are_no_common_cause(fleet) -> None:
    def two(row: int, readings: dict) -> None:
        readings["residual_k"][:2] += 5.0

    assert [verdict.asset for verdict in verdicts(fleet.run(4, two))] == [0, 1]


def test_a_healthy_fleet_has_nothing_to_say(fleet) -> None:
    assert verdicts(fleet.run(2)) == ()


def test_likely_beginning_lies_at_the_change(fleet) -> None:
    def late(row: int, readings: dict) -> None:
        if row >= 33 * DAY:
            readings["residual_k"][5] += 5.0

    (verdict,) = verdicts(fleet.run(7, late))
    assert verdict.since_s == pytest.approx(1_700_006_400 + 33 * 86_400, abs=21_600)  # a block
