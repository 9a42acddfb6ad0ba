"""The public app over ASGI: addresses and languages, headers, sizes, and that every link leads to something."""

import re
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from public_town import LANGUAGES, PUBLISHED, ask, publish, release, story, town

from dashboard.format import texts
from dashboard.public.app import PublicApp
from dashboard.public.pages.how import SECTIONS
from twin.publication.deeds import LONGEST_TEXT, LONGEST_TITLE

FRESH = PUBLISHED + timedelta(seconds=5)
LATER = PUBLISHED + timedelta(hours=3)


@pytest.fixture
def app(tmp_path):
    publish(tmp_path, town())
    return PublicApp(tmp_path, lambda: FRESH)


# ------------------------------------------------------------------------------------------ addresses and languages


@pytest.mark.parametrize(
    ("accepted", "where"),
    [
        ("fr-CH,fr;q=0.9,de;q=0.5", "/fr/"),
        ("de-CH", "/de/"),
        ("it", "/it/"),
        ("rm,en;q=0.3", "/en/"),
        ("", "/en/"),
        ("ja", "/en/"),
    ],
)
def test_front_door_leads_to_the_browsers_language(app, accepted, where):
    reply = ask(app, "/", accept_language=accepted)
    assert (reply.status, reply.headers["location"]) == (302, where)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_in_each_language_holds_the_values_without_any_script(app, language):
    reply = ask(app, f"/{language}/", accept_encoding="gzip")
    assert reply.status == 200
    assert f'<html lang="{language}">' in reply.body
    assert "73\u202f%" in reply.body


