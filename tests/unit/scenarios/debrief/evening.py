"""One evening of the hamlet, played in this process: a refusal, a box that fails, a breaker that opens for a while."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hamlet import SUMMER, Reading, hamlet

from scenarios.debrief.debrief import debrief
from scenarios.debrief.source import source_of
from twin.check import ready_site
from twin.contracts.messages import Command
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.tick import Moment
from twin.wiring import Window, wire

TICKS = 9
OPENS, CLOSES = SUMMER + 5 * QUARTER_HOUR + timedelta(minutes=22), SUMMER + 6 * QUARTER_HOUR + timedelta(minutes=22)


def played(folder: Path) -> SimpleNamespace:
    """``state``, ``site`` file, when the feeder went dark and came back, and the recommendation that was refused."""
    made = _opened_for_a_while(hamlet(days=0.5, weeks=1)).with_planner("dispatcher").with_moody("raises", 2, 4)
    site = made.write(folder / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[3] / "scenarios"))
        wired = wire(ready_site(site), Window(SUMMER, TICKS), folder / "state", silent, silent)
        try:
            wired.parts.runner.start()
            wired.loop.begin(SUMMER)
            refused = _ticks(wired)
        finally:
            wired.parts.runner.stop()
            wired.parts.journal.close()
    return SimpleNamespace(state=folder / "state", site=site, refused=refused, opens=OPENS, closes=CLOSES)


def debriefed(evening: SimpleNamespace):
    """All of it."""
    return debrief(source_of(evening.state, str(evening.site), silent), None, None, silent)


def silent(*_told):
    """Nobody watches."""


def _opened_for_a_while(made):
    """The eastern feeder's breaker opens and closes again; both are told seven minutes after their quarter hours."""
    for step, closed in ((5, 0.0), (6, 1.0)):
        label = made.start + step * QUARTER_HOUR
        made.replace("switch.0.closed", label, None)
        made.window.append(Reading(to_epoch_s(label), "switch.0.closed", closed, known_min=22))
    return made


def _ticks(wired):
    """Every tick, events between them; the first recommendation that waits is refused in the next tick."""
    refused, commands = "", []
    for number in range(1, TICKS + 1):
        as_of = SUMMER + number * QUARTER_HOUR
        while event := wired.parts.live.telemetry.next_event(wired.loop.last or SUMMER, as_of):
            wired.loop.tick(Moment(event.at, event=event))
        tick = wired.loop.tick(Moment(as_of, commands=commands))
        commands = []
        waiting = [item.id for item in tick.result.decision.recommendations if item.state == "open"]
        if waiting and not refused:
            refused, now = waiting[0], datetime.now(UTC)
            commands = [Command(1, "refuse", refused, "anna", now, now + timedelta(hours=1), "fog tonight")]
    return refused
