"""The single-line diagram as SVG: what never changes in one drawing, what is abnormal in another laid over it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from dashboard.regie.abnormal import Abnormal
from dashboard.regie.grid.drawing import Drawn, Segment, at, group, overlay, strokes
from dashboard.regie.grid.map import GridMap
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.tree import Layout, arrange
from dashboard.regie.words import Words
from twin.contracts.diagram import DiagramFacts
from twin.contracts.snapshot import GridValues


class Diagram:
    """One site's drawing."""

    def __init__(self, facts: DiagramFacts, open_lines: Collection[int]) -> None:
        self.facts = facts
        self.layout = arrange(facts, open_lines)
        self._segments = _all_segments(facts, self.layout)

    # -------------------------------------------------------------------------------------- what never changes

    def base(self, values: GridValues, names: Names) -> Markup:
        """Busbars, lines, transformers, couplers, buses and open points; changes only with the topology."""
        open_lines, parts = frozenset(values.open_lines), list[Markup]()
        parts += [self._inset(index, names) for index in range(len(self.layout.insets))]
        for line in self.facts.lines:
            if line.index not in open_lines:
                parts.append(group(f"line:{line.index}", "wire", self._segments.get(f"line:{line.index}", ())))
        parts += self._couplers(values.closed_couplers)
        parts += [self._trafo(trafo.index) for trafo in self.facts.trafos]
        for bus in self.facts.buses:
            if bus.index in self.layout.bars:
                bar = self.layout.bars[bus.index]
                parts.append(group(f"bus:{bus.index}", "bar", [(bar.x, bar.top, bar.x, bar.bottom)]))
            elif bus.index in self.layout.buses:
                x, y = self.layout.buses[bus.index]
                parts.append(tag("circle", cx=at(x), cy=at(y), r=3.5, class_="bus", data_el=f"bus:{bus.index}"))
        parts += self._open_points(open_lines)
        parts += self._level_names()
        return tag("svg", *parts, class_="drawing base", role="img", aria_label=names.words("ui.diagram_alt"))

    def _level_names(self) -> list[Markup]:
        """Voltage levels: above the highest busbar of each level, and above the source."""
        kv = {bus.index: bus.vn_kv for bus in self.facts.buses}
        highest: dict[float, tuple[float, float]] = {}
        for bus, (x, y) in sorted(self.layout.buses.items()):
            bar = self.layout.bars.get(bus)
            if (bar is None and bus not in self.facts.sources) or x > 0.15:  # an inset's title names its level
                continue
            top = y - 0.02 if bar is None else bar.top - 0.006
            if kv[bus] not in highest or top < highest[kv[bus]][1]:
                highest[kv[bus]] = (x, top)
        return [
            tag("text", f"{level:g} kV", x=at(x), y=at(y), dx=-8, text_anchor="start" if x < 0.05 else "end")
            for level, (x, y) in highest.items()
        ]

    def _inset(self, number: int, names: Names) -> Markup:
        inset = self.layout.insets[number]
        trafo = next(t for t in self.facts.trafos if t.index == inset.trafo)
        kv = {bus.index: bus.vn_kv for bus in self.facts.buses}
        levels = {"high": f"{kv[trafo.from_bus]:g}", "low": f"{kv[trafo.to_bus]:g}"}
        title = names.words("ui.inset", name=names.of(f"trafo:{inset.trafo}"), **levels)
        y = inset.top
        return tag(
            "g",
            tag("rect", x=at(0.1), y=at(y), width=at(0.897), height=at(inset.bottom - y), class_="inset"),
            tag("svg", tag("text", title, x=0, y=16, class_="inset-title"), x=at(0.26), y=at(y), class_="pin"),
        )

    def _trafo(self, index: int) -> Markup:
        segments = self._segments.get(f"trafo:{index}", ())
        spot = self._trafo_spot(index)
        if spot is None:
            return Markup("")
        x, y = spot
        radius = 3.5 if self._is_end(index) else 6.5
        rings = tag(
            "svg",
            tag("circle", cx=-0.6 * radius, cy=0, r=radius),
            tag("circle", cx=0.6 * radius, cy=0, r=radius),
            x=at(x),
            y=at(y),
            class_="pin rings",
        )
        return tag("g", *strokes(segments), rings, class_="trafo", data_el=f"trafo:{index}")

    def _is_end(self, index: int) -> bool:
        """True for a substation's own transformer, drawn small beside its bus."""
        trafo = next(t for t in self.facts.trafos if t.index == index)
        return self.layout.buses[trafo.from_bus][0] > 0.135 and trafo.to_bus not in self.layout.bars

    def _trafo_spot(self, index: int) -> tuple[float, float] | None:
        trafo = next(t for t in self.facts.trafos if t.index == index)
        if trafo.from_bus not in self.layout.buses or trafo.to_bus not in self.layout.buses:
            return None
        if any(inset.trafo == index for inset in self.layout.insets):
            x, y = self.layout.buses[trafo.to_bus]
            return x - 0.03, y
        (x1, y1), (x2, y2) = self.layout.buses[trafo.from_bus], self.layout.buses[trafo.to_bus]
        return ((x1 + x2) / 2, (y1 + y2) / 2) if self._is_end(index) else ((x1 + x2) / 2, y2)

    def _couplers(self, closed_couplers: Collection[int]) -> list[Markup]:
        parts = []
        for switch, _, _ in self.facts.couplers:
            closed = switch in closed_couplers
            segments = self._segments.get(f"switch:{switch}", ())
            if not segments:
                continue
            x1, y1, x2, y2 = segments[0]
            square = tag(
                "svg",
                tag("rect", x=-4, y=-4, width=8, height=8, class_="closed" if closed else "open"),
                x=at((x1 + x2) / 2),
                y=at((y1 + y2) / 2),
                class_="pin",
            )
            link = strokes(segments) if closed else []
            parts.append(tag("g", *link, square, class_="coupler", data_el=f"switch:{switch}"))
        bays = {bus for bus, (x, _) in self.layout.buses.items() if bus not in self.layout.bars and 0.03 < x < 0.135}
        for bay in sorted(bays & {b for _, *pair in self.facts.couplers for b in pair}):
            x, y = self.layout.buses[bay]
            ends = [y, *(s[0][1] for k, s in self._segments.items() if k.startswith("switch:") and s[0][0] == x)]
            parts.append(group(f"bus:{bay}", "wire", [(x, min(ends), x, max(ends))]))
        return parts

    def _open_points(self, open_lines: Collection[int]) -> list[Markup]:
        parts = []
        for line in self.facts.lines:
            if line.index not in open_lines:
                continue
            for bus in (line.from_bus, line.to_bus):
                if bus in self.layout.buses:
                    x, y = self.layout.buses[bus]
                    mark = tag("rect", x=-3, y=6, width=6, height=6, class_="open")
                    pin = tag("svg", mark, x=at(x), y=at(y), class_="pin", data_el=f"line:{line.index}")
                    parts.append(pin)
        return parts

    # -------------------------------------------------------------------------------------- what is abnormal

    def overlay(self, items: Sequence[Abnormal], dark: Iterable[int], words: Words) -> Markup:
        """Coloured strokes and symbols, with the figure of the worst ones; nothing at all when all is normal."""
        return overlay(self.drawn, items, dark, words)

    @cached_property
    def drawn(self) -> Drawn:
        """Where every element stands."""
        keys = [f"bus:{bus}" for bus in self.layout.buses] + list(self._segments)
        return Drawn(self._segments, {key: spot for key in keys if (spot := self._spot(key)) is not None})

    @cached_property
    def map(self) -> GridMap | None:
        """The same grid where it stands in the country; None where its file does not say."""
        return GridMap.of(self.facts)

    def _spot(self, key: str) -> tuple[float, float] | None:
        table, _, index = key.partition(":")
        if table == "bus":
            return self.layout.buses.get(int(index))
        if table == "trafo":
            return self._trafo_spot(int(index))
        segments = self._segments.get(key, ())
        if not segments:
            return None
        x1, y1, x2, y2 = segments[-1]
        return (x1 + x2) / 2, (y1 + y2) / 2

    # -------------------------------------------------------------------------------------- what the pointer asks for

    def tips(self, values: GridValues, names: Names) -> dict[str, str]:
        """Text per element for hover and focus: name, value, limits."""
        words = names.words
        quality = ", ".join(words(f"quality.{flag}") for flag in values.quality)
        tips = {}
        groups = self._groups_by_bus(names)
        for bus, vm_pu in zip(self.facts.buses, values.vm_pu, strict=True):
            text = words(
                "ui.tip_bus",
                name=bus.name,
                vm_pu=words.number(vm_pu, "pu"),
                low=words.number(bus.low_pu, decimals=2),
                high=words.number(bus.high_pu, decimals=2),
                quality=quality,
            )
            tips[f"bus:{bus.index}"] = " · ".join([text, *groups.get(bus.index, ())])
        for table, edges, loading in (
            ("line", self.facts.lines, values.line_loading_percent),
            ("trafo", self.facts.trafos, values.trafo_loading_percent),
        ):
            for edge, percent in zip(edges, loading, strict=True):
                code = "ui.tip_open" if table == "line" and edge.index in values.open_lines else "ui.tip_edge"
                tips[f"{table}:{edge.index}"] = words(
                    code,
                    name=names.of(f"{table}:{edge.index}"),
                    loading=words.number(percent, "%"),
                    limit=words.number(edge.limit_percent, "%"),
                    quality=quality,
                )
        for switch, _, _ in self.facts.couplers:
            code = "ui.tip_closed" if switch in values.closed_couplers else "ui.tip_open"
            tips[f"switch:{switch}"] = words(code, name=names.of(f"switch:{switch}"))
        return tips

    def _groups_by_bus(self, names: Names) -> dict[int, list[str]]:
        """What kinds of devices can be moved at a bus."""
        found: dict[int, list[str]] = {}
        for device, bus in sorted(self.facts.devices.items()):
            title = names.group(names.site.devices.get(device, device))
            if title not in found.setdefault(bus, []):
                found[bus].append(title)
        return found


