"""What a forecast was worth after dispatch: one window twice, as the site says and with another box in its champion's place.

Both runs are whole ones, with plant, proof and dispatch, on scratch states, without screens; they differ in the one forecast. A
run's window can be taken from its state, which is only read: both runs then hear what people answered to recommendations there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from twin.adapters.ready import Ready
from twin.contracts.frame import Frame
from twin.contracts.messages import Command, Envelope, Kpi
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_epoch_s, to_epoch_s
from twin.live.options import first_as_of
from twin.regie import kpi
from twin.regie.chain import open_readonly, read_meta, read_records
from twin.regie.journal import JournalUnavailable
from twin.regie.shadow import SETTLED_AFTER, Columns, measured, paths_of, pinball_mw
from twin.regie.tick import Moment
from twin.site import Site
from twin.wiring import Window, Wired, site_sha256, wire

DAY_STEPS = 96
"""Quarter hours of each issue that are scored: as far as the dispatch looks."""
_COMMANDS = TypeAdapter(tuple[Command, ...])
Progress = Callable[[str, float], None]
Answers = Sequence[tuple[datetime, Command]]


@dataclass(frozen=True)
class Asked:
    """What is replayed.

    Attributes:
        answers: commands with the instants at which they were obeyed, ascending.
    """

    ready: Ready
    window: Window
    answers: Answers = ()


def worth(
    asked: Asked, box: str, against: str | None, progress: Progress, ticks: Callable[[int, int | None], None]
) -> dict[str, Any]:
    """The three figures of both runs, their differences (with the box less as it is), and the pinball of both forecasts [MW].

    Args:
        box: instance that takes the place of ``against``; None: of the champion that it shadows.

    Raises:
        BadInput: for boxes that cannot change places.
        JournalUnavailable: when the disk does not take a run.
    """
    site = asked.ready.site
    champion, other = in_place(site, box, against)
    as_it_is = _play(site, asked, champion, progress, ticks)
    with_box = _play(other, asked, box, progress, ticks)
    pinball = {"as_it_is": as_it_is.pinball_mw, "with_box": with_box.pinball_mw}
    if all(map(math.isfinite, pinball.values())) and pinball["as_it_is"] > 0.0:
        pinball["ratio"] = pinball["with_box"] / pinball["as_it_is"]
    return {
        "box": box,
        "against": champion,
        "site": site.name,
        "start": asked.window.start.isoformat(),
        "ticks": asked.window.ticks,
        "kpis": {
            name: {
                "as_it_is": dict(mine.value),
                "with_box": dict(with_box.kpis[name].value),
                "difference": {k: v - mine.value[k] for k, v in with_box.kpis[name].value.items() if k in mine.value},
            }
            for name, mine in as_it_is.kpis.items()
        },
        "pinball_mw": {name: value for name, value in pinball.items() if math.isfinite(value)},
    }


def in_place(site: Site, box: str, against: str | None) -> tuple[str, Site]:
    """The champion that ``box`` replaces, and the site in which it does: the two exchange their roles.

    Raises:
        BadInput: naming what is no box, no champion, or not stated.
    """
    boxes = {entry.name: entry for entry in site.boxes}
    champions = sorted(name for name, entry in boxes.items() if entry.role == "champion")
    problems = Problems()
    if box not in boxes or box in champions:
        others = sorted(set(boxes) - set(champions))
        problems.add("BOX", repr(box), f"one of {others}, which are no champions", "choose one, or add one to the site file")
        problems.raise_if_any()
    champion = against or boxes[box].shadows
    if champion not in champions:
        value = "missing" if champion is None else repr(champion)
        problems.add("--against", value, f"one of the champions {champions}", "name whose place it takes")
        problems.raise_if_any()
    rising = boxes[box].model_copy(update={"role": "champion", "shadows": None})
    changed = {box: rising}
    for name, entry in boxes.items():
        if name == champion:
            changed[name] = entry.model_copy(update={"role": boxes[box].role, "shadows": box if boxes[box].shadows else None})
        elif name != box and entry.shadows == champion:
            changed[name] = entry.model_copy(update={"shadows": box})
    return str(champion), site.model_copy(update={"boxes": tuple(changed.get(name, entry) for name, entry in boxes.items())})


def site_of(state: Path) -> str:
    """Name of the site that ``state`` belongs to.

    Raises:
        BadInput: without a journal.
    """
    db = open_readonly(state)
    try:
        return str(read_meta(db)["identity"]["site"])
    finally:
        db.close()


def journalled(state: Path, ready: Ready) -> Asked:
    """Window and answers of the run that ``state`` holds; nothing is written there.

    Raises:
        BadInput: without a journal, before its first tick, or when ``ready`` is not the site that it was written with.
    """
    db = open_readonly(state)
    try:
        identity = read_meta(db)["identity"]
        records = [(record.kind, record.as_of_s, record.meta["commands"]) for record in read_records(db)]
    finally:
        db.close()
    if identity["site_sha256"] != site_sha256(ready.site):
        value = f"was written with another site file than {ready.site.file}"
        raise BadInput([Problem(f"--state {state}", value, "the site that was on air", "give that file with --site")])
    ticks = sum(kind == "regular" for kind, _, _ in records)
    if not ticks:
        raise BadInput([Problem(f"--state {state}", "no tick in its journal", "at least one", "let it run first")])
    answers = [
        (from_epoch_s(as_of_s), command) for _, as_of_s, listed in records for command in _COMMANDS.validate_python(listed)
    ]
    # A promotion is what is asked about: it is no answer to be repeated.
    answers = [(at, command) for at, command in answers if not command.target.startswith("box:")]
    return Asked(ready, Window(datetime.fromisoformat(identity["start"]), ticks), answers)


# ---------------------------------------------------------------------------------------------- one run


@dataclass(frozen=True)
class _Played:
    kpis: Mapping[str, Kpi]
    pinball_mw: float


@dataclass
class _Record:
    """Every tick's forecast of one box, scored as soon as its day is measured."""

    waiting: list[tuple[int, Columns, np.ndarray]] = field(default_factory=list)
    loss_mw: float = 0.0
    known: int = 0

    def add(self, as_of: datetime, envelope: Envelope) -> None:
        foretold = paths_of(envelope.report.outputs)
        if foretold is not None:
            self.waiting.append((to_epoch_s(floor_quarter(as_of)), foretold[0], foretold[1][:DAY_STEPS]))

    def settle(self, before: datetime, frame: Frame) -> None:
        """Score what was issued before that instant."""
        while self.waiting and self.waiting[0][0] < to_epoch_s(before):
            start_s, columns, path = self.waiting.pop(0)
            truth = measured(frame, columns, start_s, len(path))
            known = int(np.isfinite(truth).sum())
            if known:
                self.loss_mw += known * pinball_mw(path, truth)
                self.known += known


