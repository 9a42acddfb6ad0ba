"""Coming in: a form without a script, a session that is new each time, tries that wait, and a line in the book for each."""

import re
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from dashboard.format import LANGUAGES, texts
from dashboard.regie.access.first import first_password
from dashboard.regie.access.ledger import Ledger
from dashboard.regie.access.people import People
from dashboard.regie.access.roles import Role
from dashboard.regie.app import create_app
from dashboard.regie.book import Book
from dashboard.regie.commands import CommandQueue
from dashboard.regie.wish import Wish

HERE = "http://127.0.0.1:8050"
OURS = {"origin": HERE, "sec-fetch-site": "same-origin"}
PASSWORD = "a brook runs under the old mill"
OWN = "seven herons on the weir"


@pytest.fixture(scope="module")
def hashed(tmp_path_factory):
    """One person's file, made once: a hash takes a while."""
    state = tmp_path_factory.mktemp("people")
    People(state).add("anna", Role.DISPATCHER, PASSWORD, once=False)
    People(state).add("ben", Role.DISPATCHER, PASSWORD, once=False)
    return People(state).path.read_text()


@pytest.fixture
def state(tmp_path, hashed):
    (tmp_path / "access").mkdir()
    (tmp_path / "access" / "people.toml").write_text(hashed)
    return tmp_path


@pytest.fixture
def browser_of():
    return lambda state, base=HERE, **options: TestClient(create_app(state, **options), base_url=base, follow_redirects=False)


@pytest.fixture
def browser(browser_of, state):
    return browser_of(state)


def log_in_as(browser, name="anna", password=PASSWORD, headers=OURS, **more):
    return browser.post("/regie/login?lang=en", data={"name": name, "password": password, **more}, headers=headers)


def kinds(state):
    return [line.kind for line in Book(state).lines("access")]


def test_the_right_password_opens_a_session_and_leads_where_one_wanted_to_go(browser, state):
    answer = log_in_as(browser, next="/regie/shift/?lang=en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/regie/shift/?lang=en")
    assert re.fullmatch(
        r"regie-8050=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000", answer.headers["set-cookie"]
    )
    assert browser.get("/regie/?lang=en").status_code == 200
    assert kinds(state) == ["access.login"]


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("", ""), ("anna", PASSWORD + "x")])
def test_a_wrong_one_opens_nothing_and_does_not_say_what_was_wrong(browser, state, name, password):
    answer = log_in_as(browser, name, password)
    assert answer.status_code == 401
    assert "Name or password is not right" in answer.text
    assert "set-cookie" not in answer.headers
    assert kinds(state) == ["access.failed"]


def test_the_sixth_try_waits_even_with_the_right_password(browser, state):
    for _ in range(5):
        log_in_as(browser, password="wrong")
    answer = log_in_as(browser)
    assert answer.status_code == 429
    assert "Try again in" in answer.text
    assert kinds(state)[-1] == "access.throttled"


def test_a_password_never_stands_in_the_book_nor_on_a_page(browser, state):
    answer = log_in_as(browser, password="my secret that I mistyped")
    assert "mistyped" not in answer.text
    assert b"mistyped" not in Book(state).path.read_bytes()


def test_a_session_that_somebody_planted_is_not_the_one_that_is_opened(browser, state):
    planted = Ledger(state).open_session("ben", None, "open", datetime.now(UTC))
    answer = log_in_as(browser, headers={**OURS, "cookie": f"regie-8050={planted}"})
    opened = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert opened != planted
    assert Ledger(state).session(opened).name == "anna"
    assert Ledger(state).session(planted).stage == "locked"


def test_a_login_from_another_site_is_refused(browser):
    assert log_in_as(browser, headers={"origin": "http://evil.example"}).status_code == 403
    assert log_in_as(browser, headers={}).status_code == 403


