"""Quality, problems, channels, time and topology: the small words of the field."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.domain.channels import parse_channel
from twin.domain.grid import NORMAL, Topology
from twin.domain.pack import digest
from twin.domain.problems import BadInput, Problems
from twin.domain.quality import Quality, is_doubtful, words, worst
from twin.domain.signals import SIGNALS
from twin.domain.time import (
    floor_quarter,
    from_datetime64,
    from_epoch_s,
    quarter_hours,
    require_utc,
    to_datetime64,
    to_epoch_s,
)

ZURICH = ZoneInfo("Europe/Zurich")
INSTANTS = st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2099-01-01"), timezones=st.just(UTC))


def test_a_naive_instant_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match="give an offset"):
        require_utc(datetime.fromisoformat("2016-06-15"), what="start")


@given(INSTANTS)
def test_the_quarter_hour_of_an_instant_holds_it(instant):
    start = floor_quarter(instant)
    assert start <= instant < start + timedelta(minutes=15)
    assert to_epoch_s(start) % 900 == 0


@given(INSTANTS.map(floor_quarter))
def test_labels_survive_the_way_to_numpy_and_back(instant):
    assert from_datetime64(to_datetime64(instant)) == instant


def test_an_instant_of_another_offset_is_the_same_instant():
    assert to_epoch_s(datetime(2016, 6, 15, 2, tzinfo=timezone(timedelta(hours=2)))) == to_epoch_s(
        datetime(2016, 6, 15, tzinfo=UTC)
    )


@pytest.mark.parametrize(("day", "steps"), [("2016-03-27", 92), ("2016-10-30", 100), ("2016-06-15", 96)])
def test_a_local_day_has_92_100_or_96_quarter_hours(day, steps):
    start = datetime.fromisoformat(day).replace(tzinfo=ZURICH)
    end = (datetime.fromisoformat(day) + timedelta(days=1)).replace(tzinfo=ZURICH)
    assert (to_epoch_s(end) - to_epoch_s(start)) // 900 == steps


@pytest.mark.parametrize("day", [datetime(2016, 3, 27, tzinfo=ZURICH), datetime(2016, 10, 30, tzinfo=ZURICH)])
def test_labels_over_a_clock_change_have_no_gap_and_no_duplicate(day):
    labels = quarter_hours(require_utc(day), 100)
    assert (np.diff(labels) == np.timedelta64(900, "s")).all()


def test_an_aggregate_is_as_doubtful_as_its_most_doubtful_part():
    assert worst([Quality.GOOD, Quality.STALE, Quality.ESTIMATED]) == Quality.STALE | Quality.ESTIMATED


def test_an_aggregate_of_nothing_is_invalid():
    assert worst([]) is Quality.INVALID


def test_a_value_without_flags_is_called_good():
    assert words(0) == ("good",)


def test_flags_are_called_by_their_names():
    assert words(Quality.SUBSTITUTED | Quality.QUESTIONABLE) == ("questionable", "substituted")


def test_every_fault_of_an_input_is_told_at_once():
    problems = Problems()
    problems.add("line 'L12'", "loading_percent=-3.0", "at least 0", "check the sign of p_mw in feed 'scada'")
    problems.add("trafo 'T1'", "sn_mva=0", "above 0", "correct the name plate")
    with pytest.raises(BadInput) as refused:
        problems.raise_if_any()
    assert str(refused.value).splitlines() == [
        "line 'L12': loading_percent=-3.0; expected at least 0; check the sign of p_mw in feed 'scada'",
        "trafo 'T1': sn_mva=0; expected above 0; correct the name plate",
    ]


def test_an_input_without_faults_passes():
    Problems().raise_if_any()


@pytest.mark.parametrize("name", ["trafo.2", "trafo.2.vm_pu", "bus.1.p_mw.x", ""])
def test_a_channel_that_is_no_table_element_quantity_is_refused(name):
    with pytest.raises(ValueError, match=r"table\.element\.quantity"):
        parse_channel(name)


def test_a_channel_brings_its_unit():
    assert parse_channel("trafo.2.top_oil_c").unit == "degC"
    assert parse_channel("trafo.2.p_mw").index == 2


def test_every_signal_stands_under_its_own_name_with_a_possible_range():
    assert all(name == signal.name and signal.minimum < signal.maximum for name, signal in SIGNALS.items())


def test_a_topology_comes_back_from_its_meta_and_equal_ones_digest_alike():
    topology = Topology(frozenset({3, 1}), frozenset({2}), frozenset({(0, -1), (1, 2)}), frozenset({66}), frozenset())
    assert Topology.from_meta(topology.to_meta()) == topology
    again = Topology(frozenset({1, 3}), frozenset({2}), frozenset({(1, 2), (0, -1)}), frozenset({66}))
    assert digest(again.to_meta()) == digest(topology.to_meta())


def test_a_topology_without_differences_is_the_normal_one():
    assert Topology.from_meta({}) == NORMAL


def test_epoch_seconds_count_from_1970():
    assert from_epoch_s(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_state_of_an_older_quarter_hour_or_of_none_is_doubtful_and_an_estimate_is_not():
    assert [is_doubtful(flag) for flag in (Quality.STALE, Quality.INVALID | Quality.ESTIMATED)] == [True, True]
    assert not is_doubtful(Quality.ESTIMATED | Quality.FORECAST | Quality.QUESTIONABLE)
