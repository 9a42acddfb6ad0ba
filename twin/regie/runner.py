"""Runs the site's boxes in a tick: asks each in its own process, validates, falls back, and says how it was served.

The loop calls `BoxRunner.run` once per tick with the frozen frame; everything that must survive a crash is in `state`.
The loop's process imports the boxes once, at the start, to read their cards (box modules import heavy packages late);
their work happens in workers (`twin.regie.workers`) below a fork server (`twin.regie.preload`).
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xarray as xr

from twin.contracts.box import BoxCard, BoxContext
from twin.contracts.frame import Layout
from twin.contracts.messages import Envelope, Outcome
from twin.contracts.report_codec import signals_to_bytes
from twin.contracts.validation import Limit, Premises
from twin.domain.pack import pack, unpack
from twin.domain.problems import Problems
from twin.domain.time import floor_quarter, from_epoch_s, require_utc, to_epoch_s
from twin.regie.asking import Asking, Now
from twin.regie.cast import Part, read_cards
from twin.regie.crew import Crew
from twin.regie.effort import ON_AIR, Effort, deciding
from twin.regie.roles import Roles
from twin.regie.seat import BoxInstance, Seat, seats_from_parts, seats_to_parts
from twin.regie.serving import Asked, Server, published
from twin.regie.shared_frame import SharedFrame
from twin.regie.training import FitResult, Trainer
from twin.regie.workers import Question, gather

__all__ = ["BoxInstance", "BoxRunner", "FitResult"]

_LOG = logging.getLogger(__name__)
_STATE_VERSION = 2


class BoxRunner:
    """The supervised boxes of one site.

    Args:
        instances: as the site file lists them. ``context_for``: what a box may know of the site, by instance name.
        layout, keep_rows: columns and rows of the shared frame (6,048 rows = nine weeks).
        frame_path: directory for temporary files of the boxes; emptied at start and stop.
        artifacts: directory of trained models, named by their SHA-256; survives the run.
        jobs: the work process's directory, where models are made.
        allow: box references the site trusts. ``outlook``: signals that the outside provides ahead of time.
        limits: what the site holds plausible, by (signal, element); outside is questionable.
        outages: when a rehearsal keeps an instance from answering, as (from, until) by name. It is not asked then, and its
            breaker does not count that: afterwards it answers at once.
        effort: who is asked beside those on whom decisions depend, and whether models are fitted anew.
        on_ops: told what is no part of the journal's chain: durations, restarts, failures.

    Attributes:
        crew: the boxes' processes. ``trainer``: their models. ``roles``: who is champion, and the order.
    """

    def __init__(
        self,
        instances: Sequence[BoxInstance],
        context_for: Callable[[str], BoxContext],
        *,
        layout: Layout,
        frame_path: Path,
        artifacts: Path,
        jobs: Path,
        allow: Collection[str],
        outlook: Collection[str] = (),
        keep_rows: int = 6048,
        limits: Mapping[tuple[str, str], Limit] | None = None,
        outages: Mapping[str, Sequence[tuple[datetime, datetime]]] | None = None,
        effort: Effort = ON_AIR,
        on_ops: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._effort = effort
        self._instances = tuple(instances)
        self._context_for = context_for
        self._layout = layout
        self._allow = tuple(allow)
        self._outlook = tuple(outlook)
        self._limits = dict(limits or {})
        self._asking = Asking(outages or {})
        self._on_ops = on_ops or _ignore
        self._cast: dict[str, Part] = {}
        self._seats: dict[str, Seat] = {}
        self._servers: dict[str, Server] = {}
        self.roles = Roles.of({}, layout, outlook, "UTC")
        self.trainer = Trainer(artifacts.absolute(), jobs.absolute(), self._ops, remembers=effort.remembers)
        self.crew = Crew(SharedFrame(layout, keep_rows), frame_path.absolute() / "boxes", self._ops)

    @property
    def cards(self) -> Mapping[str, BoxCard]:
        """Instance -> card, after `read_cards`."""
        return {name: seat.card for name, seat in self._seats.items()}

    def frame(self) -> SharedFrame:
        """The shared frame: the loop appends and corrects its rows between ticks."""
        return self.crew.frame

    def read_cards(self) -> None:
        """Read the cards and order the boxes; touches no file and starts no process.

        Raises:
            BadInput: every faulty reference, card, need or cycle, all at once.
        """
        self._seat(read_cards(self._instances, self._context_for, self._layout, self._allow))
        if not self._effort.informs:
            champions = [name for name, seat in self._seats.items() if seat.champion]
            needed = deciding(self.cards, champions, self._layout)
            self._seat({name: part for name, part in self._cast.items() if name in needed})

    def start(self, *, after: BoxRunner | None = None) -> None:
        """Start the fork server and one process per box; returns when all are ready.

        Args:
            after: a runner whose run has ended. Where it played the same boxes, its processes and models go on in this run
                instead of new ones; it has none then, and stopping it ends nothing. A box is pure and its memory lies in the
                journal, so no answer depends on what its process did before.

        Raises:
            BadInput: as `read_cards`, unless that was called before; nothing runs then.
        """
        if not self._cast:
            self.read_cards()
        for name, part in self._cast.items():
            card, context = part.seat.card, part.context
            self._servers[name] = Server(part.seat, Premises.of(context, self._limits), self._ops)
            self.trainer.enrol(card, name, part.description, timezone=context.timezone, seed=context.seed)
        if after is not None and after.crew.plays(self._cast, self.crew.frame):
            self.crew, after.crew = after.crew, self.crew
            self.crew.hand_over(self._ops)
            self.trainer.know(after.trainer)
            return
        try:
            self.crew.start(self._cast)
        except BaseException:
            self.stop()
            raise

    def run(
        self, as_of: datetime, ahead: Mapping[str, xr.DataArray], *, tick: int, event: bool = False
    ) -> Mapping[str, Envelope]:
        """Ask the boxes, level by level; every instance in service gets an envelope, in the order of the site file.

        Args:
            ahead: signals known ahead from outside, dims (time, ...) with ``units``, ``issued_at``, ``source`` in attrs.
            tick: number of the tick; breakers count it. ``event``: only boxes with ``on_event`` are asked.

        Raises:
            ValueError: when the frame holds rows later than ``as_of``.
        """
        as_of, frame = require_utc(as_of), self.frame()
        if frame.end_s > to_epoch_s(floor_quarter(as_of)):
            raise ValueError(f"the frame ends at {from_epoch_s(frame.end_s).isoformat()}, after as_of {as_of.isoformat()}")
        begun = time.monotonic()
        self.crew.look_after()
        self.trainer.ask()
        now = Now(as_of, tick, event, frame.frame(), frame.digest)
        known, asked, envelopes = dict(ahead), dict[str, Asked](), dict[str, Envelope]()
        for level in self.roles.order:
            for name in level:
                asked[name] = self._asking.look(self._seats[name], now, known)
            questions = self._questions([name for name in level if asked[name].outcome is Outcome.OK], asked, as_of, known)
            answers = gather(questions)
            for name in level:
                if name in answers:
                    asked[name] = self._servers[name].take(asked[name], answers[name], as_of, tick)
            for name in sorted(level, key=lambda n: self._seats[n].champion):
                envelopes[name] = self._servers[name].serve(asked[name], as_of, envelopes)
            known |= published(self._seats, envelopes, level, known)
        if not event:
            self.roles.scorer.observe(as_of, envelopes, now.frame)
        self.crew.restart_dead()
        self._ops(
            {
                "event": "boxes_run",
                "tick": tick,
                "wall_ms": {name: round(one.wall_s * 1e3, 3) for name, one in asked.items() if one.wall_s},
                "own_ms": {name: round(one.own_s * 1e3, 3) for name, one in asked.items() if one.own_s},
                "total_ms": round((time.monotonic() - begun) * 1e3, 3),
            }
        )
        return {name: envelopes[name] for name in self._seats if name in envelopes}

    def state(self) -> bytes:
        """What a resume needs, canonical: the boxes' states, roles, scores, breakers, last good answers, models, fits."""
        meta, arrays = seats_to_parts(self._seats)
        scores, paths = self.roles.scorer.to_parts()
        full = {"version": _STATE_VERSION, "seats": meta, "fits": self.trainer.pending_meta(), "scores": scores}
        return pack(full, arrays | {f"scores/{name}": path for name, path in paths.items()})

    def restore(self, state: bytes) -> None:
        """Continue from `state`; call after `start`.

        Raises:
            BadInput: for a state of another version, or a trained model that is not there any more.
        """
        meta, arrays = unpack(state)
        problems = Problems()
        if meta.get("version") != _STATE_VERSION:
            problems.add(
                "journalled state of the boxes",
                f"version {meta.get('version')}",
                str(_STATE_VERSION),
                "resume with the version of the régie that wrote it",
            )
            problems.raise_if_any()
        seats_from_parts(self._seats, meta["seats"], arrays)
        self.roles.settle()
        self.roles.scorer.from_parts(meta["scores"], {name.removeprefix("scores/"): path for name, path in arrays.items()})
        self.trainer.restore(meta["fits"], {name: seat.artifact for name, seat in self._seats.items()}, problems)
        problems.raise_if_any()

    def prepare(self, as_of: datetime) -> Mapping[str, FitResult]:
        """Fit every model that has none yet, before the first tick, and wait for it; returns what to journal.

        Raises:
            OSError: when the disk does not take the fits' histories.
        """
        for seat in self._seats.values():
            if not seat.idle and self._untrained(seat):
                self.trainer.schedule(seat, as_of, as_of, self.frame().frame())
        self.trainer.store_histories()
        return self.await_training(as_of)

    def call_up(self, name: str, as_of: datetime) -> bool:
        """Put a reserve in service as a shadow, between two ticks; its first model is made from the history as it is now.

        Returns:
            False when it is no reserve.
        """
        if not self.roles.call_up(name):
            return False
        seat = self._seats[name]
        if seat.card.training is not None and self._untrained(seat):
            self.trainer.schedule(seat, as_of, as_of + seat.card.training.effect_after, self.frame().frame())
        return True

    def _untrained(self, seat: Seat) -> bool:
        return seat.card.training is not None and seat.artifact is None and not self.trainer.has_pending(seat.name)

    def training_due(self, as_of: datetime) -> tuple[str, ...]:
        """Begin the fits due at ``as_of`` on the history as it is now; call after the tick, before `state`."""
        due: list[str] = []
        for seat in self._seats.values() if self._effort.learns else ():
            effect = None if seat.idle else self.trainer.due(seat, as_of)
            if effect is not None:
                self.trainer.schedule(seat, as_of, effect, self.frame().frame())
                due.append(seat.name)
        return tuple(due)

    def catch_up_s(self) -> float:
        """Wall seconds that the next tick may take beside its own: boxes without a memory live through their history in it."""
        return max((seat.card.catch_up_s for seat in self._seats.values() if seat.state is None and not seat.idle), default=0.0)

    def store_histories(self) -> None:
        """Bring what the fits learn from to disk, before the commit of a `state` that names them, and ask for the fits.

        Raises:
            OSError: when the disk does not take it; try again later.
        """
        self.trainer.store_histories()
        self.trainer.ask()

    def sweep(self) -> None:
        """Remove models and histories that are of no use any more; when the last `state` is acknowledged."""
        self.trainer.sweep({seat.artifact for seat in self._seats.values()})

    def await_training(self, effect_as_of: datetime) -> Mapping[str, FitResult]:
        """Put in force every model due by ``effect_as_of``; waits for its fit, outside the tick's time."""
        results = self.trainer.conclude(effect_as_of)
        for name, result in results.items():
            if result.artifact is not None:
                self._seats[name].artifact = result.artifact
        return results

    def keep_work(self) -> None:
        """Start the work process if it is not there: jobs that people ask for are done also where nothing is trained.

        Raises:
            OSError: when it cannot be started now.
        """
        self.trainer.work.keep()

    def stop(self) -> None:
        """End every process and remove every temporary file; nothing is left behind."""
        self.trainer.work.stop()
        self.crew.stop()

    def _seat(self, cast: dict[str, Part]) -> None:
        timezone = next((part.context.timezone for part in cast.values()), "UTC")
        self._cast, self._seats = cast, {name: part.seat for name, part in cast.items()}
        self.roles = Roles.of(self._seats, self._layout, self._outlook, timezone)

    # ------------------------------------------------------------------------------------------ a tick

    def _questions(
        self, names: Sequence[str], asked: Mapping[str, Asked], as_of: datetime, known: Mapping[str, xr.DataArray]
    ) -> list[Question]:
        wanted = {signal: known[signal] for name in names for signal in asked[name].ahead}
        data = signals_to_bytes(wanted)
        os.pwrite(self.crew.ahead, data, 0)
        frame = self.frame()
        message = {
            "op": "step",
            "as_of_s": to_epoch_s(as_of),
            "first": frame.first,
            "rows": frame.rows,
            "start_s": frame.start_s,
            "ahead_size": len(data),
        }
        questions = []
        for name in names:
            seat = self._seats[name]
            artifact = None if seat.artifact is None else str(self.trainer.path(seat.artifact))
            seed = int(asked[name].inputs_hash[:8], 16)
            full = {**message, "ahead": list(asked[name].ahead), "artifact": artifact, "seed": seed}
            questions.append(Question(self.crew.workers[name], full, seat.state, seat.card.limit_s(seat.state)))
        return questions

    def _ops(self, event: Mapping[str, Any]) -> None:
        _LOG.debug("%s", event)
        self._on_ops(event)


def _ignore(_event: Mapping[str, Any]) -> None:
    """For a caller that keeps no operations table."""
