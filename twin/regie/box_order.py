"""In which order boxes are asked: from what their cards need and provide; every fault named before the first process starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from twin.contracts.box import BoxCard, Mode, Need, Provide
from twin.contracts.frame import Layout
from twin.domain.problems import Problems
from twin.domain.signals import SIGNALS

Levels = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Sources:
    """Where an input can come from.

    Attributes:
        cards: instance -> card, standbys included. ``champions``: those whose outputs others read.
        layout: columns of the frame. ``outlook``: signals that the outside world provides ahead of time.
    """

    cards: Mapping[str, BoxCard]
    champions: Collection[str]
    layout: Layout
    outlook: Collection[str]

    def providers(self, signal: str) -> list[str]:
        """Champions that provide ``signal``."""
        return [name for name in self.champions if any(p.signal == signal for p in self.cards[name].provides)]


def order_boxes(sources: Sources) -> Levels:
    """Levels of instance names; all of a level can be asked at once, given the champions of the levels before.

    A standby that serves as somebody's fallback comes no later than the one it stands in for.

    Raises:
        twin.domain.problems.BadInput: naming the chain of a cycle, every unmet need, every card that promises nonsense.
    """
    problems = Problems()
    cards = sources.cards
    for name, card in cards.items():
        _check_card(name, card, cards, problems)
    problems.raise_if_any()
    before = {name: _before(name, sources, problems) for name in cards}
    _check_doubles(sources, problems)
    level: dict[str, int] = {}
    for name in cards:
        _place(name, before, level, (), problems)
    problems.raise_if_any()
    return tuple(tuple(n for n in cards if level[n] == i) for i in range(max(level.values(), default=-1) + 1))


def from_boxes(need: Need, layout: Layout) -> bool:
    """True when ``need`` is about the future, or about something that only boxes know: not met by the frame alone."""
    return bool(need.ahead) or not layout.elements(need.signal)


def _before(name: str, sources: Sources, problems: Problems) -> dict[str, int]:
    """Instance -> 1 (must be a level earlier) or 0 (may share the level)."""
    card = sources.cards[name]
    found = {rung.removeprefix("instance:"): 0 for rung in card.fallbacks if rung.startswith("instance:")}
    for need in card.needs:
        if from_boxes(need, sources.layout):
            found |= dict.fromkeys(sources.providers(need.signal), 1)
        if need.mode is not Mode.OPTIONAL:
            _check_need(f"box {name!r} needs {need.signal!r}", need, sources, problems)
    return found


def _check_need(place: str, need: Need, sources: Sources, problems: Problems) -> None:
    observed = sources.layout.elements(need.signal)
    missing = [element for element in need.elements if element not in observed]
    remedy = "declare it in the site's telemetry, or make the need optional"
    if need.history and not observed:
        problems.add(place, "not observed", "a signal of the frame", remedy)
    elif observed and missing:
        problems.add(place, missing, f"elements out of {list(observed)}", remedy)
    if not from_boxes(need, sources.layout) or need.signal in sources.outlook:
        return
    remedy = "add a box that provides it to the site file, or make the need optional"
    providers = sources.providers(need.signal)
    provided = [p for name in providers for p in sources.cards[name].provides if p.signal == need.signal]
    if not provided:
        problems.add(place, "nobody provides it", f"a champion or one of {sorted(sources.outlook)}", remedy)
        return
    named = {element for provide in provided for element in provide.elements}
    absent = [element for element in need.elements if element not in named]
    if absent and all(provide.elements for provide in provided):
        problems.add(place, f"nobody provides it for {absent}", f"elements out of {sorted(named)}", remedy)
    short = min((provide.horizon for provide in provided), default=need.ahead)
    if short < need.ahead:
        problems.add(place, f"ahead={need.ahead}", f"the provided horizon of {short}", "ask for less or provide more")


def _place(
    name: str, before: Mapping[str, Mapping[str, int]], level: dict[str, int], path: tuple[str, ...], problems: Problems
) -> int:
    if name in level:
        return level[name]
    if name in path:
        chain = " -> ".join([*path[path.index(name) :], name])
        problems.add(
            f"boxes {chain}",
            "each needs the next one's answer",
            "no cycle",
            "take one need out, or read its history instead of its future",
        )
        return 0
    earlier = [_place(other, before, level, (*path, name), problems) + step for other, step in before[name].items()]
    level[name] = max(earlier, default=0)
    return level[name]


def _check_card(name: str, card: BoxCard, cards: Mapping[str, BoxCard], problems: Problems) -> None:
    place = f"card of box {name!r}"
    for signal in [*(need.signal for need in card.needs), *(provide.signal for provide in card.provides)]:
        if signal not in SIGNALS:
            problems.add(place, f"signal {signal!r}", "a name of twin.domain.signals", "correct the name or add the signal")
    for provide in card.provides:
        if provide.signal not in card.constants:
            problems.add(place, f"no constant for {provide.signal!r}", "one for every output", "name the last resort")
        if list(provide.quantiles) != sorted(set(provide.quantiles)):
            problems.add(place, f"quantiles={provide.quantiles}", "ascending", "sort them")
    if not card.fallbacks or card.fallbacks[-1] != "constant":
        problems.add(place, f"fallbacks={card.fallbacks}", "a list that ends in 'constant'", "append it")
    for rung in card.fallbacks:
        _check_rung(name, rung, cards, problems)
    if card.deadline_s <= 0 or card.memory_mb <= 0:
        problems.add(place, f"deadline_s={card.deadline_s}, memory_mb={card.memory_mb}", "above 0", "correct the card")
    if "pandapower" in card.preload:
        problems.add(place, "preload pandapower", "no pandapower inside boxes", "read the compiled grid of the context")


def _check_rung(name: str, rung: str, cards: Mapping[str, BoxCard], problems: Problems) -> None:
    if rung in ("last_good", "constant"):
        return
    place, card = f"card of box {name!r}", cards[name]
    other = rung.removeprefix("instance:")
    if not rung.startswith("instance:") or other not in cards or other == name:
        problems.add(
            place,
            f"fallback {rung!r}",
            f"last_good, constant or instance: and one of {sorted(cards)}",
            "add that instance to the site file or take the rung out",
        )
        return
    theirs = {provide.signal for provide in cards[other].provides}
    lacking = sorted({provide.signal for provide in card.provides} - theirs)
    if lacking:
        problems.add(place, f"fallback {rung!r}", f"an instance that provides {lacking} too", "choose another one")


def _check_doubles(sources: Sources, problems: Problems) -> None:
    seen: dict[str, list[tuple[str, Provide]]] = {}
    for name in sources.champions:
        for provide in sources.cards[name].provides:
            for other, theirs in seen.setdefault(provide.signal, []):
                place = f"boxes {other!r} and {name!r}, signal {provide.signal!r}"
                both = set(provide.elements) & set(theirs.elements)
                if both or not provide.elements or not theirs.elements:
                    problems.add(
                        place, f"both provide {sorted(both) or 'all of it'}", "one champion each", "make one a standby"
                    )
                mine = (provide.horizon, provide.resolution, provide.quantiles)
                if mine != (theirs.horizon, theirs.resolution, theirs.quantiles):
                    problems.add(place, "different labels", "one horizon, resolution and quantiles", "let them agree")
            seen[provide.signal].append((name, provide))
