from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from twin.boxes.maintenance.machines.causes import propose
from twin.boxes.maintenance.machines.monitor import Settings, observe
from twin.boxes.maintenance.machines.reference import FEATURES
from twin.boxes.maintenance.machines.state import Monitor, arranged, new_monitor
from twin.domain.pack import pack, unpack

DAY = 96
FAULT_DAY = 50
VIBRATION, BEARING = 0, 1
NEVER = np.zeros((0, 1))
"""No instant from which a new reference is learnt."""


def cause_of(monitor: Monitor, machine: int = 0) -> str:
    return propose(monitor.size[machine], monitor.reference.active[machine]).cause


def test_healthy_machines_keep_the_budget_of_false_alarms(make_healthy) -> None:
    machines, days = 120, 100
    rows = make_healthy(7, days=days, machines=machines)
    settings, monitor = Settings(np.ones(machines), 0.1, NEVER), new_monitor(machines)
    alarms, before = 0, np.zeros(machines, dtype=bool)
    for first in range(0, len(rows), 24):
        part = rows.since(rows.start_s + first * 900).until(rows.start_s + (first + 24) * 900)
        monitor = observe(monitor, part, settings)
        alarms += int((~before & (monitor.alarm_s > 0.0)).sum())
        before = monitor.alarm_s > 0.0
    months = machines * (days - 28) / 30.44
    # 28 expected at the budget's edge; 1.64 standard deviations of a count more would speak against it
    assert alarms <= 0.1 * months + 1.64 * np.sqrt(0.1 * months)


IMPACTS = {"crest_factor": 1.4, "kurtosis": 1.8, "envelope_ratio": 3.0}
FAULTS = {
    "bearing": {"vibration_mm_s": 1.15, "bearing_c": 2.0, **IMPACTS},
    "imbalance": {"vibration_mm_s": 1.3, "once_mm_s": 2.0},
    "misalignment": {"vibration_mm_s": 1.3, "twice_mm_s": 2.5, "once_mm_s": 1.1},
    "cavitation": {"vibration_mm_s": 1.4, "crest_factor": 1.1},
    # the others have sensors for vibration and temperature alone
    "lubrication": {"bearing_c": 4.0},
    "mechanical": {"vibration_mm_s": 1.4},
    "sensor": {"vibration_mm_s": 0.6},
}
SILENT, SILENT_AND_ILL = len(FAULTS), len(FAULTS) + 1
"""Two more machines whose bearing temperature is missing from day 40 on, one of them with a fault."""


@pytest.fixture(scope="module")
def fleet(make_healthy, make_impacts, fault, watch):
    """A machine for each fault, and two silent ones, sixty days long."""
    rows = make_impacts(make_healthy(3, days=60, machines=len(FAULTS) + 2), 3)
    rows.features[:, 4:, 2:] = np.nan
    rows.features[40 * DAY :, SILENT:, BEARING] = np.nan
    for machine, changes in enumerate([*FAULTS.values(), {}, {"vibration_mm_s": 1.4}]):
        rows.features[:, machine] = fault(rows, FAULT_DAY, **changes).features[:, machine]
    return watch(rows), rows.start_s + FAULT_DAY * DAY * 900


@pytest.mark.parametrize("cause", FAULTS)
def test_a_fault_is_found_within_four_days_and_called_by_its_name(fleet, cause: str) -> None:
    monitor, fault_s = fleet
    machine = list(FAULTS).index(cause)
    assert fault_s - 6 * 3600 <= monitor.alarm_s[machine] <= fault_s + 96 * 3600
    assert cause_of(monitor, machine) == cause


def test_a_missing_bearing_temperature_raises_nothing(fleet) -> None:
    assert fleet[0].alarm_s[SILENT] == 0.0


def test_a_missing_bearing_temperature_hides_no_vibration(fleet) -> None:
    assert fleet[0].alarm_s[SILENT_AND_ILL] > 0.0


def at_full_load_from_day_35(make_healthy):
    """A reference between 30 and 51 % of rated power, then 90 %."""
    share = 0.3 + 0.3 * (make_healthy(6, days=60).p_mw - 0.3)
    share[35 * DAY :] = 0.9
    return make_healthy(6, days=60, share=share)


def test_full_load_after_a_reference_at_half_load_is_learnt_and_no_fault(make_healthy, watch) -> None:
    monitor = watch(at_full_load_from_day_35(make_healthy))
    assert monitor.alarm_s[0] == 0.0
    assert 1.0 <= monitor.unknown[0] < 10.0  # of a hundred blocks there


def test_a_fault_at_a_load_that_was_learnt_later_is_found(make_healthy, fault, watch) -> None:
    monitor = watch(fault(at_full_load_from_day_35(make_healthy), FAULT_DAY, vibration_mm_s=1.4))
    assert monitor.alarm_s[0] > 0.0


def test_starts_stops_and_jumps_of_load_enter_nothing(make_healthy, watch) -> None:
    rows = make_healthy(8, days=45)
    share, features = rows.p_mw.copy(), rows.features.copy()
    for day in range(45):  # off from 2 to 4 h every night; the hour after the start shakes five times as much
        share[day * DAY + 8 : day * DAY + 16] = 0.0
        features[day * DAY + 8 : day * DAY + 16, :, VIBRATION] = 0.05
        features[day * DAY + 16 : day * DAY + 20, :, VIBRATION] *= 5.0
    calm = watch(replace(rows, p_mw=share, features=features.copy()))
    features[:, :, VIBRATION] *= np.where((np.arange(len(rows)) % DAY >= 8) & (np.arange(len(rows)) % DAY < 20), 9.0, 1.0)[
        :, None
    ]
    wild = watch(replace(rows, p_mw=share, features=features))
    assert calm.alarm_s[0] == 0.0
    assert wild.deviation[0] == calm.deviation[0]


