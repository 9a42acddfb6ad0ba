"""What the figures say, in a sentence each: the titles of the pictures. A title claims no more than its figures hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from forecasts.quantiles import LEVELS
from forecasts.report.reliability import Reliability
from forecasts.report.words import counted, figure, percent

_NOISE = 0.02  # differences under 2 % are noise: FORECASTING.md


def best_single(experts: Mapping[str, Mapping[str, Any]], champion: str, peers: Collection[str] = ()) -> str | None:
    """The expert with the lowest pinball loss besides the champion and the peers; None where there is none."""
    others = {name: found.get("pinball_10_90") for name, found in experts.items() if name != champion and name not in peers}
    known = {name: loss for name, loss in others.items() if loss is not None}
    return min(known, key=lambda name: known[name]) if known else None


def against_peers(experts: Mapping[str, Mapping[str, Any]], champion: str, peers: Collection[str]) -> str:
    """The champion's pinball loss as a multiple of each peer's; empty without a figure to compare."""
    ours = experts.get(champion, {}).get("pinball_10_90")
    losses = {name: experts.get(name, {}).get("pinball_10_90") for name in peers}
    said = [f"{ours / loss:.2f} of {name}'s" for name, loss in losses.items() if ours is not None and loss]
    return f"On the same origins its loss is {', '.join(said)}." if said else ""


def headline(experts: Mapping[str, Mapping[str, Any]], champion: str, naive: str, peers: Collection[str] = ()) -> str:
    """How the champion stands against the naive forecast and against the best single expert."""
    skill = experts.get(champion, {}).get("skill")
    if skill is None:
        return f"No figure for the champion: nothing was scored against {naive}."
    verdict = f"{percent(abs(skill), 0)} {'below' if skill >= 0 else 'above'} {naive}"
    text = f"The champion's pinball loss is {verdict}"
    single = best_single(experts, champion, peers)
    if single is None or not experts[single]["pinball_10_90"]:
        return f"{text}."
    ratio = experts[champion]["pinball_10_90"] / experts[single]["pinball_10_90"]
    if abs(ratio - 1.0) < _NOISE:
        return f"{text}, and level with {single}, the best single expert ({100 * (ratio - 1):+.1f} %)."
    return f"{text}, and {percent(abs(ratio - 1.0))} {'below' if ratio < 1 else 'above'} {single}, the best single expert."


def of_weights(shares: np.ndarray, members: Sequence[str]) -> str:
    """Who led at the end, dims of ``shares`` (origin, member), in percent."""
    if not shares.size:
        return "No weights were learnt"
    last = shares[-1]
    lead = int(np.argmax(last))
    start = members[int(np.argmax(shares[0]))]
    now = f"{members[lead]} carries {last[lead]:.0f} % of the weight at the end"
    even = np.ptp(shares[0]) < 1.0
    return now if even or start == members[lead] else f"{now}; {start} did at the beginning"


def of_reliability(found: Reliability) -> str:
    """Whether the 90 % band holds."""
    if not found.steps:
        return "Nothing to calibrate against"
    text = f"The 90 % band holds {percent(found.coverage)} of the truth"
    off = int((np.abs(found.observed - np.array(LEVELS)) > found.sampling).sum())
    if np.isnan(found.sampling).any():
        return f"{text}; too few origins to say more"
    return f"{text}; every level is within chance" if not off else f"{text}; {counted(off, 'level')} of 11 off beyond chance"


def of_pit(found: Reliability) -> str:
    """Whether bands are too narrow, too wide, or shifted."""
    if not found.steps:
        return "Nothing to calibrate against"
    outer = (found.density[0] * 0.05 + found.density[-1] * 0.05) / 0.1
    tilt = found.observed[5] - 0.5
    shape = (
        "too narrow at the edges"
        if outer > 1.25
        else "too wide at the edges"
        if outer < 0.75
        else "about as wide as it should be"
    )
    lean = (
        ""
        if abs(tilt) < 0.03
        else f", and the median lies {'too high' if tilt > 0 else 'too low'} ({percent(0.5 + tilt, 0)} below it)"
    )
    return f"The band is {shape}{lean}"


def of_hours(mae: np.ndarray, unit: str) -> str:
    """When in the day errors are largest; ``mae`` in ``unit``, dims (hour,)."""
    if not np.isfinite(mae).any():
        return "No error to show"
    worst, best = int(np.nanargmax(mae)), int(np.nanargmin(mae))
    large = f"{worst:02d}–{worst + 1:02d} h ({figure(mae[worst])} {unit})"
    return f"Errors are largest at {large}, smallest at {best:02d}–{best + 1:02d} h"


def of_leads(mae: np.ndarray, unit: str) -> str:
    """How errors grow over the horizon; ``mae`` in ``unit``, dims (lead,)."""
    known = mae[np.isfinite(mae)]
    if len(known) < 2:
        return "Error by hours ahead"
    half = len(known) // 2
    near, far = float(known[:half].mean()), float(known[half:].mean())
    return f"The mean error is {figure(near)} {unit} in the first half of the horizon, {figure(far)} {unit} in the second"


def of_correlation(correlation: np.ndarray, per_day: int, chance: float) -> str:
    """Whether yesterday's error says something about today's."""
    if len(correlation) <= per_day or not np.isfinite(correlation[per_day]):
        return "Too few errors for a correlation"
    found = correlation[per_day]
    if abs(found) <= chance:
        return "Yesterday's error at this hour says nothing about today's"
    return f"Yesterday's error at this hour repeats today with a correlation of {found:+.2f}"


def of_peaks(peaks: Mapping[str, Any]) -> str:
    """How often the peak hour was met, against naive."""
    days, ours, naive = peaks.get("days"), peaks.get("hour_hit_rate"), peaks.get("hour_hit_rate_naive")
    if not days or ours is None:
        return "No day's peak was known and forecast as a whole."
    against = "" if naive is None else f", against {percent(naive, 0)} for the hour of the last whole day"
    return f"The hour of the day's peak was met within one hour on {percent(ours, 0)} of {counted(days, 'day')}{against}."


def of_warnings(skills: Mapping[str, float | None]) -> str:
    """Which warnings say more than how often such events happen anyway; ``skills`` are Brier skill scores."""
    known = {name: skill for name, skill in skills.items() if skill is not None}
    if not known:
        return "Too few events to judge warnings by"
    useless = [name for name, skill in known.items() if skill <= 0.0]
    if not useless:
        return "Every warning says more than how often such events happen anyway"
    return f"Warnings of {', '.join(useless)} say no more than how often such events happen anyway"


def of_ticks(ratios: Mapping[str, float | None]) -> str:
    """How far the correction of the tick reaches."""
    known = {float(hours): ratio for hours, ratio in ratios.items() if ratio is not None}
    if not known:
        return "No correction was scored."
    helped = [hours for hours, ratio in known.items() if ratio < 1.0 - _NOISE]
    worse = [hours for hours, ratio in known.items() if ratio > 1.0]
    text = f"It helps up to {max(helped):g} h" if helped else "It does not help"
    return f"{text}, and harms at {', '.join(f'{hours:g} h' for hours in worse)}." if worse else f"{text}, and harms nowhere."
