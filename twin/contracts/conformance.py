"""`check_box`: is this box a good citizen? Every promise of its card, tried one by one on a synthetic site.

Nothing of the box but its making happens in the process that asks: it steps and fits in processes of its own, with the memory
limit of its card and a time limit, so that one that hangs or dies breaks a promise and not the check. A check that does not
apply (no training, no history needed) passes and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from twin.contracts.box import BoxContext
from twin.contracts.card import card_problems
from twin.contracts.conformance_process import NoAnswer
from twin.contracts.conformance_trial import Subject, Trial, UnknownBox, ViewFactory
from twin.contracts.frame import AsOfView, Frame
from twin.contracts.needs import reads_past, unmet
from twin.contracts.resolve import BoxFactory, import_box, known_boxes
from twin.contracts.synthetic import AS_OF, SyntheticSite, with_gap
from twin.domain.problems import Problem
from twin.domain.quality import Quality
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR

# Europe/Zurich: one hour before the clock goes forward on 27 March and back on 30 October 2016, at 01:00 UTC.
SPRING = datetime(2016, 3, 27, 0, 45, tzinfo=UTC)
AUTUMN = datetime(2016, 10, 30, 0, 45, tzinfo=UTC)
EVENT = AS_OF + timedelta(minutes=7)


@dataclass(frozen=True)
class CheckResult:
    """One promise. ``detail``: what was found when it is broken, or why it does not apply."""

    name: str
    ok: bool
    detail: str = ""


def check_box(
    box: str | BoxFactory,
    config: Mapping[str, Any] | None = None,
    context: BoxContext | None = None,
    view_factory: ViewFactory | None = None,
) -> list[CheckResult]:
    """Try every promise of a box.

    Args:
        box: "module:Class", an entry-point name of group ``regie.boxes``, or a class or function that another process can
            import by its name.
        config: what the box is made with. ``context``, ``view_factory``: a site of the caller's; a synthetic one otherwise.

    Returns:
        One result per promise, in order. A box that cannot be made ends the list, and so does one that gives no model or no
        answer at all where nothing is missing: the rest could not be tried.

    Raises:
        UnknownBox: when nothing of that name can be imported.
    """
    site = SyntheticSite()
    view_factory = view_factory or site.view
    reference = known_boxes().get(box, box) if isinstance(box, str) else _reference(box)
    subject = Subject(reference, dict(config or {}), context or site.context(), view_factory(AS_OF).frame.layout)
    try:
        first = subject.made(hash_seed=0)  # elsewhere first: a constructor may end, hang or fork the process that it runs in
    except NoAnswer as error:
        return [CheckResult("can be made", False, str(error))]
    try:
        card = import_box(reference)(subject.config, subject.context).card
    except BaseException:
        first.end()
        raise
    with Trial(subject, card, view_factory, first) as trial:
        results = [CheckResult("can be made", True), *(_run(check, trial) for check in FIRST)]
        if not (trial.ordinary().fault or trial.ordinary().raised):
            results += [_run(check, trial) for check in THEN]
    return results


def _reference(factory: BoxFactory) -> str:
    reference = f"{getattr(factory, '__module__', None)}:{getattr(factory, '__qualname__', None)}"
    if "<" in reference or import_box(reference) is not factory:
        place = f"box {reference!r}"
        raise UnknownBox([Problem(place, "not found under this name", "a class or function of a module", "move it there")])
    return reference


def _run(check: Callable[[Trial], str | None], trial: Trial) -> CheckResult:
    name = check.__name__.strip("_").replace("_", " ")
    trial.anew()
    try:
        fault = check(trial)
    except NoAnswer as error:
        fault = str(error)
    if fault is not None and fault.startswith("does not apply"):
        return CheckResult(name, True, fault)
    return CheckResult(name, fault is None, fault or "")


def _first(problems: tuple[str, ...]) -> str | None:
    return next(iter(problems), None)


# ---------------------------------------------------------------------------------------------- the promises


def _card_can_be_kept(trial: Trial) -> str | None:
    return "; ".join(str(problem) for problem in card_problems(trial.card, "card")) or None


def _trains_within_its_deadline(trial: Trial) -> str | None:
    if trial.card.training is None:
        return "does not apply: no training on the card"
    _, seconds = trial.fit()
    deadline_s = trial.card.training.deadline_s
    return f"took {seconds:.3f} s, training.deadline_s={deadline_s}" if seconds > deadline_s else None


def _trains_alike_twice(trial: Trial) -> str | None:
    if trial.card.training is None:
        return "does not apply: no training on the card"
    alike = trial.fit(0)[0] == trial.fit(1)[0]
    return None if alike else "two fits on equal history and seed give different bytes"


def _answers_what_its_card_promises(trial: Trial) -> str | None:
    missing = unmet(trial.card, trial.view())
    if missing:
        return f"the site of this check does not meet its needs: {missing[0]}"
    return _first(trial.ordinary_problems())


def _answers_on_both_clock_change_days(trial: Trial) -> str | None:
    for begin in (SPRING, AUTUMN):
        for hour in range(4):
            as_of = begin + hour * timedelta(hours=1)
            fault = _first(trial.problems(trial.view(as_of)))
            if fault:
                return f"at {as_of.isoformat()}: {fault}"
    return None


def _answers_at_an_event(trial: Trial) -> str | None:
    """Between two quarter hours, where an event tick falls."""
    if not trial.card.on_event:
        return "does not apply: the card has on_event = False"
    fault = _first(trial.problems(trial.view(EVENT)))
    return f"at {EVENT.isoformat()}: {fault}" if fault else None


def _survives_missing_input(trial: Trial) -> str | None:
    """Each signal gone for a day, then for all of history: an answer that holds, or an exception when a need is unmet."""
    return _with_each_signal(trial, lambda view, signal: [with_gap(view, signal, rows=rows) for rows in (96, 10**9)])


def _survives_late_input(trial: Trial) -> str | None:
    return _with_each_signal(trial, lambda view, signal: [with_gap(view, signal, rows=rows) for rows in (1, 8)])


def _survives_flat_input(trial: Trial) -> str | None:
    def flat(view: AsOfView, signal: str) -> list[AsOfView]:
        value = np.nan_to_num(np.atleast_1d(view.history(signal).values[-1]))
        return [with_gap(view, signal, rows=96, value=value), with_gap(view, signal, rows=96, value=0.0)]

    return _with_each_signal(trial, flat)


def _survives_single_gaps(trial: Trial) -> str | None:
    """Every seventeenth value of every column missing, each column's at other times."""
    view = trial.view()
    values, quality = view.frame.values.copy(), view.frame.quality.copy()
    gone = np.add.outer(np.arange(len(values)), np.arange(values.shape[1])) % 17 == 0
    values[gone], quality[gone] = np.nan, quality[gone] | int(Quality.INVALID)
    return _first(trial.problems(replace(view, frame=Frame(view.frame.layout, view.frame.start_s, values, quality))))


