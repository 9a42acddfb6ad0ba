"""Can a card be kept? What it promises is held against itself and the signal table, before anybody asks the box anything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta

from twin.contracts.box import BoxCard, Need, Provide, Training
from twin.domain.problems import Problems
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR

INSTANCE = "instance:"
_NONE = timedelta(0)
_DAY = timedelta(days=1)
# Engines stay outside: a box reads the compiled grid of its context.
_NOT_IN_BOXES = ("pandapower", "simbench")


def card_problems(card: BoxCard, place: str) -> Problems:
    """Every promise of ``card`` that nobody could keep.

    Args:
        place: how to name the card in a problem.
    """
    problems = Problems()
    for name in ("name", "version", "owner"):
        if not getattr(card, name):
            problems.add(place, f"{name} is empty", "a word", "fill it in")
    if not (card.deadline_s > 0 and math.isfinite(card.deadline_s)) or card.memory_mb <= 0:
        limits = f"deadline_s={card.deadline_s}, memory_mb={card.memory_mb}"
        problems.add(place, limits, "above 0 and finite", "correct the limits")
    if not (card.catch_up_s >= 0 and math.isfinite(card.catch_up_s)):
        problems.add(place, f"catch_up_s={card.catch_up_s}", "at least 0 and finite", "correct the limit")
    _check_steps(place, "cadence", card.cadence, problems)
    _check_fallbacks(card, place, problems)
    for name in sorted(set(card.preload) & set(_NOT_IN_BOXES)):
        problems.add(place, f"preloads {name}", f"no {name} inside boxes", "read the compiled grid of the context")
    for need in card.needs:
        _check_need(need, f"{place}, need {need.signal!r}", problems)
    for provide in card.provides:
        _check_provide(provide, card, f"{place}, output {provide.signal!r}", problems)
    twice = sorted({p.signal for p in card.provides if [q.signal for q in card.provides].count(p.signal) > 1})
    if twice:
        problems.add(place, f"provides {twice} twice", "each signal once", "name all of its elements in one Provide")
    if card.training is not None:
        _check_training(card.training, f"{place}, training", problems)
    return problems


def _check_fallbacks(card: BoxCard, place: str, problems: Problems) -> None:
    rungs = card.fallbacks
    if rungs[-1:] != ("constant",) or len(set(rungs)) != len(rungs):
        problems.add(place, f"fallbacks={rungs}", "distinct rungs that end in 'constant'", "append it, take doubles out")
    for rung in rungs:
        if rung not in ("last_good", "constant") and not (rung.startswith(INSTANCE) and rung != INSTANCE):
            problems.add(place, f"fallback {rung!r}", f"last_good, constant or {INSTANCE}<name>", "correct the spelling")


def _check_need(need: Need, place: str, problems: Problems) -> None:
    _check_signal(place, need.signal, need.elements, problems)
    for name in ("history", "ahead", "max_age"):
        if getattr(need, name) < _NONE:
            problems.add(place, f"{name}={getattr(need, name)}", "at least 0", "correct the sign")
    if not 0.0 <= need.min_coverage <= 1.0:
        problems.add(place, f"min_coverage={need.min_coverage}", "a share, 0..1", "divide a percentage by 100")
    _check_steps(place, "resolution", need.resolution, problems)
    _check_quantiles(place, need.quantiles, problems)
    _check_scenarios(place, need, problems)


def _check_provide(provide: Provide, card: BoxCard, place: str, problems: Problems) -> None:
    _check_signal(place, provide.signal, provide.elements, problems)
    _check_steps(place, "resolution", provide.resolution, problems)
    if provide.horizon < _NONE or (provide.resolution > _NONE and provide.horizon % provide.resolution):
        whole = f"whole steps of {provide.resolution}, or 0"
        problems.add(place, f"horizon={provide.horizon}", whole, "round it to the resolution")
    _check_quantiles(place, provide.quantiles, problems)
    _check_scenarios(place, provide, problems)
    spec = SIGNALS.get(provide.signal)
    if provide.signal not in card.constants:
        problems.add(place, "no constant", "one for every output", "name the last resort")
        return
    constant = card.constants[provide.signal]
    if isinstance(constant, Mapping) and set(constant) != set(provide.elements):
        limit = f"one for each of {', '.join(provide.elements) or 'its elements, which must be named'}"
        problems.add(place, f"constants of {', '.join(constant)}", limit, "name the last resort of every element")
    for value in constant.values() if isinstance(constant, Mapping) else (constant,):
        if spec is not None and not spec.minimum <= value <= spec.maximum:
            limits = f"{spec.minimum:g} .. {spec.maximum:g} {spec.unit}"
            problems.add(place, f"constant={value}", limits, "choose a plausible last resort")


def _check_training(training: Training, place: str, problems: Problems) -> None:
    _check_steps(place, "every", training.every, problems)
    if training.every > _DAY and training.every % _DAY:
        problems.add(place, f"every={training.every}", "whole days beyond the first", "round it")
    if training.effect_after < _NONE or training.history <= _NONE:
        found = f"effect_after={training.effect_after}, history={training.history}"
        problems.add(place, found, "an effect that does not come before its cause, a history above 0", "correct the sign")
    if training.local_hour not in range(24):
        problems.add(place, f"local_hour={training.local_hour}", "an hour of the day, 0..23", "correct it")
    if not (training.deadline_s > 0 and math.isfinite(training.deadline_s)):
        problems.add(place, f"deadline_s={training.deadline_s}", "above 0 and finite", "correct the limit")


def _check_signal(place: str, signal: str, elements: Sequence[str], problems: Problems) -> None:
    if signal not in SIGNALS:
        problems.add(place, "no such signal", "a name of twin.domain.signals", "correct the name or add the signal")
    elif elements and not SIGNALS[signal].dim:
        problems.add(place, f"elements={list(elements)}", "none: one value per time", "take the elements out")
    if len(set(elements)) != len(elements):
        problems.add(place, f"elements={list(elements)}", "each once", "take doubles out")


def _check_steps(place: str, name: str, span: timedelta, problems: Problems) -> None:
    if span < QUARTER_HOUR or span % QUARTER_HOUR:
        problems.add(place, f"{name}={span}", "whole quarter hours, at least one", "round it")


def _check_quantiles(place: str, levels: tuple[float, ...], problems: Problems) -> None:
    if list(levels) != sorted(set(levels)) or not all(0.0 < level < 1.0 for level in levels):
        problems.add(place, f"quantiles={levels}", "ascending levels between 0 and 1", "sort them, divide percentages by 100")


def _check_scenarios(place: str, promise: Need | Provide, problems: Problems) -> None:
    count = promise.scenarios
    if type(count) is not int or count < 0:
        problems.add(place, f"scenarios={count!r}", "a whole number of paths, 0 = none", "correct it")
    elif count and promise.quantiles:
        found = f"scenarios={count} and quantiles={promise.quantiles}"
        problems.add(place, found, "one of the two for each signal", "give the paths a signal of their own")
