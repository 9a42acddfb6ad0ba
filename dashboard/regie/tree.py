"""Where everything stands on the single-line diagram: feeders as rows from the busbars, computed once per site.

Positions are fractions of the drawing (0..1), so that lines follow the window while text and symbols keep their size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from twin.contracts.diagram import DiagramEdge, DiagramFacts

_LEFT, _RIGHT = 0.135, 0.985
"""Busbars of the main level, and the last bus of the longest feeder."""
_TOP, _BOTTOM = 0.045, 0.965


@dataclass(frozen=True)
class Bar:
    """A busbar: a vertical stroke at ``x`` from ``top`` to ``bottom``."""

    bus: int
    x: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Inset:
    """A low-voltage neighbourhood drawn below the main rows; ``trafo``: index of the transformer that feeds it."""

    trafo: int
    top: float
    bottom: float


@dataclass(frozen=True)
class Layout:
    """Positions (x, y) by bus. ``drawn``: lines of the trees, the others close loops. ``rows``: how many rows there are."""

    buses: dict[int, tuple[float, float]]
    bars: dict[int, Bar]
    drawn: frozenset[int]
    insets: tuple[Inset, ...]
    rows: int
    row_of: dict[int, float] = field(default_factory=dict)


@dataclass
class _Tree:
    """The spanning tree of one level: children of each bus, with the line that leads there."""

    children: dict[int, list[int]]
    lines: set[int]
    depth: dict[int, int]


def arrange(facts: DiagramFacts, open_lines: Iterable[int] = ()) -> Layout:
    """Positions of every bus.

    Args:
        facts: what there is to draw.
        open_lines: lines open at the time of drawing; the rows end there, as in normal operation.
    """
    closed = [line for line in facts.lines if line.index not in set(open_lines)]
    opened = [line for line in facts.lines if line.index in set(open_lines)]
    source = _joined(facts, facts.sources)
    feeding = [trafo for trafo in facts.trafos if trafo.from_bus in source]
    station = _joined(facts, [trafo.to_bus for trafo in feeding]) if feeding else source
    place = _Placing()
    main = _span(station, closed, opened)
    place.level(sorted(station), main, left=_LEFT)
    insets = []
    for trafo in sorted((t for t in facts.trafos if t not in feeding), key=lambda t: t.index):
        root = _joined(facts, [trafo.to_bus])
        if root & set(place.row) or not _leads_on(facts, root):
            continue
        top = place.rows
        place.rows += 3  # air, where the inset's title and the transformer's figure stand
        place.level(sorted(root), _span(root, closed, opened), left=_LEFT + 0.06)
        insets.append((trafo.index, top, place.rows))
    ends = {t.to_bus: t.from_bus for t in facts.trafos if t not in feeding and t.to_bus not in place.row}
    place.rest(bus.index for bus in facts.buses if bus.index not in source and bus.index not in ends)
    place.beside(ends)
    return _finish(place, sorted(source - station), station, feeding, insets)


def _joined(facts: DiagramFacts, start: Sequence[int]) -> set[int]:
    """``start`` and every bus that couplers, open or closed, join to it."""
    found, queue = set(start), deque(start)
    while queue:
        bus = queue.popleft()
        for _, a, b in facts.couplers:
            other = b if a == bus else a if b == bus else None
            if other is not None and other not in found:
                found.add(other)
                queue.append(other)
    return found


def _leads_on(facts: DiagramFacts, root: set[int]) -> bool:
    """True when a line starts at the low side: there is a neighbourhood to draw, not just the end of a substation."""
    return any(line.from_bus in root or line.to_bus in root for line in facts.lines)


def _span(roots: set[int], closed: Sequence[DiagramEdge], opened: Sequence[DiagramEdge]) -> _Tree:
    """Breadth first from the roots over closed lines; what only open lines reach hangs on those."""
    tree = _Tree({}, set(), dict.fromkeys(sorted(roots), 0))
    for lines in (closed, opened):
        ends: dict[int, list[tuple[int, int]]] = {}
        for line in lines:
            ends.setdefault(line.from_bus, []).append((line.index, line.to_bus))
            ends.setdefault(line.to_bus, []).append((line.index, line.from_bus))
        queue = deque(tree.depth)
        while queue:
            bus = queue.popleft()
            for index, other in sorted(ends.get(bus, ())):
                if other not in tree.depth:
                    tree.depth[other] = tree.depth[bus] + 1
                    tree.children.setdefault(bus, []).append(other)
                    tree.lines.add(index)
                    queue.append(other)
    return tree


@dataclass
class _Placing:
    """Rows filled so far, from top to bottom."""

    rows: int = 0
    row: dict[int, float] = field(default_factory=dict)
    column: dict[int, float] = field(default_factory=dict)
    spans: dict[int, tuple[int, int, float]] = field(default_factory=dict)
    lines: set[int] = field(default_factory=set)

    def level(self, roots: Sequence[int], tree: _Tree, *, left: float) -> None:
        """Place one voltage level: each root's feeders below one another, the longest run of each on its first row."""
        longest = max(tree.depth.values(), default=0) or 1
        reach = dict.fromkeys(tree.depth, 0)
        for bus in sorted(tree.depth, key=lambda b: -tree.depth[b]):
            reach[bus] = max((1 + reach[child] for child in tree.children.get(bus, ())), default=0)
        self.lines |= tree.lines
        for root in roots:
            self.column[root] = left
            feeders = tree.children.get(root, [])
            if not feeders:
                continue
            first = self.rows
            for feeder in feeders:
                self._run(feeder, tree, reach, left, (_RIGHT - left) / longest)
            self.spans[root] = (first, self.rows - 1, left)
            self.row[root] = first

    def _run(self, head: int, tree: _Tree, reach: dict[int, int], left: float, step: float) -> None:
        waiting = [head]
        while waiting:
            bus: int | None = waiting.pop()
            row = self.rows
            self.rows += 1
            while bus is not None:
                self.row[bus] = row
                self.column[bus] = left + step * tree.depth[bus]
                onward = sorted(tree.children.get(bus, ()), key=lambda child: (-reach[child], child))
                waiting += onward[1:]
                bus = onward[0] if onward else None

    def beside(self, ends: dict[int, int]) -> None:
        """Low sides without lines of their own stand close to their high side, between its row and the one above."""
        for low, high in ends.items():
            if high in self.row:
                self.column[low] = self.column[high] + 0.012
                self.row[low] = self.row[high] - 0.5

    def rest(self, buses: Iterable[int]) -> None:
        """Buses that nothing reaches stand on a last row."""
        lost = [bus for bus in buses if bus not in self.column]
        for position, bus in enumerate(lost):
            self.column[bus] = _LEFT + (_RIGHT - _LEFT) * (position + 1) / (len(lost) + 1)
            self.row[bus] = self.rows
        self.rows += bool(lost)