def _play(site: Site, asked: Asked, followed: str, progress: Progress, ticks: Callable[[int, int | None], None]) -> _Played:
    with TemporaryDirectory(prefix="regie-worth-") as scratch:
        wired = wire(replace(asked.ready, site=site), asked.window, Path(scratch), progress, _unheard)
        try:
            progress("boxes", 0.0)
            wired.parts.runner.start()
            progress("history", 0.5)
            wired.loop.begin(asked.window.start)
            progress("on air", 1.0)
            record = _run(wired, asked, followed, ticks)
            loop = wired.loop
            record.settle(loop.last or asked.window.start, wired.parts.runner.frame().frame())
            figures = kpi.kpis(loop.memory.ours, loop.memory.baseline, wired.parts.kpi_facts)
        finally:
            wired.parts.runner.stop()
            wired.parts.journal.close()
    return _Played(figures, record.loss_mw / record.known if record.known else float("nan"))


def _run(wired: Wired, asked: Asked, followed: str, ticks: Callable[[int, int | None], None]) -> _Record:
    """All ticks of the window, at full speed."""
    loop, telemetry, record = wired.loop, wired.parts.live.telemetry, _Record()
    day = DAY_STEPS * QUARTER_HOUR + SETTLED_AFTER
    heard: datetime | None = None
    while loop.memory.statistics.ticks < (asked.window.ticks or 0):
        as_of = first_as_of(asked.window) if loop.regular is None else loop.regular + QUARTER_HOUR
        event = telemetry.next_event(loop.last or asked.window.start, as_of)
        if event is not None:
            loop.tick(Moment(event.at, event=event))
            continue
        loop.adopt_models(as_of)
        answers = [command for at, command in asked.answers if (heard is None or heard < at) and at <= as_of]
        tick = loop.tick(Moment(as_of, commands=answers))
        if not tick.acked:
            raise JournalUnavailable("the disk does not take the run; free space in the temporary directory")
        heard = as_of
        record.add(as_of, tick.envelopes[followed])
        record.settle(as_of - day + timedelta(seconds=1), wired.parts.runner.frame().frame())
        ticks(loop.memory.statistics.ticks, asked.window.ticks)
    return record


def _unheard(_event: Mapping[str, Any]) -> None:
    """Durations and restarts of a replay are nobody's business."""
