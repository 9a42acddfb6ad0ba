"""What a dispatcher must hear of a line, each finding with its last moment."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from twin.boxes.maintenance.lines.facts import BEST, WatchedLine
from twin.boxes.maintenance.lines.room import LOWEST, Breach, Room
from twin.contracts.messages import Finding
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S

DISPATCH_TEAM = "dispatch"


def limit(line: WatchedLine, room: Room, found: Breach, as_of: datetime) -> Finding:
    """The line reaches its limit, now or within the look-ahead.

    Args:
        line: in question. ``room``: of it from ``as_of`` on. ``found``: when, and what is to be relieved.
        as_of: now.
    """
    reached = as_of + found.step * QUARTER_HOUR
    relieve = as_of + found.relieve_step * QUARTER_HOUR
    peak = int(room.current_ka[:, BEST].argmax())
    return Finding(
        key=f"line_limit:{line.name}",
        priority=1 if found.step == 0 else 2 if found.step <= 8 else 3,  # within two hours load is moved by hand
        code="line_limit",
        params={
            "element": f"line:{line.index}",
            "limit_c": line.limit_c,
            "temp_c": _rounded(room.temp_c[0, BEST], 1),
            "peak_c": _rounded(room.temp_c[:, BEST].max(), 1),
            "peak_ka": _rounded(found.peak_ka, 3),
            "peak_at": (as_of + peak * QUARTER_HOUR).isoformat(),
            "hold_ka": _rounded(found.hold_ka, 3),
            "reached_at": reached.isoformat(),
            "relieve_mw": _rounded(line.power_mw(max(0.0, found.peak_ka - found.hold_ka)), 2),
            "relieve_at": relieve.isoformat(),
        },
        element=f"line:{line.index}",
        at=reached,
        act_before=max(as_of, min(reached, relieve)),
        owner=DISPATCH_TEAM,
    )


def overload(line: WatchedLine, room: Room, found: Breach | None, i_ka: float, as_of: datetime) -> Finding:
    """The line carries more than its rated current; for how long it can bear this.

    Args:
        line: in question. ``room``: of it from ``as_of`` on. ``found``: its limit if this current is held, or None.
        i_ka: measured in the last complete quarter hour.
        as_of: now.
    """
    steps = len(room.current_ka) if found is None else found.step
    return Finding(
        key=f"line_overload:{line.name}",
        priority=3 if found is None else 1 if steps <= 2 else 2,  # 2: half an hour is one switching away
        code="line_overload_bearable" if found is None else "line_overload",
        params={
            "element": f"line:{line.index}",
            "loading_percent": _rounded(100.0 * i_ka / line.rated_i_ka, 1),
            "i_ka": _rounded(i_ka, 3),
            "rated_i_ka": _rounded(line.rated_i_ka, 3),
            "bears_ka": _rounded(room.rating_ka[0, LOWEST], 3),
            "temp_c": _rounded(room.temp_c[0, BEST], 1),
            "limit_c": line.limit_c,
            "bearable_min": round(steps * QUARTER_HOUR_S / 60.0),
        },
        element=f"line:{line.index}",
        at=as_of - QUARTER_HOUR,
        act_before=as_of + steps * QUARTER_HOUR,
        owner=DISPATCH_TEAM,
    )


def _rounded(value: float | np.floating, digits: int) -> float:
    """To what a message shows, so that noise in the last digits makes no new text."""
    return round(float(value), digits)
