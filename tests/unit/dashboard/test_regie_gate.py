"""Deny by default: every role at every address and at the live connection, and what is refused stands in the book."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dashboard.regie.access.asked import ANYBODY, KNOWN, Asked
from dashboard.regie.access.ledger import Ledger
from dashboard.regie.access.roles import DEEDS, Deed, Role
from dashboard.regie.app import create_app
from dashboard.regie.book import Book

HERE = "http://127.0.0.1:8050"
OURS = {"origin": HERE, "sec-fetch-site": "same-origin", "host": "127.0.0.1:8050"}
PAGE = {"accept": "text/html"}
LIVE = "/regie/_dash-ws-callback"
DASH = ("/regie/", "/regie/_dash-layout", "/regie/_dash-dependencies", "/regie/_dash-update-component", "/regie/nowhere")
"""Dash's own addresses, and one that nobody has."""
NOBODY = None


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def app(state):
    return create_app(state)


@pytest.fixture(scope="module")
def client(app):
    return TestClient(app, base_url=HERE, follow_redirects=False)


@pytest.fixture(scope="module")
def cookies(state, log_in):
    return {role: log_in(state, str(role)) for role in Role} | {NOBODY: {}}


def addresses(app):
    """Every declared address with a method of its own, parameters filled in with something that is not there."""
    for route, asks in app._asked.routes:
        filled = re.sub(r"\{(\w+)(:\w+)?\}", "0", route.path)
        for method in sorted(route.methods - {"HEAD", "OPTIONS", "TRACE"}):
            yield method, filled, asks


def allowed(role, asks):
    if asks == ANYBODY:
        return True
    return role is not NOBODY and (asks == KNOWN or Deed(asks) in DEEDS[role])


def is_refused(answer, deed):
    """For want of this deed: what an address itself answers to made-up parameters, or asks beside it, is none of that."""
    return answer.status_code == 401 or (answer.status_code == 403 and f" may not {deed}" in answer.text)


@pytest.mark.parametrize("role", [NOBODY, *Role], ids=str)
def test_every_role_reaches_the_addresses_of_its_deeds_and_no_other(app, client, cookies, role):
    wrong = []
    for method, path, asks in addresses(app):
        if asks == ANYBODY:
            continue  # forms of the login: tested as such; the logout would end this session
        answer = client.request(method, path, headers={**OURS, **cookies[role]}, content=b"")
        if is_refused(answer, asks) == allowed(role, asks):
            wrong.append((method, path, asks, answer.status_code, answer.text[:80]))
    assert wrong == []


@pytest.mark.parametrize("role", [NOBODY, *Role], ids=str)
def test_dashs_own_addresses_are_for_those_who_see_the_grid(client, cookies, role):
    seen = role is not NOBODY and Deed.SEE in DEEDS[role]
    for path in DASH:
        method = "POST" if path.endswith("update-component") else "GET"
        answer = client.request(method, path, headers={**OURS, **cookies[role]}, content=b"{}")
        assert is_refused(answer, Deed.SEE) != seen, (path, answer.status_code)


@pytest.mark.parametrize("role", [NOBODY, *Role], ids=str)
def test_the_live_connection_is_for_those_who_see_the_grid(client, cookies, role):
    headers = {**OURS, **cookies[role]}
    if role is not NOBODY and Deed.SEE in DEEDS[role]:
        with client.websocket_connect(LIVE, headers=headers):
            return
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect(LIVE, headers=headers):
        pass
    assert refused.value.code == (4401 if role is NOBODY else 4403)


def test_an_address_that_declares_nothing_stops_the_application_from_starting():
    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    server.get("/regie/back-door")(lambda: "in")
    with pytest.raises(TypeError, match="/regie/back-door"):
        Asked.of(server.routes)


def test_the_open_addresses_are_those_of_the_login(app):
    found = {path for _, path, asks in addresses(app) if asks == ANYBODY}
    assert found == {"/regie/login", "/regie/login/password", "/regie/logout"}


