"""A rehearsal on a hamlet: silence, boxes held back and manual hours are functions of grid time, killed and resumed or not."""

from types import SimpleNamespace

import pytest
from hamlet import SUMMER, hamlet

from twin.contracts.messages import Outcome
from twin.domain.time import QUARTER_HOUR, to_epoch_s

pytestmark = pytest.mark.fault

TICKS = 8
SILENT, HELD_BACK, MANUAL = (2, 5), (1, 3), (6, 8)
"""Quarter hours of the window in which telemetry is silent, the load box does not answer, people decide everything."""
KILLED_AFTER = 4
FIRST_VOLTAGE = 6
"""Channel that goes on speaking; channel 0 is the station's power, which falls silent."""

_SPAN = """
[[{table}]]
at = {at}
until = {until}
{more}
"""


def span(table, quarters, more=""):
    at, until = (SUMMER + number * QUARTER_HOUR for number in quarters)
    return _SPAN.format(table=table, at=at.isoformat(), until=until.isoformat(), more=more)


def rehearsal():
    made = hamlet(days=1.0).with_planner()
    silence = span("telemetry.silences", SILENT, 'channels = ["*.p_mw", "switch.*"]')
    outage = span("box_outages", HELD_BACK, 'box = "load"')
    made.site = made.site.replace("[[zones]]", silence + "\n[[zones]]", 1) + outage + span("orders.manual", MANUAL)
    return made


@pytest.fixture(scope="module")
def rehearsed(play, settle):
    """Played undisturbed, and killed within the silence."""
    calm = play(rehearsal(), TICKS, "rehearsed")
    place = settle(rehearsal(), "rehearsed_killed")
    run = place.start(TICKS, speed="9000")
    run.until(lambda: place.acked >= KILLED_AFTER)
    run.kill()
    return SimpleNamespace(calm=calm, records=calm.records, resumed=place.run(TICKS))


def ticks(rehearsed, quarters):
    """Records of the ticks whose instant lies within."""
    at, until = (to_epoch_s(SUMMER + number * QUARTER_HOUR) for number in quarters)
    return [record for record in rehearsed.records if at <= record.as_of_s < until]


def test_a_rehearsal_killed_in_its_silence_ends_with_the_undisturbed_head(rehearsed):
    assert rehearsed.resumed.figures["journal"] == {"acked": TICKS, "head": rehearsed.calm.head}


def test_no_reading_of_a_silence_reaches_the_journal(rehearsed):
    at, until = (to_epoch_s(SUMMER + number * QUARTER_HOUR) for number in SILENT)
    heard = {0: set(), FIRST_VOLTAGE: set()}
    for record in rehearsed.records:
        for channel, label in zip(
            record.arrays["live.channel"].tolist(), record.arrays["live.valid_time_s"].tolist(), strict=True
        ):
            heard.setdefault(channel, set()).add(label)
    assert heard[FIRST_VOLTAGE] - heard[0] == set(range(at, until, 900))


def test_the_box_is_held_back_in_its_hours_only(rehearsed):
    held = {record.seq for record in ticks(rehearsed, HELD_BACK)}
    assert held == {r.seq for r in rehearsed.records if r.meta["boxes"]["load"]["outcome"] == Outcome.OUTAGE}


def test_nothing_is_ordered_in_manual_hours_and_at_once_when_they_end(rehearsed):
    manual = {record.seq for record in ticks(rehearsed, MANUAL)}
    ordered = {record.seq for record in rehearsed.records if record.meta["setpoints"]}
    assert not ordered & manual
    assert max(manual) + 1 in ordered
