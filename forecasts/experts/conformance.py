"""`check_expert`: does this expert keep the interface? Every promise, tried one by one on a synthetic series.

A check that raises anything but what the interface allows is a broken promise, with what was raised as its detail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from forecasts.expert import Expert, Fitted, NotEnoughHistory
from forecasts.past import Past, Place
from forecasts.quantiles import LEVELS
from forecasts.series import KINDS

_STEP_S = 3600
_DAYS = 100
_STEPS = 48
_PLACE = Place("Europe/Zurich", "CH", "ZH", 47.4, 8.5)
# Local midnights before a spring change, an autumn change, a leap day and an ordinary summer day.
_MIDNIGHTS = {
    "an ordinary day": "2016-06-14T22:00",
    "the day the clocks go forward": "2016-03-26T23:00",
    "the day the clocks go back": "2016-10-29T22:00",
    "a leap day": "2016-02-28T23:00",
}


@dataclass(frozen=True)
class ExpertCheck:
    """One promise. ``detail``: what was found when it is broken."""

    name: str
    ok: bool
    detail: str = ""


def check_expert(expert: Expert) -> list[ExpertCheck]:
    """Try every promise of an expert, for each of its kinds."""
    results = [_declares(expert)]
    for kind in KINDS:
        if results[0].ok and kind in expert.kinds:
            results += [_tried(f"{kind}: {name}", check) for name, check in _checks(expert, kind)]
    return results


def _declares(expert: Expert) -> ExpertCheck:
    kinds: frozenset[str] = getattr(expert, "kinds", frozenset())
    complete = all(hasattr(expert, part) for part in ("name", "kinds", "fit", "load"))
    ok = complete and bool(kinds) and set(kinds) <= set(KINDS)
    return ExpertCheck("declares name, kinds, fit and load", ok, "" if ok else f"kinds out of {', '.join(KINDS)} are expected")


def _tried(name: str, check: Callable[[], str]) -> ExpertCheck:
    try:
        fault = check()
    except Exception as error:  # noqa: BLE001 - whatever a third party's expert raises is the finding
        fault = f"{type(error).__name__}: {error}"
    return ExpertCheck(name, not fault, fault)


def _checks(expert: Expert, kind: str) -> Iterator[tuple[str, Callable[[], str]]]:
    usual = synthetic_past(kind, _MIDNIGHTS["an ordinary day"])

    def fitted(past: Past = usual) -> Fitted:
        return expert.fit(past, days_ahead=3, seed=1)

    for day, midnight in _MIDNIGHTS.items():
        past = synthetic_past(kind, midnight)
        yield f"answers on {day}", lambda past=past: _shape(fitted(past).predict(past, _STEPS))  # type: ignore[misc]  # a lambda's default has no type
    yield "learns alike twice", lambda: "" if fitted().to_bytes() == fitted().to_bytes() else "equal history, other bytes"
    yield (
        "answers alike after a journey as bytes",
        lambda: _alike(
            fitted().predict(_fresh(usual), _STEPS), expert.load(fitted().to_bytes()).predict(_fresh(usual), _STEPS)
        ),
    )
    yield "remembers nothing between answers", lambda: _forgetful(fitted(), usual)
    yield "a few hours of history are not enough, or answered", lambda: _young(expert, kind)
    yield "survives gaps", lambda: _shape(fitted().predict(_holed(usual), _STEPS))
    yield "survives a silent last day", lambda: _shape(fitted().predict(_silent(usual), _STEPS))
    yield "learns around gaps", lambda: _shape(fitted(_holed(usual)).predict(_fresh(usual), _STEPS))
    yield "survives weather that is not forecast any more", lambda: _shape(fitted().predict(_deaf(usual), _STEPS), silent=True)
    yield "a history without weather is not enough, or answered", lambda: _blind(expert, _bare(usual))


def synthetic_past(kind: str, midnight: str) -> Past:
    """A hundred days of hourly power up to a local midnight (UTC text), with weather four days further; the same every time."""
    end_s = int(np.datetime64(midnight, "s").astype(np.int64))
    rows = _DAYS * 24
    seconds = end_s + _STEP_S * np.arange(-rows, 96)
    day, slot = _PLACE.calendar.days_and_slots(int(seconds[0]), len(seconds), step_s=_STEP_S)
    noise = np.random.default_rng(7).normal(size=(3, len(seconds)))
    sun = np.maximum(0.0, np.sin((seconds / 3600.0 % 24 - 6.0) / 12.0 * np.pi))
    cloud = np.clip(
        0.6 + 0.3 * np.repeat(np.random.default_rng(8).normal(size=len(seconds) // 24 + 1), 24)[: len(seconds)], 0.1, 1.0
    )
    temp = 12.0 + 6.0 * np.sin(seconds / 86_400.0 / 20.0) + 4.0 * sun + noise[0]
    wind = np.maximum(0.0, 7.0 + 3.0 * np.sin(seconds / 40_000.0) + noise[1])
    weekend = (day + 3) % 7 >= 5
    power = {
        "load": 5.0 + 2.0 * np.exp(-(((slot - 19.0) / 3.0) ** 2)) - weekend - 0.05 * temp + 0.1 * noise[2],
        "pv": np.where(sun > 0.0, 4.0 * sun * cloud * (1.0 + 0.02 * noise[2]), 0.0),
        "wind": np.clip((wind / 12.0) ** 3, 0.0, 1.0) * 3.0,
        "hydro": 2.0 + 0.5 * np.sin(seconds / 86_400.0 / 15.0) + 0.02 * noise[2],
    }[kind]
    weather = {"temp_c": temp, "ghi_w_m2": 900.0 * sun * cloud, "wind_100m_m_s": wind, "rain_mm": np.maximum(0.0, noise[1])}
    return Past(kind, int(seconds[0]), _STEP_S, power[:rows], weather, _PLACE, 4.2 if kind == "pv" else None)


def _shape(answer: np.ndarray, *, silent: bool = False) -> str:
    """What is wrong with an answer; an expert that lacks an input may say nothing at all."""
    if answer.shape not in ((_STEPS,), (_STEPS, len(LEVELS))):
        return f"shape {answer.shape}, expected ({_STEPS},) or ({_STEPS}, {len(LEVELS)})"
    if silent and np.isnan(answer).all():
        return ""
    if not np.isfinite(answer).all():
        return f"{int((~np.isfinite(answer)).sum())} of {answer.size} values are not finite"
    if answer.ndim == 2 and (np.diff(answer, axis=1) < 0.0).any():
        return "quantiles do not ascend"
    return ""


def _alike(first: np.ndarray, second: np.ndarray) -> str:
    return (
        ""
        if np.array_equal(first, second, equal_nan=True)
        else f"answers differ by up to {np.nanmax(np.abs(first - second)):.3g} MW"
    )


def _forgetful(fitted: Fitted, past: Past) -> str:
    before = fitted.predict(_fresh(past), _STEPS)
    fitted.predict(_silent(past), _STEPS)
    return _alike(before, fitted.predict(_fresh(past), _STEPS))


def _young(expert: Expert, kind: str) -> str:
    past = synthetic_past(kind, _MIDNIGHTS["an ordinary day"])
    hours = past.rows - 24
    weather = {name: column[hours:] for name, column in past.weather.items()}
    short = replace(past, start_s=past.start_s + hours * _STEP_S, values=past.values[hours:], weather=weather, _memo={})
    try:
        answer = expert.fit(short, days_ahead=3, seed=1).predict(_fresh(short), _STEPS)
    except NotEnoughHistory:
        return ""
    return _shape(np.nan_to_num(answer))  # a slot that was never seen may stay unknown


def _blind(expert: Expert, past: Past) -> str:
    try:
        return _shape(expert.fit(past, days_ahead=3, seed=1).predict(_fresh(past), _STEPS))
    except NotEnoughHistory:
        return ""


def _fresh(past: Past) -> Past:
    return replace(past, _memo={})


def _holed(past: Past) -> Past:
    values = past.values.copy()
    values[np.random.default_rng(3).random(len(values)) < 0.15] = np.nan
    return replace(past, values=values, _memo={})


def _silent(past: Past) -> Past:
    values = past.values.copy()
    values[-24:] = np.nan
    return replace(past, values=values, _memo={})


def _deaf(past: Past) -> Past:
    weather = {name: np.where(np.arange(len(c)) < past.rows, c, np.nan) for name, c in past.weather.items()}
    return replace(past, weather=weather, _memo={})


def _bare(past: Past) -> Past:
    return replace(past, weather={}, _memo={})
