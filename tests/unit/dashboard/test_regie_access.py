"""People, passwords, tries, sessions and tokens: what opens the door, for how long, and what closes it at once."""

import stat
from datetime import UTC, datetime, timedelta

import pytest
from starlette.datastructures import Headers

from dashboard.regie.access import passwords
from dashboard.regie.access.door import Door, cookie, cookie_name
from dashboard.regie.access.first import first_password, nobody_yet
from dashboard.regie.access.login import inside
from dashboard.regie.access.people import People
from dashboard.regie.access.roles import DEEDS, Deed, Person, Role
from dashboard.regie.access.settings import read_settings
from dashboard.regie.access.throttle import SPAN, Throttle

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
LONG = "a brook runs under the old mill"


class Clock:
    def __init__(self):
        self.now = datetime.now(UTC)

    def __call__(self):
        return self.now

    def forward(self, **span):
        self.now += timedelta(**span)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def door(tmp_path, clock):
    door = Door(tmp_path, clock)
    door.people.add("anna", Role.DISPATCHER, LONG, once=False)
    clock.forward(seconds=1)
    return door


def open_session(door, name="anna", stage="open", role=None):
    return Headers(
        {"host": "127.0.0.1:8050", "cookie": f"regie-8050={door.ledger.open_session(name, role, stage, door.clock())}"}
    )


def bearer(secret):
    return Headers({"host": "127.0.0.1:8050", "authorization": f"Bearer {secret}"})


# ------------------------------------------------------------------------------------------------- people


def test_a_password_is_kept_as_an_argon2_hash_that_its_owner_alone_can_read(door):
    assert "$argon2id$" in door.people.path.read_text()
    assert LONG not in door.people.path.read_text()
    assert stat.S_IMODE(door.people.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(door.people.path.parent.stat().st_mode) == 0o700


def test_sessions_and_tokens_are_for_their_owner_alone_and_hold_no_secret(door):
    secret = open_session(door)["cookie"].partition("=")[2]
    assert stat.S_IMODE(door.ledger.path.stat().st_mode) == 0o600
    files = door.ledger.path.parent.glob("access.sqlite*")
    assert all(secret.encode() not in file.read_bytes() for file in files)


@pytest.mark.parametrize("name", ["", "a" * 41, "a\nb", "../x", '"', "a\x00", "<b>"])
def test_a_name_is_a_name(door, name):
    with pytest.raises(ValueError, match="name"):
        door.people.add(name, Role.VIEWER, LONG, once=False)


@pytest.mark.parametrize(("name", "other"), [("Rita", "rita"), ("R\u00e9mi", "Re\u0301mi"), ("Gross", "Groß"), ("Max", "Ｍax")])
def test_names_that_read_the_same_are_one_person(door, name, other):
    door.people.add(name, Role.PUBLISHER, None, once=False)
    with pytest.raises(ValueError, match=f"'{name}' is there already"):
        door.people.add(other, Role.PUBLISHER, None, once=False)
    assert other not in door.people.all()


def test_a_damaged_list_of_people_lets_nobody_in(door):
    headers = open_session(door)
    door.people.path.write_text("[[person]]\nname = 3")
    with pytest.raises(ValueError, match=r"people\.toml"):
        door.caller(headers)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("fourteen chars", "short"),
        ("x" * 129, "long"),
        ("anna anna anna anna", "guessable"),
        ("aaaaaaaaaaaaaaaa", "guessable"),
        (LONG, None),
    ],
)
def test_a_password_is_long_and_hard_to_guess(password, why):
    assert passwords.weakness(password, "anna") == why


def test_nobodys_password_matches_nothing():
    assert not passwords.matches(None, "")
    assert not passwords.matches(None, LONG)


def test_the_first_password_is_given_until_somebody_has_one_of_their_own(tmp_path):
    first, second = first_password(tmp_path), first_password(tmp_path)
    assert first
    assert second
    assert first != second
    people = People(tmp_path)
    assert not passwords.matches(people.get("dispatcher").password, first)
    assert people.get("dispatcher").role is Role.ADMIN
    people.set_password("dispatcher", LONG, once=False)
    assert first_password(tmp_path) is None