def test_a_password_is_not_asked_for_where_it_would_travel_readable(browser_of, state):
    far = browser_of(state, "http://10.0.0.5:8050", host="0.0.0.0")
    assert "not encrypted" in far.get("/regie/login?lang=en").text
    assert log_in_as(far, headers={"origin": "http://10.0.0.5:8050"}).status_code == 403


def test_over_an_encrypted_address_the_cookie_is_secure_and_commands_are_taken(browser_of, state):
    origin = "https://10.0.0.5:8050"
    far = browser_of(state, origin, host="0.0.0.0", encrypted=True)
    assert "; Secure" in log_in_as(far, headers={"origin": origin}).headers["set-cookie"]
    answer = far.post("/regie/api/command", json={"kind": "acknowledge", "target": "x"}, headers={"origin": origin})
    assert answer.status_code == 202


def test_logging_out_ends_the_session_for_good(browser, state):
    log_in_as(browser)
    kept = browser.cookies["regie-8050"]
    answer = browser.post("/regie/logout", headers=OURS)
    assert answer.headers["location"] == "/regie/login"
    assert Ledger(state).session(kept) is None
    assert kinds(state)[-1] == "access.logout"


def test_a_restart_of_the_web_process_throws_nobody_out(browser, browser_of, state):
    log_in_as(browser)
    again = browser_of(state)
    again.cookies.set("regie-8050", browser.cookies["regie-8050"])
    assert again.get("/regie/?lang=en").status_code == 200


# ------------------------------------------------------------------------------------------------- one's own password


def test_a_one_time_password_leads_to_ones_own_and_then_opens_nothing(browser, tmp_path_factory, browser_of):
    state = tmp_path_factory.mktemp("demo")
    once = first_password(state)
    demo = browser_of(state)
    first = log_in_as(demo, "dispatcher", once)
    assert first.headers["location"].startswith("/regie/login/password")
    assert demo.get("/regie/api/pulse").status_code == 401
    data = {"new": OWN, "again": OWN, "next": "/regie/?lang=en"}
    assert demo.post("/regie/login/password?lang=en", data=data, headers=OURS).status_code == 303
    assert demo.get("/regie/api/pulse").status_code == 200
    assert log_in_as(browser_of(state), "dispatcher", once).status_code == 401
    assert log_in_as(browser_of(state), "dispatcher", OWN).status_code == 303


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": PASSWORD, "new": "short", "again": "short"}, "Too short"),
        ({"password": PASSWORD, "new": OWN, "again": OWN + "s"}, "differ"),
        ({"password": "wrong", "new": OWN, "again": OWN}, "not right"),
        ({"password": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "that you have now"),
    ],
)
def test_a_new_password_is_taken_only_with_the_old_one_twice_alike_and_strong(browser, fields, words):
    log_in_as(browser)
    answer = browser.post("/regie/login/password?lang=en", data=fields, headers=OURS)
    assert answer.status_code == 422
    assert words in answer.text


def test_an_old_one_time_password_opens_nothing(browser_of, tmp_path):
    once = first_password(tmp_path)
    path = People(tmp_path).path
    until = People(tmp_path).get("dispatcher").once_until
    path.write_text(path.read_text().replace(until.isoformat(), (until - timedelta(hours=25)).isoformat()))
    assert log_in_as(browser_of(tmp_path), "dispatcher", once).status_code == 401


# ------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_login_is_whole_in_every_language_and_needs_no_script(browser, language):
    page = browser.get(f"/regie/login?lang={language}").text
    assert f'<html lang="{language}">' in page
    assert "–" not in re.sub(r"<[^>]+>", "", page)
    assert texts(language, "access").templates["login.enter"] in page


def test_all_languages_have_the_same_words():
    codes = [set(texts(language, "access").templates) for language in LANGUAGES]
    assert all(own == codes[0] for own in codes)


# ------------------------------------------------------------------------------------------------- four eyes


@pytest.fixture
def two(state, browser_of):
    """A site on which accepting takes two people: anna's browser and ben's."""
    (state / "access" / "settings.toml").write_text('[four_eyes]\ncommands = ["accept"]\nvalid_min = 5\n')
    both = browser_of(state), browser_of(state)
    for browser, name in zip(both, ("anna", "ben"), strict=True):
        log_in_as(browser, name)
    return both


