"""Dispatchers at their screens, as far as the server can tell: logged in, and on a live connection as a browser's worker is."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from dashboard.regie.access.ledger import Ledger
from dashboard.regie.access.people import People
from dashboard.regie.access.roles import Role

LANGUAGES = ("fr", "de", "it", "en")
_AGAIN_S = 1.0


@dataclass(frozen=True)
class Arrival:
    """One tick at one screen: wall clock of arrival [s since 1970], and how long after it was published [ms]."""

    at_s: float
    published_ms: float
    lag_ms: float


@dataclass
class Crowd:
    """What all screens have seen."""

    arrivals: list[Arrival] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    connected: int = 0


def log_in(state: Path, url: str, number: int) -> str:
    """The cookie of one more dispatcher who has logged in on this site."""
    people, name = People(state), f"bench_{number}"
    if people.get(name) is None:
        people.add(name, Role.DISPATCHER, f"a brook runs under mill number {number}", once=False)
    secret = Ledger(state).open_session(name, None, "open", datetime.now(UTC))
    return f"regie-{urlsplit(url).port}={secret}"


def fetched(url: str, cookie: str) -> bytes:
    """A file as it comes over the wire, compressed."""
    request = urllib.request.Request(url, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=30.0) as answer:
        return bytes(answer.read())


def live_callback(url: str, cookie: str) -> str:
    """Name of the one live callback, as the page reads it."""
    import gzip

    raw = fetched(f"{url}/regie/_dash-dependencies", cookie)
    listed = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
    return str(next(one["output"] for one in listed if one["websocket"]))


def question(callback: str, language: str) -> str:
    """What a browser's worker sends once it is connected."""
    state = [{"id": "url", "property": "search", "value": f"?lang={language}"}]
    payload = {
        "output": callback,
        "outputs": [],
        "inputs": [],
        "state": state,
        "changedPropIds": [],
        "parsedChangedPropsIds": [],
    }
    return json.dumps({"type": "callback_request", "rendererId": "bench", "requestId": "live", "payload": payload})


async def watch(crowd: Crowd, url: str, cookies: Sequence[str], until_s: float, tell: Callable[[], None]) -> None:
    """Keep every screen connected until ``until_s`` (monotonic), and write down when each tick arrives."""
    callback = live_callback(url, cookies[0])
    screens = [
        asyncio.create_task(_screen(url, cookie, callback, LANGUAGES[number % len(LANGUAGES)], until_s, crowd))
        for number, cookie in enumerate(cookies)
    ]
    try:
        while time.monotonic() < until_s:
            await asyncio.sleep(min(10.0, max(until_s - time.monotonic(), 0.0)))
            tell()
    finally:
        for screen in screens:
            screen.cancel()
        await asyncio.gather(*screens, return_exceptions=True)


async def _screen(url: str, cookie: str, callback: str, language: str, until_s: float, crowd: Crowd) -> None:
    headers = {"Cookie": cookie}
    while time.monotonic() < until_s:
        try:
            address = f"ws{url.removeprefix('http')}/regie/_dash-ws-callback"
            async with connect(address, origin=url, additional_headers=headers, max_size=None) as socket:  # type: ignore[arg-type]
                crowd.connected += 1
                try:
                    await socket.send(question(callback, language))
                    first = True
                    async for text in socket:
                        first = _take(crowd, json.loads(text), first=first)
                finally:
                    crowd.connected -= 1
        except (OSError, WebSocketException, ValueError) as error:
            crowd.errors.append(f"{type(error).__name__}: {error}"[:200])
            await asyncio.sleep(_AGAIN_S)


def _take(crowd: Crowd, told: Any, *, first: bool) -> bool:
    """Whether the next pulse is still the first: a snapshot that was there before the screen came has no lag."""
    for message in told if isinstance(told, list) else [told]:
        if message["type"] == "callback_response":
            crowd.errors.append(f"the live callback ended: {str(message.get('payload'))[:150]}")
        if message["type"] == "set_props" and message["payload"]["componentId"] == "pulse":
            published = message["payload"]["props"].get("payload", {}).get("published_ms")
            if published is not None:
                now = time.time()
                if not first:
                    crowd.arrivals.append(Arrival(now, published, 1000.0 * now - published))
                first = False
    return first
