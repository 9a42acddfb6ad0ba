"""From the snapshot files to what each client is told, and when."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from dashboard.regie.access.roles import DEEDS, Role
from dashboard.regie.feed import Files, Watcher, difference, follow, language_of

EVERYTHING = DEEDS[Role.ADMIN]


def in_its_own_loop(work):
    """Run a coroutine in a thread of its own: a browser driven in the same process keeps this thread's loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture
def state(tmp_path, factory):
    factory.write(tmp_path, factory.facts(), "diagram.json")
    factory.write(tmp_path, factory.snapshot(tick=1))
    return tmp_path


def test_before_the_first_snapshot_the_screen_says_what_it_waits_for(tmp_path):
    watcher = Watcher(Files(tmp_path), read_only=False)
    assert watcher.look() is False
    assert "erste Momentaufnahme" in watcher.screen("de", EVERYTHING)["header"]["markup"]


def test_before_the_first_snapshot_every_panel_has_its_title(tmp_path, panel_ids):
    shown = Watcher(Files(tmp_path), read_only=False).screen("en", EVERYTHING)
    for panel, title in (("alarms", "Alarms"), ("recommendations", "Recommendations"), ("grid-tools", "Grid · single line")):
        assert f"<h2>{title}</h2>" in shown[panel]["markup"]
    assert set(shown) == panel_ids - {"grid-list", "grid-base", "grid-overlay", "map-base", "map-overlay"} - {
        "records-tabs",
        "counters",
        "tools",
    }


def test_before_the_first_snapshot_the_page_knows_what_to_say_when_the_connection_is_lost(tmp_path):
    pulse = Watcher(Files(tmp_path), read_only=False).screen("en", EVERYTHING)["pulse"]["payload"]
    assert pulse["texts"]["lost"].startswith("Connection lost.")
    assert (pulse["published_ms"], pulse["late_ms"]) == (None, None)


def test_a_first_snapshot_of_another_version_is_said_to_be_unreadable(tmp_path, factory):
    factory.write(tmp_path, factory.snapshot().model_copy(update={"schema_version": 99}))
    watcher = Watcher(Files(tmp_path), read_only=False)
    watcher.screen("en", EVERYTHING)
    assert watcher.look() is True
    shown = watcher.screen("en", EVERYTHING)
    assert "cannot be read" in shown["pulse"]["payload"]["texts"]["unreadable"]
    assert "Waiting" not in shown["header"]["markup"]


def test_a_new_file_is_taken_over_once(state, factory):
    watcher = Watcher(Files(state), read_only=False)
    assert [watcher.look(), watcher.look()] == [True, False]
    factory.write(state, factory.snapshot(tick=2))
    assert watcher.look() is True
    assert watcher.snapshot.tick == 2


def test_an_unreadable_file_leaves_the_last_good_screen_which_says_so(state, factory):
    watcher = Watcher(Files(state), read_only=False)
    watcher.look()
    (state / "snapshots" / "regie.json").write_text("{")
    assert [watcher.look(), watcher.look()] == [True, False]
    assert watcher.snapshot.tick == 1
    assert "cannot be read" in watcher.screen("en", EVERYTHING)["pulse"]["payload"]["texts"]["unreadable"]
    factory.write(state, factory.snapshot(tick=2))
    watcher.look()
    assert watcher.screen("en", EVERYTHING)["pulse"]["payload"]["texts"]["unreadable"] == ""


def test_a_grid_that_cannot_be_drawn_leaves_everything_else_on_screen(state):
    (state / "snapshots" / "diagram.json").write_text("{}")
    watcher = Watcher(Files(state), read_only=False)
    watcher.look()
    shown = watcher.screen("en", EVERYTHING)
    assert "No diagram" in shown["grid-list"]["markup"]
    assert "Acknowledge" in shown["alarms"]["markup"]


def test_a_client_is_told_only_what_changed(state, factory):
    watcher = Watcher(Files(state), read_only=False)
    watcher.look()
    before = watcher.screen("fr", EVERYTHING)
    factory.write(state, factory.snapshot(tick=2, published_at=watcher.snapshot.published_at, journal=()))
    watcher.look()
    told = difference(before, watcher.screen("fr", EVERYTHING))
    assert set(told) == {
        "header",
        "journal",
        "recommendations",
        "pulse",
    }  # a refusal's time is read from its line of the journal


def test_a_client_follows_from_snapshot_to_snapshot_and_hears_a_beat(state, factory, panel_ids):
    async def session():
        watcher, heard = Watcher(Files(state), read_only=False), []
        watcher.look()
        client = asyncio.create_task(
            follow(watcher, "en", lambda: EVERYTHING, lambda panel, props: heard.append(panel), lambda: False)
        )
        while "beat" not in heard:  # the last that is told of a change
            await asyncio.sleep(0.01)
        first = list(heard)
        factory.write(state, factory.snapshot(tick=2, journal=()))
        watcher.look()
        while "pulse" not in heard[len(first) :] or heard[-1] != "beat":
            await asyncio.sleep(0.01)
        client.cancel()
        return first, heard[len(first) :]

    first, then = in_its_own_loop(session())
    assert set(first) == {*panel_ids, "beat"}
    assert set(then) == {"alarms", "header", "journal", "recommendations", "pulse", "beat"}


def test_every_beat_carries_the_servers_time(state):
    async def session():
        beats = []
        gone = iter((False, True))
        await follow(
            Watcher(Files(state), read_only=False),
            "en",
            lambda: EVERYTHING,
            lambda panel, props: beats.append(props["payload"]) if panel == "beat" else None,
            lambda: next(gone),
        )
        return beats

    (beat,) = in_its_own_loop(session())
    assert beat == pytest.approx(1000.0 * time.time(), abs=timedelta(seconds=30) / timedelta(milliseconds=1))


@pytest.mark.parametrize(("search", "language"), [("?lang=it", "it"), ("?x=1", "en"), (None, "en"), ("?lang=<b>", "en")])
def test_the_feed_speaks_the_language_of_the_pages_address(search, language):
    assert language_of(search) == language
