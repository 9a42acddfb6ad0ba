"""Row 36 of the fault table: a crowd storms the citizens' page while the loop is on air, and the loop does not feel it."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from types import SimpleNamespace

import pytest
from hamlet import hamlet

pytestmark = pytest.mark.fault

TICKS, CROWD = 30, 300
HEAVY = 20
"""Answers for each tick of the loop: far more than a crowd that polls would ask for."""


class Storm:
    """Connections that ask again as soon as they are answered, from a thread of their own."""

    def __init__(self, port):
        self.answers, self._port, self._over = Counter(), port, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))

    async def _all(self):
        await asyncio.gather(*(self._one() for _ in range(CROWD)))

    async def _one(self):
        question = b"GET /de/live.json HTTP/1.1\r\nHost: town\r\nAccept-Encoding: gzip\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while not self._over.is_set():
            writer.write(question)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length"))
            await reader.readexactly(length)
            self.answers[int(head[9:12])] += 1
        writer.close()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


@pytest.fixture(scope="module")
def town():
    made = hamlet(days=1.0)
    made.site += '\n[public]\nzone = "hamlet"\nresolution_minutes = 60\n'
    return made


@pytest.fixture(scope="module")
def calm(play, town):
    """The same quarter hours, and nobody looks."""
    return play(town, TICKS, "calm")


@pytest.fixture(scope="module")
def stormed(settle, town):
    place = settle(town, "stormed")
    public = place.state / "public"
    public.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    page = subprocess.Popen([sys.executable, "-m", "dashboard.public", "--dir", str(public), "--port", str(port)])
    try:
        until_answers(port, page)
        with Storm(port) as storm:
            run = place.start(TICKS)
            run.until(lambda: place.acked > 0)
            before = sum(storm.answers.values())
            ended = run.ended()
            during = sum(storm.answers.values()) - before
        alive = page.poll() is None
    finally:
        page.terminate()
        page.wait()
    return SimpleNamespace(place=place, ended=ended, during=during, answers=storm.answers, alive=alive)


def until_answers(port, page):
    while page.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        time.sleep(0.05)
    raise AssertionError("the public process does not answer")


def test_the_crowd_is_answered_throughout(stormed):
    assert stormed.alive
    assert stormed.during > HEAVY * TICKS
    assert set(stormed.answers) <= {200, 503}  # before the first tick there is nothing to show yet
    assert stormed.answers[200] > HEAVY * TICKS


def test_every_quarter_hour_is_done_and_none_misses_its_deadline(stormed):
    assert stormed.ended.code == 0, stormed.ended.err
    assert stormed.ended.figures["journal"]["acked"] == TICKS
    assert stormed.ended.figures["deadline_misses"] == 0
    assert not any(stormed.ended.figures["fallback_ticks"].values())


def test_the_loop_decides_what_it_decides_when_nobody_looks(stormed, calm):
    assert [record.head for record in stormed.place.records] == [record.head for record in calm.records]