def _survives_a_spike(trial: Trial) -> str | None:
    """Three times the largest value of each element, within the signal's range, for one quarter hour."""

    def spike(view: AsOfView, signal: str) -> list[AsOfView]:
        spec, past = SIGNALS[signal], view.history(signal).values
        top = np.clip(3.0 * np.nanmax(np.abs(past), axis=0), spec.minimum, spec.maximum)
        return [with_gap(view, signal, rows=1, value=top)]

    return _with_each_signal(trial, spike)


def _survives_a_short_horizon_ahead(trial: Trial) -> str | None:
    view = trial.view()
    for name, signal in view.ahead.items():
        short = {**view.ahead, name: signal.isel(time=slice(0, 4))}
        without = {key: value for key, value in view.ahead.items() if key != name}
        empty = {**view.ahead, name: signal.copy(data=np.full_like(signal.values, np.nan))}
        for what, ahead in (("4 steps of", short), ("no", without), ("NaN in", empty)):
            fault = _first(trial.problems(replace(view, ahead=ahead)))
            if fault:
                return f"with {what} {name!r} ahead: {fault}"
    return None


def _answers_alike_twice(trial: Trial) -> str | None:
    first = trial.answer(trial.view()).content
    if first != trial.answer(trial.view()).content:
        return "two answers of one box to equal inputs differ"
    trial.anew()
    if first != trial.answer(trial.view()).content:
        return "a box made anew answers otherwise: something is remembered outside its state"
    return None


