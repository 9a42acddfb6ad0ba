"""The officer's room: who may enter, what it shows in four languages, and that it works for who sees nothing else."""

import importlib.util
import json
from pathlib import Path

import pytest

from dashboard.regie.access.roles import DEEDS, Deed, Role
from dashboard.regie.book import Book
from twin.contracts.privacy import FILE, Consent, Disclosure, Published
from twin.privacy.kinds import KINDS
from twin.regie.publish import write_atomically

_SPEC = importlib.util.spec_from_file_location("api_stage", Path(__file__).with_name("api_stage.py"))
stage = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(stage)

PAGE, DATA = "/regie/privacy/", "/regie/privacy/held.json"
TITLE = {"de": "Datenschutz", "fr": "Protection des données", "it": "Protezione dei dati", "en": "Data protection"}
QUARTER = {"de": "Quartier", "fr": "Quartier", "it": "Quartiere", "en": "Neighbourhood"}
FEW = {"customers": 9, "k": 15}
SHOWN = Disclosure(
    published=(
        Published(figure="share", where=QUARTER, resolution_s=3600, public=True, reason="hours_only", params={}),
        Published(
            figure="load",
            where=QUARTER,
            resolution_s=3600,
            public=False,
            reason="too_few_customers",
            params={"customers": 9, "k": 15},
        ),
    ),
    consents=(Consent(where=QUARTER, words="2026-01-05, <b>letter 12</b>"),),
)


@pytest.fixture
def state(tmp_path, factory):
    stage.evening(tmp_path, factory)
    return tmp_path


@pytest.fixture
def visit(state, log_in):
    """``visit(path, role)``: what somebody of that role is answered."""
    with stage.opened(state) as client:
        yield lambda path=PAGE, role="officer", **options: client.get(
            path, headers=log_in(state, role) | {"accept-language": "en"}, follow_redirects=False, **options
        )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", [PAGE, DATA])
def test_only_who_may_inspect_enters(visit, role, path):
    assert visit(path, role).status_code == (200 if Deed.INSPECT in DEEDS[role] else 403)


@pytest.mark.parametrize(
    "path", ["/regie/", "/regie/audit/", "/regie/shift/", "/regie/api/pulse", "/api/v1/snapshot", "/regie/work/"]
)
def test_an_officer_sees_nothing_but_their_room(visit, path):
    assert visit(f"{path}?lang=en").status_code == 403


def test_nobody_enters_without_a_login(state):
    with stage.opened(state) as client:
        assert client.get(PAGE, follow_redirects=False).status_code in (302, 303, 401)
        assert client.get(DATA, follow_redirects=False).status_code in (302, 303, 401)


@pytest.mark.parametrize("language", TITLE)
def test_every_kind_stands_on_the_page_in_every_language(visit, language):
    page = visit(f"{PAGE}?lang={language}").text
    assert f"<h1>{TITLE[language]}</h1>" in page
    assert page.count('scope="row"') >= len(KINDS)
    for code in ("kind.", "goes.", "column.", "reason.", "figure."):
        assert f">{code}" not in page  # a code without words would stand there as it is


def test_what_is_public_and_what_is_held_back_says_why(visit, state):
    assert "Nothing told yet" in visit().text
    write_atomically(state / "snapshots" / FILE, SHOWN)
    page = visit().text
    assert "only as means of hours" in page
    assert "9 customers, 15 are asked for" in page
    assert page.count("held back") >= 2
    assert "&lt;b&gt;letter 12&lt;/b&gt;" in page


def test_a_file_that_no_kind_names_is_told_as_a_fault(visit, state):
    (state / "heat map").write_text("x")
    page = visit().text
    assert 'role="alert"' in page
    assert "heat map" in page


def test_the_officers_page_asks_for_nothing_that_they_may_not_see(visit):
    """The clock and the alarms above other rooms would be asked for every two seconds, and refused."""
    assert "pulse-bar" not in visit(role="officer").text
    assert "pulse-bar" in visit(role="admin").text


def test_the_same_can_be_taken_away_and_the_book_says_so(visit, state):
    told = json.loads(visit(DATA).text)
    assert {one["kind"] for one in told["held"]} == {kind.id for kind in KINDS}
    assert Book(state).lines("access")[-1].kind == "access.export"


def test_a_login_of_an_officer_leads_to_their_room(state):
    from dashboard.regie.access.people import People

    People(state).add("olga", Role.OFFICER, "a brook runs under the old mill", once=False)
    sent = {"origin": stage.HERE, "sec-fetch-site": "same-origin"}
    with stage.opened(state) as client:
        answer = client.post(
            "/regie/login?lang=fr",
            data={"name": "olga", "password": "a brook runs under the old mill"},
            headers=sent,
            follow_redirects=False,
        )
    assert (answer.status_code, answer.headers["location"]) == (303, "/regie/privacy/?lang=fr")


def test_a_store_that_cannot_be_read_is_said_not_guessed(visit, state):
    (state / "commands.sqlite").write_bytes(b"no database at all" * 100)
    assert visit().status_code == 503
