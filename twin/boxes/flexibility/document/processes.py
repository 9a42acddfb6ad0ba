"""Processes of a document: when they may run, and when they would by themselves."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.devices.process import Process
from twin.boxes.flexibility.document import tables
from twin.boxes.flexibility.document.clock import Clock
from twin.boxes.flexibility.document.money import Money


def process_of(process: tables.Process, clock: Clock, money: Money) -> Process:
    """In one piece with its own profile, or in parts."""
    first = max(clock.hour(process.earliest), 0.0)
    begin = first if process.own_start is None else clock.hour(process.own_start)
    profile = 1e-3 * np.asarray(process.profile_kw)
    length = 0.25 * len(profile) if len(profile) else process.run_h
    pieces = profile if len(profile) else np.array([1e-3 * process.p_kw])
    return Process(
        id=process.id,
        profile_mw=tuple(profile.tolist()),
        p_mw=1e-3 * process.p_kw,
        run_hours=process.run_h,
        allowed=_allowed(process, clock, length if len(profile) else 0.0),
        start_chf=process.start_chf,
        own_p_mw=_power(clock, begin, length, pieces),
        movable=float(money.movable(process)),
        moving_chf_per_mwh=money.moving(process),
        was_on=process.was_on,
    )


def _allowed(process: tables.Process, clock: Clock, length_h: float) -> np.ndarray:
    """1 in steps where it may be on; of one in one piece (``length_h`` > 0), where it may begin; dims (step,)."""
    last = clock.end_h if process.latest is None else clock.hour(process.latest)
    begin = clock.edges_h[:-1]
    end = begin + length_h if length_h else clock.edges_h[1:]
    fine = (begin >= clock.hour(process.earliest) - 1e-9) & (end <= last + 1e-9)
    for from_, to in process.blocked:
        fine &= (end <= clock.hour(from_) + 1e-9) | (begin >= clock.hour(to) - 1e-9)
    return fine.astype(float)


def _power(clock: Clock, begin_h: float, length_h: float, pieces: np.ndarray) -> np.ndarray:
    """Mean power of equal pieces in a row from ``begin_h`` on [MW], dims (step,)."""
    marks = begin_h + length_h * np.linspace(0.0, 1.0, len(pieces) + 1)
    energy = np.concatenate([[0.0], np.cumsum(pieces)]) * length_h / len(pieces)
    return np.diff(np.interp(clock.edges_h, marks, energy)) / np.asarray(clock.hours)
