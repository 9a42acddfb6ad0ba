"""Widget, screen and embed page as they are served: their words, their age, their size, what they refuse."""

import gzip
import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest
from extras_town import ADDRESS, LANGUAGES, approved, demo, embargoed, nothing_known, story, town
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.public.extras.board import board, board_json
from dashboard.public.extras.embed import embed_page, frame_code, image_code
from dashboard.public.extras.table import AT_THE_ROOT
from dashboard.public.extras.tv import tv_page
from dashboard.public.extras.widget import LOWEST, NARROWEST, widget_page

PAGES = {"widget": widget_page, "tv": tv_page}
HOSTILE = st.text(max_size=80) | st.sampled_from(
    ['"><script>x</script>', "'--><svg onload=x>", "</textarea>", "&lt;b&gt;", "\x00"]
)


class Read(HTMLParser):
    """Elements by place, and every element that there is."""

    def __init__(self, page):
        super().__init__()
        self.places, self.tags, self.open = {}, [], []
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self.open.append(found)
        if "data-k" in found:
            self.places[found["data-k"]] = (found, [])

    def handle_endtag(self, _tag):
        if self.open:
            self.open.pop()

    def handle_data(self, data):
        for found in self.open:
            if "data-k" in found:
                self.places[found["data-k"]][1].append(data)

    def main(self):
        return next(found for tag, found in self.tags if tag == "main")

    def text(self, place):
        return "".join(self.places[place][1])

    def hidden(self, place):
        return "hidden" in self.places[place][0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAGES)
def test_the_page_holds_what_the_board_tells_before_any_script(kind, language):
    made = board(demo(), approved(stories=(story(),)), language)
    page = Read(PAGES[kind](demo(), approved(stories=(story(),)), language, stale=False))
    for place in ("town", "share", "as_of", "best", "quality", "demo", "h2_words"):
        assert page.text(place) == made.text[place]
    assert json.loads(page.main()["data-clock"]) == dict(made.clock)


@pytest.mark.parametrize("kind", PAGES)
def test_every_place_of_a_page_can_be_renewed_and_the_rest_never_changes(kind):
    full = json.loads(board_json(town(), approved(stories=(story(),)), "en"))
    known = full["text"].keys() | full["attributes"].keys()
    assert Read(PAGES[kind](town(), None, "en", stale=False)).places.keys() <= known


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_that_is_made_too_late_says_stale_without_a_script(kind):
    fresh, old = (Read(PAGES[kind](town(), None, "de", stale=stale)) for stale in (False, True))
    assert fresh.hidden("stale")
    assert not old.hidden("stale")
    assert old.text("stale").startswith("Veraltet")
    assert (fresh.main().get("class"), old.main()["class"]) == (None, "stale")


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize(("snapshot", "release"), [(town(), embargoed()), (None, None)])
def test_without_values_a_page_says_why_and_nothing_is_called_old(kind, snapshot, release):
    page = Read(PAGES[kind](snapshot, release, "en", stale=True))
    assert page.hidden("values")
    assert page.hidden("stale")
    assert page.text("notice")
    assert "%" not in page.text("values")
    assert json.loads(page.main()["data-clock"]) == {"published_at": None, "next_at": None, "stale_after": None}


def test_an_embargo_takes_every_figure_out_of_the_file_that_pages_poll():
    raw = board_json(town(), embargoed(), "en").decode()
    assert "%" not in raw
    assert json.loads(raw)["published_at"] is None


def test_an_unknown_share_is_a_word_and_its_strip_is_not_drawn():
    page = Read(tv_page(nothing_known(), None, "en", stale=False))
    assert page.text("share") == "unknown"
    assert page.hidden("strip")
    assert page.hidden("roof_picture")


