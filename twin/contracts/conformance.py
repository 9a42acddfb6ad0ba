"""`check_box`: is this box a good citizen? Every promise of its card, tried one by one on a synthetic site.

A check that does not apply (no training, no history needed) passes and says so. What the box cannot promise for itself, an
end at its deadline or at its memory limit, is the runtime's doing; here its limits are tried on a process of its own, which
also shows that it answers alike in another process and leaves no other process behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from twin.contracts.box import BoxContext
from twin.contracts.conformance_child import UnknownBox, made_in_child
from twin.contracts.conformance_trial import Trial, ViewFactory, answer_bytes, in_child
from twin.contracts.frame import AsOfView, Frame, FutureReadError
from twin.contracts.needs import unmet
from twin.contracts.resolve import BoxFactory, import_box, known_boxes
from twin.contracts.synthetic import AS_OF, SyntheticSite, with_gap
from twin.domain.quality import Quality
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR

# Europe/Zurich: one hour before the clock goes forward on 27 March and back on 30 October 2016, at 01:00 UTC.
SPRING = datetime(2016, 3, 27, 0, 45, tzinfo=UTC)
AUTUMN = datetime(2016, 10, 30, 0, 45, tzinfo=UTC)


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
        box: "module:Class", an entry-point name of group ``regie.boxes``, or a factory. Only a reference can be tried in
            another process.
        config: what the box is made with. ``context``, ``view_factory``: a site of the caller's; a synthetic one otherwise.

    Returns:
        One result per promise, in order; the first broken one about its making ends the list.

    Raises:
        UnknownBox: when nothing of that name can be imported.
    """
    site = SyntheticSite()
    context = context or site.context()
    reference = known_boxes().get(box, box) if isinstance(box, str) else None
    try:
        if reference is not None:  # elsewhere first: a constructor may end, hang or fork the process that it runs in
            fault = made_in_child(reference, dict(config or {}), context, (view_factory or site.view)(AS_OF).frame.layout)
            if fault:
                return [CheckResult("can be made", False, fault)]
        factory = import_box(reference) if reference is not None else box
        made = factory(dict(config or {}), context)  # type: ignore[operator]  # a string was imported above
    except UnknownBox:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the constructor raises is the result of the first check
        return [CheckResult("can be made", False, f"{type(error).__name__}: {error}")]
    trial = Trial(made, context, view_factory or site.view, reference, dict(config or {}))
    return [CheckResult("can be made", True), *(_run(check, trial) for check in CHECKS)]


def _run(check: Callable[[Trial], str | None], trial: Trial) -> CheckResult:
    name = check.__name__.strip("_").replace("_", " ")
    try:
        fault = check(trial)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a box that breaks a check breaks that promise
        fault = f"{type(error).__name__}: {error}"
    if fault is not None and fault.startswith("does not apply"):
        return CheckResult(name, True, fault)
    return CheckResult(name, fault is None, fault or "")


def _first(problems: tuple[str, ...] | Iterator[str]) -> str | None:
    return next(iter(problems), None)


# ---------------------------------------------------------------------------------------------- the promises


def _card_is_sane(trial: Trial) -> str | None:
    card = trial.card
    signals = [*(need.signal for need in card.needs), *(provide.signal for provide in card.provides)]
    faults = [f"signal {signal!r} is not in twin.domain.signals" for signal in signals if signal not in SIGNALS]
    faults += [f"no constant for {p.signal!r}" for p in card.provides if p.signal not in card.constants]
    faults += [f"{name} is empty" for name in ("name", "version", "owner") if not getattr(card, name)]
    if not card.fallbacks or card.fallbacks[-1] != "constant":
        faults.append(f"fallbacks={card.fallbacks} do not end in 'constant'")
    if card.deadline_s <= 0 or card.memory_mb <= 0 or card.cadence < QUARTER_HOUR:
        faults.append(f"deadline_s={card.deadline_s}, memory_mb={card.memory_mb}, cadence={card.cadence}")
    faults += [
        f"constant of {name!r} is {value}, limits {SIGNALS[name].minimum:g} .. {SIGNALS[name].maximum:g}"
        for name, value in card.constants.items()
        if name in SIGNALS and not SIGNALS[name].minimum <= value <= SIGNALS[name].maximum
    ]
    faults += [f"preloads {name!r}" for name in ("pandapower", "simbench") if name in card.preload]
    return "; ".join(faults) or None


def _answers_what_its_card_promises(trial: Trial) -> str | None:
    view = trial.view()
    missing = unmet(trial.card, view.frame, view.ahead)
    if missing:
        return f"the site of this check does not meet its needs: {missing[0]}"
    return _first(trial.problems(view))


