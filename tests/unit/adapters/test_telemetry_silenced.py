"""Channels that say nothing for a while: what is lost, and what is still known of the topology."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twin.adapters.telemetry_silenced import SilencedTelemetry
from twin.contracts.ports import GridEvent, Readings, Telemetry
from twin.domain.grid import Topology
from twin.site.tables import Silence

START = datetime(2016, 1, 25, 17, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
CHANNELS = ("trafo.0.p_mw", "line.66.p_mw", "bus.4.vm_pu", "switch.7.closed")


class Source:
    """A source that says every channel each quarter hour; line 66 trips at 17:20, switch 7 closes at 17:35."""

    def __init__(self):
        self.restored = b""

    def _rows(self, first: datetime, last: datetime) -> Readings:
        labels = np.arange(int(first.timestamp()), int(last.timestamp()), 900)
        label, channel = (grid.ravel() for grid in np.meshgrid(labels, np.arange(len(CHANNELS)), indexing="ij"))
        late = np.where(channel == 1, 900, 0)
        return Readings(channel.astype(np.int32), label, label + 900 + late, label.astype(float))

    def history(self, start, end):
        return self._rows(start, end)

    def read(self, as_of):
        return self._rows(as_of - QUARTER, as_of)

    def topology(self, as_of):
        return Topology(
            out_lines=frozenset({66} if as_of >= START + timedelta(minutes=20) else ()),
            closed_switches=frozenset({7} if as_of >= START + timedelta(minutes=35) else ()),
        )

    def next_event(self, after, until):
        events = [
            GridEvent(START + timedelta(minutes=20), "outage", "line.66"),
            GridEvent(START + timedelta(minutes=35), "close", "switch.7"),
        ]
        return next((event for event in events if after < event.at < until), None)

    def checkpoint(self):
        return b"source"

    def restore(self, checkpoint):
        self.restored = checkpoint


def silenced(*channels: str, first: int = 0, quarters: int = 4) -> SilencedTelemetry:
    silence = Silence(channels=channels, at=START + first * QUARTER, until=START + (first + quarters) * QUARTER)
    return SilencedTelemetry(Source(), CHANNELS, [silence])


def said(readings: Readings) -> set[str]:
    return {CHANNELS[channel] for channel in readings.channel.tolist()}


def test_it_is_a_source_of_telemetry():
    assert isinstance(silenced("*"), Telemetry)


@pytest.mark.parametrize(
    ("pattern", "lost"),
    [
        ("*", set(CHANNELS)),
        ("line.*", {"line.66.p_mw"}),
        ("*.p_mw", {"trafo.0.p_mw", "line.66.p_mw"}),
        ("bus.4.vm_pu", {"bus.4.vm_pu"}),
    ],
)
def test_what_a_pattern_means_is_lost_and_nothing_else(pattern, lost):
    assert said(silenced(pattern).read(START + QUARTER)) == set(CHANNELS) - lost


def test_a_silence_holds_from_its_first_label_to_before_its_end():
    heard = silenced("trafo.*", first=1, quarters=2).history(START, START + 4 * QUARTER)
    labels = heard.valid_time_s[heard.channel == 0]
    assert labels.tolist() == [int((START + k * QUARTER).timestamp()) for k in (0, 3)]


def test_what_was_said_before_a_silence_may_still_come_late():
    telemetry = silenced("line.*", first=1)
    heard = telemetry.read(START + QUARTER)
    late = heard.known_time_s[heard.channel == 1]
    assert late.tolist() == [int((START + 2 * QUARTER).timestamp())]


def test_silent_measurements_leave_the_topology_known():
    assert silenced("*.p_mw", "*.vm_pu").topology(START + 3 * QUARTER) == Source().topology(START + 3 * QUARTER)


def test_a_silent_switch_keeps_its_last_known_position_until_it_is_heard_again():
    telemetry = silenced("switch.*", quarters=4)
    assert telemetry.topology(START + 3 * QUARTER) == Topology(out_lines=frozenset({66}))
    assert telemetry.topology(START + 4 * QUARTER).closed_switches == {7}


def test_silent_protection_hides_an_outage_and_its_event():
    telemetry = silenced("line.*")
    assert telemetry.topology(START + 2 * QUARTER).out_lines == frozenset()
    heard = telemetry.next_event(START, START + 4 * QUARTER)
    assert heard is not None
    assert heard.element == "switch.7"


def test_in_full_silence_nobody_hears_of_any_event():
    assert silenced("*").next_event(START, START + 4 * QUARTER) is None


def test_what_was_known_before_two_silences_in_a_row_holds_through_both():
    spans = [(0, 2), (2, 4)]
    silences = [Silence(channels=("*",), at=START + a * QUARTER, until=START + b * QUARTER) for a, b in spans]
    telemetry = SilencedTelemetry(Source(), CHANNELS, silences)
    assert telemetry.topology(START + 3 * QUARTER) == Topology()


def test_a_restart_within_a_silence_still_knows_what_was_known_before_it():
    class Forgetful(Source):
        """After a restart it knows only the newest positions, as a folder of files does."""

        def topology(self, as_of):
            return super().topology(START + 8 * QUARTER if self.restored else as_of)

    silence = Silence(channels=("*",), at=START, until=START + 4 * QUARTER)
    before, after = (SilencedTelemetry(Forgetful(), CHANNELS, [silence]) for _ in range(2))
    known = before.topology(START + 3 * QUARTER)
    after.restore(before.checkpoint())
    assert after.topology(START + 3 * QUARTER) == known == Topology()
