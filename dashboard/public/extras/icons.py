"""The sign of the view on a home screen: a skyline of hours under a sun, one roof greener than the rest."""

from __future__ import annotations

from dashboard.public.extras.picture import Box, Disc, Picture, Shape
from dashboard.public.extras.picture_png import png
from dashboard.public.extras.picture_svg import svg

SIDE = 512
_SMOOTHED = 1024  # side [pixel] on which a small sign is drawn before it is made smaller
_GROUND, _SUN, _ROOF, _HOUSE = "#00543b", "#ffd257", "#62d6a7", "#f5f5f3"

# Everything stands within the inner 80 % (W3C Web Application Manifest, 'Icon masks and safe zone'): a circle of that
# diameter around the middle is never cut.
_SKYLINE: tuple[Shape, ...] = (
    Disc(196, 176, 44, _SUN),
    Box(126, 276, 56, 96, _HOUSE, 8),
    Box(194, 244, 56, 128, _HOUSE, 8),
    Box(262, 148, 56, 224, _ROOF, 8),
    Box(330, 212, 56, 160, _HOUSE, 8),
    Box(120, 384, 272, 16, _ROOF, 8),
)


def icon(*, maskable: bool) -> Picture:
    """The sign; a maskable one fills its square, because each system cuts it to a shape of its own."""
    ground = Box(0, 0, SIDE, SIDE, _GROUND, 0 if maskable else 104)
    return Picture(SIDE, SIDE, "Régie", "", (ground, *_SKYLINE))


def icon_svg() -> bytes:
    """The sign with its own round corners, for the browser's tab."""
    return svg(icon(maskable=False))


def icon_png(side: int, *, maskable: bool) -> bytes:
    """The sign as a square of ``side`` pixels."""
    return png(icon(maskable=maskable), side=side, smoothing=max(1, _SMOOTHED // side))
