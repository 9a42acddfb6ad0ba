"""The town's own login against a real provider on this machine: code, PKCE, state, nonce, and a role from its groups."""

import urllib.parse
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
import requests
from oidc_provider_mock import User, run_server_in_thread
from starlette.testclient import TestClient

from dashboard.regie.access.people import People
from dashboard.regie.access.roles import Role
from dashboard.regie.app import create_app
from dashboard.regie.book import Book

HERE = "http://127.0.0.1:8050"
PEOPLE = [
    User(sub="maria", claims={"preferred_username": "maria", "groups": ["staff", "control-room"]}),
    User(sub="otto", claims={"preferred_username": "otto", "groups": ["staff"]}),
    User(sub="anna", claims={"preferred_username": "anna", "groups": ["control-room"]}),
    User(sub="capital", claims={"preferred_username": "Anna", "groups": ["control-room"]}),
]


@pytest.fixture(scope="module")
def provider():
    with run_server_in_thread(require_nonce=True, user_claims=PEOPLE) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def state(tmp_path_factory, provider):
    state = tmp_path_factory.mktemp("town")
    People(state).add("anna", Role.VIEWER, "a brook runs under the old mill", once=False)
    text = f'[oidc]\nissuer = "{provider}"\nclient_id = "regie"\nclient_secret_file = "secret"\n'
    (state / "access" / "settings.toml").write_text(text + 'roles = { control-room = "dispatcher" }\n')
    (state / "access" / "secret").write_text("kept beside the settings\n")
    return state


@pytest.fixture(scope="module")
def app(state):
    return create_app(state)


@pytest.fixture
def browser(app):
    return TestClient(app, base_url=HERE, follow_redirects=False)


def away(browser):
    """Where the régie sends somebody, as the provider's address and its parameters."""
    address = browser.get("/regie/login/town?lang=en&next=/regie/shift/?lang=en").headers["location"]
    return address, dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))


def at_the_provider(address, who, **changes):
    """Log in there; returns the way back."""
    answer = requests.post(address, data={"sub": who, **changes}, allow_redirects=False, timeout=30)
    return answer.headers["location"].removeprefix(HERE)


def come_in(browser, who):
    return browser.get(at_the_provider(away(browser)[0], who))


def last(state):
    return Book(state).lines("access")[-1]


def test_who_is_in_a_group_with_a_role_comes_in_with_it(browser, state):
    answer = come_in(browser, "maria")
    assert answer.status_code == 200
    assert "url=/regie/shift/?lang=en" in answer.text
    assert browser.get("/regie/?lang=en").status_code == 200
    line = last(state)
    assert (line.kind, line.by, line.role) == ("access.login", "maria", "dispatcher")


def test_who_is_in_none_does_not(browser, state):
    answer = come_in(browser, "otto")
    assert answer.status_code == 403
    assert browser.get("/regie/api/pulse").status_code == 401
    assert "has a role here" in last(state).params["why"]


def test_a_name_that_has_a_password_here_does_not_come_through_the_town(browser, state):
    for who in ("anna", "capital"):
        assert come_in(browser, who).status_code == 403
        assert "anna has a password of this site" in last(state).params["why"]


def test_who_was_barred_does_not_come_in(browser, state):
    People(state).bar("maria")
    assert come_in(browser, "maria").status_code == 403
    People(state).disable("maria", disabled=False)
    assert come_in(browser, "maria").status_code == 200


def test_the_way_there_carries_state_nonce_and_a_hashed_verifier(browser):
    _, asked = away(browser)
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{HERE}/regie/login/town/back"
    assert len(asked["state"]) == len(asked["nonce"]) == 48
    assert len(asked["code_challenge"]) == len(urlsafe_b64encode(sha256(b"").digest()).rstrip(b"="))


def test_an_answer_is_good_once(browser):
    back = at_the_provider(away(browser)[0], "maria")
    assert browser.get(back).status_code == 200
    assert browser.get(back).status_code == 403


def test_an_answer_to_another_browser_is_refused(app, browser):
    back = at_the_provider(away(browser)[0], "maria")
    assert TestClient(app, base_url=HERE).get(back).status_code == 403


def test_an_invented_state_is_refused(browser):
    away(browser)
    assert browser.get("/regie/login/town/back?code=x&state=invented").status_code == 403


def test_somebody_elses_code_is_refused_for_its_nonce(app, browser):
    other = at_the_provider(away(TestClient(app, base_url=HERE, follow_redirects=False))[0], "maria")
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(other).query)["code"][0]
    _, asked = away(browser)
    assert browser.get(f"/regie/login/town/back?code={code}&state={asked['state']}").status_code == 403


def test_who_says_no_at_the_provider_is_told_so_here(browser, state):
    back = at_the_provider(away(browser)[0], "maria", action="deny")
    assert browser.get(back).status_code == 403


def test_a_provider_that_is_gone_is_said_and_nothing_crashes(tmp_path):
    (tmp_path / "access").mkdir()
    text = '[oidc]\nissuer = "http://127.0.0.1:9"\nclient_id = "regie"\nroles = {}\n'
    (tmp_path / "access" / "settings.toml").write_text(text)
    answer = TestClient(create_app(tmp_path), base_url=HERE).get("/regie/login/town?lang=en")
    assert answer.status_code == 403
    assert "lets nobody in here" in answer.text
