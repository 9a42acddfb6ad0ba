"""In which order boxes are asked: from what their cards need and provide; every fault named before the first process starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from twin.contracts.box import BoxCard, Mode, Need, Provide
from twin.contracts.card import INSTANCE, card_problems
from twin.contracts.frame import Layout
from twin.contracts.needs import reads_ahead
from twin.domain.problems import BadInput, Problem, Problems

Levels = tuple[tuple[str, ...], ...]
_LABELS = ("resolution", "horizon", "quantiles", "scenarios")


@dataclass(frozen=True)
class Sources:
    """Where an input can come from.

    Attributes:
        cards: instance -> card, standbys included. ``champions``: those whose outputs others read.
        layout: columns of the frame. ``outlook``: signals that the outside world provides ahead of time.
        shadows: shadow -> the champion that it is compared with.
    """

    cards: Mapping[str, BoxCard]
    champions: Collection[str]
    layout: Layout
    outlook: Collection[str]
    shadows: Mapping[str, str] = field(default_factory=dict)

    def providers(self, signal: str) -> list[str]:
        """Champions that provide ``signal``."""
        return [name for name in self.champions if any(p.signal == signal for p in self.cards[name].provides)]


def checked_order(sources: Sources) -> Levels:
    """The order, and that every shadow could take its champion's place; before the first process starts.

    Raises:
        twin.domain.problems.BadInput: as `order_boxes`, or else naming every shadow that could not be promoted.
    """
    levels, problems = order_boxes(sources), Problems()
    for shadow, champion in sources.shadows.items():
        _check_shadow(shadow, champion, sources, problems)
    problems.raise_if_any()
    return levels


def order_boxes(sources: Sources) -> Levels:
    """Levels of instance names; all of a level can be asked at once, given the champions of the levels before.

    A standby that serves as somebody's fallback comes no later than the one it stands in for. Shadows come last, all at once:
    nobody waits for them but the tick, and that no longer than the longest of their deadlines.

    Raises:
        twin.domain.problems.BadInput: naming the chain of a cycle, every unmet need, every card that promises nonsense.
    """
    problems = Problems()
    cards = sources.cards
    for name, card in cards.items():
        place = f"card of box {name!r}"
        problems.found += card_problems(card, place)
        for rung in card.fallbacks:
            if rung.startswith(INSTANCE):
                _check_rung(place, name, rung, sources, problems)
    problems.raise_if_any()
    before = {name: _before(name, sources, problems) for name in cards}
    _check_doubles(sources, problems)
    level: dict[str, int] = {}
    for name in cards:
        _place(name, before, level, (), problems)
    problems.raise_if_any()
    last = max(level.values(), default=-1) + 1
    level |= dict.fromkeys(sources.shadows, last)
    return tuple(names for i in range(last + 1) if (names := tuple(n for n in cards if level[n] == i)))


def _before(name: str, sources: Sources, problems: Problems) -> dict[str, int]:
    """Instance -> 1 (must be a level earlier) or 0 (may share the level)."""
    card = sources.cards[name]
    found = {rung.removeprefix(INSTANCE): 0 for rung in card.fallbacks if rung.startswith(INSTANCE)}
    for need in card.needs:
        if reads_ahead(need, sources.layout):
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
    if not reads_ahead(need, sources.layout):
        return
    if need.signal in sources.outlook:
        one_value = "none: the outlook has one value per time"
        if need.quantiles:
            problems.add(place, f"quantiles={need.quantiles}", one_value, "take them out")
        if need.scenarios:
            problems.add(place, f"scenarios={need.scenarios}", one_value, "take them out")
        return
    providers = sources.providers(need.signal)
    provided = [p for name in providers for p in sources.cards[name].provides if p.signal == need.signal]
    if not provided:
        remedy = "add a box that provides it to the site file, or make the need optional"
        problems.add(place, "nobody provides it", f"a champion or one of {sorted(sources.outlook)}", remedy)
    else:
        _check_provided(place, need, provided, problems)
        most = min(provide.scenarios for provide in provided)
        if need.scenarios > most:
            limit = f"at most the {most} that {', '.join(repr(name) for name in providers)} provides"
            problems.add(place, f"scenarios={need.scenarios}", limit, "read fewer or let the provider draw more")


def _check_provided(place: str, need: Need, provided: Sequence[Provide], problems: Problems) -> None:
    named = {element for provide in provided for element in provide.elements}
    absent = [element for element in need.elements if element not in named]
    if absent and all(provide.elements for provide in provided):
        remedy = "add a box that provides it to the site file, or make the need optional"
        problems.add(place, f"nobody provides it for {absent}", f"elements out of {sorted(named)}", remedy)
    # Champions that share a signal share its labels, or are refused for it: the first speaks for all.
    first = provided[0]
    if first.horizon < need.ahead:
        limit = f"the provided horizon of {first.horizon}"
        problems.add(place, f"ahead={need.ahead}", limit, "ask for less or provide more")
    if first.resolution != need.resolution:
        limit = f"the provided resolution of {first.resolution}"
        problems.add(place, f"resolution={need.resolution}", limit, "read it as it is provided")
    unknown = [level for level in need.quantiles if level not in first.quantiles]
    if unknown:
        limit = f"levels out of {list(first.quantiles)}"
        problems.add(place, f"quantiles={unknown}", limit, "read another level or let the provider add it")


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


def _check_rung(place: str, name: str, rung: str, sources: Sources, problems: Problems) -> None:
    other, cards = rung.removeprefix(INSTANCE), sources.cards
    if other not in cards or other == name:
        known = f"{INSTANCE} and one of {sorted(set(cards) - {name})}"
        problems.add(place, f"fallback {rung!r}", known, "add that instance to the site file or take the rung out")
        return
    if other in sources.shadows and name not in sources.shadows:
        problems.add(place, f"fallback {rung!r}", "no shadow: it answers last", "choose a standby, or make it one")
    theirs = {provide.signal: provide for provide in cards[other].provides}
    for provide in cards[name].provides:
        lacking = _lacking(provide, theirs.get(provide.signal))
        if lacking:
            expected = f"an instance that provides {provide.signal!r} with {lacking}"
            problems.add(place, f"fallback {rung!r}", expected, "choose another one or let the cards agree")


def _lacking(ours: Provide, theirs: Provide | None) -> str:
    """What ``theirs`` lacks to stand in for ``ours``; "" when it can."""
    if theirs is None:
        return "anything at all"
    if theirs.elements and not (ours.elements and set(ours.elements) <= set(theirs.elements)):
        return f"elements={list(ours.elements) or 'all'}"
    different = [name for name in _LABELS if getattr(ours, name) != getattr(theirs, name)]
    return ", ".join(f"{name}={getattr(ours, name)}" for name in different)


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
                if any(getattr(provide, label) != getattr(theirs, label) for label in _LABELS):
                    limit = "one horizon, resolution and number of scenarios, the same quantiles"
                    problems.add(place, "different labels", limit, "let them agree")
            seen[provide.signal].append((name, provide))


def _check_shadow(shadow: str, champion: str, sources: Sources, problems: Problems) -> None:
    """That it provides what its champion provides, and that all the others could go on with it in the champion's place."""
    place = f"box {shadow!r} shadows {champion!r}"
    if champion not in sources.champions:
        problems.add(place, "no champion", f"one of {sorted(sources.champions)}", "name whom it shadows")
        return
    mine = {provide.signal: provide for provide in sources.cards[shadow].provides}
    for provide in sources.cards[champion].provides:
        lacking = _lacking(provide, mine.get(provide.signal))
        if lacking:
            problems.add(place, f"{provide.signal!r} differs", f"one with {lacking}", "let the cards agree")
    promoted = [shadow if name == champion else name for name in sources.champions]
    others = {name: shadow if of == champion else of for name, of in sources.shadows.items() if name != shadow}
    try:
        order_boxes(replace(sources, champions=promoted, shadows={**others, champion: shadow}))
    except BadInput as refused:
        problems.found += [Problem(f"{place}, promoted: {p.place}", p.value, p.limit, p.remedy) for p in refused.problems]
