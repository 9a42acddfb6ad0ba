"""Every address around the public page: that it answers, how long it may be kept, who may frame and share it."""

import io
import json
import re
import subprocess
import sys

import jsonschema_rs
import pytest
from extras_town import ADDRESS, LANGUAGES, TOWN, approved, demo, embargoed, nothing_known, story, town
from PIL import Image

from dashboard.public.extras.head import head_links
from dashboard.public.extras.icons import icon, icon_png
from dashboard.public.extras.picture import Box, Disc
from dashboard.public.extras.public_address import public_address
from dashboard.public.extras.table import AT_THE_ROOT, IN_EVERY_LANGUAGE, Given, extras
from dashboard.public.shelf import security_headers
from twin.contracts.public_snapshot import PublicSnapshot
from twin.domain.problems import BadInput

MOMENTS = {
    "values": (town(), approved(stories=(story(),)), False),
    "stale": (demo(), None, True),
    "unknown": (nothing_known(), None, False),
    "embargo": (town(), embargoed(), False),
    "starting": (None, None, False),
}
FRAMED = {"widget/"}
SHARED = {"share.svg", "share-dark.svg", "share.png", "share-dark.png", "green.rss", "green.ics"}


def given(moment="values", language="de"):
    snapshot, release, stale = MOMENTS[moment]
    return Given(snapshot, release, language, stale, ADDRESS, "build-1")


@pytest.mark.parametrize("moment", MOMENTS)
def test_every_address_answers_at_every_moment(moment):
    for path, language, extra in extras():
        made = extra.make(given(moment, language))
        assert made, path
        if not extra.media_type.startswith("image/png"):
            assert made.decode(), path


def test_the_same_given_makes_the_same_answer():
    for path, language, extra in extras():
        assert extra.make(given(language=language)) == extra.make(given(language=language)), path


def test_what_follows_no_snapshot_is_the_same_at_every_moment():
    for path, language, extra in extras():
        if not extra.live:
            assert extra.make(given("values", language)) == extra.make(given("starting", language)), path


@pytest.mark.parametrize("moment", ["embargo", "starting"])
def test_under_an_embargo_and_without_values_nobody_keeps_an_answer(moment):
    for path, language, extra in extras():
        if extra.live:
            assert extra.cache_control(given(moment, language)) == "no-cache", path
    assert IN_EVERY_LANGUAGE["share.png"].cache_control(given()) == "public, max-age=60"


def test_only_the_widget_may_be_framed_by_other_sites():
    for path, extra in {**IN_EVERY_LANGUAGE, **AT_THE_ROOT}.items():
        headers = dict(security_headers(framed=extra.framed, shared=extra.shared))
        policy = headers[b"content-security-policy"].decode()
        assert ("frame-ancestors *" in policy) == (path in FRAMED), path
        assert ("frame-ancestors 'none'" in policy) != (path in FRAMED), path
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"referrer-policy"] == b"no-referrer"


def test_other_origins_may_show_the_images_and_read_the_feeds_and_nothing_else():
    for path, extra in IN_EVERY_LANGUAGE.items():
        headers = dict(security_headers(framed=extra.framed, shared=extra.shared))
        assert (headers.get(b"access-control-allow-origin") == b"*") == (path in SHARED), path
        crossing = headers[b"cross-origin-resource-policy"] == b"cross-origin"
        assert crossing == (path in SHARED | FRAMED), path


def test_folders_end_with_a_slash_and_files_with_their_kind():
    for path, _, extra in extras():
        assert path.endswith("/") == (extra.media_type == "text/html"), path


