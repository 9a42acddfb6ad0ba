"""One run of the régie in a scenario, as on air but without screens; the journal it leaves is the run.

Whatever ends it (a kill, a signal, a full disk), the same call goes on where the journal ends. Series and figures are read from
the journal alone, so that they are the same after any number of restarts.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scenarios.play.audience import Stage, audience_of
from scenarios.play.figures import Facts, figures
from scenarios.play.series import write_series
from scenarios.play.tape import Tape
from scenarios.play.ticks import ticks_of
from scenarios.rehearsal.rehearsal import Rehearsal
from scenarios.results.folder import SERIES, STATE
from twin.regie.effort import PLAYED
from twin.regie.journal import Note
from twin.wiring import Progress, Wired, wire

Ticks = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Played:
    """A run that was played to its end. ``folder``: with its state and series. ``result``: for ``result.json``."""

    folder: Path
    result: Mapping[str, Any]


def play(rehearsal: Rehearsal, folder: Path, *, progress: Progress, ticks: Ticks) -> Played:
    """Play ``rehearsal`` in ``folder``, or what is missing of it.

    Args:
        progress: told steps of the preparation. ``ticks``: quarter hours that are done, and of how many.

    Raises:
        BadInput: for a folder that holds another run's state.
        JournalUnavailable: when the disk does not take it.
        KeyboardInterrupt: when told to end; nothing that was journalled is lost.
    """
    state = folder / STATE
    notes: list[Note] = []

    def on_ops(event: Mapping[str, Any]) -> None:
        detail = dict(event)
        notes.append(Note(datetime.now(UTC).isoformat(), detail.pop("event"), detail))

    wired = wire(rehearsal.ready, rehearsal.window, state, progress, on_ops, effort=PLAYED)
    try:
        stage = Stage.of(rehearsal, wired, state)
        if _left(wired, rehearsal):
            _on_air(wired, rehearsal, progress, ticks, stage, notes)
        memory, head = wired.loop.memory, wired.parts.journal.head
    finally:
        wired.parts.runner.stop()
        wired.parts.journal.close()
    shutil.rmtree(state / "run", ignore_errors=True)
    progress("figures", 0.9)
    tape = Tape(state, wired)
    write_series(tape, folder / SERIES)
    facts = Facts(rehearsal, wired, memory, head)
    return Played(folder, figures(tape, folder / SERIES, facts) | audience_of(rehearsal.scenario, stage))


def _on_air(
    wired: Wired, rehearsal: Rehearsal, progress: Progress, ticks: Ticks, stage: Stage | None, notes: list[Note]
) -> None:
    """All ticks that the journal does not have, at full speed."""
    loop, window, journal = wired.loop, rehearsal.window, wired.parts.journal
    progress("boxes", 0.0)
    wired.parts.runner.start()
    progress("history", 0.5)
    loop.begin(window.start)
    if stage is not None:
        stage.begin(wired.parts.runner.frame().frame())
    progress("on air", 1.0)
    ticks(loop.memory.statistics.ticks, window.ticks)
    for tick in ticks_of(wired, window.start, window.ticks or 0):
        while notes:
            journal.note(notes.pop(0))
        if tick.moment.event is None:
            ticks(loop.memory.statistics.ticks, window.ticks)
            if stage is not None:
                stage.publish(tick)
    journal.flush()


def _left(wired: Wired, rehearsal: Rehearsal) -> int:
    """Regular ticks that are still to come."""
    return (rehearsal.window.ticks or 0) - wired.loop.memory.statistics.ticks