def test_an_hour_that_is_no_longer_there_leaves_the_strip():
    short = town(coming=town().coming[:5])
    view = json.loads(board_json(short, None, "en"))
    assert view["attributes"]["h4"]["hidden"] is None
    assert view["attributes"]["h5"]["hidden"] == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_widget_with_all_that_it_loads_stays_below_6_kb(language):
    page = widget_page(demo(), approved(stories=(story(),)), language, stale=True)
    links = re.findall(r'(?:href|src)="\.\./\.\./(assets/[^"]+)"', page.decode())
    bodies = [page, board_json(demo(), None, language), *(AT_THE_ROOT[link].make(None) for link in links)]
    assert len(links) == 2
    assert sum(len(gzip.compress(body, 9)) for body in bodies) <= 6_000


@pytest.mark.parametrize("kind", [*PAGES, "embed"])
def test_no_page_has_inline_script_or_style_or_loads_from_elsewhere(kind):
    page = embed_page(town(), "fr", address=ADDRESS) if kind == "embed" else PAGES[kind](town(), None, "fr", stale=False)
    tags = Read(page).tags
    for tag, found in tags:
        assert not [name for name in found if name.startswith("on") or name == "style"], (tag, found)
        for name in ("src", "href"):
            assert not found.get(name, "").startswith(("http", "//", "/")), (tag, found)  # works below any folder
    assert "<style" not in page.decode()
    assert re.findall("<script(?! src)", page.decode()) == []


@settings(deadline=None)
@given(title=HOSTILE, words=HOSTILE)
def test_no_typed_text_becomes_markup(title, words):
    plain, hostile = town(), town(title={"en": title or "x"}, roof=town().roof.model_copy(update={"title": {"en": words}}))
    for kind, make in PAGES.items():
        ours = [tag for tag, _ in Read(make(plain, approved(stories=(story(),)), "en", stale=False)).tags]
        told = approved(stories=(story(title={"en": words}, text={"en": title}),))
        assert [tag for tag, _ in Read(make(hostile, told, "en", stale=False)).tags] == ours, kind
    ours = [tag for tag, _ in Read(embed_page(plain, "en", address=ADDRESS)).tags]
    assert [tag for tag, _ in Read(embed_page(hostile, "en", address=ADDRESS)).tags] == ours


# ------------------------------------------------------------------------------------------ the code to copy


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_code_to_copy_points_to_the_public_address(language):
    frame, image = frame_code("Town", language, ADDRESS), image_code("Town", language, ADDRESS)
    assert f'src="{ADDRESS}/{language}/widget/"' in frame
    assert f'src="{ADDRESS}/{language}/share.svg"' in image
    assert f'srcset="{ADDRESS}/{language}/share-dark.svg"' in image
    page = Read(embed_page(town(), language, address=ADDRESS))
    assert [tag for tag, _ in page.tags].count("textarea") == 2


def test_the_code_to_copy_is_shown_as_it_is_to_be_pasted():
    page = embed_page(town(), "en", address=ADDRESS).decode()
    areas = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert unescape(areas[0]) == frame_code("The town on the lake", "en", ADDRESS)


@settings(deadline=None)
@given(title=HOSTILE)
def test_a_towns_name_cannot_break_out_of_the_code_to_copy(title):
    for code in (frame_code(title, "en", ADDRESS), image_code(title, "en", ADDRESS)):
        tags = Read(code.encode()).tags
        assert [tag for tag, _ in tags] in (["iframe"], ["a", "picture", "source", "img"])
        assert {name for _, found in tags for name in found} <= {
            *("src", "title", "width", "height", "style", "loading", "href", "srcset", "media", "alt")
        }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_copied_frame_is_as_high_as_the_widget_needs_and_the_words_beside_it_say_the_same(language):
    frame = Read(frame_code("Town", language, ADDRESS).encode()).tags[0][1]
    assert int(frame["height"]) >= LOWEST
    words = unescape(embed_page(town(), language, address=ADDRESS).decode())
    assert f" {NARROWEST} pixel" in words.lower()
    assert f" {LOWEST} pixel" in words.lower()