def test_nobody_can_come_in_until_somebody_has_a_password_of_their_own(tmp_path):
    assert nobody_yet(tmp_path)
    first_password(tmp_path)
    assert nobody_yet(tmp_path)  # nobody knows whether it was read before the terminal was closed
    People(tmp_path).add("anna", Role.ADMIN, passwords.one_time(), once=True)
    assert not nobody_yet(tmp_path)


# ------------------------------------------------------------------------------------------------- sessions


def test_a_session_is_the_person_with_the_role_of_the_list(door):
    headers = open_session(door)
    assert door.caller(headers).person == Person("anna", Role.DISPATCHER)
    door.people.set_role("anna", Role.VIEWER)
    assert door.caller(headers).person == Person("anna", Role.VIEWER)


def test_a_screen_that_nobody_touches_locks_and_keeps_the_alarms(door, clock):
    headers = open_session(door)
    clock.forward(minutes=31)
    locked = door.caller(headers).person
    assert locked.locked
    assert locked.deeds == {Deed.SEE}


def test_a_hand_on_the_screen_keeps_it_open_but_opens_no_locked_one(door, clock):
    headers = open_session(door)
    clock.forward(minutes=29)
    door.touch(door.caller(headers))
    clock.forward(minutes=29)
    assert not door.caller(headers).person.locked
    clock.forward(minutes=2)
    door.touch(door.caller(headers))
    assert door.caller(headers).person.locked


def test_after_a_shift_and_its_handover_a_session_locks_whatever_was_touched(door, clock):
    headers = open_session(door)
    for _ in range(13 * 4):
        clock.forward(minutes=15)
        door.touch(door.caller(headers))
    assert not door.caller(headers).person.locked
    clock.forward(minutes=1)
    assert door.caller(headers).person.locked


def test_a_locked_session_is_forgotten_after_a_month(door, clock):
    headers = open_session(door)
    clock.forward(days=30, minutes=1)
    assert door.caller(headers).person is None


def test_a_disabled_person_is_out_at_once(door):
    headers = open_session(door)
    door.people.disable("anna")
    assert door.caller(headers).person is None


def test_a_new_password_ends_older_sessions(door, clock):
    clock.now = datetime.now(UTC) - timedelta(seconds=1)
    older = open_session(door)
    door.people.set_password("anna", LONG + " twice", once=False)
    clock.now = datetime.now(UTC)
    assert door.caller(older).person is None
    assert door.caller(open_session(door)).person is not None


def test_a_one_time_password_opens_nothing_but_the_page_for_another(door):
    caller = door.caller(open_session(door, stage="password"))
    assert caller.person is None
    assert caller.session.name == "anna"


def test_a_person_of_the_towns_own_login_can_be_barred(door):
    headers = open_session(door, name="maria", role=Role.DISPATCHER)
    assert door.caller(headers).person == Person("maria", Role.DISPATCHER)
    door.people.bar("maria")
    assert door.caller(headers).person is None


@pytest.mark.parametrize("cookie", ["", "regie-8050=", "regie-8050=nobody", "regie-8051=x", 'regie-8050="', "\x00"])
def test_a_made_up_cookie_is_nobody(door, cookie):
    assert door.caller(Headers({"host": "127.0.0.1:8050", "cookie": cookie})).person is None


def test_no_script_reads_the_cookie_and_no_other_site_sends_it():
    assert cookie("regie", "x", secure=True) == "regie=x; Path=/; HttpOnly; SameSite=Strict; Secure"


def test_two_regies_on_one_machine_have_a_cookie_each():
    assert cookie_name(Headers({"host": "127.0.0.1:8050"})) != cookie_name(Headers({"host": "127.0.0.1:8051"}))


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/regie/shift/?lang=de", "/regie/shift/?lang=de"),
        ("//evil.example/regie/", "/regie/?lang=fr"),
        ("https://evil.example", "/regie/?lang=fr"),
        ("/regie//evil.example", "/regie/?lang=fr"),
        ("/regie/\\evil", "/regie/?lang=fr"),
        ("/regie/\r\nset-cookie: a=b", "/regie/?lang=fr"),
        ("/regie/login?next=/regie/", "/regie/?lang=fr"),
        ("", "/regie/?lang=fr"),
    ],
)
def test_a_login_leads_to_a_page_of_ours(asked, goes):
    assert inside(asked, "fr") == goes


