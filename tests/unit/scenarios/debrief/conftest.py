"""One evening of the hamlet, played once in this process: a refusal, a box that fails, a breaker that opens for a while."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[2] / "scenarios"))
from hamlet import SUMMER, Reading, hamlet

from twin.contracts.messages import Command
from twin.domain.time import QUARTER_HOUR, to_epoch_s

TICKS = 9
OPENS, CLOSES = SUMMER + 5 * QUARTER_HOUR + timedelta(minutes=22), SUMMER + 6 * QUARTER_HOUR + timedelta(minutes=22)


def opened_for_a_while(made):
    """The eastern feeder's breaker opens and closes again; both are told seven minutes after their quarter hours."""
    for step, closed in ((5, 0.0), (6, 1.0)):
        label = made.start + step * QUARTER_HOUR
        made.replace("switch.0.closed", label, None)
        made.window.append(Reading(to_epoch_s(label), "switch.0.closed", closed, known_min=22))
    return made


@pytest.fixture(scope="session")
def evening(tmp_path_factory):
    """``state``, ``site`` file and the recommendation that was refused."""
    from twin.check import ready_site
    from twin.regie.tick import Moment
    from twin.wiring import Window, wire

    folder = tmp_path_factory.mktemp("evening")
    made = opened_for_a_while(hamlet(days=0.5, weeks=1)).with_planner("dispatcher").with_moody("raises", 2, 4)
    site = made.write(folder / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE.parents[2] / "scenarios"))
        wired = wire(ready_site(site), Window(SUMMER, TICKS), folder / "state", _silent, _silent)
        try:
            wired.parts.runner.start()
            wired.loop.begin(SUMMER)
            refused = _play(wired, Moment)
        finally:
            wired.parts.runner.stop()
            wired.parts.journal.close()
    return SimpleNamespace(state=folder / "state", site=site, refused=refused, opens=OPENS, closes=CLOSES)


def _play(wired, moment):
    """Every tick, events between them; the first open recommendation is refused in the third."""
    refused, commands = "", []
    for number in range(1, TICKS + 1):
        as_of = SUMMER + number * QUARTER_HOUR
        while event := wired.parts.live.telemetry.next_event(wired.loop.last or SUMMER, as_of):
            wired.loop.tick(moment(event.at, event=event))
        tick = wired.loop.tick(moment(as_of, commands=commands))
        commands = []
        waiting = [item.id for item in tick.result.decision.recommendations if item.state == "open"]
        if waiting and not refused:
            refused = waiting[0]
            now = datetime.now(UTC)
            commands = [Command(1, "refuse", refused, "anna", now, now + timedelta(hours=1), "fog tonight")]
    return refused


@pytest.fixture(scope="session")
def found(evening):
    """The debrief of that evening."""
    from scenarios.debrief.debrief import debrief
    from scenarios.debrief.source import source_of

    return debrief(source_of(evening.state, str(evening.site), _silent), None, None, _silent)


def _silent(*_told):
    """Nobody watches."""
