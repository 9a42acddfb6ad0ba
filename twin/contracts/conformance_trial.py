"""One box under trial, in processes of its own: shown views, fitted, asked and made anew as often as its checks want."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from twin.contracts.box import BoxCard, BoxContext
from twin.contracts.conformance_process import BoxProcess, NoAnswer
from twin.contracts.description import box_description
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.contracts.needs import seen_ahead, unmet
from twin.contracts.report_codec import report_from_bytes, signals_to_bytes
from twin.contracts.synthetic import AS_OF
from twin.contracts.validation import Premises, judge
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, to_epoch_s

ViewFactory = Callable[[datetime], AsOfView]

# Past its deadline a box is slow, and one check says so; after ten deadlines it hangs. A fit has minutes: two must do.
_PATIENCE = 10.0
_FIT_PATIENCE = 2.0
# Importing what a box preloads takes seconds (prophet and pyomo together 5), many times that on a machine at work.
_MAKING_S = 60.0


class UnknownBox(BadInput):
    """No module, or no class in it, of the name that was given."""


@dataclass(frozen=True)
class Subject:
    """Which box, made how, for which site.

    Attributes:
        reference: "module:Class". ``layout``: columns of the frames that it will see.
    """

    reference: str
    config: Mapping[str, Any]
    context: BoxContext
    layout: Layout

    def made(self, hash_seed: int, card: BoxCard | None = None, process: BoxProcess | None = None) -> BoxProcess:
        """A process with this box in it, within the limits of ``card`` where that is known already.

        Args:
            process: one in which it was made before its card was known, to make it again in; a fresh one otherwise.

        Raises:
            UnknownBox: when nothing of that name can be imported. ``NoAnswer``: when it cannot be made.
        """
        description = box_description(self.reference, self.config, self.context, self.layout)
        question = {
            "op": "make",
            "target": self.reference,
            "preload": [] if card is None else list(card.preload),
            "memory_mb": None if card is None else card.memory_mb,
        }
        process = process or BoxProcess(hash_seed)
        try:
            facts, _ = process.ask(question, {"description": np.frombuffer(description, np.uint8)}, limit_s=_MAKING_S)
            if facts["raised"]:
                raise NoAnswer(facts["raised"])
            if facts["unknown"]:
                raise UnknownBox(Problem(*words) for words in facts["unknown"])
            if facts["left_behind"]:
                raise NoAnswer(f"leaves {facts['left_behind']} processes behind")
        except BaseException:
            process.end()
            raise
        return process


@dataclass(frozen=True)
class Answer:
    """What came of one question.

    Attributes:
        report, state: canonical bytes. ``raised``: the exception that came instead.
        fault: why there is nothing that could be used; no unmet need excuses it.
        seconds: inside ``step``. ``left_behind``: child processes. ``wrote``: it changed its view.
    """

    report: bytes = b""
    state: bytes | None = None
    raised: str = ""
    fault: str = ""
    seconds: float = 0.0
    left_behind: int = 0
    wrote: bool = False

    @property
    def content(self) -> tuple[bytes, bytes | None]:
        """What two equal answers have in common."""
        return self.report, self.state

    def given(self) -> Answer:
        """The same.

        Raises:
            NoAnswer: when it is none.
        """
        if self.fault or self.raised:
            raise NoAnswer(self.fault or f"raised {self.raised}")
        return self


@dataclass
class Trial:
    """A box and what its checks share. A context: at its end no process of the box is left.

    Attributes:
        first: the process in which the box was made to read its card; the first questions go there.
    """

    subject: Subject
    card: BoxCard
    view_factory: ViewFactory
    first: BoxProcess | None
    _views: dict[datetime, AsOfView] = field(default_factory=dict)
    _fits: list[tuple[bytes, float] | NoAnswer] = field(default_factory=list)
    _ordinary: Answer | None = None
    _elsewhere: Answer | None = None
    _process: BoxProcess | None = None
    _started: int = 0
    _anew: bool = False

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    # ------------------------------------------------------------------------------------------ what it is shown

    def view(self, as_of: datetime = AS_OF) -> AsOfView:
        """What the site shows at an instant; of what is known ahead only what the card names, as live."""
        if as_of not in self._views:
            whole = self.view_factory(as_of)
            names = seen_ahead(self.card, whole.ahead)
            self._views[as_of] = replace(whole, ahead={name: whole.ahead[name] for name in names})
        return self._views[as_of]

    def history(self) -> Frame:
        """What ``fit`` is given: the signals of the card over its training window, as live."""
        frame, training = self.view().frame, self.card.training
        signals = {need.signal for need in self.card.needs}
        positions = [i for i, (signal, _) in enumerate(frame.layout.columns) if signal in signals]
        first = 0 if training is None else max(0, len(frame.values) - int(training.history / QUARTER_HOUR))
        layout = Layout(tuple(frame.layout.columns[i] for i in positions))
        values, quality = frame.values[first:, positions], frame.quality[first:, positions]
        return Frame(layout, frame.start_s + first * QUARTER_HOUR_S, values, quality)

    # ------------------------------------------------------------------------------------------ what it is asked

    def anew(self) -> None:
        """The next question goes to the box made anew."""
        self._anew = True

    def answer(self, view: AsOfView, state: bytes | None = None) -> Answer:
        """Its answer to ``view``.

        Raises:
            NoAnswer: when there is none, whatever the reason.
        """
        return self._step(view, state).given()

    def problems(self, view: AsOfView) -> tuple[str, ...]:
        """What is wrong with the answer to ``view``; none when its needs are not met and it says so by an exception."""
        return self._problems(view, self._step(view, None))

    def ordinary(self) -> Answer:
        """Its first answer to the ordinary question: at `AS_OF`, everything there."""
        if self._ordinary is None:
            self.anew()
            self._ordinary = self._step(self.view(), None)
        return self._ordinary

    def ordinary_problems(self) -> tuple[str, ...]:
        """What is wrong with that."""
        return self._problems(self.view(), self.ordinary())

    def elsewhere(self) -> Answer:
        """Its answer to the ordinary question in another process."""
        if self._elsewhere is None:
            self.ordinary()
            self._end()
            self._elsewhere = self._step(self.view(), None)
        return self._elsewhere

    def fit(self, number: int = 0) -> tuple[bytes, float]:
        """Model and wall seconds of its ``number``-th fit, each by the box made anew; the first is the model in force.

        Raises:
            NoAnswer: when there is none, whatever the reason.
        """
        while len(self._fits) <= number:
            try:
                self._fits.append(self._fit())
            except NoAnswer as error:
                self._fits.append(error)
        found = self._fits[number]
        if isinstance(found, NoAnswer):
            raise found
        return found

    def _problems(self, view: AsOfView, answer: Answer) -> tuple[str, ...]:
        if answer.fault:
            return (answer.fault,)
        if unmet(self.card, view):
            return ()
        if answer.raised:
            return (f"raised {answer.raised}, though its needs are met",)
        return judge(self.card, report_from_bytes(answer.report), view.as_of, Premises.of(self.subject.context)).problems

    def _step(self, view: AsOfView, state: bytes | None) -> Answer:
        try:
            artifact = self.fit()[0] if self.card.training is not None else None
            facts, parts = self._ask("step", view, _PATIENCE * self.card.limit_s(state), artifact=artifact, state=state)
        except NoAnswer as error:
            return Answer(fault=str(error))
        if facts["fault"] or facts["raised"]:
            return Answer(fault=facts["fault"], raised=facts["raised"])
        return Answer(
            report=parts["report"].tobytes(),
            state=parts["state"].tobytes() if facts["stateful"] else None,
            seconds=facts["seconds"],
            left_behind=facts["left_behind"],
            wrote=facts["wrote"],
        )

    def _fit(self) -> tuple[bytes, float]:
        if self.card.training is None:
            raise NoAnswer("no training on the card")
        self.anew()
        view = AsOfView(AS_OF, self.history())
        facts, parts = self._ask("fit", view, _FIT_PATIENCE * self.card.training.deadline_s)
        if facts["fault"] or facts["raised"]:
            raise NoAnswer(facts["fault"] or f"fit raised {facts['raised']}")
        return parts["artifact"].tobytes(), facts["seconds"]

    # ------------------------------------------------------------------------------------------ its process

    def _ask(
        self, op: str, view: AsOfView, limit_s: float, **given: bytes | None
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        facts = {
            "op": op,
            "as_of_s": to_epoch_s(view.as_of),
            "start_s": view.frame.start_s,
            "columns": [list(column) for column in view.frame.layout.columns],
            "seed": self.subject.context.seed,
            "anew": self._anew,
            "given": [name for name, data in given.items() if data is not None],
        }
        arrays = {
            "values": view.frame.values,
            "quality": view.frame.quality,
            "ahead": np.frombuffer(signals_to_bytes(view.ahead), np.uint8),
            **{name: np.frombuffer(data, np.uint8) for name, data in given.items() if data is not None},
        }
        if self._process is None:
            first, self.first = self.first, None
            self._process = self.subject.made(self._started, self.card, first)
            self._started += 1
        self._anew = False
        try:
            return self._process.ask(facts, arrays, limit_s=limit_s)
        except NoAnswer:
            self._process = None
            raise

    def _end(self) -> None:
        for process in (self.first, self._process):
            if process is not None:
                process.end()
        self.first = self._process = None
