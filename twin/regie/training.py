"""Scheduled fits: on a frozen history, in the work process, in force at a grid time fixed beforehand.

The history is frozen when the fit is due and on disk before the journal speaks of the fit, so that a fit that is repeated
after a crash learns from the same values, whatever was revised since. A model is stored under its SHA-256. What became of a
fit is an outcome to journal; after a failure the old model stays. A disk that takes nothing ends no run: the fit stays due.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from twin.contracts.box import BoxCard, Training
from twin.contracts.description import package_of
from twin.contracts.frame import Frame
from twin.contracts.messages import Outcome
from twin.domain.pack import pack
from twin.domain.problems import Problems
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, to_epoch_s
from twin.domain.whole_file import write_whole
from twin.regie.fit_files import FOLDER, FitAnswer, FitAsk, forget, get_answer, put_ask
from twin.regie.kept_models import KeptModels
from twin.regie.seat import Seat
from twin.regie.work import WorkProcess
from twin.site.files import cache_folder

_DAY = timedelta(days=1)
_LOOK_S = 0.5
_DEATHS = 5
"""Of the work process while one fit is asked for: then the fit counts as one that nobody can make."""


@dataclass(frozen=True)
class FitResult:
    """What became of a fit.

    Attributes:
        as_of: end of its history. ``effect_as_of``: first tick with the new model. ``artifact``: its SHA-256, None if failed.
    """

    outcome: Outcome
    as_of: datetime
    effect_as_of: datetime
    artifact: str | None
    problems: tuple[str, ...] = ()


@dataclass
class _Fit:
    """``history``: its SHA-256. ``frozen``: its bytes, None once they are on disk. ``deaths``: of the work process before."""

    name: str
    as_of: datetime
    effect: datetime
    history: str
    frozen: bytes | None = None
    asked: str | None = None
    deaths: int = 0


class Trainer:
    """Fits of all instances, in the order in which they became due.

    Args:
        store: directory of models and pending histories. ``jobs``: of the work process.
        remembers: whether models that other runs made are used again, and its own kept for others.
    """

    def __init__(
        self, store: Path, jobs: Path, on_ops: Callable[[Mapping[str, Any]], None], *, remembers: bool = False
    ) -> None:
        self._kept = KeptModels(cache_folder() / "models") if remembers else None
        self.work = WorkProcess(jobs, on_ops)
        self._store = store
        self._fits = jobs / FOLDER
        self._on_ops = on_ops
        self._cards: dict[str, BoxCard] = {}
        self._seeds: dict[str, int] = {}
        self._zones: dict[str, ZoneInfo] = {}
        self._descriptions: dict[str, bytes] = {}
        self._pending: list[_Fit] = []
        self._made: dict[tuple[Any, ...], str] = {}
        self._opened = self._swept = False

    def enrol(self, card: BoxCard, name: str, description: bytes, *, timezone: str, seed: int) -> None:
        """Make an instance known."""
        self._cards[name], self._descriptions[name], self._seeds[name] = card, description, seed
        self._zones[name] = ZoneInfo(timezone)
        if card.training is not None:
            self.work.preload = tuple(dict.fromkeys([*self.work.preload, *card.preload]))

    def know(self, earlier: Trainer) -> None:
        """Take over the models of a run that has ended: the same box makes the same one from the same history.

        Raises:
            OSError: when the disk does not take them.
        """
        for fit, artifact in earlier._made.items():
            if earlier.path(artifact).is_file():
                self._store.mkdir(parents=True, exist_ok=True)
                write_whole(self.path(artifact), earlier.path(artifact).read_bytes())
                self._made[fit] = artifact

    def path(self, artifact: str) -> Path:
        """Where the model of that hash lies."""
        return self._store / artifact

    def has_pending(self, name: str) -> bool:
        """True while a fit of that instance is not in force yet."""
        return any(fit.name == name for fit in self._pending)

    def due(self, seat: Seat, as_of: datetime) -> datetime | None:
        """The tick at which a fit begun at ``as_of`` takes effect; None when none is due."""
        training = seat.card.training
        if training is None or self.has_pending(seat.name) or not fit_due(training, as_of, self._zones[seat.name]):
            return None
        return as_of + training.effect_after

    def schedule(self, seat: Seat, as_of: datetime, effect: datetime, frame: Frame) -> None:
        """Freeze the history of a fit; it is asked for with the first `ask` after `store_histories`."""
        data = _history(seat.card, as_of, frame)
        self._pending.append(_Fit(seat.name, as_of, effect, hashlib.sha256(data).hexdigest(), data))

    def store_histories(self) -> None:
        """Bring every frozen history to disk; before the commit of a state that names it.

        Raises:
            OSError: when the disk does not take them; they are kept for the next call.
        """
        for fit in self._pending:
            if fit.frozen is not None:
                self._store.mkdir(parents=True, exist_ok=True)
                write_whole(self._store / f"history-{fit.history}", fit.frozen)
                fit.frozen = None

    def ask(self) -> None:
        """Ask for every fit whose history is on disk; never waits. What the disk does not take is asked for again."""
        with suppress(OSError):
            for fit in self._pending:
                if fit.asked is None and fit.frozen is None:
                    self._ask(fit)

    def conclude(self, effect_as_of: datetime) -> dict[str, FitResult]:
        """Results of every fit that takes effect by ``effect_as_of``; waits for those that still run.

        A fit whose history or model finds no place on the disk is left out: it is concluded by the next call.
        """
        results: dict[str, FitResult] = {}
        for fit in [fit for fit in self._pending if fit.effect <= effect_as_of]:
            try:
                result, wall_s = self._known(fit) or self._awaited(fit)
            except OSError as error:
                self._on_ops({"event": "fit_waits", "instance": fit.name, "reason": str(error)})
                continue
            results[fit.name] = result
            self._pending.remove(fit)
            self._swept = False
            outcome = str(result.outcome)
            self._on_ops({"event": "fit", "instance": fit.name, "outcome": outcome, "seconds": wall_s})
        return results

    def sweep(self, in_force: Collection[str | None]) -> None:
        """Remove models and histories that no resume can need; when the newest state is acknowledged."""
        if self._swept:
            return
        needed = {*in_force, *(f"history-{fit.history}" for fit in self._pending)}
        with suppress(OSError):  # also where nothing was ever stored; tried again after the next fit
            for path in self._store.iterdir():
                if path.name not in needed:
                    path.unlink()
        forget(self._fits, but={fit.asked for fit in self._pending if fit.asked is not None})
        self._swept = True

    def pending_meta(self) -> list[list[str]]:
        """Fits that are not in force yet, for the journal."""
        return [[fit.name, fit.as_of.isoformat(), fit.effect.isoformat(), fit.history] for fit in self._pending]

    def restore(self, meta: list[list[str]], artifacts: Mapping[str, str | None], problems: Problems) -> None:
        """Take the journalled fits up again, from their frozen histories."""
        self._pending = [
            _Fit(name, datetime.fromisoformat(as_of), datetime.fromisoformat(effect), history)
            for name, as_of, effect, history in meta
            if name in self._cards
        ]
        for fit in self._pending:
            if not (self._store / f"history-{fit.history}").is_file():
                problems.add(
                    f"pending fit of {fit.name!r}",
                    "its history is not in the store",
                    f"history-{fit.history[:12]}... in {self._store}",
                    "restore the artifacts directory of this state",
                )
        for name, artifact in artifacts.items():
            if artifact is not None and not self.path(artifact).is_file():
                problems.add(
                    f"model of {name!r}",
                    f"{artifact[:12]}... is not in the store",
                    f"a file in {self._store}",
                    "restore the artifacts directory of this state",
                )

    def _ask(self, fit: _Fit) -> str:
        """Put the fit to the work process, which is started if it is not there; asking again changes nothing."""
        card = self._cards[fit.name]
        if card.training is None:
            raise ValueError(f"box {card.name!r} has no training on its card")
        if not self._opened:
            forget(self._fits, but=())  # an earlier run's, perhaps with an earlier version of a box
            self._opened = True
        if fit.asked is None:
            fit.deaths = self.work.deaths
        ask = FitAsk(
            instance=fit.name,
            as_of_s=to_epoch_s(fit.as_of),
            effect_s=to_epoch_s(fit.effect),
            seed=seed_of(self._seeds[fit.name], fit.name, fit.as_of),
            deadline_s=card.training.deadline_s,
            memory_mb=card.memory_mb,
            history=str(self._store / f"history-{fit.history}"),
            description=self._descriptions[fit.name],
        )
        fit.asked = put_ask(self._fits, ask)
        self.work.keep()
        self.work.ring()
        return fit.asked

    def _await(self, fit: _Fit) -> FitAnswer:
        self.store_histories()
        self.ask()  # those that are due later need not wait for this one
        while True:
            name = self._ask(fit)
            answer = get_answer(self._fits, name)
            if answer is not None:
                return answer
            if self.work.deaths - fit.deaths >= _DEATHS:
                return FitAnswer(Outcome.DIED, f"the work process ended {_DEATHS} times while it was asked for it", 0.0)
            self.work.wait(_LOOK_S)
            refused = self.work.refused.pop(name, None)
            if refused is not None:
                raise OSError(refused)

    def _known(self, fit: _Fit) -> tuple[FitResult, float] | None:
        """What became of the same fit before; None when it was not made, or its model is not there any more.

        Raises:
            OSError: when the disk does not take a model of another run.
        """
        artifact = self._made.get(self._sources(fit))
        if artifact is not None and self.path(artifact).is_file():
            return FitResult(Outcome.OK, fit.as_of, fit.effect, artifact), 0.0
        model = None if self._kept is None else self._kept.get(*self._question(fit))
        return None if model is None else (self._stored(fit, model), 0.0)

    def _awaited(self, fit: _Fit) -> tuple[FitResult, float]:
        answer = self._await(fit)
        if answer.model is None:
            return FitResult(answer.outcome, fit.as_of, fit.effect, None, (answer.text,)), answer.wall_s
        if self._kept is not None:
            self._kept.put(answer.model, *self._question(fit))
        return self._stored(fit, answer.model), answer.wall_s

    def _stored(self, fit: _Fit, model: bytes) -> FitResult:
        digest = hashlib.sha256(model).hexdigest()
        self._store.mkdir(parents=True, exist_ok=True)
        write_whole(self.path(digest), model)
        self._made[self._sources(fit)] = digest
        return FitResult(Outcome.OK, fit.as_of, fit.effect, digest)

    def _question(self, fit: _Fit) -> tuple[Any, ...]:
        """What a fit asks, as other runs may ask it: the box's package, then the bytes that its model follows from."""
        name, description, as_of, history = self._sources(fit)
        seed = seed_of(self._seeds[name], name, as_of)
        return package_of(description), name.encode(), description, as_of.isoformat().encode(), history.encode(), b"%d" % seed

    def _sources(self, fit: _Fit) -> tuple[Any, ...]:
        """All that a model follows from."""
        return fit.name, self._descriptions[fit.name], fit.as_of, fit.history


