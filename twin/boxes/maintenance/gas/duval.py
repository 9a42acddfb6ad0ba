"""Duval's triangles 1, 4 and 5 for mineral oil.

The shares of three gases, in percent of their sum, are a point of a triangle; every point lies in exactly one zone. Zones are
data: boxes of shares, lower limit included, upper limit excluded, as the tables print them, so that a point on a border belongs
to the zone above it.

Sources: IEEE C57.104-2019, table 6 (triangle 1), tables D.3 and D.4 (triangles 4 and 5); M. Duval, IEEE Electrical Insulation
Magazine 18(3), 2002 (triangle 1) and 24(6), 2008 (triangles 4 and 5); IEC 60599:2015, annex B. Three independent readings of
the tables and of the drawn outlines were compared. Two places where table and drawing differ are settled by the drawing: in
triangle 4, zone C is CH4 >= 36 with C2H6 *below* 24 (the table prints >= 24, which leaves a hole and covers zone S); in
triangle 5, the strip C2H4 1 to 10 with C2H6 below 2 is O (the table leaves it out).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from twin.boxes.maintenance.gas.sample import Gas, Sample

Zone = Literal["PD", "T1", "T2", "T3", "D1", "D2", "DT", "S", "O", "C", "ND"]
Shares = Mapping[Gas, float]
_DIGITS = 9  # shares are rounded here, so that 23 of 100 is 23 % and a border point always falls on the same side


@dataclass(frozen=True)
class Box:
    """A convex piece of a zone: for each gas named, share >= low and share < high [%]."""

    limits: Mapping[Gas, tuple[float, float]]

    def holds(self, shares: Shares) -> bool:
        """Whether the point lies in this piece."""
        return all(low <= shares[gas] < high for gas, (low, high) in self.limits.items())


@dataclass(frozen=True)
class Triangle:
    """Three gases (corners) and the pieces of each zone."""

    name: str
    gases: tuple[Gas, Gas, Gas]
    zones: Mapping[Zone, tuple[Box, ...]]


def _below(high: float) -> tuple[float, float]:
    return -math.inf, high


def _from(low: float) -> tuple[float, float]:
    return low, math.inf


TRIANGLE_1 = Triangle(
    "1",
    ("ch4", "c2h4", "c2h2"),
    {
        "PD": (Box({"ch4": _from(98)}),),
        "T1": (Box({"c2h4": _below(20), "c2h2": _below(4), "ch4": _below(98)}),),
        "T2": (Box({"c2h4": (20, 50), "c2h2": _below(4)}),),
        "T3": (Box({"c2h4": _from(50), "c2h2": _below(15)}),),
        "DT": (
            Box({"c2h4": _below(50), "c2h2": (4, 13)}),
            Box({"c2h4": (40, 50), "c2h2": (13, 29)}),
            Box({"c2h4": _from(50), "c2h2": (15, 29)}),
        ),
        "D1": (Box({"c2h4": _below(23), "c2h2": _from(13)}),),
        "D2": (Box({"c2h4": _from(23), "c2h2": _from(29)}), Box({"c2h4": (23, 40), "c2h2": (13, 29)})),
    },
)
"""For every gated sample. Source: IEEE C57.104-2019, table 6."""

TRIANGLE_4 = Triangle(
    "4",
    ("h2", "ch4", "c2h6"),
    {
        "PD": (Box({"ch4": (2, 15), "c2h6": _below(1)}),),
        "S": (
            Box({"h2": _from(9), "c2h6": (30, 46)}),
            Box({"h2": _from(15), "c2h6": (24, 30)}),
            Box({"ch4": _below(36), "c2h6": (1, 24)}),
            Box({"ch4": (15, 36), "c2h6": _below(1)}),
            Box({"ch4": _below(2), "c2h6": _below(1)}),
        ),
        "O": (Box({"h2": _below(9), "c2h6": _from(30)}),),
        "C": (Box({"ch4": _from(36), "c2h6": _below(24)}), Box({"h2": _below(15), "c2h6": (24, 30)})),
        "ND": (Box({"h2": _from(9), "c2h6": _from(46)}),),
    },
)
"""Only after PD, T1 or T2 in triangle 1. Source: IEEE C57.104-2019, table D.3."""

TRIANGLE_5 = Triangle(
    "5",
    ("ch4", "c2h4", "c2h6"),
    {
        "PD": (Box({"c2h4": _below(1), "c2h6": (2, 14)}),),
        "O": (
            Box({"c2h4": (1, 10), "c2h6": _below(14)}),
            Box({"c2h4": _below(1), "c2h6": _below(2)}),
            Box({"c2h4": _below(10), "c2h6": _from(54)}),
        ),
        "S": (Box({"c2h4": _below(10), "c2h6": (14, 54)}),),
        "T2": (Box({"c2h4": (10, 35), "c2h6": _below(12)}),),
        "C": (Box({"c2h4": (10, 50), "c2h6": (12, 14)}), Box({"c2h4": (10, 70), "c2h6": (14, 30)})),
        "T3": (
            Box({"c2h4": _from(35), "c2h6": _below(12)}),
            Box({"c2h4": _from(50), "c2h6": (12, 14)}),
            Box({"c2h4": _from(70), "c2h6": (14, 30)}),
            Box({"c2h4": _from(35), "c2h6": _from(30)}),
        ),
        "ND": (Box({"c2h4": (10, 35), "c2h6": _from(30)}),),
    },
)
"""Only after T2 or T3 in triangle 1. Source: IEEE C57.104-2019, table D.4."""

AFTER: Mapping[str, frozenset[Zone]] = {"4": frozenset({"PD", "T1", "T2"}), "5": frozenset({"T2", "T3"})}
"""Zones of triangle 1 after which triangles 4 and 5 may be read; never after D1, D2 or DT (IEEE C57.104-2019, annex D)."""


def shares(sample: Sample, gases: tuple[Gas, Gas, Gas]) -> dict[Gas, float] | None:
    """Percent of the three gases' sum; None when one is not measured or all are zero."""
    ppm = [sample[gas] for gas in gases]
    total = sum(ppm)
    if math.isnan(total) or total <= 0.0:
        return None
    return {gas: round(100.0 * value / total, _DIGITS) for gas, value in zip(gases, ppm, strict=True)}


def zone_of(triangle: Triangle, point: Shares) -> Zone:
    """The one zone that holds ``point`` (shares in percent that sum to 100).

    Raises:
        ValueError: for shares that are no point of the triangle.
    """
    if min(point.values()) < 0.0 or not math.isclose(sum(point.values()), 100.0, abs_tol=1e-6):
        raise ValueError(f"shares {dict(point)} are no point of triangle {triangle.name}; they are percent and sum to 100")
    for zone, pieces in triangle.zones.items():
        if any(piece.holds(point) for piece in pieces):
            return zone
    raise AssertionError(f"zones of triangle {triangle.name} leave {dict(point)} out")


def read_triangle(triangle: Triangle, sample: Sample) -> Zone | None:
    """Zone of ``sample``, or None when a gas is missing or all three are zero. Whether it may be read is `AFTER`'s matter."""
    point = shares(sample, triangle.gases)
    return None if point is None else zone_of(triangle, point)
