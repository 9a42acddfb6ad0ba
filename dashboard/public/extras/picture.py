"""A picture as a list of boxes, discs and words, so that SVG and PNG show one and the same design."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle; lengths in the picture's own units, ``radius`` of its corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    radius: float = 0.0


@dataclass(frozen=True)
class Disc:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True)
class Words:
    """One line of text, its baseline at ``y``; ``anchor``: "start", "middle" or "end"."""

    x: float
    y: float
    text: str
    size: float
    fill: str
    bold: bool = False
    anchor: str = "start"


Shape = Box | Disc | Words


@dataclass(frozen=True)
class Picture:
    """Shapes from back to front on ``width`` x ``height``; ``title`` and ``description`` say it in words."""

    width: int
    height: int
    title: str
    description: str
    shapes: tuple[Shape, ...]
