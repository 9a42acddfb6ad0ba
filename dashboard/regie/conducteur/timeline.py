"""The day as a drawing: bars in lanes without overlaps, the hours below, the now-line over all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.regie.chips import chip
from dashboard.regie.conducteur.cue import KINDS, Cue
from dashboard.regie.conducteur.day import Day
from dashboard.regie.conducteur.words import described, title, window
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.words import Words

_PX = 1150.0
"""Width for which lanes are packed: what the smallest window (1366 px) leaves for the day. Wider windows have more air."""
_CHAR_PX, _EDGE_PX, _CHIP_PX, _BARE_PX = 7.2, 14.0, 44.0, 20.0
_HOUR_PX, _BOLD_PX = 42.0, 8.4
"""Of an hour's words, and of a character of the now-line's."""
_LENGTHS = (44, 30, 20)
"""Characters of a bar's words, as many as find room; all of them stand in its tip and in its name."""


@dataclass(frozen=True)
class Placed:
    """A cue in its lane. ``left``, ``width``: shares of the day. ``text``: "" where there was no room for words."""

    cue: Cue
    lane: int
    left: float
    width: float
    text: str


def placed(
    cues: Sequence[Cue], texts: Sequence[str], day: Day, lanes: int, now: datetime | None = None
) -> tuple[tuple[Placed, ...], tuple[Cue, ...]]:
    """Every cue in a lane in which it meets no other, with as many words as leave the fewest without a place; and those.

    Args:
        texts: of the cues, in their order. ``now``: what is over then has its place after what comes.
    """
    tried = [_packed(cues, texts, day, lanes, length, now) for length in _LENGTHS]
    return min(tried, key=lambda packed: len(packed[1]))


def _packed(
    cues: Sequence[Cue], texts: Sequence[str], day: Day, lanes: int, length: int, now: datetime | None
) -> tuple[tuple[Placed, ...], tuple[Cue, ...]]:
    """The urgent ones first. A bar stands where it is in the day: words that would reach beyond midnight are left out."""
    taken: list[list[tuple[float, float]]] = [[] for _ in range(lanes)]
    found: list[Placed] = []
    homeless: list[Cue] = []

    def turn(each: tuple[Cue, str]) -> tuple[bool, int, int, datetime]:
        cue, _ = each
        return now is not None and cue.end < now, cue.priority or 9, KINDS.index(cue.kind), cue.start

    for cue, text in sorted(zip(cues, texts, strict=True), key=turn):
        start, end = day.share(cue.start), day.share(cue.end)
        fits = int(((end - start) * _PX - _needs_px(cue, "") - _EDGE_PX) / _CHAR_PX)  # a long bar has room for all of them
        for words in dict.fromkeys((_cut(text, max(length, fits)), _cut(text, max(_LENGTHS[-1], fits)), "")):
            width = max(end - start, _needs_px(cue, words) / _PX)
            if words and start + width > 1.0:
                continue
            left = min(start, 1.0 - min(1.0, width))
            lane = next((i for i, spans in enumerate(taken) if all(left + width <= a or b <= left for a, b in spans)), None)
            if lane is not None:
                taken[lane].append((left, left + width))
                found.append(Placed(cue, lane, left, width, words))
                break
        else:
            homeless.append(cue)
    return tuple(sorted(found, key=lambda each: (each.cue.start, each.lane))), tuple(homeless)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _needs_px(cue: Cue, words: str) -> float:
    chip_px = _CHIP_PX if cue.priority else 0.0
    return chip_px + (_EDGE_PX + _CHAR_PX * len(words) if words else _BARE_PX - 0.25 * chip_px)


def timeline(
    cues: Sequence[Cue], day: Day, now: datetime | None, words: Words, names: Names, *, lanes: int, address: str
) -> tuple[Markup, tuple[Cue, ...]]:
    """The drawing, and the cues that found no place in it.

    Args:
        now: the grid's clock, for the now-line. ``address``: of the page on which a cue is edited.
    """
    bars, homeless = placed(cues, [title(cue, words, names) for cue in cues], day, lanes, now)
    line, hidden = None, (1.0, 1.0)
    if now is not None and day.start <= now < day.end:
        text, at = words("ui.now", at=words.clock(now)), day.share(now)
        line = tag("span", tag("b", text), class_="now-line", style=f"left:{100 * at:.3f}%")
        hidden = (at - _HOUR_PX / _PX, at + (_EDGE_PX + _BOLD_PX * len(text)) / _PX)
    items = [tag("li", _bar(bar, day, words, names, address)) for bar in bars]
    marks = [
        tag("span", text, class_="hour", style=f"left:{100 * day.share(at):.3f}%", aria_hidden="true")
        for at, text in _hours(day, words)
        if not hidden[0] < day.share(at) < hidden[1]  # under what the now-line says
    ]
    used = max((bar.lane + 1 for bar in bars), default=1)
    lanes_box = tag("ol", *items, class_="lanes", style=f"--lanes:{used}", aria_label=words("ui.timeline"))
    return tag("div", lanes_box, tag("div", *marks, class_="hours"), line, class_="day-line"), homeless


def _bar(bar: Placed, day: Day, words: Words, names: Names, address: str) -> Markup:
    cue = bar.cue
    mark = chip(cue.priority) if cue.priority else None
    lasts = 100.0 * (day.share(cue.end) - day.share(cue.start)) / bar.width
    return tag(
        "a",
        tag("i", style=f"width:{lasts:.2f}%", aria_hidden="true"),
        mark,
        tag("span", bar.text) if bar.text else None if mark else tag("span", "◆", aria_hidden="true"),
        href=f"{address}#{cue.id}",
        class_=f"cue{' instant' if cue.start == cue.end else ''}{' urgent' if cue.priority else ''}",
        style=f"left:{100 * bar.left:.3f}%;width:{100 * bar.width:.3f}%;--lane:{bar.lane}",
        aria_label=described(cue, words, names),
        data_tip=f"{window(cue, words)}\n{title(cue, words, names)}",
        data_focus=f"cue-{cue.id}",
    )


def _hours(day: Day, words: Words) -> list[tuple[datetime, str]]:
    """Every second hour that the day has, by its own clock: 23 or 25 of them when clocks change."""
    every = [day.start + timedelta(hours=hour) for hour in range(day.hours)]
    return [(at, words.clock(at)[:5]) for at in every if int(words.clock(at)[:2]) % 2 == 0]
