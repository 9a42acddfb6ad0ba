"""What came, as a forecast would have had to say it: the town's load and sun had nobody steered anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from scenarios.drill.oracle_box import FORETELLS, REFERENCE, truth_text
from scenarios.drill.source import Drilled
from scenarios.replay.relived import Moment, wired_at
from scenarios.replay.rerun import AGAIN
from twin.contracts.resolve import locate_box
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, to_epoch_s
from twin.regie.shadow import is_scored
from twin.regie.side import Side
from twin.site import Site
from twin.site.rules import BoxEntry
from twin.wiring import Progress, Window, Wired

AHEAD = timedelta(hours=48)
"""As far as the forecasts of the last tick look."""
_LATE = 8
"""Quarter hours that meters may take to speak."""


def with_oracles(drill: Drilled, folder: Path, progress: Progress) -> Site:
    """The site of ``drill`` with an oracle in the place of every forecast; what they read is written to ``folder``.

    Raises:
        BadInput: when the town cannot be brought to where it was.
    """
    with TemporaryDirectory(prefix="regie-truth-") as scratch:
        moment = Moment(drill.run, drill.moment.begin, drill.run.end)
        window = Window(moment.begin, None)
        wired = wired_at(moment, drill.ready, window, Path(scratch), progress, _unheard, effort=AGAIN)
        try:
            path = folder / "truth.json"
            path.write_text(truth_text(moment.begin, _came(wired, drill)), encoding="utf-8")
            scored = {name for name, card in wired.parts.runner.cards.items() if is_scored(card)}
        finally:
            wired.parts.runner.stop()
            wired.parts.journal.close()
    return _replaced(drill.ready.site, scored, path)


def _came(wired: Wired, drill: Drilled) -> dict[str, dict[str, np.ndarray]]:
    """Every zone's power [MW] from the drill's beginning on, by signal and zone; gaps of the meters are bridged."""
    parts, begin = wired.parts, drill.moment.begin
    side = parts.baseline or parts.live
    end = drill.moment.end + AHEAD if parts.baseline is not None else drill.run.end
    label_s, values = _followed(side, begin, end, begin - parts.prehistory)
    first = (to_epoch_s(begin) - label_s) // QUARTER_HOUR_S
    found: dict[str, dict[str, np.ndarray]] = {}
    for signal in dict.fromkeys(FORETELLS.values()):
        for zone in parts.zones:
            column = parts.layout.index.get((signal, zone.name))
            if column is not None:
                found.setdefault(signal, {})[zone.name] = _bridged(values[first:, column])
    return found


def _followed(side: Side, begin: datetime, end: datetime, past: datetime) -> tuple[int, np.ndarray]:
    side.preload(side.telemetry.history(past, begin), past, begin)
    count = round((end - begin) / QUARTER_HOUR)
    for step in range(1, count + _LATE + 1):
        at = begin + step * QUARTER_HOUR
        side.fold(side.telemetry.read(at), at)
    label_s, values, _ = side.frame_rows()
    return label_s, values[: len(values) - _LATE]


def _bridged(path: np.ndarray) -> np.ndarray:
    """Unknown values within what is known lie on a line; those at the ends stay unknown."""
    known = np.flatnonzero(np.isfinite(path))
    if not len(known):
        return path
    at = np.arange(len(path))
    return np.where((at >= known[0]) & (at <= known[-1]), np.interp(at, known, path[known]), np.nan)


def _replaced(site: Site, scored: set[str], truth: Path) -> Site:
    def oracle(box: BoxEntry) -> BoxEntry:
        config = {"box": locate_box(box.use, site.boxes_allowed), "config": box.config, "truth": str(truth)}
        return box.model_copy(update={"use": REFERENCE, "config": config})

    boxes = tuple(oracle(box) if box.name in scored else box for box in site.boxes)
    return site.model_copy(update={"boxes": boxes, "boxes_allowed": (*site.boxes_allowed, REFERENCE)})


def _unheard(_event: Mapping[str, Any]) -> None:
    """Nothing runs."""