# ------------------------------------------------------------------------------------------------- geometry


def _all_segments(facts: DiagramFacts, layout: Layout) -> dict[str, list[Segment]]:
    found: dict[str, list[Segment]] = {}
    for line in facts.lines:
        if line.from_bus in layout.buses and line.to_bus in layout.buses:
            found[f"line:{line.index}"] = _line(layout, line.index, line.from_bus, line.to_bus)
    for trafo in facts.trafos:
        if trafo.from_bus not in layout.buses or trafo.to_bus not in layout.buses:
            continue
        (x1, y1), (x2, y2) = layout.buses[trafo.from_bus], layout.buses[trafo.to_bus]
        if any(inset.trafo == trafo.index for inset in layout.insets):
            found[f"trafo:{trafo.index}"] = [(x2 - 0.05, y2, x2, y2)]
        else:
            found[f"trafo:{trafo.index}"] = [(x1, y1, x1, y2), (x1, y2, x2, y2)]
    for switch, a, b in facts.couplers:
        segment = _coupler(layout, a, b)
        if segment is not None:
            found[f"switch:{switch}"] = [segment]
    return found


def _line(layout: Layout, index: int, a: int, b: int) -> list[Segment]:
    """Along the row; to another row first down, then along. Lines that close a loop go straight."""
    (xa, ya), (xb, yb) = layout.buses[a], layout.buses[b]
    if index not in layout.drawn:
        return [(xa, ya, xb, yb)]
    if xa > xb:
        (a, xa, ya), (b, xb, yb) = (b, xb, yb), (a, xa, ya)
    if a in layout.bars:
        return [(xa, yb, xb, yb)]
    if ya == yb:
        return [(xa, ya, xb, yb)]
    return [(xa, ya, xa, yb), (xa, yb, xb, yb)]


def _coupler(layout: Layout, a: int, b: int) -> Segment | None:
    bars = layout.bars
    if a in bars and b in bars:
        upper, lower = sorted((bars[a], bars[b]), key=lambda bar: bar.top)
        return (upper.x, upper.bottom, lower.x, lower.top)
    if a in bars or b in bars:
        bar, other = (bars[a], b) if a in bars else (bars[b], a)
        x, _ = layout.buses[other]
        middle = (bar.top + bar.bottom) / 2
        return (x, middle, bar.x, middle) if x < bar.x else None
    (xa, ya), (xb, yb) = layout.buses[a], layout.buses[b]
    return (xa, ya, xb, yb) if xa == xb else None