def _remembers_only_through_its_state(trial: Trial) -> str | None:
    """Three steps on end equal one step and, in a box made anew, the other two."""
    views = [trial.view(AS_OF + i * QUARTER_HOUR) for i in range(3)]
    straight, state = [], None
    for view in views:
        straight.append(trial.answer(view, state))
        state = straight[-1].state
    trial.anew()
    state = straight[0].state
    for i, view in enumerate(views[1:], start=1):
        resumed = trial.answer(view, state)
        if resumed.content != straight[i].content:
            return f"resumed after {i} steps it answers otherwise than straight on"
        state = resumed.state
    return None


def _reads_no_future_and_writes_nothing(trial: Trial) -> str | None:
    return "changed its view" if trial.answer(trial.view()).wrote else None


def _ignores_what_was_not_known(trial: Trial) -> str | None:
    """Values after as-of that should not be in the frame change nothing."""
    view = trial.view()
    later = np.full((8, view.frame.values.shape[1]), 1e6)
    frame = replace(
        view.frame,
        values=np.concatenate([view.frame.values, later]),
        quality=np.concatenate([view.frame.quality, np.zeros(later.shape, np.uint8)]),
    )
    clean = trial.answer(view).content
    trial.anew()
    dirty = trial.answer(replace(view, frame=frame)).content
    return None if clean == dirty else "rows after as_of changed the answer: it reads frame.values instead of history()"


def _keeps_its_limits_in_its_own_process(trial: Trial) -> str | None:
    """The first answer of a fresh process, where nothing is prepared yet."""
    answer = trial.elsewhere().given()
    limit_s = trial.card.limit_s(None)
    if answer.seconds > limit_s:
        return f"took {answer.seconds:.3f} s, deadline_s={limit_s:g}"
    return f"left {answer.left_behind} processes behind" if answer.left_behind else None


def _answers_alike_in_another_process(trial: Trial) -> str | None:
    alike = trial.elsewhere().given().content == trial.ordinary().content
    return None if alike else "another process answers otherwise to equal inputs"


Checks = tuple[Callable[[Trial], str | None], ...]

FIRST: Checks = (
    _card_can_be_kept,
    _trains_within_its_deadline,
    _trains_alike_twice,
    _answers_what_its_card_promises,
)
THEN: Checks = (
    _answers_on_both_clock_change_days,
    _answers_at_an_event,
    _survives_missing_input,
    _survives_late_input,
    _survives_flat_input,
    _survives_single_gaps,
    _survives_a_spike,
    _survives_a_short_horizon_ahead,
    _answers_alike_twice,
    _remembers_only_through_its_state,
    _reads_no_future_and_writes_nothing,
    _ignores_what_was_not_known,
    _keeps_its_limits_in_its_own_process,
    _answers_alike_in_another_process,
)


def _with_each_signal(trial: Trial, change: Callable[[AsOfView, str], list[AsOfView]]) -> str | None:
    """``change`` of each observed signal that the card reads, one at a time."""
    view = trial.view()
    layout = view.frame.layout
    for need in trial.card.needs:
        if not (reads_past(need, layout) and layout.elements(need.signal)):
            continue
        for changed in change(view, need.signal):
            fault = _first(trial.problems(changed))
            if fault:
                return f"{need.signal!r} ({need.mode}): {fault}"
    return None
