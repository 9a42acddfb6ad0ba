"""What the public app answers while the feed starts, stops or breaks, under an embargo, and of the open data."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from public_town import EMBARGO, PUBLISHED, ask, hours, nothing_known, publish, release, town

from dashboard.public import addresses
from dashboard.public import app as app_module
from dashboard.public.app import PublicApp
from dashboard.public.extras import icons, picture_png

FRESH = PUBLISHED + timedelta(seconds=5)
LATER = PUBLISHED + timedelta(hours=3)


@pytest.fixture
def app(tmp_path):
    publish(tmp_path, town())
    return PublicApp(tmp_path, lambda: FRESH)


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


@pytest.mark.parametrize("released", [release(), release(embargo=EMBARGO)], ids=["figures", "embargo"])
@pytest.mark.parametrize("spoilt", ["render", "hours_page"], ids=["in every page", "in one page"])
def test_where_a_page_cannot_be_made_no_figure_is_shown_and_none_of_the_edition_before(
    app, tmp_path, monkeypatch, caplog, released, spoilt
):
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "months.csv").write_text("51.2")
    pages = ("", "live.json", "hours/", "figures/")
    assert any(figure in ask(app, f"/en/{path}").body for path in pages for figure in FIGURES)
    publish(tmp_path, released)
    where = app_module if spoilt == "render" else addresses
    made = getattr(where, spoilt)

    def overflowing(edition, *rest, **named):
        if edition.trouble == "":
            raise OverflowError("date value out of range")
        return made(edition, *rest, **named)

    with monkeypatch.context() as patched:
        patched.setattr(where, spoilt, overflowing)
        ask(app, "/en/hours/")
        for path in pages:
            reply = ask(app, f"/en/{path}")
            assert reply.status == 503
            assert "cannot show what it has read" in reply.body
            assert not any(figure in reply.body for figure in FIGURES)
        assert ask(app, "/open/months.csv").status == 403
        assert app.held_back
        assert json.loads(ask(app, "/health").body)["data"] == "unshown"
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    publish(tmp_path, release())
    assert ask(app, "/en/").status == 200


def test_a_page_that_cannot_be_made_even_without_a_figure_leaves_the_figures_withheld(app, monkeypatch):
    def no_font(*_args, **_named):
        raise FileNotFoundError("font")

    monkeypatch.setattr(picture_png, "font", no_font)
    for _ in range(3):
        with pytest.raises(FileNotFoundError):
            ask(app, "/en/share.png")
        assert ask(app, "/en/").status == 503
        assert app.held_back


def test_what_holds_no_figure_takes_none_away_where_it_cannot_be_made(app, monkeypatch):
    monkeypatch.setattr(icons, "png", lambda *_args, **_named: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ask(app, "/icon-192.png")
    assert "73\u202f%" in ask(app, "/en/").body


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


def test_every_address_that_is_named_answers_and_the_open_data_is_among_them(app, tables):
    addresses = list(app.addresses())
    assert len(addresses) == len(set(addresses))
    assert {"/de/", "/fr/live.json", "/it/hours/", "/sw.js", "/en/widget/", "/open/months.csv"} <= set(addresses)
    assert {address: ask(app, address).status for address in addresses if ask(app, address).status != 200} == {}
