"""The public app over ASGI: addresses, headers, sizes, trouble."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from public_town import EMBARGO, LANGUAGES, PUBLISHED, ask, hours, nothing_known, publish, release, story, town

from dashboard.public.app import PublicApp

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


# ------------------------------------------------------------------------------------------ the feed


def test_before_the_first_snapshot_the_page_says_that_the_regie_is_starting(tmp_path):
    app = PublicApp(tmp_path, lambda: FRESH)
    page, live = ask(app, "/en/"), ask(app, "/en/live.json")
    assert page.status == 200
    assert "The régie is starting" in page.body
    assert (live.status, live.headers["retry-after"]) == (503, "5")
    publish(tmp_path, town())
    assert "73\u202f%" in ask(app, "/en/").body


def test_new_snapshot_is_served_as_soon_as_it_is_there(app, tmp_path):
    before = ask(app, "/en/live.json").headers["etag"]
    publish(tmp_path, town(share=0.41))
    after = ask(app, "/en/live.json", if_none_match=before)
    assert after.status == 200
    assert json.loads(after.body)["text"]["share"] == "41\u202f%"


def test_snapshot_of_another_schema_is_refused_with_both_versions(app, tmp_path, caplog):
    publish(tmp_path, json.dumps({"schema_version": 7, "from": "the future"}))
    for _ in range(3):
        page, live = ask(app, "/en/"), ask(app, "/en/live.json")
    assert (page.status, live.status) == (503, 503)
    assert "they come in version 7, this page reads version 2" in page.body
    assert "73" not in live.body
    assert len(caplog.records) == 1  # logged once, not at every request


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "the file is not complete JSON"),
        ("[" * 100_000, "the file is not complete JSON"),
        ("[]", "fields are missing"),
        ('{"schema_version": 2}', "fields are missing"),
        (town().model_copy(update={"timezone": "../../etc/passwd"}).model_dump_json(), "an instant has no time zone"),
        (town().model_copy(update={"share": 1.2}).model_dump_json(), "out of their range"),
        (town().model_dump_json()[:-1] + ', "customer": "Anna"}', "fields are missing, unknown"),
        (" " * 1_100_000, "the file is larger"),
    ],
)
def test_file_that_cannot_be_read_is_explained_and_recovered_from(app, tmp_path, content, reason):
    publish(tmp_path, content)
    page = ask(app, "/en/")
    assert page.status == 503
    assert reason in page.body
    assert "Anna" not in page.body
    publish(tmp_path, town())
    assert ask(app, "/en/").status == 200


def test_page_made_after_the_feed_stopped_says_stale_without_a_script(tmp_path):
    publish(tmp_path, town())
    body = ask(PublicApp(tmp_path, lambda: LATER), "/de/").body
    assert '<main id="main" data-words' in body
    assert "class=stale" in body
    assert 'id="stale" class="notice">Veraltet seit Mi. 04.03.2026 13:00:07' in body


def test_fresh_page_hides_the_word_stale(app):
    assert 'id="stale" class="notice" hidden>' in ask(app, "/de/").body


@pytest.mark.parametrize(("now", "state"), [(FRESH, "ok"), (LATER, "stale")])
def test_health_tells_a_living_process_from_a_living_feed(tmp_path, now, state):
    app = PublicApp(tmp_path, lambda: now)
    assert json.loads(ask(app, "/health").body)["data"] == "starting"
    publish(tmp_path, town())
    assert json.loads(ask(app, "/health").body) == {
        "status": "ok",
        "data": state,
        "published_at": PUBLISHED.isoformat(),
        "embargo": False,
    }


def test_live_file_stays_small_even_when_every_note_is_there(tmp_path):
    publish(tmp_path, town(notes=tuple(f"a_note_that_nobody_translated_{i}" for i in range(30)), coming=hours(PUBLISHED)))
    assert len(ask(PublicApp(tmp_path, lambda: FRESH), "/de/live.json", accept_encoding="gzip").raw) <= 4_000


def test_unknown_values_are_served_as_words(tmp_path):
    publish(tmp_path, nothing_known())
    assert "inconnue" in ask(PublicApp(tmp_path, lambda: FRESH), "/fr/").body


# ------------------------------------------------------------------------------------------ embargo

FIGURES = ("73\u202f%", "58\u202f%", "6.21", "48\u202fg", "51.2", "1,187", "42.3")


@pytest.mark.parametrize("path", ["", "live.json", "hours/", "figures/"])
def test_under_an_embargo_no_address_tells_a_figure_but_the_publishers_words_and_since_when(tmp_path, path):
    publish(tmp_path, town())
    app = PublicApp(tmp_path, lambda: FRESH)
    shown = "".join(ask(app, f"/en/{below}").body for below in ("", "hours/", "figures/", "live.json"))
    assert any(figure in shown for figure in FIGURES)
    publish(tmp_path, release(embargo=EMBARGO))
    reply = ask(app, f"/en/{path}")
    assert reply.status == 200
    assert reply.headers["cache-control"] == "no-cache"
    assert not any(figure in reply.body for figure in FIGURES)
    assert "A meter is being checked (en)" in reply.body
    assert "since Wed 15 Jun 2016 08:30" in reply.body


def test_an_embargo_ends_with_the_next_release(tmp_path):
    publish(tmp_path, town())
    publish(tmp_path, release(embargo=EMBARGO))
    app = PublicApp(tmp_path, lambda: FRESH)
    assert json.loads(ask(app, "/health").body)["embargo"] is True
    publish(tmp_path, release())
    live = json.loads(ask(app, "/en/live.json").body)
    assert live["text"]["share"] == "73\u202f%"
    assert live["attributes"]["embargo"] == {"hidden": ""}


def test_a_release_that_cannot_be_read_might_hold_an_embargo_so_nothing_is_shown(tmp_path):
    publish(tmp_path, town())
    publish(tmp_path, '{"schema_version": 1', "release.json")
    app = PublicApp(tmp_path, lambda: FRESH)
    for path in ("", "live.json", "hours/", "figures/"):
        reply = ask(app, f"/en/{path}")
        assert reply.status == 503
        assert not any(figure in reply.body for figure in FIGURES)
    assert "shows no figure until it can" in ask(app, "/en/").body


# ------------------------------------------------------------------------------------------ open data


@pytest.fixture
def tables(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir()
    for name in ("months.csv", "months.json", "schema-months.json"):
        (folder / name).write_text(f"51.2 in {name}")
    (folder / "datapackage.json").write_text('{"resources": []}')
    (folder / ".months.csv.new").write_text("half")
    (folder / "notes.html").write_text("<script>")
    return folder


@pytest.mark.parametrize(("name", "media_type"), [("months.csv", "text/csv"), ("months.json", "application/json")])
def test_open_data_is_handed_out_to_pages_of_any_origin(app, tables, name, media_type):
    reply = ask(app, f"/open/{name}", accept_encoding="gzip")
    assert (reply.status, reply.body) == (200, f"51.2 in {name}")
    assert reply.headers["content-type"].startswith(media_type)
    assert reply.headers["access-control-allow-origin"] == "*"
    (tables / name).write_text("anew")
    assert ask(app, f"/open/{name}").body == "anew"
    (tables / name).unlink()
    assert ask(app, f"/open/{name}").status == 404


@pytest.mark.parametrize("name", ["", "../public.json", ".months.csv.new", "notes.html", "a/b.csv", "months.csv/", "\x00.csv"])
def test_nothing_else_is_handed_out_of_the_open_folder(app, tables, name):
    assert ask(app, f"/open/{name}").status == 404


@pytest.mark.parametrize("held", [release(embargo=EMBARGO), "{"], ids=["embargo", "torn release"])
def test_tables_are_held_back_with_the_figures(app, tables, tmp_path, held):
    publish(tmp_path, held, "release.json")
    assert ask(app, "/open/months.csv").status == 403
    assert "51.2" not in ask(app, "/open/months.json").body
    assert ask(app, "/open/schema-months.json").status == 200  # says what columns mean, and no figure
    assert not any(address.endswith("months.csv") for address in app.addresses())


# ------------------------------------------------------------------------------------------ everything that answers


def test_every_address_that_is_named_answers_and_the_open_data_is_among_them(app, tables):
    addresses = list(app.addresses())
    assert len(addresses) == len(set(addresses))
    assert {"/de/", "/fr/live.json", "/it/hours/", "/sw.js", "/en/widget/", "/open/months.csv"} <= set(addresses)
    assert {address: ask(app, address).status for address in addresses if ask(app, address).status != 200} == {}


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


# ------------------------------------------------------------------------------------------ the process


def test_port_in_use_gives_one_clear_line(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "dashboard.public", "--dir", str(tmp_path), "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "choose another --port" in done.stderr


def test_public_address_that_is_none_gives_one_clear_line(tmp_path):
    command = [sys.executable, "-m", "dashboard.public", "--dir", str(tmp_path)]
    environment = os.environ | {"REGIE_PUBLIC_URL": "strom.town.example"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 2
    assert "$REGIE_PUBLIC_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_public_process_loads_neither_private_contracts_nor_solvers():
    code = "import sys, dashboard.public.__main__; print([m for m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True).stdout
    for private in (
        "twin.contracts.snapshot",
        "twin.contracts.messages",
        "twin.boxes",
        "pandapower",
        "pandas",
        "numpy",
        "dash.",
    ):
        assert f"'{private}" not in loaded
