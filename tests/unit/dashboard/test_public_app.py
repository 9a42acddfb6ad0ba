"""The public app over ASGI: addresses, headers, sizes, trouble."""

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from public_town import AS_OF, LANGUAGES, PUBLISHED, ask, hours, nothing_known, publish, town

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
    assert all(f'href="/{other}/"' in reply.body for other in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_method_page_needs_no_values(tmp_path, language):
    body = ask(PublicApp(tmp_path, lambda: FRESH), f"/{language}/how").body
    assert "Stromkennzeichnung" in body
    assert "15\u202f%" in body
    assert "Bialek" in body
    assert body.count("<h2>") == 10


def test_the_tariff_is_handed_out_as_the_loop_left_it_and_is_not_found_before(app, tmp_path):
    assert ask(app, "/tariff.json").status == 404
    (tmp_path / "tariff.json").write_text('{"grid":[]}')
    reply = ask(app, "/tariff.json")
    assert (reply.status, reply.body, reply.headers["content-type"]) == (200, '{"grid":[]}', "application/json; charset=utf-8")


def test_address_without_its_slash_leads_to_the_one_with_it(app):
    reply = ask(app, "/de")
    assert (reply.status, reply.headers["location"]) == (308, "/de/")


@pytest.mark.parametrize(
    "path", ["/nothing", "/fr/nothing", "/../public.json", "/public.json", "/assets/", "/fr/../de/", "//fr/", "/\x00"]
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


@pytest.mark.parametrize("path", ["/", "/fr/", "/fr/live.json", "/fr/how", "/nothing", "/health"])
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
        for path in (f"/{language}/", f"/{language}/how"):
            body = ask(app, path).body
            assert not re.search(r"<script(?! src=\"/)|<style|style=|\son\w+=|https?://", body)


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_load_stays_under_15_kb(app, language):
    page = ask(app, f"/{language}/", accept_encoding="gzip")
    assets = re.findall(r"/assets/[^\"]+", page.body)
    live = ask(app, f"/{language}/live.json", accept_encoding="gzip")
    assert len(assets) == 2
    assert len(live.raw) <= 4_000
    assert len(page.raw) + len(live.raw) + sum(len(ask(app, path, accept_encoding="gzip").raw) for path in assets) <= 15_000


def test_client_without_gzip_gets_the_plain_body(app):
    plain, packed = ask(app, "/it/live.json"), ask(app, "/it/live.json", accept_encoding="br, gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.body == packed.body


@pytest.mark.parametrize("path", ["/fr/", "/fr/live.json", "/fr/how"])
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
    assert "they come in version 7, this page reads version 1" in page.body
    assert "73" not in live.body
    assert len(caplog.records) == 1  # logged once, not at every request


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "the file is not complete JSON"),
        ("[" * 100_000, "the file is not complete JSON"),
        ("[]", "fields are missing"),
        ('{"schema_version": 1}', "fields are missing"),
        (town().model_copy(update={"timezone": "../../etc/passwd"}).model_dump_json(), "an instant has no time zone"),
        (town().model_copy(update={"as_of": AS_OF.replace(tzinfo=None)}).model_dump_json(), "an instant has no time zone"),
        (town().model_dump_json()[:-1] + ', "customer": "Anna"}', "fields are missing, unknown"),
        (" " * 300_000, "the file is larger"),
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
    assert json.loads(ask(app, "/health").body) == {"status": "ok", "data": state, "published_at": PUBLISHED.isoformat()}


def test_live_file_stays_small_even_when_every_note_is_there(tmp_path):
    publish(tmp_path, town(notes=tuple(f"a_note_that_nobody_translated_{i}" for i in range(30)), green_hours=hours(AS_OF)))
    assert len(ask(PublicApp(tmp_path, lambda: FRESH), "/de/live.json", accept_encoding="gzip").raw) <= 4_000


def test_unknown_values_are_served_as_words(tmp_path):
    publish(tmp_path, nothing_known())
    assert "inconnue" in ask(PublicApp(tmp_path, lambda: FRESH), "/fr/").body


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
