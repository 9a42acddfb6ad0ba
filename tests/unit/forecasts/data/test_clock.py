from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from forecasts.data.clock import Placed, place_rows
from forecasts.data.doubled import Pair, smoothest

ZURICH = "Europe/Zurich"


def _place(day: str, clock: list[str], *, label: str, step_min: int = 15, values: list[float] | None = None) -> Placed:
    wall = [int(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC).timestamp()) for time in clock]
    given = np.arange(len(clock), dtype=float) if values is None else np.array(values)
    return place_rows(np.array(wall), given, zone=ZURICH, step_s=60 * step_min, label_end=label == "end")


def _utc(placed: Placed) -> list[str]:
    return [datetime.fromtimestamp(int(at), tz=UTC).strftime("%H:%M") for at in placed.start_s]


def test_spring_start_labels_leave_out_an_hour_and_utc_does_not() -> None:
    placed = _place("2019-03-31", ["01:30", "01:45", "03:00", "03:15"], label="start")
    assert _utc(placed) == ["00:30", "00:45", "01:00", "01:15"]


def test_spring_end_labels_that_jump_with_the_clock_follow_each_other() -> None:
    placed = _place("2019-03-31", ["01:30", "01:45", "03:00", "03:15"], label="end")
    assert _utc(placed) == ["00:15", "00:30", "00:45", "01:00"]


def test_spring_end_labels_that_count_on_to_the_skipped_hour_follow_each_other() -> None:
    placed = _place("2019-03-31", ["01:30", "01:45", "02:00", "03:15"], label="end")
    assert _utc(placed) == ["00:15", "00:30", "00:45", "01:00"]
    assert not len(placed.absent)


@pytest.mark.parametrize("label", ["start", "end"])
def test_labels_inside_the_skipped_hour_are_left_out(label: str) -> None:
    placed = _place("2019-03-31", ["01:45", "02:15", "02:30", "03:00"], label=label)
    assert placed.absent.tolist() == [1, 2]


def test_autumn_start_labels_in_two_runs_follow_the_rows() -> None:
    clock = ["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"]
    placed = _place("2019-10-27", clock, label="start")
    assert np.diff(placed.start_s).tolist() == [900] * 9
    assert not len(placed.guessed)


def test_autumn_end_labels_doubled_from_two_to_a_quarter_to_three_follow_the_rows() -> None:
    clock = ["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"]
    placed = _place("2019-10-27", clock, label="end")
    assert np.diff(placed.start_s).tolist() == [900] * 9
    assert _utc(placed)[:2] == ["23:30", "23:45"]


def test_autumn_end_labels_doubled_from_a_quarter_past_two_to_three_follow_the_rows() -> None:
    clock = ["02:00", "02:15", "02:30", "02:45", "03:00", "02:15", "02:30", "02:45", "03:00", "03:15"]
    placed = _place("2019-10-27", clock, label="end")
    assert np.diff(placed.start_s).tolist() == [900] * 9
    assert _utc(placed)[0] == "23:45"


@pytest.mark.parametrize("label", ["start", "end"])
def test_autumn_hourly_label_twice_is_two_hours(label: str) -> None:
    placed = _place("2019-10-27", ["01:00", "02:00", "02:00", "03:00"], label=label, step_min=60)
    assert np.diff(placed.start_s).tolist() == [3600] * 3


def test_autumn_hour_that_stands_once_could_be_either_and_is_left_out() -> None:
    placed = _place("2019-10-27", ["01:45", "02:00", "02:15", "02:30", "02:45", "03:00"], label="start")
    assert placed.undecided.tolist() == [1, 2, 3, 4]
    assert _utc(placed)[5] == "02:00"


def test_autumn_rows_side_by_side_are_told_apart_by_the_smoothest_way() -> None:
    # City of Zurich, 27 October 2019: in the first quarter the earlier run comes first, in the others second.
    clock = ["01:45", "02:00", "02:00", "02:15", "02:15", "02:30", "02:30", "02:45", "02:45", "03:00"]
    values = [55150.0, 54261.0, 53795.0, 53117.0, 56644.0, 52512.0, 55955.0, 51620.0, 54839.0, 51077.0]
    placed = _place("2019-10-27", clock, label="end", values=values)
    in_time = np.array(values)[np.argsort(placed.start_s)]
    assert in_time.tolist() == [55150.0, 54261.0, 56644.0, 55955.0, 54839.0, 53795.0, 53117.0, 52512.0, 51620.0, 51077.0]
    assert placed.guessed.tolist() == list(range(1, 9))


def test_shuffled_autumn_runs_are_told_apart_as_in_order() -> None:
    clock = ["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"]
    values = np.linspace(100.0, 80.0, 10)
    mixed = np.random.default_rng(3).permutation(10)
    in_order = _place("2019-10-27", clock, label="start", values=values.tolist())
    shuffled = _place("2019-10-27", [clock[i] for i in mixed], label="start", values=values[mixed].tolist())
    assert shuffled.start_s.tolist() == in_order.start_s[mixed].tolist()


def test_smoothest_way_agrees_with_trying_all() -> None:
    rng = np.random.default_rng(5)
    pairs = [Pair(*rng.normal(size=2)) for _ in range(5)]

    def cost(swaps: list[bool]) -> float:
        first = [pair[int(swap)] for pair, swap in zip(pairs, swaps, strict=True)]
        second = [pair[1 - int(swap)] for pair, swap in zip(pairs, swaps, strict=True)]
        return float(np.sum(np.diff([0.3, *first, *second, -0.2]) ** 2))

    every = [[bool(number >> bit & 1) for bit in range(5)] for number in range(32)]
    assert smoothest(pairs, 0.3, -0.2) == min(every, key=cost)


def test_a_missing_value_costs_the_smoothest_way_nothing() -> None:
    assert smoothest([Pair(float("nan"), 9.0), Pair(5.0, 1.0)], 1.0, 9.0) == [False, True]
