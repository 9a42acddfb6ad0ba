"""The grid where it stands in the country: an SVG from the grid file's own coordinates, without tiles, so without anybody else.

The drawing keeps the country's proportions (``aspect``, which the style sheet gives the box around it) and shares everything
that is laid over it with the single-line diagram. Buses without coordinates, as the streets behind a substation often are,
stand at the nearest bus that has some.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.regie.abnormal import Abnormal
from dashboard.regie.grid.drawing import Drawn, Segment, at, group, overlay
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.contracts.diagram import DiagramBus, DiagramFacts
from twin.contracts.snapshot import GridValues

_MARGIN = 0.04
_WIDEST = 2.6
"""Coordinates that lie (almost) on one line would otherwise make a map without a height, or without a width."""

Point = tuple[float, float]


@dataclass(frozen=True)
class GridMap:
    """One site's map.

    Attributes:
        aspect: width by height. ``buses``: where each stands, fractions from the upper left.
        at_another: buses that the file does not place, and that stand at another one.
    """

    facts: DiagramFacts
    aspect: float
    buses: Mapping[int, Point]
    at_another: frozenset[int]
    drawn: Drawn

    @classmethod
    def of(cls, facts: DiagramFacts) -> GridMap | None:
        """The map of a grid; None where fewer than two of its buses have coordinates, or all have the same."""
        placed = {bus.index: (bus.x, bus.y) for bus in facts.buses if bus.x is not None and bus.y is not None}
        flat = _flat(placed)
        box = _Box.around(flat.values())
        if box is None:
            return None
        known = {bus: box.inside(point) for bus, point in flat.items()}
        buses = _with_neighbours(known, facts)
        drawn = _drawn(facts, buses)
        return cls(facts, box.aspect, buses, frozenset(buses) - frozenset(known), drawn)

    def base(self, values: GridValues, names: Names) -> Markup:
        """Lines and buses; open lines dashed. Changes only with the topology."""
        open_lines = frozenset(values.open_lines)
        kv = {bus.index: bus.vn_kv for bus in self.facts.buses}
        parts = [
            group(f"line:{line.index}", "wire open-wire" if line.index in open_lines else "wire", self.drawn.strokes[key])
            for line in self.facts.lines
            if (key := f"line:{line.index}") in self.drawn.strokes
        ]
        here = set(self.buses) - self.at_another
        parts += [self._bus(bus, kv[bus.index]) for bus in self.facts.buses if bus.index in here]
        parts += [self._trafo(f"trafo:{trafo.index}") for trafo in self.facts.trafos]
        return tag("svg", *parts, class_="drawing base", role="img", aria_label=names.words("grid.map_alt"))

    def _bus(self, bus: DiagramBus, vn_kv: float) -> Markup:
        x, y = self.buses[bus.index]
        source = bus.index in self.facts.sources
        radius = 7 if source else 3.2 if vn_kv < 1.0 else 4
        return tag("circle", cx=at(x), cy=at(y), r=radius, class_="bus source" if source else "bus", data_el=f"bus:{bus.index}")

    def _trafo(self, key: str) -> Markup:
        spot = self.drawn.spots.get(key)
        if spot is None:
            return Markup("")
        rings = (tag("circle", cx=dx, cy=0, r=5) for dx in (-3, 3))
        pin = tag("svg", *rings, x=at(spot[0]), y=at(spot[1]), class_="pin rings")
        return tag("g", pin, class_="trafo", data_el=key)

    def overlay(self, items: Sequence[Abnormal], dark: Iterable[int], words: Words) -> Markup:
        """Coloured strokes and symbols, with the figure of the worst ones; nothing at all when all is normal."""
        return overlay(self.drawn, items, dark, words)


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    width: float
    height: float

    @classmethod
    def around(cls, points: Collection[Point]) -> _Box | None:
        """The smallest box of bearable proportions; None where there is nothing to stretch over."""
        if len(points) < 2:
            return None
        xs, ys = zip(*points, strict=True)
        width, height = max(xs) - min(xs), max(ys) - min(ys)
        if max(width, height) <= 0.0:
            return None
        wide, high = max(width, height / _WIDEST), max(height, width / _WIDEST)
        return cls((max(xs) + min(xs) - wide) / 2, (max(ys) + min(ys) + high) / 2, wide, high)

    @property
    def aspect(self) -> float:
        return self.width / self.height

    def inside(self, point: Point) -> Point:
        """Fractions from the upper left, north up, with a margin for figures at the edge."""
        across, down = (point[0] - self.left) / self.width, (self.top - point[1]) / self.height
        return _MARGIN + (1 - 2 * _MARGIN) * across, _MARGIN + (1 - 2 * _MARGIN) * down


def _flat(placed: Mapping[int, tuple[float | None, float | None]]) -> dict[int, Point]:
    """Degrees made as wide as they are high at their latitude; coordinates of a plane as they are."""
    points = {bus: (float(x), float(y)) for bus, (x, y) in placed.items() if x is not None and y is not None}
    if not points or not all(abs(x) <= 180.0 and abs(y) <= 90.0 for x, y in points.values()):
        return points
    middle = math.radians(sum(y for _, y in points.values()) / len(points))
    return {bus: (x * math.cos(middle), y) for bus, (x, y) in points.items()}


def _with_neighbours(known: Mapping[int, Point], facts: DiagramFacts) -> dict[int, Point]:
    """Every bus that hangs on a placed one takes its place, from neighbour to neighbour."""
    pairs = [(edge.from_bus, edge.to_bus) for edge in (*facts.trafos, *facts.lines)] + [(a, b) for _, a, b in facts.couplers]
    found = dict(known)
    reached = True
    while reached:
        reached = False
        for a, b in pairs:
            for here, there in ((a, b), (b, a)):
                if here in found and there not in found:
                    found[there] = found[here]
                    reached = True
    return found


def _drawn(facts: DiagramFacts, buses: Mapping[int, Point]) -> Drawn:
    strokes: dict[str, Sequence[Segment]] = {}
    spots = {f"bus:{bus}": point for bus, point in buses.items()}
    for table, edges in (("line", facts.lines), ("trafo", facts.trafos)):
        for edge in edges:
            if edge.from_bus in buses and edge.to_bus in buses:
                (xa, ya), (xb, yb) = buses[edge.from_bus], buses[edge.to_bus]
                key = f"{table}:{edge.index}"
                spots[key] = ((xa + xb) / 2, (ya + yb) / 2)
                if (xa, ya) != (xb, yb):
                    strokes[key] = ((xa, ya, xb, yb),)
    for switch, a, b in facts.couplers:
        if a in buses and b in buses:
            spots[f"switch:{switch}"] = buses[a]
    return Drawn(strokes, spots)