def ask(browser):
    wish = {"kind": "accept", "target": "cars@20160125T1645Z"}
    assert browser.post("/regie/api/command", json=wish, headers=OURS).status_code == 202


def queued(state):
    path = CommandQueue(state).path
    if not path.exists():
        return []
    with sqlite3.connect(path) as db:
        return db.execute("SELECT kind, by FROM command").fetchall()


def test_a_wish_waits_for_a_second_person_who_is_another(two, state):
    anna, ben = two
    ask(anna)
    (line,) = Book(state).lines("second")
    assert queued(state) == []
    assert anna.post(f"/regie/api/second/{line.id}/confirm", headers=OURS).status_code == 403
    assert ben.post(f"/regie/api/second/{line.id}/confirm", headers=OURS).status_code == 202
    assert queued(state) == [("accept", "anna + ben")]
    assert ben.post(f"/regie/api/second/{line.id}/confirm", headers=OURS).status_code == 404
    assert [line.kind for line in Book(state).lines("second")] == ["second.ask", "second.confirm"]


def test_a_program_is_no_second_person(two, state):
    ask(two[0])
    (line,) = Book(state).lines("second")
    _, secret = Ledger(state).issue("script", Role.DISPATCHER, datetime.now(UTC), timedelta(days=1))
    answer = TestClient(two[1].app, base_url=HERE).post(
        f"/regie/api/second/{line.id}/confirm", headers={"authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 403


def test_a_rejected_wish_is_not_sent(two, state):
    ask(two[0])
    (line,) = Book(state).lines("second")
    assert two[1].post(f"/regie/api/second/{line.id}/reject", headers=OURS).status_code == 202
    assert two[1].post(f"/regie/api/second/{line.id}/confirm", headers=OURS).status_code == 404
    assert queued(state) == []


def test_a_wish_that_nobody_confirmed_in_time_has_expired(two, state):
    wish = Wish(kind="accept", target="cars@20160125T1645Z").model_dump()
    ended = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    line = Book(state).write(datetime.now(UTC), "anna", "dispatcher", "second.ask", "x", wish=wish, expires=ended)
    assert two[1].post(f"/regie/api/second/{line.id}/confirm", headers=OURS).status_code == 404
    assert queued(state) == []


def test_other_commands_need_one_person(two, state):
    two[0].post("/regie/api/command", json={"kind": "acknowledge", "target": "x"}, headers=OURS)
    assert queued(state) == [("acknowledge", "anna")]


# ------------------------------------------------------------------------------------------------- the book's page


def test_the_books_page_verifies_filters_and_exports(state, browser_of, log_in):
    browser = TestClient(create_app(state), base_url=HERE, headers=log_in(state))
    for number in range(3):
        Book(state).write(datetime.now(UTC), "anna", "dispatcher", "log.write", f"entry {number}", text="=1+1")
    page = browser.get("/regie/audit/?lang=en&kind=log").text
    assert "The chain holds: 3 lines" in page
    assert "entry 2" in page
    assert "entry 1" not in browser.get("/regie/audit/?lang=en&text=entry 2").text
    table = browser.get("/regie/audit/book.csv?kind=log").text
    assert table.count("log.write") == 3
    assert browser.get("/regie/audit/book.jsonl?kind=access").text.count("access.export") == 1


def test_the_books_page_names_the_line_that_was_altered(state, log_in):
    browser = TestClient(create_app(state), base_url=HERE, headers=log_in(state))
    for number in range(3):
        Book(state).write(datetime.now(UTC), "anna", "dispatcher", "log.write", f"entry {number}")
    with sqlite3.connect(Book(state).path) as db:
        db.execute("UPDATE line SET by = 'ben' WHERE id = 2")
    assert "line 2 (log.write by ben) does not follow" in browser.get("/regie/audit/?lang=en").text
