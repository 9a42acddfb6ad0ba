"""Work orders on the régie's server: pages in four languages without a script, reports once, refusals with their reason."""

import re
import sqlite3
from contextlib import closing

import pytest
from starlette.testclient import TestClient

from dashboard.format import LANGUAGES, texts
from dashboard.regie.app import create_app
from dashboard.regie.work.document import offline_document
from dashboard.regie.work.multipart import NoForm, read_form
from dashboard.regie.work.pages import View, list_page, order_page
from dashboard.regie.work.store import OrderStore
from dashboard.regie.work.words import OrderWords
from twin.contracts.work_order import STATES, GridState, Step, Switching

HERE = "http://127.0.0.1:8050"
OURS = {"origin": HERE, "sec-fetch-site": "same-origin"}
FORM = {"key": "one form", "state": "done", "note": "", "found": "", "score": ""}


@pytest.fixture
def state(tmp_path, orders):
    OrderStore(tmp_path).issue([orders.order()])
    return tmp_path


@pytest.fixture
def kept(state):
    return OrderStore(state).get("WO-0001")


@pytest.fixture(scope="module")
def app_of(log_in):
    """A crew's phone: one application for all, what differs is the state directory behind it."""

    def of(state, **options):
        return TestClient(create_app(state, **options), base_url=HERE, follow_redirects=False, headers=log_in(state, "crew"))

    return of


@pytest.fixture
def phone(app_of, state):
    return app_of(state)


def report(phone, photos=(), order="WO-0001", headers=OURS, **changes):
    files = [("photo", photo) for photo in photos] or {"photo": ("", b"")}
    return phone.post(f"/regie/work/{order}/report?lang=en", data={**FORM, **changes}, files=files, headers=headers)


def said(answer):
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", answer.text, flags=re.S))


# ------------------------------------------------------------------------------------------------- what is shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_an_order_exists_in_every_language(kept, orders, language):
    words = OrderWords.of(language, "Europe/Zurich")
    spoken = words.own.templates
    for code in ("own_switch", *(step.code for step in kept.order.switching.steps)):
        assert f"order.step.{code}" in spoken
    for code in ("off_load", "in_zone", "mobile_small", "closure"):
        assert f"order.objection.{code}" in spoken
    for code in ("not_in_grid", "no_switch", "dark", "limit", "objection"):
        assert f"order.unproven.{code}" in spoken
    assert {f"order.state.{state}" for state in STATES} <= set(spoken)


def test_all_languages_have_words_for_the_same_codes():
    codes = [{code for code in texts(language, "maintenance").templates if code.startswith("order.")} for language in LANGUAGES]
    assert all(own == codes[0] for own in codes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_and_document_leave_no_gap_in_any_language(kept, language):
    words = OrderWords.of(language, "Europe/Zurich")
    view = View(language=language, by="Crew 2", key="k")
    for page in (list_page([kept], view), order_page(kept, view), offline_document(kept, words)):
        assert f'lang="{language}"' in page
        assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S)
        assert "–" not in re.sub(r"<[^>]+>", "", page), "a parameter is missing"


def test_times_are_local(kept):
    # 06:00 UTC in December is 07:00 in Zurich
    assert "Fri 2 Dec 2016 07:00 to 16:00" in order_page(kept, View(language="en"))


def test_the_document_asks_no_server_for_anything(kept):
    document = offline_document(kept, OrderWords.of("fr", "Europe/Zurich"))
    assert not re.search(r"(src|href|action)=\"(?!geo:)", document)
    assert not re.search(r"url\(|@import|<script|<form|https?://", document)
    assert "default-src 'none'" in document


def test_a_proposal_is_never_called_a_switching_order(kept):
    assert "A proposal, not a switching order" in order_page(kept, View(language="en"))


def test_work_without_an_outage_keeps_its_distance_and_proposes_no_switching(orders, kept):
    steps = tuple(Step(code=code) for code in ("report", "work", "report_back"))
    live = kept.order.model_copy(update={"needs_outage": False, "switching": Switching(steps=steps, proven=True)})
    page = order_page(kept.model_copy(update={"order": live}), View(language="en"))
    assert "stays in service and live" in page
    assert "not a switching order" not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (GridState(unsupplied_mw=0.0, loading_percent=53.0, vm_pu=0.991, holds=True), "nobody dark, highest loading 53"),
        (GridState(unsupplied_mw=0.0, loading_percent=113.0, vm_pu=0.95, holds=False), "a limit is exceeded further"),
        (GridState(unsupplied_mw=0.2, loading_percent=53.0, vm_pu=0.99, holds=False), "200\u202fkW are dark"),
        (GridState(unsupplied_mw=0.0, loading_percent=None, vm_pu=None, holds=False), "no power flow has a solution"),
    ],
)
def test_every_switching_says_what_the_grid_is_like_afterwards(state, words):
    assert words in OrderWords.of("en").after(Step(code="open", state=state))


def test_an_order_that_is_open_beyond_its_validity_says_so(kept, orders):
    late = View(language="en", now=kept.order.valid_until.replace(hour=23))
    assert "No longer valid" in order_page(kept, late)
    assert "No longer valid" not in order_page(kept, View(language="en", now=orders.AS_OF))


def test_what_a_crew_writes_never_becomes_markup(state, orders):
    store = OrderStore(state)
    store.report(orders.change("WO-0001", note="<script>alert(1)</script>", by='"><img src=x>'))
    page = order_page(store.get("WO-0001"), View(language="en"))
    assert "<script" not in page
    assert "<img src=x>" not in page


