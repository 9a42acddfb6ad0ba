"""Where names and figures stand in a picture without covering each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dashboard.format import number

_PLOT_PX = 640.0, 370.0
"""Width and height that the names are laid out for: a wider page only leaves more room."""
_LETTER_PX, _LINE_PX, _POINT_PX = 7.5, 17.0, 11.0
"""Of the pictures' 13 px letters, and the radius of the largest point."""
_MANY_DECADES = 2.5
_ROOM = 0.08
"""Share of the axis that stays free at each end."""


def log_axis(values: Sequence[float], language: str) -> dict[str, Any]:
    """A logarithmic axis around positive values, with figures at 1, 2 and 5, over many decades at 1 alone.

    Args:
        values: on the axis; without any it is that of 1 to 10.
        language: of the figures.
    """
    known = [value for value in values if value > 0.0] or [1.0, 10.0]
    low, high = math.log10(min(known)), math.log10(max(known))
    if high - low < 1.0:  # one decade at least: closer figures would differ by little and look far apart
        low, high = 0.5 * (low + high) - 0.5, 0.5 * (low + high) + 0.5
    room = _ROOM * (high - low)
    low, high = low - room, high + room
    steps = (1.0,) if high - low > _MANY_DECADES else (1.0, 2.0, 5.0)
    every = [step * 10.0**decade for decade in range(math.floor(low), math.ceil(high) + 1) for step in steps]
    ticks = [value for value in every if low <= math.log10(value) <= high]
    decimals = [max(0, -math.floor(math.log10(value) + 1e-9)) for value in ticks]
    texts = [number(value, "", language=language, decimals=places) for value, places in zip(ticks, decimals, strict=True)]
    return {"type": "log", "range": [low, high], "tickvals": ticks, "ticktext": texts}


def placed(
    names: Sequence[str],
    points: Sequence[tuple[float, float]],
    *,
    x_range: tuple[float, float],
    log_y_range: Sequence[float],
) -> list[str]:
    """Where each name stands beside its point (plotly's ``textposition``), "" where it would cover a name or a point.

    Args:
        names: the first ones choose first. ``points``: x and y of each, y above 0.
        points: x and y of each, y above 0.
        x_range: ends of the axis. ``log_y_range``: logarithms of the ends.
        log_y_range: logarithms of the ends.
    """
    centres = [_pixel(point, x_range, log_y_range) for point in points]
    taken = [(x - _POINT_PX, y - _POINT_PX, x + _POINT_PX, y + _POINT_PX) for x, y in centres]
    found = []
    for own, (name, centre) in enumerate(zip(names, centres, strict=True)):
        others = [box for at, box in enumerate(taken) if at != own]
        boxes = _boxes(len(name) * _LETTER_PX, *centre)
        where = next(
            (where for where, box in boxes.items() if _inside(box) and not any(_cross(box, one) for one in others)), ""
        )
        if where:
            taken.append(boxes[where])
        found.append(where)
    return found


_Box = tuple[float, float, float, float]


def _pixel(point: tuple[float, float], x_range: tuple[float, float], log_y_range: Sequence[float]) -> tuple[float, float]:
    x = (point[0] - x_range[0]) / (x_range[1] - x_range[0])
    y = (math.log10(point[1]) - log_y_range[0]) / (log_y_range[1] - log_y_range[0])
    return x * _PLOT_PX[0], y * _PLOT_PX[1]


def _boxes(width: float, x: float, y: float) -> dict[str, _Box]:
    half, far = 0.5 * width, _POINT_PX + width
    return {
        "top center": (x - half, y + _POINT_PX, x + half, y + _POINT_PX + _LINE_PX),
        "bottom center": (x - half, y - _POINT_PX - _LINE_PX, x + half, y - _POINT_PX),
        "middle right": (x + _POINT_PX, y - 0.5 * _LINE_PX, x + far, y + 0.5 * _LINE_PX),
        "middle left": (x - far, y - 0.5 * _LINE_PX, x - _POINT_PX, y + 0.5 * _LINE_PX),
    }


def _inside(box: _Box) -> bool:
    return box[0] >= 0.0 and box[1] >= 0.0 and box[2] <= _PLOT_PX[0] and box[3] <= _PLOT_PX[1]


def _cross(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
