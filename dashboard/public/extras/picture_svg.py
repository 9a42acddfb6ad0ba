"""Writes a picture as SVG 1.1: attributes only, no style, no script, no font of its own."""

from __future__ import annotations

from html import escape

from dashboard.public.extras.picture import Box, Disc, Picture, Shape
from dashboard.public.extras.plain_text import printable

FONTS = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
"""All of them narrower than, or as wide as, the DejaVu Sans that lines are measured with."""


def svg(picture: Picture) -> bytes:
    """The picture, self-contained, in UTF-8, its title and description first, for those who cannot see it."""
    size = f'width="{picture.width}" height="{picture.height}" viewBox="0 0 {picture.width} {picture.height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{escape(FONTS)}">'
    words = f"<title>{_text(picture.title)}</title><desc>{_text(picture.description)}</desc>"
    return f"{head}{words}{''.join(map(_shape, picture.shapes))}</svg>".encode()


def _shape(shape: Shape) -> str:
    if isinstance(shape, Box):
        place = f'x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}"'
        corner = f' rx="{shape.radius:g}"' if shape.radius else ""
        return f'<rect {place}{corner} fill="{shape.fill}"/>'
    if isinstance(shape, Disc):
        return f'<circle cx="{shape.x:g}" cy="{shape.y:g}" r="{shape.radius:g}" fill="{shape.fill}"/>'
    weight = ' font-weight="700"' if shape.bold else ""
    anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
    place = f'x="{shape.x:g}" y="{shape.y:g}" font-size="{shape.size:g}"'
    return f'<text {place}{weight}{anchor} fill="{shape.fill}">{_text(shape.text)}</text>'


def _text(words: str) -> str:
    return escape(printable(words))
