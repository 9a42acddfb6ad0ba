"""Draws a picture as PNG with Pillow: for link previews, for icons, and for browsers that show no SVG."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from dashboard.public.extras.lettering import font
from dashboard.public.extras.picture import Box, Disc, Picture, Shape, Words
from dashboard.public.extras.plain_text import printable

_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
COLOURS = 128
"""Of the palette; letters in three tints on two grounds need about a hundred."""


def png(picture: Picture, *, side: int | None = None, smoothing: int = 1) -> bytes:
    """The picture, transparent where nothing is drawn; words are written on top of all shapes.

    Args:
        side: of a square picture [pixel]; by default its own size.
        smoothing: Pillow smooths letters, but no edges: shapes are drawn this many times as large and then made smaller. It
            costs memory by its square, and upright boxes need none.
    """
    scale = 1.0 if side is None else side / picture.width
    size = (round(picture.width * scale), round(picture.height * scale))
    image = _shapes(picture, size, scale, smoothing)
    draw = ImageDraw.Draw(image)
    for shape in picture.shapes:
        if isinstance(shape, Words):
            letters = font(max(1, int(shape.size * scale)), bold=shape.bold)
            where = (shape.x * scale, shape.y * scale)
            draw.text(where, printable(shape.text), font=letters, fill=shape.fill, anchor=_ANCHORS[shape.anchor])
    opaque = image.getchannel("A").getextrema() == (255, 255)
    kept = image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE) if opaque else image
    out = io.BytesIO()
    kept.save(out, "PNG", optimize=False)
    return out.getvalue()


def _shapes(picture: Picture, size: tuple[int, int], scale: float, smoothing: int) -> Image.Image:
    large = Image.new("RGBA", (size[0] * smoothing, size[1] * smoothing), (0, 0, 0, 0))
    draw = ImageDraw.Draw(large)
    for shape in picture.shapes:
        _draw(draw, shape, scale * smoothing)
    return large.reduce(smoothing)


def _draw(draw: ImageDraw.ImageDraw, shape: Shape, scale: float) -> None:
    if isinstance(shape, Box):
        # Pillow's corners are inclusive: a box of ten pixels ends at the ninth.
        left, top = shape.x * scale, shape.y * scale
        corners = (left, top, left + shape.width * scale - 1, top + shape.height * scale - 1)
        if corners[2] >= left and corners[3] >= top:
            draw.rounded_rectangle(corners, shape.radius * scale, shape.fill)
    elif isinstance(shape, Disc):
        draw.circle((shape.x * scale, shape.y * scale), shape.radius * scale, shape.fill)
