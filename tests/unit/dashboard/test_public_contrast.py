"""Graphics that carry meaning stand out from what they lie on by at least 3:1, in both themes (WCAG 2.2, 1.4.11)."""

import re
from pathlib import Path

import pytest

import dashboard
from dashboard.public.extras.share_image import DARK, LIGHT

PUBLIC = Path(dashboard.__file__).parent / "public"
STYLE, BOARD, TV = (
    (PUBLIC / name).read_text(encoding="utf-8")
    for name in ("assets/page.css", "extras/assets/board.css", "extras/assets/tv.css")
)
LEAST = 3.0


def colours_in(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))


def themes(style: str = STYLE) -> dict[str, dict[str, str]]:
    """The colours by name; the dark theme replaces what it names."""
    light, dark = map(colours_in, re.findall(r":root \{(.*?)\}", style, re.DOTALL))
    return {"light": light, "dark": light | dark}


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_21_to_1_and_the_grey_of_the_standards_examples_is_4_5_to_1():
    assert contrast("#000", "#fff") == pytest.approx(21.0)
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["track", "card"])
@pytest.mark.parametrize("drawn", ["grey-bar", "green-bar", "green", "elsewhere"])
def test_bars_and_arcs_stand_out_from_what_they_lie_on(theme, ground, drawn):
    colours = themes()[theme]
    assert contrast(colours[drawn], colours[ground]) >= LEAST


@pytest.mark.parametrize("theme", ["light", "dark", "screen"])
@pytest.mark.parametrize("drawn", ["grey-bar", "green-bar"])
def test_bars_of_widget_and_screen_stand_out_from_what_they_lie_on(theme, drawn):
    colours = themes(BOARD)["light"] | colours_in(TV) if theme == "screen" else themes(BOARD)[theme]
    assert contrast(colours[drawn], colours["card"]) >= LEAST


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_bars_of_the_image_stand_out_from_its_ground(palette):
    assert min(contrast(bar, palette.ground) for bar in (palette.grey_bar, palette.green_bar)) >= LEAST