def fit_due(training: Training, as_of: datetime, zone: ZoneInfo) -> bool:
    """True when the instant of a fit lies in the quarter hour that ends at ``as_of``.

    A cadence of whole days counts local days at ``local_hour``; an hour that the clock skips in spring begins with the next
    one, an hour that it repeats in autumn counts once. A shorter cadence counts from 1970 in grid time.
    """
    if as_of != floor_quarter(as_of):
        return False  # an event tick: the regular one before it has looked
    if training.every < _DAY:
        return to_epoch_s(as_of) % int(training.every.total_seconds()) < QUARTER_HOUR_S
    here, before = as_of.astimezone(zone), (as_of - QUARTER_HOUR).astimezone(zone)
    moment = here.replace(hour=training.local_hour, minute=0, second=0, microsecond=0, tzinfo=None)
    reached = before.replace(tzinfo=None) < moment <= here.replace(tzinfo=None) and not here.fold
    return reached and here.toordinal() % (training.every // _DAY) == 0


def seed_of(site_seed: int, name: str, as_of: datetime) -> int:
    """A seed for one fit: the same for the same site, instance and history."""
    return int.from_bytes(hashlib.sha256(f"{site_seed}/{name}/{as_of.isoformat()}".encode()).digest()[:4], "little")


def _history(card: BoxCard, as_of: datetime, frame: Frame) -> bytes:
    """The declared signals over the training window, packed: all that ``fit`` can see."""
    if card.training is None:
        raise ValueError(f"box {card.name!r} has no training on its card")
    signals = {need.signal for need in card.needs}
    positions = [i for i, (signal, _) in enumerate(frame.layout.columns) if signal in signals]
    end = min((to_epoch_s(as_of) - frame.start_s) // QUARTER_HOUR_S, len(frame.values))
    first = max(0, end - int(card.training.history / QUARTER_HOUR))
    meta = {
        "columns": [list(frame.layout.columns[i]) for i in positions],
        "start_s": frame.start_s + first * QUARTER_HOUR_S,
    }
    rows = slice(first, end)
    return pack(meta, {"values": frame.values[rows][:, positions], "quality": frame.quality[rows][:, positions]})
