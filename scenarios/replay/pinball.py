"""What forecasts missed by: every issue of every forecast, scored as soon as its day is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from twin.contracts.frame import Frame
from twin.contracts.messages import Envelope, Service
from twin.domain.time import QUARTER_HOUR, floor_quarter, to_epoch_s
from twin.regie.shadow import SETTLED_AFTER, Columns, measured, paths_of, pinball_mw

DAY_STEPS = 96
"""Quarter hours of each issue that are scored: as far as the dispatch looks."""
_SETTLED = DAY_STEPS * QUARTER_HOUR + SETTLED_AFTER


@dataclass
class Pinball:
    """The record of one run. What is scored is what was served, whoever had to stand in."""

    _waiting: list[tuple[int, str, Columns, np.ndarray]] = field(default_factory=list)
    _loss_mw: dict[str, float] = field(default_factory=dict)
    _known: dict[str, int] = field(default_factory=dict)

    def add(self, as_of: datetime, envelopes: Mapping[str, Envelope], frame: Frame) -> None:
        """Keep what was foretold at ``as_of``; score what was foretold a day and what meters take to speak before."""
        for name, envelope in envelopes.items():
            foretold = None if envelope.service is Service.ABSENT else paths_of(envelope.report.outputs)
            if foretold is not None:
                self._waiting.append((to_epoch_s(floor_quarter(as_of)), name, foretold[0], foretold[1][:DAY_STEPS]))
        self._settle(as_of - _SETTLED, frame)

    def mean_mw(self, as_of: datetime, frame: Frame) -> dict[str, float]:
        """Mean over the levels .1 to .9 and all that was measured by ``as_of`` [MW], by instance; absent where nothing was."""
        self._settle(as_of, frame)
        return {name: loss / self._known[name] for name, loss in self._loss_mw.items()}

    def _settle(self, until: datetime, frame: Frame) -> None:
        until_s = to_epoch_s(until)
        while self._waiting and self._waiting[0][0] <= until_s:
            start_s, name, columns, path = self._waiting.pop(0)
            truth = measured(frame, columns, start_s, len(path))
            known = int(np.isfinite(truth).sum())
            if known:
                self._loss_mw[name] = self._loss_mw.get(name, 0.0) + known * pinball_mw(path, truth)
                self._known[name] = self._known.get(name, 0) + known
