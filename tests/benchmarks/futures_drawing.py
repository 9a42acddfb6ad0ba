"""The cost of futures as a picture: wall time against their number, and against workers, as a small SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

_WIDTH, _HEIGHT, _LEFT, _TOP, _PLOT = 760, 300, 60, 40, 280
_INK, _LINE, _IDEAL = "#334155", "#0f766e", "#94a3b8"


def drawing(found: Mapping[str, Any]) -> str:
    """Both pictures side by side; both axes of the left one are logarithmic.

    Args:
        found: as the benchmark gives it.
    """
    by_number = [(float(n), one["futures_s"]) for n, one in found["by_number"].items()]
    by_workers = [(float(w), one["futures_s"]) for w, one in found["by_workers"].items()]
    first = by_workers[0][1]
    ideal = [(workers, first / workers) for workers, _ in by_workers]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        *_panel(_LEFT, "seconds against futures, two workers", by_number, [], logarithmic=True),
        *_panel(_LEFT + _PLOT + 90, "seconds against workers; grey: shared without loss", by_workers, ideal, logarithmic=False),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(
    left: int,
    title: str,
    points: Sequence[tuple[float, float]],
    ideal: Sequence[tuple[float, float]],
    *,
    logarithmic: bool,
) -> list[str]:
    every = [*points, *ideal]
    low_x, high_x = min(x for x, _ in every), max(x for x, _ in every)
    high_y = max(y for _, y in every)
    low_y = min(y for _, y in every) if logarithmic else 0.0
    bottom = _HEIGHT - 50

    def place(x: float, y: float) -> tuple[float, float]:
        if logarithmic:
            x, y = math.log(x / low_x) / math.log(high_x / low_x), math.log(y / low_y) / math.log(high_y / low_y)
        else:
            x, y = (x - low_x) / (high_x - low_x), y / high_y
        return left + x * _PLOT, bottom - y * (bottom - _TOP - 10)

    said = [
        f'<text x="{left}" y="{_TOP - 18}" fill="{_INK}">{title}</text>',
        f'<path d="M{left} {_TOP}V{bottom}H{left + _PLOT}" stroke="{_INK}" fill="none"/>',
    ]
    for which, colour in ((ideal, _IDEAL), (points, _LINE)):
        if which:
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in which))
            said.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for value, seconds in points:
        x, y = place(value, seconds)
        said.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_LINE}"/>')
        beside = (
            f'x="{x - 7:.1f}" text-anchor="end"' if logarithmic else f'x="{x + 7:.1f}"'
        )  # off the rising and the falling line
        said.append(f'<text {beside} y="{y - 7:.1f}" fill="{_INK}">{seconds:.1f}</text>')
        said.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" fill="{_INK}">{value:,.0f}</text>')
    return said
