"""How wide a line of text is, and how to make one fit: measured with the font that images are lettered in.

The font is DejaVu Sans, which matplotlib brings and which has every sign that the four languages need. It is found without
importing matplotlib, because no web process needs the rest of it.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

ELLIPSIS = "…"


@lru_cache(maxsize=64)
def font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, ``size`` in pixels of the em.

    Raises:
        FileNotFoundError: matplotlib, which brings the font, is not installed.
    """
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        raise FileNotFoundError("the font DejaVu Sans is missing: it comes with matplotlib; run `make setup`")
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / name
    # The plain layout is enough for left-to-right scripts and needs no library beside freetype.
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line [the unit of ``size``]; measured at one size and scaled, because outlines scale."""
    return font(100, bold=bold).getlength(text) * size / 100.0


def fitted(text: str, room: float, *, sizes: tuple[float, float], bold: bool = False) -> tuple[str, float]:
    """The line and its size: the larger of ``sizes`` at which it fits, never below the smaller; then it is cut.

    Args:
        room: the width that it may take.
        sizes: largest and smallest size.
    """
    largest, smallest = sizes
    needed = width(text, 1.0, bold=bold)
    size = min(largest, room / needed) if needed > 0.0 else largest
    return (text, size) if size >= smallest else (cut(text, room, size=smallest, bold=bold), smallest)


def cut(text: str, room: float, *, size: float, bold: bool = False) -> str:
    """The line if it fits, else as much of it as fits before an ellipsis."""
    if width(text, size, bold=bold) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle].rstrip() + ELLIPSIS, size, bold=bold) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def lines(text: str, room: float, *, size: float, most: int, bold: bool = False) -> list[str]:
    """The text broken between words into at most ``most`` lines; what is left over ends in an ellipsis."""
    found: list[str] = []
    for word in text.split(" "):
        longer = f"{found[-1]} {word}" if found else word
        if found and width(longer, size, bold=bold) <= room:
            found[-1] = longer
        else:
            found.append(word)
    kept = found[:most]
    if len(found) > most:
        kept[-1] = f"{kept[-1]} {found[most]}{ELLIPSIS}"
    return [cut(line, room, size=size, bold=bold) for line in kept]