def test_whoever_opens_a_page_is_led_to_the_login_and_back(client):
    answer = client.get("/regie/shift/?lang=de", headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/regie/login?next=%2Fregie%2Fshift%2F%3Flang%3Dde&lang=de"


def test_a_style_sheet_is_for_everybody_and_a_library_is_not(client):
    assert client.get("/regie/assets/regie.css").status_code == 200
    assert client.get("/regie/_dash-component-suites/dash/deps/react.js").status_code == 401


# ------------------------------------------------------------------------------------------------- tokens and origins


@pytest.fixture
def token(state):
    def issue(role, days=1.0):
        return Ledger(state).issue("test", role, datetime.now(UTC), timedelta(days=days))

    return issue


def bearer(secret):
    return {"authorization": f"Bearer {secret}"}


def test_a_token_needs_no_origin_because_no_browser_sends_it_by_itself(client, token):
    _, secret = token(Role.DISPATCHER)
    body = {"kind": "acknowledge", "target": "box:pv_school"}
    assert client.post("/api/v1/commands", json=body, headers=bearer(secret)).status_code == 202


def test_a_cookie_needs_one(client, cookies):
    body = {"kind": "acknowledge", "target": "box:pv_school"}
    for headers in ({}, {"origin": "http://evil.example"}, {"origin": HERE, "sec-fetch-site": "cross-site"}):
        assert client.post("/regie/api/command", json=body, headers={**headers, **cookies[Role.ADMIN]}).status_code == 403


def test_a_token_may_what_its_role_may(client, token):
    _, secret = token(Role.VIEWER)
    assert client.get("/metrics", headers=bearer(secret)).status_code == 200
    assert (
        client.post("/api/v1/commands", json={"kind": "acknowledge", "target": "x"}, headers=bearer(secret)).status_code == 403
    )


def test_an_expired_and_a_revoked_token_say_so(client, token, state):
    _, old = token(Role.VIEWER, days=-1.0)
    mine, secret = token(Role.VIEWER)
    Ledger(state).revoke(mine.id, datetime.now(UTC))
    for found, word in ((old, "expired"), (secret, "revoked")):
        answer = client.get("/metrics", headers=bearer(found))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert word in answer.text


# ------------------------------------------------------------------------------------------------- locked


@pytest.fixture
def locked(state, log_in):
    cookie = log_in(state, "dispatcher")
    ledger = Ledger(state)
    ledger.lock(ledger.session(cookie["cookie"].partition("=")[2]))
    return cookie


def test_a_locked_session_sees_alarms_and_grid(client, locked):
    assert client.get("/regie/?lang=en", headers=locked).status_code == 200
    pulse = client.get("/regie/api/pulse?lang=en", headers=locked)
    assert pulse.status_code == 200
    assert "Locked, log in again" in pulse.json()["markup"]
    with client.websocket_connect(LIVE, headers={**OURS, **locked}):
        pass


def test_a_locked_session_reaches_nothing_else(app, client, locked):
    for method, path, asks in addresses(app):
        if asks == ANYBODY or path in ("/regie/api/pulse", "/regie/api/here"):
            continue
        answer = client.request(method, path, headers={**OURS, **locked}, content=b"")
        assert (answer.status_code, "locked: log in again" in answer.text) == (403, True), path


# ------------------------------------------------------------------------------------------------- the book


def test_a_denial_stands_in_the_book_once_a_minute(client, cookies, state):
    for _ in range(3):
        client.get("/regie/audit/", headers=cookies[Role.PUBLISHER])
    denied = [line for line in Book(state).lines("access") if line.kind == "access.denied" and line.target == "/regie/audit/"]
    assert [line.by for line in denied].count("publisher_1") == 1


def test_every_answer_carries_the_policy_refusals_too(client):
    for path in ("/regie/", "/regie/login", "/api/v1/snapshot", "/nowhere"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
