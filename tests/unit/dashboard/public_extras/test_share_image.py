"""The share as an image: one design in SVG and PNG, within its frame, honest about its age."""

import io
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from extras_town import LANGUAGES, TOWN, demo, embargoed, nothing_known, town
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dashboard.public.extras.lettering import cut, fitted, lines, width
from dashboard.public.extras.picture import Box, Words
from dashboard.public.extras.share_image import DARK, HEIGHT, LIGHT, WIDTH, draw, share_png, share_svg
from dashboard.public.extras.told import tell

SVG = "{http://www.w3.org/2000/svg}"
LONG = st.text(max_size=400) | st.sampled_from(
    ["W" * 200, "Wort " * 80, "<script>alert(1)</script>", "]]>", "\x00\x1b", "ü" * 99]
)
MOMENTS = {
    "values": (town(), None),
    "demo": (demo(), None),
    "unknown": (nothing_known(), None),
    "undefined": (town(status="no_production_and_no_consumption", share=None, made_here=None), None),
    "embargo": (town(), embargoed()),
    "starting": (None, None),
}


def words_in(snapshot, release=None, language="en", *, stale=False):
    root = ET.fromstring(share_svg(snapshot, release, language, stale=stale))
    return " ".join(text.text for text in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stale", [False, True])
def test_every_word_stays_within_the_picture(moment, language, stale):
    picture = draw(tell(*MOMENTS[moment], language), stale=stale, palette=LIGHT)
    assert_within(picture)


def assert_within(picture):
    for shape in picture.shapes:
        if isinstance(shape, Words):
            wide = width(shape.text, shape.size, bold=shape.bold)
            left = shape.x - {"start": 0.0, "middle": wide / 2, "end": wide}[shape.anchor]
            assert 0 <= left <= left + wide <= WIDTH - 20, shape
            assert shape.size <= shape.y <= HEIGHT - 10, shape
        elif isinstance(shape, Box):
            assert 0 <= shape.x <= shape.x + shape.width <= WIDTH
            assert 0 <= shape.y <= shape.y + shape.height <= HEIGHT


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_two_lines_of_words_lie_on_each_other(moment):
    for language in LANGUAGES:
        for stale in (False, True):
            placed = [
                s for s in draw(tell(*MOMENTS[moment], language), stale=stale, palette=LIGHT).shapes if isinstance(s, Words)
            ]
            boxes = []
            for word in placed:
                wide = width(word.text, word.size, bold=word.bold)
                left = word.x - {"start": 0.0, "middle": wide / 2, "end": wide}[word.anchor]
                boxes.append((left, word.y - 0.74 * word.size, left + wide, word.y, word.text))
            for index, (left, top, right, bottom, text) in enumerate(boxes):
                for other in boxes[index + 1 :]:
                    apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
                    assert apart, (text, other[4])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_image_says_the_share_its_day_its_time_and_what_it_is_not(language):
    said = words_in(town(), language=language)
    for part in (TOWN[language], "73\u202f%", "15", "2026", "10:30", "Stromkennzeichnung"):
        assert part in said


def test_a_stale_image_says_since_when_and_recommends_nothing():
    said = words_in(town(), stale=True)
    assert "Stale: no new values since Mon 15 Jun 2026 10:30." in said
    assert "Greenest" not in said
    assert "Greenest" in words_in(town())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_age_are_never_cut(language):
    for snapshot in (town(), demo()):
        assert "…" not in words_in(snapshot, language=language, stale=True)


def test_an_embargo_shows_no_figure():
    said = words_in(town(), embargoed())
    assert "%" not in said
    assert "A meter is being replaced." in said


def test_the_svg_is_self_contained_and_says_itself_in_words():
    made = share_svg(town(), None, "en", stale=False).decode()
    assert not re.search(r"<script|<style|style=|href|url\(|\son\w+=", made)
    root = ET.fromstring(made)
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == "The town on the lake: local renewable share"
    assert "Local renewable share: 73\u202f%. As of Mon 15 Jun 2026 10:30." in root.findtext(f"{SVG}desc")


@settings(max_examples=40, deadline=None)
@given(title=LONG, reason=LONG)
def test_no_typed_text_breaks_the_svg_or_leaves_the_picture(title, reason):
    snapshot = town(title={"en": title or "x"})
    for release in (None, embargoed(reason={"en": reason})):
        ET.fromstring(share_svg(snapshot, release, "en", stale=True))
        assert_within(draw(tell(snapshot, release, "en"), stale=True, palette=DARK))


@pytest.mark.parametrize("dark", [False, True])
def test_the_png_has_the_size_of_a_link_preview_and_the_ground_of_its_palette(dark):
    made = share_png(town(), None, "de", stale=False, dark=dark)
    image = Image.open(io.BytesIO(made)).convert("RGB")
    assert image.size == (1200, 630)
    assert "#{:02x}{:02x}{:02x}".format(*image.getpixel((1190, 620))) == (DARK if dark else LIGHT).ground
    assert len(made) < 60_000


def test_svg_and_png_show_the_same_bars():
    image = Image.open(io.BytesIO(share_png(town(), None, "en", stale=False))).convert("RGB")
    boxes = [
        s for s in draw(tell(town(), None, "en"), stale=False, palette=LIGHT).shapes if isinstance(s, Box) and s.height > 20
    ]
    for box in boxes[1:]:
        seen = image.getpixel((round(box.x + box.width / 2), round(box.y + box.height / 2)))
        meant = tuple(int(box.fill[at : at + 2], 16) for at in (1, 3, 5))
        assert max(abs(a - b) for a, b in zip(seen, meant, strict=True)) <= 4  # a palette of 128 colours


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_words_have_the_contrast_that_wcag_asks_for(palette):
    pairs = [(palette.text, palette.ground), (palette.muted, palette.ground), (palette.green, palette.ground)]
    for colour, ground in (*pairs, (palette.warn, palette.warn_ground)):
        brighter, darker = sorted((luminance(colour), luminance(ground)), reverse=True)
        assert (brighter + 0.05) / (darker + 0.05) >= 4.5


@settings(deadline=None)
@given(text=st.text(max_size=80), room=st.floats(30.0, 600.0))
def test_a_line_that_does_not_fit_becomes_smaller_and_then_shorter(text, room):
    line, size = fitted(text, room, sizes=(40.0, 12.0))
    assert 12.0 <= size <= 40.0
    assert width(line, size) <= room + 1e-6  # the size is computed from the room
    assert width(cut(text, room, size=20.0), 20.0) <= room


def test_lines_break_between_words_and_say_that_more_was_there():
    assert lines("one two three", width("one two", 20.0) + 1, size=20.0, most=2) == ["one two", "three"]
    assert lines("one two three four", width("one two", 20.0) + 1, size=20.0, most=1)[0].endswith("…")


def test_drawing_an_image_brings_neither_numpy_nor_matplotlib_into_the_public_process():
    code = (
        "import sys; from dashboard.public.extras.share_image import share_png; share_png(None, None, 'de', stale=False);"
        "print([name for name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True).stdout
    assert "'PIL.Image'" in loaded
    for heavy in ("numpy", "matplotlib", "pandas"):
        assert f"'{heavy}'" not in loaded
