"""Golden runs of the library: a few quarter hours of every scenario, with the real boxes, one run after the other.

``expected/NAME.json`` says which quarter hours, what they are about, and every figure with its tolerance and the reason for it.
Runs of one start share the nine weeks before it, the models fitted on them, and the boxes' processes: the first pays for all.

python tests/scenarios/library/shortened.py NAME...      writes what NAMEs' figures are now, and leaves tolerances and reasons
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from scenarios.file.read import load_scenario
from scenarios.file.scenario import Scenario, Window
from scenarios.play.audience import Stage, audience_of
from scenarios.play.figures import Facts, figures
from scenarios.play.series import write_series
from scenarios.play.tape import Tape
from scenarios.play.ticks import ticks_of
from scenarios.rehearsal.prepare import rehearsals
from twin.regie.effort import REHEARSED
from twin.wiring import wire

EXPECTED = Path(__file__).parent / "expected"
EFFORT = replace(REHEARSED, journals=True)
"""Boxes that only inform are not asked, which changes no decision; the figures are read from the journal."""
_LASTING = ("world", "prices", "outages", "switchings", "refusals", "imports", "telemetry_lost", "box_failures", "manual")


def case(name: str) -> dict:
    """Start, ticks and expected figures."""
    return json.loads((EXPECTED / f"{name}.json").read_text(encoding="utf-8"))


def starting(start: str) -> list[str]:
    """Names of the cases that begin there: they share everything."""
    return sorted(path.stem for path in EXPECTED.glob("*.json") if case(path.stem)["start"] == start)


def shortened(scenario: Scenario, start: datetime, ticks: int) -> Scenario:
    """A few quarter hours of it. What had begun before them begins with them, so that all cases of a start have one past."""
    window = Window(start=start, hours=ticks / 4)

    def still(each):
        return each.at < window.end and (each.until is None or each.until > start)

    def begun(each):
        at = max(each.at, start)
        changed = {"at": at}
        if getattr(each, "path", ()):
            changed["path"] = each.path[(at - each.at) // timedelta(minutes=15) :]
        return each.model_copy(update=changed)

    lasting = {name: tuple(begun(each) for each in getattr(scenario, name) if still(each)) for name in _LASTING}
    return scenario.model_copy(update={"window": window, **lasting})


class Troupe:
    """Plays case after case; boxes' processes and models of one go on in the next."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._before = None

    def state(self, name: str) -> Path:
        """The state directory of a case, which is played if nobody played it yet."""
        if not (self._folder / name).exists():
            self.play(name)
        return self._folder / name

    def play(self, name: str) -> dict:
        """``result.json`` of a case, with ``worst`` of both sides and the ``codes`` of all alarms that were raised."""
        wanted = case(name)
        start = datetime.fromisoformat(wanted["start"]).astimezone(UTC)
        (rehearsal,) = rehearsals(shortened(load_scenario(name), start, wanted["ticks"]))
        folder = self._folder / name
        wired = wire(rehearsal.ready, rehearsal.window, folder, lambda *_: None, lambda _: None, effort=EFFORT)
        runner, journal = wired.parts.runner, wired.parts.journal
        try:
            runner.start(after=self._before)
            self.stop()
            self._before = runner
            stage = Stage.of(rehearsal, wired, folder)
            wired.loop.begin(start)
            for tick in ticks_of(wired, start, wanted["ticks"]):
                if stage is not None and tick.moment.event is None:
                    stage.publish(tick)
            facts = Facts(rehearsal, wired, wired.loop.memory, journal.head)
        finally:
            journal.close()
        tape = Tape(folder, wired)
        write_series(tape, folder / "series.zarr")
        result = figures(tape, folder / "series.zarr", facts) | audience_of(rehearsal.scenario, stage)
        sides = {"plan": result["violations"], "do_nothing": result["violations_do_nothing"]}
        codes = {alarm["code"] for record in tape.records() for alarm in record.meta["alarms"]}
        return result | {"worst": {side: worst(found) for side, found in sides.items()}, "codes": sorted(codes)}

    def stop(self) -> None:
        """End the boxes' processes."""
        if self._before is not None:
            self._before.stop()


def worst(violations: list[dict]) -> dict:
    """By kind: the element that was beyond its limit furthest in all, its worst value, and how much in all."""
    found = {}
    for one in sorted(violations, key=lambda one: one["integral"]):
        found[one["kind"]] = {"element": one["element"], "worst": one["worst"], "integral": one["integral"]}
    return found


def value_at(result: dict, path: str):
    """The value of a dotted path; None where it does not lead."""
    for key in path.split("."):
        result = result.get(key) if isinstance(result, dict) else None
    return result


def differences(name: str, result: dict) -> list[str]:
    """What lies outside its tolerance, one line per figure."""
    found = [(path, rule, value_at(result, path)) for path, rule in case(name)["figures"].items()]
    return [f"{path}: {value}, expected {rule}" for path, rule, value in found if not within(rule, value)]


def within(rule: dict, value) -> bool:
    """Equal; or inside ``abs`` or ``rel``; or, of a list, all of those that are expected."""
    expected = rule["is"]
    if isinstance(expected, list):
        return set(expected) <= set(value or ())
    if value is None or isinstance(expected, str):
        return value == expected
    return abs(value - expected) <= max(rule.get("abs", 0.0), rule.get("rel", 0.0) * abs(expected))


def write(names: list[str]) -> None:
    """Play cases and keep their figures."""
    with TemporaryDirectory() as folder:
        troupe = Troupe(Path(folder))
        try:
            for name in names:
                kept, result = case(name), troupe.play(name)
                for path, rule in kept["figures"].items():
                    rule["is"] = value_at(result, path)
                text = json.dumps(kept, indent=2, ensure_ascii=False) + "\n"
                (EXPECTED / f"{name}.json").write_text(text, encoding="utf-8")
        finally:
            troupe.stop()


if __name__ == "__main__":
    write(sys.argv[1:])
