"""Rows 4 and 9 of the fault table in a whole run: what a failing box leaves in the journal, and what it cannot end."""

from types import SimpleNamespace

import pytest
from hamlet import hamlet

from twin.domain.time import from_epoch_s
from twin.regie.chain import verify

pytestmark = pytest.mark.fault

FIRST, LAST = 3, 15
"""Ticks in which the box raises. Three failures open its breaker; it is tried again 4 ticks later, then 8 after that."""
TRIED, BACK = (3, 4, 5, 9), 17


@pytest.fixture(scope="module")
def moody(play):
    return play(hamlet(days=1.0).with_moody("raises", FIRST, LAST), 30, "moody")


def at(record):
    return from_epoch_s(record.as_of_s).isoformat().replace("+00:00", "Z")


def alarms(record):
    return [alarm for alarm in record.meta["alarms"] if alarm["key"] == "box:moody"]


def outcomes(played):
    return [record.meta["boxes"]["moody"]["outcome"] for record in played.records]


def test_a_box_that_raises_alarms_in_the_same_tick(moody):
    (alarm,) = alarms(moody.records[FIRST])
    assert (alarm["code"], alarm["priority"], alarm["owner"]) == ("box_failing", 3, "planning")
    assert alarm["since"] == at(moody.records[FIRST])
    assert alarm["params"]["reason"] == "RuntimeError: not today"
    assert not alarms(moody.records[FIRST - 1])


def test_its_breaker_opens_and_lets_a_try_through_after_4_then_8_ticks(moody):
    found = outcomes(moody)
    assert [number for number, outcome in enumerate(found) if outcome == "exception"] == list(TRIED)
    open_ones = set(range(FIRST, BACK)) - set(TRIED)
    assert {number for number, outcome in enumerate(found) if outcome == "breaker_open"} == open_ones
    assert set(found[BACK:]) == {"ok"}


def test_it_is_one_alarm_however_long_it_fails(moody, clean):
    assert {alarm["since"] for record in moody.records for alarm in alarms(record)} == {at(moody.records[FIRST])}
    raised, before = moody.ended.figures["alarms"], clean.ended.figures["alarms"]
    assert raised == {**before, "P3": before["P3"] + 1}


def test_its_return_is_a_line_of_the_journal_and_no_alarm(moody):
    lines = [(number, line) for number, record in enumerate(moody.records) for line in record.meta["lines"]]
    told = [(number, params) for number, (code, params) in lines if code == "box_recovered"]
    assert told == [(BACK, {"box": "moody"})]
    assert {alarm["code"] for record in moody.records for alarm in alarms(record)} == {"box_failing"}
    assert alarms(moody.records[BACK])[0]["cleared_at"] is None
    assert alarms(moody.records[BACK + 1])[0]["cleared_at"] == at(moody.records[BACK + 1])


# ---------------------------------------------------------------------------------------------- words


@pytest.fixture(scope="module")
def numbering(settle):
    """A box whose finding names an element by its number, in a run that is killed and goes on."""
    place = settle(hamlet(days=1.0).with_moody("numbers", 2, 29), "numbering")
    run = place.start(12, speed="9000")
    run.until(lambda: place.acked >= 5)
    run.kill()
    return SimpleNamespace(place=place, ended=place.run(12))


def test_a_finding_that_no_screen_can_show_ends_no_run_and_spoils_no_state(numbering):
    assert numbering.ended.code == 0, numbering.ended.err
    assert verify(numbering.place.state)[::2] == (12, [])
    assert numbering.place.snapshot["tick"] == 11


def test_such_a_finding_is_refused_with_the_place_of_the_fault(numbering):
    box = numbering.place.records[2].meta["boxes"]["moody"]
    assert box["outcome"] == "refused"
    assert box["problems"] == ["finding 'mood': element=2, expected text"]
    assert [alarm["key"] for alarm in numbering.place.records[2].meta["alarms"]] == ["box:moody"]
