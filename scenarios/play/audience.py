"""Citizens who watch a played run: what the public page would have to serve, from the page's own bytes and polling rules.

A visible page fetches its figures at ``next_at`` and a random 0 to 15 s, and otherwise every 60 s; an answer that has not
changed since carries no body.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.format import LANGUAGES
from dashboard.public.app import PublicApp
from dashboard.public.shelf import Answer
from scenarios.file.scenario import Audience, Scenario
from scenarios.rehearsal.rehearsal import Rehearsal
from twin.contracts.frame import Frame
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, from_epoch_s
from twin.regie.public import PublicComposer
from twin.regie.publish import Host, write_atomically
from twin.regie.tick import Tick
from twin.wiring import Wired

HEARTBEAT_S = 60.0
SPREAD_S = 15.0
_HOUR_S = 3600.0
_A_DAY = 96
_FILE = "public.json"


@dataclass
class Stage:
    """The public page of a run with an audience: its snapshot is written tick by tick, as on air."""

    folder: Path
    composer: PublicComposer

    @classmethod
    def of(cls, rehearsal: Rehearsal, wired: Wired, state: Path) -> Stage | None:
        """None where nobody watches, or the site publishes nothing."""
        if rehearsal.scenario.audience is None or wired.public is None:
            return None
        return cls(state / "public", PublicComposer(wired.public))

    def begin(self, frame: Frame) -> None:
        """Remember the last day before the next tick: what is told of it is a mean over some quarter hours."""
        for row in range(max(len(frame.values) - _A_DAY, 0), len(frame.values)):
            signals, flags = (
                dict(zip(frame.layout.columns, rows[row].tolist(), strict=True)) for rows in (frame.values, frame.quality)
            )
            self.composer.remember(from_epoch_s(frame.start_s + row * QUARTER_HOUR_S), signals, flags)

    def publish(self, tick: Tick) -> None:
        """The snapshot of a regular tick; the wall clock of a rehearsal is grid time."""
        seen = tick.observation
        self.composer.remember(tick.state.interval, seen.signals, seen.flags, tick.origin, self.composer.facts.silent(seen.raw))
        as_of = tick.state.as_of
        host = Host(as_of, as_of + QUARTER_HOUR, "live", 1.0, 0.0, ())
        write_atomically(self.folder / _FILE, self.composer.compose(tick, host))


def audience_of(scenario: Scenario, stage: Stage | None) -> dict[str, Any]:
    """``audience`` for ``result.json``, or a note why there is none; nothing where the scenario has none."""
    if scenario.audience is None:
        return {}
    if stage is None:
        return {"audience": {"viewers": scenario.audience.viewers, "note": "the site publishes no page: [public] is missing"}}
    app = PublicApp(stage.folder, lambda: datetime.now(UTC))
    answers = [app.answer("GET", f"/{language}/live.json", "") for language in LANGUAGES]
    return {"audience": load_of(scenario.audience, max(answers, key=lambda answer: len(answer.packed)))}


def load_of(audience: Audience, answer: Answer) -> dict[str, Any]:
    """What ``audience`` asks of the page's server.

    Args:
        answer: the largest of the languages.

    Returns:
        ``viewers``; ``requests_per_second`` on the mean and ``requests_per_second_peak`` in the 15 s after a snapshot;
        ``snapshot_bytes`` (compressed body), ``header_bytes`` of an answer; ``mb_per_hour`` (10^6 bytes) of all together.
    """
    period_s = QUARTER_HOUR.total_seconds()
    viewers = audience.viewers
    header = sum(len(name) + len(value) + 4 for name, value in answer.variant(gzipped=True)[1])
    fetches = _HOUR_S / HEARTBEAT_S  # one of those in each quarter hour waits for the snapshot and brings it
    bodies = _HOUR_S / period_s
    sent = viewers * (fetches * header + bodies * len(answer.packed))
    return {
        "viewers": viewers,
        "from": audience.at.isoformat(),
        "until": audience.until.isoformat(),
        "requests_per_second": viewers / HEARTBEAT_S,
        "requests_per_second_peak": viewers / SPREAD_S,
        "snapshot_bytes": len(answer.packed),
        "header_bytes": header,
        "mb_per_hour": sent / 1e6,
    }
