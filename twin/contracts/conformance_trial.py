"""One box under trial: made anew as often as asked, with its views, its fitted model and what is wrong with an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from twin.contracts.box import Box, BoxCard, BoxContext
from twin.contracts.conformance_child import ChildAnswer, answer_in_child
from twin.contracts.frame import AsOfView
from twin.contracts.needs import unmet
from twin.contracts.report_codec import report_from_bytes, report_to_bytes
from twin.contracts.resolve import import_box
from twin.contracts.synthetic import AS_OF
from twin.contracts.validation import Premises, judge

ViewFactory = Callable[[datetime], AsOfView]


@dataclass
class Trial:
    """A box and what its checks share."""

    box: Box
    context: BoxContext
    view_factory: ViewFactory
    reference: str | None
    config: dict[str, Any]
    fitted: bytes | None = None
    views: dict[datetime, AsOfView] = field(default_factory=dict)

    @property
    def card(self) -> BoxCard:
        """Its card."""
        return self.box.card

    def again(self) -> Box:
        """The same box, made anew."""
        if self.reference is None:
            return self.box
        return import_box(self.reference)(dict(self.config), self.context)

    def view(self, as_of: datetime = AS_OF) -> AsOfView:
        """What the site shows at an instant."""
        if as_of not in self.views:
            self.views[as_of] = self.view_factory(as_of)
        return self.views[as_of]

    def artifact(self) -> bytes | None:
        """The fitted model, if the card has training."""
        if self.card.training is not None and self.fitted is None:
            self.fitted = self.box.fit(self.history(), seed=self.context.seed)
        return self.fitted

    def history(self) -> AsOfView:
        """What ``fit`` is given: history without anything ahead."""
        return AsOfView(AS_OF, self.view().frame)

    def problems(self, view: AsOfView, state: bytes | None = None) -> tuple[str, ...]:
        """What is wrong with the answer to ``view``; none when its needs are not met and it says so by an exception."""
        missing = unmet(self.card, view.frame, view.ahead)
        try:
            report, new_state = self.box.step(view, self.artifact(), state)
        except Exception as error:  # noqa: BLE001 - a status of the box: allowed only when its needs are not met
            return () if missing else (f"raised {type(error).__name__}: {error}, though its needs are met",)
        data: Any = new_state  # a box may break its own signature
        if data is not None and not isinstance(data, bytes):
            return (f"returned a state of type {type(data).__name__}, expected bytes or None",)
        verdict = judge(self.card, report_from_bytes(report_to_bytes(report)), view.as_of, Premises.of(self.context))
        return () if missing else verdict.problems


def answer_bytes(answer: tuple[Any, bytes | None]) -> bytes:
    """Canonical bytes of a report and a state."""
    report, state = answer
    return report_to_bytes(report) + b"|" + (state or b"")


def in_child(trial: Trial) -> ChildAnswer | str:
    """Its answer in a process of its own, or why there is none."""
    if trial.reference is None:
        return "does not apply: give a module:Class reference to try it in another process"
    return answer_in_child(
        trial.reference,
        trial.config,
        trial.context,
        trial.view(),
        trial.artifact(),
        memory_mb=trial.card.memory_mb,
        preload=trial.card.preload,
        deadline_s=trial.card.deadline_s,
    )