# ------------------------------------------------------------------------------------------------- tokens


def test_a_token_is_a_program_with_its_role_until_it_expires(door, clock):
    token, secret = door.ledger.issue("prometheus", Role.VIEWER, clock(), timedelta(days=1))
    person = door.caller(bearer(secret)).person
    assert (person.role, person.program, token.id in person.name) == (Role.VIEWER, True, True)
    clock.forward(days=1)
    found = door.caller(bearer(secret))
    assert found.person is None
    assert "expired" in found.why


def test_a_revoked_token_opens_nothing(door, clock):
    token, secret = door.ledger.issue("prometheus", Role.VIEWER, clock(), timedelta(days=1))
    assert door.ledger.revoke(token.id, clock())
    assert not door.ledger.revoke(token.id, clock())
    assert "revoked" in door.caller(bearer(secret)).why


@pytest.mark.parametrize("secret", ["", "regie_00000000_x", "x" * 5000])
def test_a_made_up_token_is_nobody_even_beside_a_good_cookie(door, secret):
    cookie = open_session(door)["cookie"]
    headers = Headers({"host": "127.0.0.1:8050", "cookie": cookie, "authorization": f"Bearer {secret}"})
    assert door.caller(headers).person is None


# ------------------------------------------------------------------------------------------------- tries


def tries(throttle, count, name="anna", address="10.0.0.1", at=START):
    return [throttle.take(name, address, at) for _ in range(count)]


def test_a_sixth_try_of_a_name_from_one_address_waits_a_quarter_of_an_hour(door):
    waits = tries(Throttle(door.ledger), 6)
    assert waits[:5] == [None] * 5
    assert waits[5] == SPAN
    assert tries(Throttle(door.ledger), 1, at=START + SPAN + timedelta(seconds=1)) == [None]


def test_an_address_that_tries_many_names_waits(door):
    throttle = Throttle(door.ledger)
    waits = [throttle.take(f"name {i}", "10.0.0.1", START) for i in range(21)]
    assert waits[19] is None
    assert waits[20] == SPAN


def test_a_name_that_is_tried_from_everywhere_waits(door):
    throttle = Throttle(door.ledger)
    waits = [throttle.take("anna", f"10.0.{i}.1", START) for i in range(51)]
    assert waits[49] is None
    assert waits[50] == SPAN


def test_who_mistypes_four_times_and_then_succeeds_begins_anew(door):
    throttle = Throttle(door.ledger)
    tries(throttle, 4)
    throttle.forgive("anna", "10.0.0.1")
    assert tries(throttle, 5) == [None] * 5


# ------------------------------------------------------------------------------------------------- settings and roles


def test_settings_name_every_fault_at_once(tmp_path):
    (tmp_path / "access").mkdir()
    text = '[session]\nidle_min = 0\n[four_eyes]\ncommands = ["acept"]\n'
    text += '[oidc]\nissuer = "http://elsewhere.example"\nclient_id = "x"\nroles = { a = "king" }\n'
    (tmp_path / "access" / "settings.toml").write_text(text)
    with pytest.raises(ValueError, match=r"idle_min.*acept.*issuer.*roles"):
        read_settings(tmp_path)


def test_the_second_person_of_a_switch_is_the_one_who_releases_its_order(tmp_path):
    (tmp_path / "access").mkdir()
    (tmp_path / "access" / "settings.toml").write_text('[four_eyes]\ncommands = ["switch"]\n')
    with pytest.raises(ValueError, match=r"write switching\.release"):
        read_settings(tmp_path)


def test_a_role_that_is_not_in_the_table_may_do_nothing_and_an_admin_everything():
    assert set(DEEDS) == set(Role)
    assert DEEDS[Role.ADMIN] == set(Deed)