def _finish(
    place: _Placing,
    source: Sequence[int],
    station: set[int],
    trafos: Sequence[DiagramEdge],
    insets: Sequence[tuple[int, int, int]],
) -> Layout:
    def y(row: float) -> float:
        return _TOP + (_BOTTOM - _TOP) * (row + 0.5) / max(place.rows, 1)

    positions = {bus: (x, y(place.row[bus])) for bus, x in place.column.items() if bus in place.row}
    bars = {bus: Bar(bus, x, y(first - 0.3), y(last + 0.3)) for bus, (first, last, x) in place.spans.items()}
    # Station buses without feeders of their own (transformer bays) stand left of the busbars, sources further left.
    bays = sorted(bus for bus in station if bus not in place.row)
    main = [bars[bus] for bus in sorted(station) if bus in bars]
    top, bottom = (main[0].top, main[-1].bottom) if main else (_TOP, _BOTTOM)
    for position, bus in enumerate(bays):
        positions[bus] = (0.088 + 0.014 * position, top + (bottom - top) * (position + 1) / (len(bays) + 1))
    for bus, bar in bars.items():
        positions[bus] = (bar.x, (bar.top + bar.bottom) / 2)
    for position, bus in enumerate(source):
        fed = [positions[t.to_bus][1] for t in trafos if t.from_bus == bus and t.to_bus in positions]
        level = sum(fed) / len(fed) if fed else top + (bottom - top) * (position + 1) / (len(source) + 1)
        positions[bus] = (0.022, level)
    boxes = tuple(Inset(trafo, y(top_row + 0.4), y(last - 0.4)) for trafo, top_row, last in insets)
    return Layout(positions, bars, frozenset(place.lines), boxes, place.rows, dict(place.row))