def test_a_restart_at_any_row_goes_on_bit_for_bit(make_healthy, fault) -> None:
    rows = fault(make_healthy(9, days=40, machines=3), 35, vibration_mm_s=1.3)
    rows.features[500:520, 0, VIBRATION] = np.nan
    settings = Settings(np.ones(3), 0.1, NEVER)
    whole = observe(new_monitor(3), rows, settings)
    pieces = new_monitor(3)
    cuts = [0, 1, 7, 700, 27 * DAY + 5, 28 * DAY + 13, 36 * DAY + 1, len(rows)]
    for first, last in pairwise(cuts):
        part = rows.since(rows.start_s + first * 900).until(rows.start_s + last * 900)
        pieces = observe(pieces, part, settings)
        pieces = Monitor.from_arrays(unpack(pack({}, pieces.to_arrays()))[1])
    assert pack({}, pieces.to_arrays()) == pack({}, whole.to_arrays())


def test_a_sensor_that_repeats_itself_for_four_hours_of_running_is_stuck(make_healthy, watch) -> None:
    rows = make_healthy(11, days=40)
    rows.features[-15:, 0, BEARING] = rows.features[-16, 0, BEARING]
    assert watch(rows).stuck[0].tolist() == [name == "bearing_c" for name in FEATURES]
    assert not watch(rows.until(rows.start_s + (len(rows) - 1) * 900)).stuck.any()


def test_a_coarse_thermometer_of_a_steady_machine_is_not_stuck(make_healthy, watch) -> None:
    rows = make_healthy(12, days=45)
    rows.p_mw[...] = 0.7
    hours = np.arange(len(rows)) / 4.0
    rows.features[:, 0, BEARING] = np.round(45 + np.sin(2 * np.pi * hours / 24))  # whole degrees: the same for eight hours
    assert not watch(rows).stuck.any()


def test_a_machine_at_rest_is_not_stuck(make_healthy, watch) -> None:
    rows = make_healthy(13, days=35)
    rows.p_mw[-2 * DAY :] = 0.0
    rows.features[-2 * DAY :, 0, VIBRATION] = 0.0
    assert not watch(rows).stuck.any()


def test_a_repaired_machine_clears_within_a_week(make_healthy, fault, watch) -> None:
    rows = make_healthy(14, days=57)
    ill = fault(rows, 35, vibration_mm_s=2.0)
    repaired_s, settings = rows.start_s + 50 * DAY * 900, Settings(np.ones(1), 0.1, NEVER)
    monitor = watch(ill.until(repaired_s))
    assert monitor.alarm_s[0] > 0.0
    assert observe(monitor, rows.since(repaired_s), settings).alarm_s[0] == 0.0


def test_a_smaller_budget_of_false_alarms_means_a_higher_bar(make_healthy) -> None:
    rows = make_healthy(15, days=34)
    learnt = observe(new_monitor(1), rows.until(rows.start_s + 30 * DAY * 900), Settings(np.ones(1), 0.1, NEVER))
    later = rows.since(rows.start_s + 30 * DAY * 900)
    strict, loose = (observe(learnt, later, Settings(np.ones(1), budget, NEVER)).deviation[0] for budget in (0.01, 1.0))
    assert 0.0 < strict < loose


def test_a_new_bearing_is_no_fault_once_a_new_reference_is_learnt(make_healthy, fault) -> None:
    rows = fault(make_healthy(16, days=70, machines=2), 35, bearing_c=6.0)
    since_s = rows.start_s + 36 * DAY * 900
    never, anew = (Settings(np.ones(2), 0.1, at) for at in (NEVER, np.array([[since_s, 0.0]])))
    assert (observe(new_monitor(2), rows, never).alarm_s > 0.0).all()
    monitor = observe(new_monitor(2), rows, anew)
    assert (monitor.alarm_s > 0.0).tolist() == [False, True]
    assert (monitor.reference.blocks > 0.0).all()


def test_a_new_reference_begins_at_its_instant_whether_in_pieces_or_in_one_go(make_healthy) -> None:
    rows = make_healthy(17, days=40, machines=2)
    settings = Settings(np.ones(2), 0.1, np.array([[0.0, rows.start_s + 5 * DAY * 900 + 4 * 900]]))
    whole = observe(new_monitor(2), rows, settings)
    cut_s = rows.start_s + 5 * DAY * 900
    first = observe(new_monitor(2), rows.until(cut_s), settings)
    pieces = observe(first, rows.since(cut_s), settings)
    assert pack({}, pieces.to_arrays()) == pack({}, whole.to_arrays())


def test_a_machine_that_joins_begins_anew_and_the_others_keep_their_reference(make_healthy) -> None:
    monitor = observe(new_monitor(2), make_healthy(18, days=30, machines=2), Settings(np.ones(2), 0.1, NEVER))
    joined = arranged(monitor, np.array([1, -1]))
    assert (joined.reference.blocks > 0.0).tolist() == [True, False]
    np.testing.assert_array_equal(joined.reference.slope[0], monitor.reference.slope[1])
    assert joined.at_s == monitor.at_s
