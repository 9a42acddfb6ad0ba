"""Who may come in: commands only from our own page on this machine, headers on every answer, and a queue that keeps them."""

import asyncio
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from dashboard.regie.app import create_app
from dashboard.regie.commands import CommandQueue
from dashboard.regie.gate import is_loopback, is_ours
from dashboard.regie.wish import Wish, expiry


def in_its_own_loop(work):
    """Run a coroutine in a thread of its own: a browser driven in the same process keeps this thread's loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


HERE = "http://127.0.0.1:8050"
WISH = {"kind": "acknowledge", "target": "now:overload:trafo:2"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str


class Client:
    """Speaks ASGI to the application, as uvicorn does."""

    def __init__(self, app, base=HERE, **headers):
        self._app = app
        self._brings = headers
        self._host = urlsplit(base).netloc

    def scope(self, kind, path, headers):
        named = {"host": self._host} | self._brings | {name.replace("_", "-"): value for name, value in headers.items()}
        route, _, query = path.partition("?")
        return {
            "type": kind,
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http" if kind == "http" else "ws",
            "path": route,
            "raw_path": route.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "client": ("127.0.0.1", 5000),
            "server": ("127.0.0.1", 8050),
            "subprotocols": [],
        }

    def ask(self, method, path, body=b"", **headers):
        sent = []

        async def talk():
            waiting = [{"type": "http.request", "body": body, "more_body": False}]

            async def receive():
                return waiting.pop() if waiting else await asyncio.Future()  # then the client stays connected

            async def send(message):
                sent.append(message)

            await self._app(self.scope("http", path, headers) | {"method": method}, receive, send)

        in_its_own_loop(talk())
        start = sent[0]
        text = b"".join(message.get("body", b"") for message in sent[1:]).decode()
        return Answer(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, text)

    def connect(self, path, **headers):
        sent = []

        async def talk():
            async def receive():
                return {"type": "websocket.connect"}

            async def send(message):
                sent.append(message)

            await self._app(self.scope("websocket", path, headers), receive, send)

        in_its_own_loop(talk())
        return sent[0]


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def client(state, log_in):
    return Client(create_app(state), **log_in(state))


def post(client, body=None, **headers):
    data = json.dumps(body or WISH).encode()
    named = {"content_type": "application/json", "content_length": str(len(data)), **headers}
    return client.ask("POST", "/regie/api/command", data, **named).status


def test_a_command_from_our_own_page_is_queued(client, state):
    assert post(client, origin=HERE, sec_fetch_site="same-origin") == 202
    with sqlite3.connect(state / "commands.sqlite") as db:
        row = db.execute("SELECT id, kind, target, by, motive FROM command").fetchone()
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert row == (1, "acknowledge", "now:overload:trafo:2", "dispatcher", None)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": HERE, "sec_fetch_site": "cross-site"},
        {"origin": "http://evil.example:8050", "host": "evil.example:8050"},
    ],
    ids=["no origin", "other site", "opaque origin", "cross-site fetch", "rebound name"],
)
def test_a_command_from_elsewhere_is_refused(client, headers):
    assert post(client, **headers) == 403


def test_a_live_connection_from_elsewhere_is_refused(client):
    refused = client.connect("/regie/_dash-ws-callback", origin="http://evil.example")
    assert (refused["type"], refused["code"]) == ("websocket.close", 4403)


def test_a_name_that_was_made_to_point_here_reads_nothing_from_a_published_screen(state):
    rebound = "http://evil.example:8050"
    client = Client(create_app(state, host="0.0.0.0"), base=rebound)
    refused = client.connect("/regie/_dash-ws-callback", origin=rebound, sec_fetch_site="same-origin")
    assert (refused["type"], refused["code"]) == ("websocket.close", 4403)
    assert client.ask("GET", "/regie/?lang=en").status == 403


@pytest.mark.parametrize("bound", ["127.0.0.2", "0.0.0.0", "10.0.0.5"])
def test_a_server_answers_to_its_own_address(state, bound, log_in):
    address = "10.0.0.5" if bound == "0.0.0.0" else bound
    client = Client(create_app(state, host=bound), base=f"http://{address}:8050", **log_in(state))
    assert client.ask("GET", "/regie/?lang=en").status == 200


@pytest.mark.parametrize(
    ("name", "bound", "ours"),
    [
        ("desk.town.example", "Desk.town.example", True),
        ("localhost", "0.0.0.0", True),
        ("::1", "127.0.0.1", True),
        ("192.168.1.20", "0.0.0.0", True),
        ("evil.example", "0.0.0.0", False),
        ("localhost.evil.example", "127.0.0.1", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("", "0.0.0.0", False),
        ("desk.town.example", "*.town.example", True),
        ("desk.old.town.example", "*.town.example", False),
        ("town.example", "*.town.example", False),
    ],
)
def test_a_server_goes_by_addresses_and_by_the_names_it_was_given(name, bound, ours):
    assert is_ours(name, {bound}) is ours


@pytest.mark.parametrize("host", ["[", "[::1", "a b"])
def test_a_malformed_host_is_refused(client, host):
    assert client.ask("GET", "/regie/?lang=en", host=host).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {**WISH, "kind": "open_switch"},
        {**WISH, "kind": "refuse"},
        {**WISH, "by": "somebody else"},
        {**WISH, "target": "a\nb"},
        {**WISH, "extra": 1},
        {"kind": "acknowledge", "target": "\ud800"},
        {"kind": "acknowledge", "target": "t", "\udc00": "\ud800"},
        {"kind": "acknowledge", "target": float("nan")},
    ],
    ids=[
        "unknown kind",
        "refusal without motive",
        "nobody",
        "control characters",
        "unknown field",
        "half a pair",
        "half a pair as a key",
        "no number",
    ],
)
def test_a_malformed_command_is_refused(client, body):
    assert post(client, body, origin=HERE) == 422


def test_a_screen_that_others_can_reach_takes_no_commands(state, log_in):
    client = Client(create_app(state, host="0.0.0.0"), base="http://10.0.0.5:8050", **log_in(state))
    assert post(client, origin="http://10.0.0.5:8050", sec_fetch_site="same-origin") == 403


def test_every_answer_carries_the_policy(client):
    for path in ("/", "/regie/?lang=fr", "/regie/assets/regie.css", "/nowhere"):
        answer = client.ask("GET", path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


def test_the_page_speaks_the_language_of_its_address(client):
    assert client.ask("GET", "/", accept_language="de-CH,en;q=0.4").headers["location"] == "/regie/?lang=de"
    assert '<html lang="fr">' in client.ask("GET", "/regie/?lang=fr").text


def test_paths_outside_the_regie_do_not_exist(client):
    assert client.ask("GET", "/docs").status == 404


def test_command_ids_grow_over_restarts(tmp_path):
    wish = Wish(**WISH)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert CommandQueue(tmp_path).put(wish, "anna", now, now) == 1
    assert CommandQueue(tmp_path).put(wish, "anna", now, now) == 2


def test_a_command_expires_after_the_tick_after_next(factory):
    published = datetime(2026, 1, 1, tzinfo=UTC)
    slow = factory.snapshot(published_at=published, interval_s=900.0)
    assert expiry(published, slow) == published + timedelta(minutes=30)
    assert expiry(published, None) == published + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("host", "here"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.1.2.3", False)]
)
def test_only_loopback_is_this_machine(host, here):
    assert is_loopback(host) is here