@pytest.mark.parametrize("below", ["", "hours/", "figures/", "how/"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_leads_to_its_other_languages_and_to_the_other_pages(app, language, below):
    body = ask(app, f"/{language}/{below}").body
    here = f"http://town.example/{language}/{below}"
    targets = {urlsplit(urljoin(here, href)).path for href in re.findall(r'<a href="([^"]+)"', body)}
    assert {f"/{other}/{below}" for other in LANGUAGES} <= targets
    assert {f"/{language}/{page}" for page in ("", "hours/", "figures/", "how/")} <= targets
    assert body.count("aria-current=page") == 1


def test_the_tariff_is_handed_out_as_the_loop_left_it_and_is_not_found_before(app, tmp_path):
    assert ask(app, "/tariff.json").status == 404
    (tmp_path / "tariff.json").write_text('{"grid":[]}')
    reply = ask(app, "/tariff.json")
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, '{"grid":[]}', "application/json; charset=utf-8")


@pytest.mark.parametrize("path", ["/de", "/de/hours", "/de/figures", "/de/how"])
def test_address_without_its_slash_leads_to_the_one_with_it(app, path):
    reply = ask(app, path)
    assert (reply.status, reply.headers["location"]) == (308, path + "/")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/fr/nothing",
        "/../public.json",
        "/public.json",
        "/assets/",
        "/fr/../de/",
        "//fr/",
        "/\x00",
        "/frx",
        "/fr/live.json/",
    ],
)
def test_unknown_address_is_told_in_words(app, path):
    reply = ask(app, path, accept_language="fr")
    assert reply.status == 404
    assert "Cette page n&#x27;existe pas" in reply.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_reading_is_possible(app, method):
    reply = ask(app, "/en/live.json", method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


def test_head_gives_the_headers_of_get_and_no_body(app):
    get, head = ask(app, "/en/live.json"), ask(app, "/en/live.json", method="HEAD")
    assert head.headers == get.headers
    assert head.raw == b""


@pytest.fixture(scope="module")
def shared_app(tmp_path_factory):
    directory = tmp_path_factory.mktemp("shared")
    publish(directory, town())
    return PublicApp(directory, lambda: FRESH)


@settings(deadline=None)  # the machine is shared; how long a request takes is measured elsewhere
@given(query=st.text(max_size=60))
def test_query_strings_change_nothing(shared_app, query):
    assert ask(shared_app, "/en/", query=query).raw == ask(shared_app, "/en/").raw


@settings(deadline=None)
@given(path=st.text(max_size=60), accepted=st.text(st.characters(max_codepoint=255), max_size=60))
def test_no_address_and_no_header_breaks_the_app(shared_app, path, accepted):
    reply = ask(shared_app, "/" + path, accept_language=accepted, if_none_match=accepted)
    assert reply.status in {200, 302, 304, 308, 404}


# ------------------------------------------------------------------------------------------ headers and sizes


@pytest.mark.parametrize(
    "path", ["/", "/fr/", "/fr/live.json", "/fr/how/", "/fr/hours/", "/fr/figures/", "/nothing", "/health"]
)
def test_every_answer_carries_the_strict_policy(app, path):
    headers = ask(app, path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers


def test_page_has_no_inline_script_style_or_foreign_address(app):
    for language in LANGUAGES:
        for path in ("", "hours/", "figures/", "how/", "nothing"):
            body = ask(app, f"/{language}/{path}").body
            assert not re.search(r"<script(?! src=\"(\.\./)+assets)|<style|style=|\son\w+=|(href|src)=\"https?://", body)


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_load_stays_under_15_kb_with_all_that_can_be_told(tmp_path, language):
    publish(tmp_path, town())
    publish(tmp_path, release(stories=tuple(story(begins_in=i) for i in range(3))))
    app = PublicApp(tmp_path, lambda: FRESH)
    page = ask(app, f"/{language}/", accept_encoding="gzip")
    assets = re.findall(r"/assets/[^\"]+", page.body)
    live = ask(app, f"/{language}/live.json", accept_encoding="gzip")
    assert len(assets) == 3
    assert len(live.raw) <= 4_000
    # Page, style and scripts are the first load; the values that follow fit in as well.
    assert len(page.raw) + len(live.raw) + sum(len(ask(app, path, accept_encoding="gzip").raw) for path in assets) <= 15_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_longest_stories_that_a_publisher_may_write_leave_page_and_values_within_their_limits(tmp_path, language):
    prose = " ".join(texts(language, "public").get(f"how.{name}") for name in SECTIONS)  # as people write, nothing twice
    length = LONGEST_TITLE + LONGEST_TEXT
    whole = [prose[start : start + length] for start in range(0, 3 * length, length)]
    assert len(whole[-1]) == length
    told = [{"title": {language: each[:LONGEST_TITLE]}, "text": {language: each[LONGEST_TITLE:]}} for each in whole]
    publish(tmp_path, town())
    publish(tmp_path, release(stories=tuple(story(begins_in=i, **one) for i, one in enumerate(told))))
    app = PublicApp(tmp_path, lambda: FRESH)
    page = ask(app, f"/{language}/", accept_encoding="gzip")
    assets = re.findall(r"/assets/[^\"]+", page.body)
    assert len(page.raw) + sum(len(ask(app, path, accept_encoding="gzip").raw) for path in assets) <= 15_000
    assert len(ask(app, f"/{language}/live.json", accept_encoding="gzip").raw) <= 4_000


@pytest.mark.parametrize(
    ("accepted", "packed"), [("gzip;q=0", False), ("br, gzip; q=0.000", False), ("gzip;q=0.5", True), ("x-nogzip", False)]
)
def test_gzip_is_sent_to_whom_takes_it(app, accepted, packed):
    assert ("content-encoding" in ask(app, "/it/live.json", accept_encoding=accepted).headers) is packed


def test_client_without_gzip_gets_the_plain_body(app):
    plain, packed = ask(app, "/it/live.json"), ask(app, "/it/live.json", accept_encoding="br, gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.body == packed.body


def test_method_page_follows_the_notes_of_the_newest_snapshot(tmp_path):
    synthetic = texts("en", "public").get("about.synthetic_outside")
    app = PublicApp(tmp_path, lambda: FRESH)
    assert synthetic not in ask(app, "/en/how/").body
    publish(tmp_path, town())
    assert synthetic in ask(app, "/en/how/").body


@pytest.mark.parametrize("path", ["/fr/", "/fr/live.json", "/fr/how/"])
def test_unchanged_content_is_not_sent_again(app, path):
    tag = ask(app, path).headers["etag"]
    again = ask(app, path, if_none_match=f'"other", W/{tag}')
    assert (again.status, again.raw) == (304, b"")
    assert again.headers["etag"] == tag


def test_assets_may_be_kept_for_a_year_and_pages_are_asked_for_again(app):
    style = re.search(r"/assets/[^\"]+css", ask(app, "/fr/").body).group()
    assert "immutable" in ask(app, style).headers["cache-control"]
    assert ask(app, "/fr/").headers["cache-control"] == "no-cache"
    assert ask(app, "/fr/live.json").headers["cache-control"] == "public, max-age=1"


# ------------------------------------------------------------------------------------------ everything that answers


def test_every_link_of_every_page_leads_to_something(app):
    known = set(app.addresses())
    for language in LANGUAGES:
        for below in ("", "hours/", "figures/", "how/", "nothing"):
            here = f"http://town.example/{language}/{below}"
            body = ask(app, f"/{language}/{below}").body
            for href in re.findall(r'(?:href|src)="([^"#][^"]*)"', body):
                assert urlsplit(urljoin(here, href)).path in known, (below, href)


def test_pages_work_below_a_folder_of_another_host(app):
    for below in ("", "hours/", "figures/", "how/"):
        body = ask(app, f"/de/{below}").body
        assert not re.search(r'(?:href|src)="/', body), below


def test_page_that_stands_in_for_any_address_leads_into_the_folder_in_which_the_view_is_opened(tmp_path):
    publish(tmp_path, town())
    app = PublicApp(tmp_path, lambda: FRESH, "https://town.example/strom")
    targets = re.findall(r'(?:href|src)="([^"#]*)"', ask(app, "/de/nothing").body)
    assert targets
    assert [target for target in targets if not target.startswith("/strom/")] == []


def test_widget_may_be_framed_and_the_page_not(app):
    assert "frame-ancestors *" in ask(app, "/de/widget/").headers["content-security-policy"]
    assert "frame-ancestors 'none'" in ask(app, "/de/").headers["content-security-policy"]


def test_picture_is_not_compressed_twice(app):
    reply = ask(app, "/en/share.png", accept_encoding="gzip")
    assert reply.headers["content-type"] == "image/png"
    assert "content-encoding" not in reply.headers
    assert reply.raw.startswith(b"\x89PNG")


def test_feeds_point_to_where_the_view_is_opened(tmp_path):
    publish(tmp_path, town())
    app = PublicApp(tmp_path, lambda: FRESH, "https://strom.town.example")
    assert "https://strom.town.example/de/" in ask(app, "/de/green.rss").body
