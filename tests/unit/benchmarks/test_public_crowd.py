"""The viewers of `regie bench public` behave as the page does, against the real public process."""

import asyncio
import random
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from public_crowd import HEARTBEAT_S, LANGUAGES, SPREAD_S, Crowd, Viewer
from public_feeder import Feeder, snapshot
from public_figures import ASKED, added
from public_run import Phase, Run
from public_served import embedded, linked

VIEWERS = 20


def waits(run_async, until_next_s, many=200):
    """When viewers come again, seconds from now."""

    async def planned():
        crowd, loop = Crowd(1, "nowhere", (), random.Random(1)), asyncio.get_running_loop()
        viewers = [Viewer(crowd, number) for number in range(many)]
        for viewer in viewers:
            viewer._next = time.time() + until_next_s
            viewer._plan()
        found = [viewer._timer.when() - loop.time() for viewer in viewers]
        for viewer in viewers:
            viewer.leave()
        return found

    return run_async(planned())


def test_they_come_after_the_next_snapshot_spread_over_fifteen_seconds(run_async):
    found = waits(run_async, 30.0)
    assert min(found) >= 29.0
    assert max(found) <= 30.0 + SPREAD_S
    assert max(found) - min(found) > 0.8 * SPREAD_S


def test_who_came_before_the_new_snapshot_was_there_comes_again_soon(run_async):
    found = waits(run_async, -2.0)
    assert min(found) >= 4.0
    assert max(found) <= 6.0


@pytest.mark.parametrize("until_next_s", [900.0, -20.0])
def test_they_come_once_a_minute_when_the_next_snapshot_is_far_or_late(run_async, until_next_s):
    assert max(waits(run_async, until_next_s)) <= HEARTBEAT_S
    assert min(waits(run_async, until_next_s)) > HEARTBEAT_S - 1.0


def test_a_snapshot_has_a_real_ones_size_and_differs_from_the_one_before(tmp_path):
    feeder = Feeder(tmp_path, 60.0)
    now = datetime.now(UTC)
    assert 59.0 < feeder.feed(now + timedelta(seconds=1)) <= 60.0
    first = (tmp_path / "public.json").read_bytes()
    feeder.feed(now + timedelta(seconds=62))
    assert (tmp_path / "public.json").read_bytes() != first
    assert len(snapshot(1, now, 60.0).coming) == 48


@pytest.fixture(scope="module")
def watched(run_async, tmp_path_factory):
    """Lines of a run until everybody has loaded the page, the sizes of what they loaded, and the number of its files."""
    scratch, lines, ended = tmp_path_factory.mktemp("watched"), [], asyncio.Event()
    feeder = Feeder(scratch / "public", 600.0)
    feeder.feed(datetime.now(UTC))
    with embedded(scratch / "public", scratch) as served:
        sizes, files = served.sizes(LANGUAGES), len(served.assets()) + 2

        def write(line):
            lines.append(line)
            if sum(added(lines, "latency_ms").values()) >= VIEWERS * files:
                ended.set()

        plan = [Phase("joining", 2.0, VIEWERS, 1.0), Phase("steady", 90.0, VIEWERS)]
        run_async(Run(0, served, feeder, None, write, ended).go(plan))
    return lines, sizes, files


def test_each_viewer_loads_the_page_with_its_assets_and_then_waits_for_the_next_snapshot(watched):
    lines, _, files = watched
    assert sum((Counter(line["errors"]) for line in lines), Counter()) == {}
    assert sum(line["asked"] for line in lines) == sum(added(lines, "latency_ms").values()) == VIEWERS * files
    assert lines[-1]["connected"] == VIEWERS


def test_snapshot_and_first_load_keep_to_their_sizes(watched):
    _, (snapshot_bytes, first_load_bytes), _ = watched
    assert 1000 < snapshot_bytes <= ASKED["both"]["snapshot_bytes"]
    assert snapshot_bytes < first_load_bytes <= ASKED["both"]["first_load_bytes"]


def test_a_first_load_is_all_that_a_browser_fetches_by_itself_for_the_page():
    html = (
        '<link rel="icon" href="../icon.svg" type="image/svg+xml"><link rel="apple-touch-icon" href="../icon-maskable-192.png">'
        '<link rel="manifest" href="manifest.webmanifest"><link rel="alternate" href="green.rss" title="news">'
        '<link rel="stylesheet" href="../assets/a.css"><script src="../assets/b.js" defer></script><a href="../fr/">FR</a>'
    )
    assert linked(html, "/de/") == ["/assets/a.css", "/assets/b.js", "/de/manifest.webmanifest", "/icon.svg"]
