"""What single-line diagram and map share: whatever is abnormal, laid over a drawing that knows where each element is.

Every coordinate is a percentage and every symbol has its size in pixels, so that a drawing follows the window and its text
stays readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.regie.abnormal import Abnormal
from dashboard.regie.chips import SHAPES
from dashboard.regie.markup import Markup, tag
from dashboard.regie.words import Words

Segment = tuple[float, float, float, float]
"""From (x, y) to (x, y), as fractions of the drawing."""

_CHIP_DX, _CHIP_DY = 0.115, 0.075
"""Two numbers closer than this would cover each other at 1366 x 768; the worse one is shown, the list has both."""


@dataclass(frozen=True)
class Drawn:
    """Where things stand on one drawing.

    Attributes:
        strokes: key of a line, transformer or coupler -> its segments. ``spots``: key of any element -> where its figure goes.
    """

    strokes: Mapping[str, Sequence[Segment]]
    spots: Mapping[str, tuple[float, float]]


def overlay(drawn: Drawn, items: Sequence[Abnormal], dark: Iterable[int], words: Words) -> Markup:
    """Coloured strokes and symbols, with the figure of the worst ones; nothing at all when all is normal.

    Args:
        dark: buses without a voltage.
    """
    parts: list[Markup] = []
    shapes: list[Markup] = []
    chips: list[Markup] = []
    taken: list[tuple[float, float]] = []
    for item in reversed(items):
        segments = drawn.strokes.get(item.key, ())
        parts.append(group(item.key, "casing", segments))
        parts.append(group(item.key, f"hot p{item.priority}", segments))
    for item in items:
        spot = drawn.spots.get(item.key)
        if spot is None:
            continue
        shapes.append(_shape(item, spot))
        if not any(abs(spot[0] - x) < _CHIP_DX and abs(spot[1] - y) < _CHIP_DY for x, y in taken):
            taken.append(spot)
            chips.append(_figure(item, spot, words))
    for bus in dark:
        key = f"bus:{bus}"
        if key in drawn.spots:
            x, y = drawn.spots[key]
            parts.append(tag("circle", cx=at(x), cy=at(y), r=5, class_="dark", data_el=key))
    return tag("svg", *parts, *reversed(shapes), *reversed(chips), class_="drawing overlay", aria_hidden="true")


def _shape(item: Abnormal, spot: tuple[float, float]) -> Markup:
    """Shape of the priority on the element itself."""
    shape = tag("path", d=SHAPES[item.priority], class_=f"shape p{item.priority}", transform="translate(-7,-7)")
    return tag("svg", shape, x=at(spot[0]), y=at(spot[1]), class_="pin", data_el=item.key)


def _figure(item: Abnormal, spot: tuple[float, float], words: Words) -> Markup:
    """Shape and figure on a chip beside the element."""
    text = words.number(item.value, item.unit)
    width = 26 + 7.6 * len(text)
    left = -width + 12 if spot[0] > 0.93 else -10  # stays inside the drawing at its right edge
    lift = 8 if spot[1] < 0.05 else -28
    chip = tag(
        "g",
        tag("rect", x=0, y=0, width=width, height=20, rx=2, class_=f"chip p{item.priority}"),
        tag("path", d=SHAPES[item.priority], class_="mark", transform="translate(4,3)"),
        tag("text", text, x=22, y=15),
        transform=f"translate({left:.0f},{lift})",
        class_=f"on-p{item.priority}",
    )
    return tag("svg", chip, x=at(spot[0]), y=at(spot[1]), class_="pin", data_el=item.key)


def group(key: str, kind: str, segments: Iterable[Segment]) -> Markup:
    """One element's strokes under its key."""
    return tag("g", *strokes(segments), class_=kind, data_el=key)


def strokes(segments: Iterable[Segment]) -> list[Markup]:
    """Segments as lines."""
    return [tag("line", x1=at(x1), y1=at(y1), x2=at(x2), y2=at(y2)) for x1, y1, x2, y2 in segments]


def at(fraction: float) -> str:
    """A fraction of the drawing as its attribute."""
    return f"{100.0 * fraction:.2f}%"
