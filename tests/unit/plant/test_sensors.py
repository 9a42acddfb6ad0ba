"""Telemetry is the truth with noise, gaps, delays, repeats, stuck and absurd values, all at the declared rates."""

import numpy as np
import pytest

from twin.contracts.ports import Readings
from twin.domain.channels import parse_channel
from twin.plant.sensors import STUCK_STEPS, Disturbance, Sensors

CHANNELS = tuple(
    [parse_channel(f"line.{n}.p_mw", sigma=1.0) for n in range(40)]
    + [parse_channel("bus.4.vm_pu", sigma=0.005), parse_channel("switch.3.closed", sigma=1.0)]
)
STEPS = 4000
VOLTAGE, SWITCH = 40, 41


def truth(steps: int = STEPS) -> np.ndarray:
    values = np.full((steps, len(CHANNELS)), 2.0)
    values[:, VOLTAGE], values[:, SWITCH] = 1.02, 1.0
    return values


def read(disturbance: Disturbance, steps: int = STEPS) -> Readings:
    return Sensors(2035, CHANNELS, disturbance).measure(truth(steps), 900 * 1000, np.full(len(CHANNELS), np.nan))[0]


def of_lines(readings: Readings) -> np.ndarray:
    return readings.channel < VOLTAGE


def test_power_noise_is_percent_of_the_value_and_voltage_noise_is_absolute() -> None:
    readings = read(Disturbance())
    # 160,000 and 4,000 draws: the deviation is known to 0.2 % and 1.1 %
    assert readings.value[of_lines(readings)].std() == pytest.approx(0.02, rel=0.01)
    assert readings.value[readings.channel == VOLTAGE].std() == pytest.approx(0.005, rel=0.05)


def test_contacts_are_exact_and_never_late() -> None:
    readings = read(Disturbance(gap_share=0.2, delay_share=0.2, bad_share=0.2))
    mine = readings.channel == SWITCH
    assert mine.sum() == STEPS
    assert (readings.value[mine] == 1.0).all()


def test_gaps_take_their_declared_share_half_of_them_spoken() -> None:
    readings = read(Disturbance(gap_share=0.05, gap_steps=6))
    silent = 1.0 - of_lines(readings).sum() / (40 * STEPS)
    spoken = np.isnan(readings.value[of_lines(readings)]).sum() / (40 * STEPS)
    assert silent + spoken == pytest.approx(0.05, rel=0.15)  # about 1,300 gaps
    assert spoken == pytest.approx(silent, rel=0.2)


def test_late_rows_take_their_declared_share_and_keep_their_label() -> None:
    readings = read(Disturbance(delay_share=0.03, delay_steps=3))
    delay = (readings.known_time_s - readings.valid_time_s) // 900 - 1
    pairs = np.unique(np.stack([readings.channel, readings.valid_time_s]), axis=1).shape[1]
    assert pairs == STEPS * len(CHANNELS)
    late = (delay[of_lines(readings)] > 0).sum() / (40 * STEPS)
    assert late == pytest.approx(0.03 * 4 / 3, rel=0.06)  # a third of the late rows comes twice
    assert delay.max() == 4
    assert delay.min() == 0


def test_repeated_rows_say_the_same() -> None:
    readings = read(Disturbance(delay_share=0.05, delay_steps=2))
    seen: dict[tuple[int, int], float] = {}
    for channel, label, value in zip(readings.channel, readings.valid_time_s, readings.value, strict=True):
        assert seen.setdefault((int(channel), int(label)), float(value)) == value


def test_unit_errors_are_a_thousandfold_and_at_half_the_declared_bad_share() -> None:
    readings = read(Disturbance(bad_share=0.01))
    spikes = (np.abs(readings.value[of_lines(readings)]) > 100.0).mean()
    assert spikes == pytest.approx(0.005, rel=0.12)


def test_stuck_sensor_repeats_one_value_for_eight_hours() -> None:
    sensors = Sensors(2035, CHANNELS[:1], Disturbance(bad_share=0.2))
    readings, _ = sensors.measure(truth()[:, :1], 900 * 1000, np.full(1, np.nan))
    same = np.diff(readings.value) == 0.0
    runs = np.split(same, np.flatnonzero(~same))
    # a spike may hide inside a run, but most runs are whole; two stuck blocks never share a value
    assert max(run.sum() for run in runs) == STUCK_STEPS - 1


def test_reading_step_by_step_gives_what_reading_all_at_once_gives() -> None:
    disturbance = Disturbance(0.05, 6, 0.03, 3, 0.1)
    sensors, held = Sensors(2035, CHANNELS, disturbance), np.full(len(CHANNELS), np.nan)
    whole, last = sensors.measure(truth(200), 900 * 1000, held)
    rows = []
    for step in range(200):
        part, held = sensors.measure(truth(1), 900 * (1000 + step), held)
        rows += list(zip(part.channel, part.valid_time_s, part.known_time_s, part.value.tolist(), strict=True))
    expected = zip(whole.channel, whole.valid_time_s, whole.known_time_s, whole.value.tolist(), strict=True)
    assert sorted(map(str, rows)) == sorted(map(str, expected))
    assert np.array_equal(held, last)


def test_reading_is_never_known_before_its_quarter_hour_is_over() -> None:
    readings = read(Disturbance(0.05, 6, 0.05, 8, 0.1), steps=500)
    assert (readings.known_time_s - readings.valid_time_s >= 900).all()
    assert (np.diff(readings.known_time_s) >= 0).all()