# ------------------------------------------------------------------------------------------------- what comes back


def test_a_report_with_photos_is_stored_and_answered_with_the_order(phone, state, orders):
    answer = report(
        phone,
        [("a.jpg", orders.camera_jpeg(), "image/jpeg")],
        found="rust at the tank",
        score="4",
        note="see photo",
        ticked=["1", "2"],
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/regie/work/WO-0001?lang=en&said=done")
    found = OrderStore(state).get("WO-0001").report
    assert (found.state, found.by, found.found, found.score, found.note, found.ticked) == (
        "done", "crew_1", "rust at the tank", 4, "see photo", (1, 2),
    )  # fmt: skip
    page = phone.get(answer.headers["location"])
    assert "Reported done" in said(page)
    picture = phone.get(f"/regie/work/photo/{found.photos[0]}")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert orders.PLACE_TAKEN not in picture.content


def test_sending_the_same_form_twice_has_no_double_effect(phone, state, orders):
    answers = [report(phone, [("a.jpg", orders.JPEG, "image/jpeg")]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(OrderStore(state).get("WO-0001").changes) == 2


def test_a_refused_report_names_every_fault_and_keeps_what_was_typed(phone, state):
    answer = report(phone, [("IMG.heic", b"\0\0\0\x18ftypheic", "image/heic")], state="not_done", found="gate locked")
    assert answer.status_code == 422
    assert "Not done needs a motive" in said(answer)
    assert "IMG.heic is no JPEG, PNG or WebP picture" in said(answer)
    assert 'value="gate locked"' in answer.text
    assert OrderStore(state).get("WO-0001").state == "issued"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "closed"}, "state:"),
        ({"key": ""}, "key:"),
        ({"score": "9"}, "score:"),
    ],
)
def test_a_field_that_makes_no_sense_is_named(phone, state, changes, words):
    answer = report(phone, **changes)
    assert answer.status_code == 422
    assert words in said(answer)
    assert OrderStore(state).get("WO-0001").state == "issued"


def test_a_second_report_is_told_what_the_order_is_already(phone):
    report(phone)
    answer = report(phone, key="another form", state="not_done", note="rain")
    assert answer.status_code == 422
    assert "WO-0001 is done: it cannot become not done" in said(answer)


@pytest.mark.parametrize("path", ["WO-0099", "WO-0099/document.html", "photo/" + "0" * 64 + ".jpg"])
def test_what_is_unknown_is_not_found(phone, path):
    assert phone.get(f"/regie/work/{path}").status_code == 404


def test_a_report_on_an_unknown_order_is_not_found(phone):
    assert report(phone, order="WO-0099").status_code == 404


def test_beyond_loopback_reports_are_refused_with_the_reason_and_pages_say_so(app_of, state):
    phone = app_of(state, host="0.0.0.0")
    answer = report(phone)
    assert answer.status_code == 403
    assert "not bound to the loopback address" in answer.text
    page = phone.get("/regie/work/WO-0001?lang=en")
    assert "Read-only here" in said(page)
    assert "<form" not in page.text
    assert OrderStore(state).get("WO-0001").state == "issued"


@pytest.mark.parametrize("headers", [{}, {"origin": "http://evil.example"}, {**OURS, "sec-fetch-site": "cross-site"}])
def test_a_report_from_another_page_is_refused(phone, state, headers):
    assert report(phone, headers=headers).status_code == 403
    assert OrderStore(state).get("WO-0001").state == "issued"


def test_a_page_may_run_no_script_of_its_own(phone):
    answer = phone.get("/regie/work/WO-0001")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text


def test_orders_that_cannot_be_read_are_said_to_and_nothing_crashes(phone, state):
    with closing(sqlite3.connect(OrderStore(state).path)) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, 'content', 'gone') WHERE name = 'change'")
        db.commit()
    for path in ("/regie/work/", "/regie/work/WO-0001"):
        answer = phone.get(path, headers={"accept-language": "en"})
        assert answer.status_code == 503
        assert "cannot be read" in said(answer)


# ------------------------------------------------------------------------------------------------- the form itself

TYPE = "multipart/form-data; boundary=xyz"


def test_a_form_keeps_every_byte_of_a_file():
    data = bytes(range(256)) + b"\r\n--xy\r\n\n\r"
    body = (
        b'--xyz\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        + data
        + b"\r\n--xyz--\r\n"
    )
    (field,) = read_form(TYPE, body)
    assert (field.name, field.file, field.data) == ("photo", "a.jpg", data)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--xyz--"),
        (TYPE, b""),
        (TYPE, b'--xyz\r\nContent-Disposition: form-data; name="by"\r\n\r\nCrew'),
        (TYPE, b"--xyz\r\nContent-Disposition: form-data\r\n\r\nCrew\r\n--xyz--\r\n"),
        (TYPE, b"--xyz\r\nno header--xyz\r\n--xyz--\r\n"),
    ],
    ids=["json", "no boundary", "empty", "cut off", "no name", "no header"],
)
def test_what_is_no_form_is_refused(phone, kind, body):
    with pytest.raises(NoForm):
        read_form(kind, body)
    answer = phone.post("/regie/work/WO-0001/report", content=body, headers={**OURS, "content-type": kind})
    assert answer.status_code == 400
