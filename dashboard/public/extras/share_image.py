"""The share as an image, for pages without a script and for link previews: 1200 x 630, in light and in dark.

An image cannot renew itself and may be copied anywhere. It therefore always carries day and time of its values, and when they
were too old as it was drawn, it says so in their place of honour.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.public.extras.lettering import fitted, lines
from dashboard.public.extras.picture import Box, Picture, Shape, Words
from dashboard.public.extras.picture_png import png
from dashboard.public.extras.picture_svg import svg
from dashboard.public.extras.plain_text import printable
from dashboard.public.extras.told import Told, tell, words_of
from twin.contracts.public_release import PublicRelease
from twin.contracts.public_snapshot import PublicSnapshot

WIDTH, HEIGHT = 1200, 630  # what link previews ask for (the Open Graph protocol's usual 1.91 : 1)
_EDGE = 56.0
_HALF = 560.0  # room of the left half
_BARS = (660.0, 210.0, 484.0, 250.0)  # left, top, width, height of the strip


@dataclass(frozen=True)
class Palette:
    """The page's colours; contrast of text on ``ground`` and of ``warn`` on ``warn_ground`` at least 4.5 : 1, of bars 3 : 1."""

    ground: str
    text: str
    muted: str
    green: str
    green_bar: str
    grey_bar: str
    warn: str
    warn_ground: str


LIGHT = Palette("#f5f5f3", "#1b1e21", "#4a4f54", "#00694a", "#1d8a64", "#7b8288", "#5a3b00", "#fff1cc")
DARK = Palette("#111315", "#eceef0", "#b6bcc2", "#62d6a7", "#45bd8c", "#6a7178", "#ffdf94", "#3b2e0b")


def share_svg(
    snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str, *, stale: bool, dark: bool = False
) -> bytes:
    """The image as SVG."""
    return svg(draw(tell(snapshot, release, language), stale=stale, palette=DARK if dark else LIGHT))


def share_png(
    snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str, *, stale: bool, dark: bool = False
) -> bytes:
    """The image as PNG."""
    return png(draw(tell(snapshot, release, language), stale=stale, palette=DARK if dark else LIGHT))


def draw(told: Told, *, stale: bool, palette: Palette) -> Picture:
    """The picture of a moment; ``stale``: its snapshot was too old when it was drawn."""
    words = words_of(told.language)
    label = words.get("told.label")
    body = _notice(told, palette) if told.notice else _values(told, stale=stale, palette=palette)
    said = told.notice or words.get("image.description", {"label": label, "share": told.share, "as_of": told.as_of})
    description = " ".join(part for part in (said, told.stale if stale else "", told.best, told.demo) if part)
    title = words.get("board.title", {"town": told.town})
    shapes = (Box(0, 0, WIDTH, HEIGHT, palette.ground), *_head(told, palette), *body)
    return Picture(WIDTH, HEIGHT, title, description, shapes)


def _head(told: Told, palette: Palette) -> Iterator[Shape]:
    yield Box(0, 0, WIDTH, 14, palette.green)
    town, size = fitted(printable(told.town), WIDTH - 2 * _EDGE, sizes=(46, 30), bold=True)
    yield Words(_EDGE, 86, town, size, palette.text, bold=True)


def _notice(told: Told, palette: Palette) -> Iterator[Shape]:
    text = lines(printable(told.notice), WIDTH - 2 * _EDGE, size=38, most=8)
    for index, line in enumerate(text):
        yield Words(_EDGE, 190 + 54 * index, line, 38, palette.text)


def _values(told: Told, *, stale: bool, palette: Palette) -> Iterator[Shape]:
    say = words_of(told.language).get
    yield from _fitted(say("told.label"), 150, _HALF, (32, 22), palette.text)
    if stale:
        yield Box(_EDGE - 16, 166, _HALF + 16, 76, palette.warn_ground, 8)
        for index, line in enumerate(lines(told.stale, _HALF - 16, size=24, most=2)):
            yield Words(_EDGE, 197 + 32 * index, line, 24, palette.warn)
    share, size = fitted(told.share, _HALF, sizes=(176 if told.figure else 96, 60), bold=True)
    yield Words(_EDGE, 386, share, size, palette.green if told.figure and not stale else palette.muted, bold=True)
    # Beside a figure the room below it tells how much was made here; beside a word, why there is no figure.
    yield from _fitted(told.made or told.meaning, 436, _HALF, (28, 20), palette.text)
    yield from _fitted(told.as_of, 482, _HALF, (28, 20), palette.text)
    yield from _fitted(told.quality, 524, _HALF, (24, 18), palette.muted)
    yield from _strip(told, stale=stale, palette=palette)
    yield from _fitted(say("told.not_labelling"), 594, WIDTH / 2 - _EDGE, (20, 16), palette.muted)
    if told.demo:
        left = _BARS[0]
        demo, size = fitted(told.demo, WIDTH - _EDGE - left, sizes=(20, 13))
        yield Words(left, 594, demo, size, palette.muted)


def _fitted(text: str, y: float, room: float, sizes: tuple[float, float], fill: str) -> Iterator[Shape]:
    if text:
        line, size = fitted(printable(text), room, sizes=sizes)
        yield Words(_EDGE, y, line, size, fill)


def _strip(told: Told, *, stale: bool, palette: Palette) -> Iterator[Shape]:
    """A bar an hour; a green one is taller by its line below, darker, and ticked: never told by colour alone."""
    left, top, wide, high = _BARS
    heading, size = fitted(words_of(told.language).get("hours.title"), wide, sizes=(26, 18))
    yield Words(left, 150, heading, size, palette.text)
    if any(hour.share is not None for hour in told.hours):
        pitch = wide / len(told.hours)
        for index, hour in enumerate(told.hours):
            x, bar = left + index * pitch, pitch - 6
            fill = palette.green_bar if hour.green and not stale else palette.grey_bar
            if hour.share is not None:
                tall = max(3.0, high * hour.share)
                yield Box(x, top + high - tall, bar, tall, fill, 3)
                if hour.green:
                    yield Words(x + bar / 2, top + high - tall - 8, "✓", 22, palette.text, bold=True, anchor="middle")
                    yield Box(x, top + high + 6, bar, 6, fill)
            else:
                yield Words(x + bar / 2, top + high - 4, "–", 22, palette.muted, anchor="middle")
            yield Words(x + bar / 2, top + high + 38, hour.label, 20, palette.text, bold=hour.green, anchor="middle")
    if not stale and told.best:  # an old forecast recommends nothing
        for index, line in enumerate(lines(printable(told.best), wide, size=24, most=2)):
            yield Words(left, 532 + 30 * index, line, 24, palette.text)
