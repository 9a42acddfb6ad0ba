"""A hamlet with a simulated plant and boxes that need no training, on air for two hours of a winter evening.

A line trips between quarter hours and comes back, and somebody accepts what is recommended: the journal holds events.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandapower as pp

from scenarios.play.ticks import Told, ticks_of
from scenarios.replay.rerun import AGAIN
from tests.unit.scenarios.elsewhere.hamlet_plant import SITE, hamlet_net
from twin.adapters.ready import Ready
from twin.check import ready_site
from twin.contracts.messages import Command
from twin.domain.time import QUARTER_HOUR
from twin.wiring import Window, wire

START = datetime(2016, 1, 25, 15, 0, tzinfo=UTC)
TICKS = 8
ASKED = START + timedelta(minutes=35)
"""When the dispatcher accepts what was recommended for the barn in the first tick."""
BARN = f"barn@{START + QUARTER_HOUR:%Y%m%dT%H%MZ}"
MOVER = "tests.unit.scenarios.replay.mover_box:Mover"
_BATTERY = """
[[devices]]
group = "{name}"
title = "Battery"
id = "{name}"
kind = "battery"
zone = "town"
buses = [{bus}]
p_kw = 5.0
e_kwh = 10.0
efficiency = 0.95
feeds_in = true
rights = {{ right = "contract", acceptance = "{acceptance}", price_chf_per_kwh = 0.1 }}
"""
_BOXES = f"""
[orders]
write = true

[[boxes]]
name = "load"
use = "load"
config = {{ zone = "town", engine = "day_type", fallbacks = ["instance:load_calm", "last_good", "constant"] }}

[[boxes]]
name = "load_calm"
use = "load"
role = "standby"
config = {{ zone = "town", engine = "last_week" }}

[[boxes]]
name = "pv"
use = "pv"
config = {{ zone = "town", engine = "yesterday" }}

[[boxes]]
name = "mover"
use = "{MOVER}"
"""


@dataclass
class OnAir:
    """A finished run. ``checkpoints``: of the town and of its do-nothing twin when a tick's orders had left, by instant."""

    site: Path
    ready: Ready
    state: Path
    checkpoints: dict = field(default_factory=dict)


def write_site(folder):
    """The site's file, beside its grid."""
    pp.to_json(hamlet_net(), str(folder / "grid.json"))
    before, devices = SITE.split("[[devices]]")
    devices = devices[devices.index("[plant]") :]
    devices = devices.replace("T17:00:00+01:00", "T16:20:00+01:00").replace("T17:15:00+01:00", "T16:50:00+01:00")
    batteries = _BATTERY.format(name="mill", bus=2, acceptance="automatic")
    batteries += _BATTERY.format(name="barn", bus=3, acceptance="dispatcher")
    text = before.replace("device.battery_2", "device.mill").replace("device.battery_3", "device.barn")
    path = folder / "hamlet_plant.toml"
    allowed = f'boxes_allowed = ["load", "pv", "{MOVER}"]\n'
    path.write_text(allowed + text + batteries + devices + _BOXES, encoding="utf-8")
    return path


def put_on_air(folder):
    """Run the hamlet to the window's end, as ``regie live`` would."""
    site = write_site(folder)
    run = OnAir(site, ready_site(site), folder / "state")
    wired = wire(run.ready, Window(START, TICKS), run.state, silent, silent, effort=AGAIN)
    try:
        wired.parts.runner.start()
        wired.loop.begin(START)
        accept = Command(1, "accept", BARN, "anna", ASKED, ASKED + QUARTER_HOUR)
        for tick in ticks_of(wired, START, TICKS, [Told(ASKED, (accept,), between=True)]):
            sides = (wired.parts.live, wired.parts.baseline)
            run.checkpoints[tick.moment.as_of] = tuple(side.telemetry.checkpoint() for side in sides)
    finally:
        wired.parts.runner.stop()
        wired.parts.journal.close()
    return run


def silent(*_told):
    """Nobody watches."""