def _answers_on_both_clock_change_days(trial: Trial) -> str | None:
    for begin in (SPRING, AUTUMN):
        for hour in range(4):
            as_of = begin + hour * timedelta(hours=1)
            fault = _first(trial.problems(trial.view(as_of)))
            if fault:
                return f"at {as_of.isoformat()}: {fault}"
    return None


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
    """One value in seventeen missing, in every signal at once."""
    view = trial.view()
    values, quality = view.frame.values.copy(), view.frame.quality.copy()
    gone = np.arange(values.size).reshape(values.shape) % 17 == 0
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
    for name in sorted({need.signal for need in trial.card.needs} & set(view.ahead)):
        short = {**view.ahead, name: view.ahead[name].isel(time=slice(0, 4))}
        without = {key: value for key, value in view.ahead.items() if key != name}
        empty = {**view.ahead, name: view.ahead[name] * np.nan}
        empty[name].attrs = view.ahead[name].attrs
        for what, ahead in (("4 steps of", short), ("no", without), ("NaN in", empty)):
            fault = _first(trial.problems(replace(view, ahead=ahead)))
            if fault:
                return f"with {what} {name!r} ahead: {fault}"
    return None


def _answers_alike_twice(trial: Trial) -> str | None:
    first = answer_bytes(trial.box.step(trial.view(), trial.artifact(), None))
    if first != answer_bytes(trial.box.step(trial.view(), trial.artifact(), None)):
        return "two answers of one box to equal inputs differ"
    if first != answer_bytes(trial.again().step(trial.view(), trial.artifact(), None)):
        return "a box made anew answers otherwise: something is remembered outside its state"
    return None


def _remembers_only_through_its_state(trial: Trial) -> str | None:
    """Three steps on end equal one step and, in a box made anew, the other two."""
    instants = [AS_OF + i * QUARTER_HOUR for i in range(3)]
    straight, state = [], None
    for as_of in instants:
        report, state = trial.box.step(trial.view(as_of), trial.artifact(), state)
        straight.append(answer_bytes((report, state)))
    box, state = trial.again(), trial.again().step(trial.view(instants[0]), trial.artifact(), None)[1]
    for i, as_of in enumerate(instants[1:], start=1):
        report, state = box.step(trial.view(as_of), trial.artifact(), state)
        if answer_bytes((report, state)) != straight[i]:
            return f"resumed after {i} steps it answers otherwise than straight on"
    return None


def _reads_no_future_and_writes_nothing(trial: Trial) -> str | None:
    view = trial.view()
    before = (view.frame.values.tobytes(), view.frame.quality.tobytes(), sorted(view.ahead))
    view.frame.values.flags.writeable = view.frame.quality.flags.writeable = False
    try:
        trial.box.step(view, trial.artifact(), None)
    except FutureReadError as error:
        return f"asked for the future: {error}"
    if before != (view.frame.values.tobytes(), view.frame.quality.tobytes(), sorted(view.ahead)):
        return "changed its view"
    return None


def _ignores_what_was_not_known(trial: Trial) -> str | None:
    """Values after as-of that should not be in the frame change nothing."""
    view = trial.view()
    later = np.full((8, view.frame.values.shape[1]), 1e6)
    frame = replace(
        view.frame,
        values=np.concatenate([view.frame.values, later]),
        quality=np.concatenate([view.frame.quality, np.zeros(later.shape, np.uint8)]),
    )
    clean = answer_bytes(trial.box.step(view, trial.artifact(), None))
    dirty = answer_bytes(trial.box.step(replace(view, frame=frame), trial.artifact(), None))
    return None if clean == dirty else "rows after as_of changed the answer: it reads frame.values instead of history()"


def _trains_alike_twice(trial: Trial) -> str | None:
    if trial.card.training is None:
        return "does not apply: no training on the card"
    first = trial.artifact()
    second = trial.again().fit(trial.history(), seed=trial.context.seed)
    data: Any = first  # a box may break its own signature
    if not isinstance(data, bytes):
        return f"fit returned {type(first).__name__}, expected bytes"
    return None if first == second else "two fits on equal history and seed give different bytes"


def _keeps_its_limits_in_its_own_process(trial: Trial) -> str | None:
    child = in_child(trial)
    if isinstance(child, str):
        return child
    if child.error:
        return child.error
    if child.seconds > trial.card.deadline_s:
        return f"took {child.seconds:.3f} s, deadline_s={trial.card.deadline_s}"
    return f"left {child.left_behind} processes behind" if child.left_behind else None


def _answers_alike_in_another_process(trial: Trial) -> str | None:
    child = in_child(trial)
    if isinstance(child, str):
        return child
    here = answer_bytes(trial.box.step(trial.view(), trial.artifact(), None))
    return None if child.answer == here else child.error or "another process answers otherwise to equal inputs"


CHECKS: tuple[Callable[[Trial], str | None], ...] = (
    _card_is_sane,
    _trains_alike_twice,
    _answers_what_its_card_promises,
    _answers_on_both_clock_change_days,
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
    view = trial.view()
    for need in trial.card.needs:
        if not need.history or not view.frame.layout.elements(need.signal):
            continue
        for changed in change(view, need.signal):
            fault = _first(trial.problems(changed))
            if fault:
                return f"{need.signal!r} ({need.mode}): {fault}"
    return None