# ------------------------------------------------------------------------------------------ installable


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_has_what_browsers_ask_for(language):
    made = json.loads(IN_EVERY_LANGUAGE["manifest.webmanifest"].make(given(language=language)))
    assert TOWN[language] in made["name"]
    assert (made["start_url"], made["scope"], made["display"], made["lang"]) == ("./", "../", "standalone", language)
    for picture in made["icons"]:
        path = picture["src"].removeprefix("../")
        assert AT_THE_ROOT[path].media_type == picture["type"]
    sizes = {(picture["sizes"], picture.get("purpose", "any")) for picture in made["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("192x192", "maskable"), ("512x512", "maskable")} <= sizes


def test_the_manifest_at_the_root_reaches_the_same_icons():
    made = json.loads(AT_THE_ROOT["manifest.webmanifest"].make(given("starting", "en")))
    assert {picture["src"].removeprefix("./") for picture in made["icons"]} <= AT_THE_ROOT.keys()


@pytest.mark.parametrize("side", [192, 512])
@pytest.mark.parametrize("maskable", [False, True])
def test_icons_have_their_size_and_only_a_maskable_one_fills_its_square(side, maskable):
    image = Image.open(io.BytesIO(icon_png(side, maskable=maskable))).convert("RGBA")
    assert image.size == (side, side)
    corner, middle = image.getpixel((0, 0))[3], image.getpixel((side // 2, side // 2))[3]
    assert (corner, middle) == (255 if maskable else 0, 255)


def test_the_sign_lies_within_the_safe_zone_of_a_maskable_icon():
    ground, *sign = icon(maskable=True).shapes
    assert (ground.width, ground.height, ground.radius) == (512, 512, 0)
    for shape in sign:
        if isinstance(shape, Disc):
            assert ((shape.x - 256) ** 2 + (shape.y - 256) ** 2) ** 0.5 + shape.radius <= 0.4 * 512
        elif isinstance(shape, Box):
            for x in (shape.x, shape.x + shape.width):
                for y in (shape.y, shape.y + shape.height):
                    assert ((x - 256) ** 2 + (y - 256) ** 2) ** 0.5 <= 0.4 * 512, shape


def test_the_worker_changes_with_the_build_and_speaks_four_languages():
    script = AT_THE_ROOT["sw.js"].make(given()).decode()
    assert "'regie-public-' + '" not in script
    assert "'build-1'" in script
    assert "__" not in script
    words = json.loads(script.split("const WORDS = ")[1].split(";\n")[0])
    assert words.keys() == set(LANGUAGES)
    assert all(each.keys() == {"title", "text", "last", "copy"} and all(each.values()) for each in words.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_live_pages_head_links_to_what_there_is(language):
    head = head_links(town(), language, address=ADDRESS)
    for link in re.findall(r'href="([^"]+)"', head):
        path = link.removeprefix("../")
        assert path in (AT_THE_ROOT if link.startswith("../") else IN_EVERY_LANGUAGE), link
    assert f'property="og:image" content="{ADDRESS}/{language}/share.png"' in head


# ------------------------------------------------------------------------------------------ for those who build on it


@pytest.mark.parametrize("snapshot", [town(), demo(), nothing_known(), town(roof=None, next_at=None, speed=None)])
def test_snapshots_are_what_their_schema_says(snapshot):
    schema = json.loads(AT_THE_ROOT["schema/public-snapshot-2.json"].make(given()))
    checker = jsonschema_rs.validator_for(schema)
    assert list(checker.iter_errors(json.loads(snapshot.model_dump_json()))) == []
    wrong = json.loads(snapshot.model_dump_json()) | {"customer": "Anna"}
    assert not checker.is_valid(wrong)


def test_the_schema_says_in_words_what_it_describes():
    schema = json.loads(AT_THE_ROOT["schema/public-snapshot-2.json"].make(given()))
    assert schema["$id"] == f"{ADDRESS}/schema/public-snapshot-2.json"
    assert schema["$schema"].endswith("2020-12/schema")
    assert "version 2" in schema["title"]
    assert "proportional sharing" in schema["properties"]["share"]["description"]
    assert schema["properties"]["next_at"]["description"].startswith("wall clock of the regular tick")
    for name, part in {**schema["$defs"], "PublicSnapshot": schema}.items():
        assert part["description"], name
        assert "`" not in json.dumps(part)
    assert set(schema["properties"]) == set(PublicSnapshot.model_fields)


# ------------------------------------------------------------------------------------------ the public address


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (None, "http://127.0.0.1:8080"),
        ("", "http://127.0.0.1:8080"),
        ("https://strom.example.ch/", "https://strom.example.ch"),
        ("https://example.ch/strom/", "https://example.ch/strom"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_public_address_is_the_towns_or_where_the_process_listens(value, address):
    assert public_address(value, "http://127.0.0.1:8080") == address


@pytest.mark.parametrize(
    "value",
    [
        *("strom.example.ch", "ftp://example.ch", "https://", "https://a.ch/?x=1", "https://a.ch/#x", "https://u:p@a.ch"),
        *(
            'https://a.ch/"onload=',
            "https://a.ch/<b>",
            "https://a.ch/a b",
            "https://a.ch:port",
            "https://a.ch\r\nX:1",
            "http://[::1",
        ),
    ],
)
def test_an_address_that_cannot_stand_in_a_link_is_refused_with_its_variable(value):
    with pytest.raises(BadInput, match=r"(?s)\$REGIE_PUBLIC_URL.*absolute address"):
        public_address(value, "http://127.0.0.1:8080")


def test_the_table_loads_neither_solvers_nor_private_contracts():
    code = "import sys, dashboard.public.extras.table; print([name for name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True).stdout
    for name in ("numpy", "pandas", "pandapower", "matplotlib", "dash", "twin.contracts.snapshot", "twin.contracts.messages"):
        assert f"'{name}'" not in loaded, name
