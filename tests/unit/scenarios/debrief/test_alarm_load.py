"""Alarm load against EEMUA 191, on ticks made by hand."""

import pytest
from made_tape import alarm, at, entry, tape

from scenarios.debrief.alarm_load import alarm_load, alarm_moments


def kinds(load, window):
    return {moment.kind for moment in alarm_moments(load, window)}


def test_an_alarm_that_stays_on_the_list_is_raised_once():
    one = alarm("a", at(0))
    load = alarm_load(tape(*(entry(number, alarms=[one]) for number in range(4))))
    assert (load.count, load.active_most) == (1, 1)


def test_the_average_counts_ten_minutes_not_ticks():
    rows = [entry(number, alarms=[alarm(f"a{number}", at(number))]) for number in range(4)]
    assert alarm_load(tape(*rows)).per_10_min == pytest.approx(4 / 6)  # four alarms in an hour of six times ten minutes


@pytest.mark.parametrize(
    ("per_tick", "verdict"), [(1, "acceptable"), (3, "manageable"), (7, "over_demanding"), (16, "unacceptable")]
)
def test_the_bands_of_the_average_are_one_in_ten_five_and_two_minutes(per_tick, verdict):
    rows = [entry(n, alarms=[alarm(f"a{n}.{k}", at(n)) for k in range(per_tick)]) for n in range(4)]
    assert alarm_load(tape(*rows)).verdict == verdict


def test_eleven_alarms_in_ten_minutes_are_a_flood_and_ten_are_none():
    for count, flood in ((10, False), (11, True)):
        window = tape(entry(0), entry(1, alarms=[alarm(f"a{k}", at(1)) for k in range(count)]))
        assert ("alarm_flood" in kinds(alarm_load(window), window)) is flood


def test_a_flood_names_the_switching_that_went_before_it():
    tripped = entry(0, minutes=8, regular=False, lines=[("topology_changed", {"kind": "outage", "element": "line.66"})])
    window = tape(entry(0), tripped, entry(1, alarms=[alarm(f"a{k}", at(1)) for k in range(12)]))
    assert alarm_load(window).upset == ("outage", "line.66")


def test_shares_are_of_p1_to_p3_and_p4_counts_nowhere():
    listed = [alarm("a", at(0), priority=1), *(alarm(f"b{k}", at(0)) for k in range(3)), alarm("c", at(0), priority=4)]
    load = alarm_load(tape(entry(0, alarms=listed)))
    assert load.count == 4
    assert load.shares == {"P1": 0.25, "P2": 0.0, "P3": 0.75}


def test_what_becomes_more_urgent_is_raised_again_and_what_becomes_less_urgent_is_not():
    steps = [3, 2, 3]
    window = tape(*(entry(n, alarms=[alarm("a", at(0), priority=p)]) for n, p in enumerate(steps)))
    assert [one.alarm.priority for one in alarm_load(window).raised] == [3, 2]


def test_an_alarm_from_before_the_window_stands_in_it_and_is_no_new_one():
    old = alarm("a", at(-8))
    load = alarm_load(tape(entry(0, alarms=[old]), before=entry(-1, alarms=[old])))
    assert (load.count, len(load.raised), load.raised[0].before) == (0, 1, True)


def test_three_raisings_of_one_key_chatter():
    spans = [(0, 1), (2, 3), (4, 5)]
    rows = []
    for number in range(6):
        listed = [alarm("a", at(b), cleared_at=at(e) if number >= e else None) for b, e in spans if b <= number]
        rows.append(entry(number, alarms=listed[-1:]))
    window = tape(*rows)
    load = alarm_load(window)
    assert load.chattering == ("a",)
    assert "alarm_chatter" in kinds(load, window)


def test_an_alarm_that_nobody_acknowledged_is_counted():
    listed = [alarm("a", at(0)), alarm("b", at(0), acknowledged_at=at(1))]
    assert alarm_load(tape(entry(0, alarms=listed), entry(1, alarms=listed))).unacknowledged == 1


def test_more_than_a_shift_on_the_list_is_a_standing_alarm():
    one = alarm("a", at(0))
    window = tape(*(entry(number, alarms=[one]) for number in range(52)))
    moments = {moment.kind: moment for moment in alarm_moments(alarm_load(window), window)}
    assert moments["alarm_standing"].value == pytest.approx(12.75)  # 51 quarter hours
