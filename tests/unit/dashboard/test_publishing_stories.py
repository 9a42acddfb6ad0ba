"""Stories and second persons in the publisher's room: who confirms, what goes on air, and that no word becomes markup."""

from datetime import UTC, datetime

import pytest

from dashboard.format import LANGUAGES
from dashboard.regie.access.settings import FourEyes
from tests.browser import publication_factory
from tests.unit.dashboard.publishing_office import REASON, Office


@pytest.fixture(scope="session")
def town():
    return publication_factory


@pytest.fixture
def office(tmp_path, factory, town):
    return Office(tmp_path, factory, town)


# ------------------------------------------------------------------------------------------------- two people


def test_where_the_site_wants_four_eyes_a_figure_goes_public_by_the_second_person(tmp_path, factory, town):
    office = Office(tmp_path, factory, town, second=frozenset({"publish.approve"}))
    assert office.approve().json()["said"] == "Waits for a second person."
    (ask,) = [line.id for line in office.desk.book.lines("publish")]
    assert "two people" in office.post(f"confirm/{ask}").json()["detail"]
    office.name, office.program = "token 1", True
    assert "a program may neither" in office.post(f"confirm/{ask}").json()["detail"]
    office.name, office.program = "Reto", False
    assert not (tmp_path / "public" / "release.json").exists()
    assert "Paula wants to approve 2016-01" in office.page().text
    assert office.post(f"confirm/{ask}").status_code == 200
    assert len(office.release.months) == 1
    assert "Paula + Reto" in office.page().text
    assert office.post(f"confirm/{ask}").status_code == 409


def test_a_program_is_neither_of_two_people_for_whoever_holds_its_token_could_be_the_other(tmp_path, factory, town):
    office = Office(tmp_path, factory, town, second=frozenset({"publish.approve", "publish.air"}))
    office.name, office.program = "token 1", True
    restated = {"seen": office.drafted("2016-01"), **REASON}
    for answer in (office.approve(), office.post("restate/2016-01", **restated), office.propose()):
        assert answer.status_code == 409
        assert "a program may neither" in answer.json()["detail"]
    assert office.kinds == []
    office.name, office.program = "Paula", False
    office.propose()
    office.name, office.program = "token 1", True
    assert office.post("air/ST-0001", seen=office.seen("story/ST-0001")).status_code == 409
    assert office.propose(id="ST-0001").status_code == 409


def test_a_rejected_wish_changes_nothing(tmp_path, factory, town):
    office = Office(tmp_path, factory, town, second=frozenset({"publish.approve"}))
    office.approve()
    assert office.post("reject/1").json()["said"] == "Rejected."
    assert office.room._standing.now().revisions == {}


def test_the_settings_know_what_publication_may_ask_two_people_for():
    assert FourEyes(commands={"publish.approve", "publish.air"}).commands == {"publish.approve", "publish.air"}


def test_a_story_is_put_on_air_by_somebody_else_where_the_site_wants_it(tmp_path, factory, town):
    office = Office(tmp_path, factory, town, second=frozenset({"publish.air"}))
    office.propose()
    office.name = "Reto"
    seen = office.seen("story/ST-0001")
    office.name = "Paula"
    assert "two people" in office.post("air/ST-0001", seen=seen).json()["detail"]
    office.name = "Reto"
    assert office.post("air/ST-0001", seen=seen).status_code == 200


# ------------------------------------------------------------------------------------------------- stories


def test_a_story_is_seen_in_every_language_before_it_is_on_air(office):
    assert office.propose().json()["go"].startswith("/regie/publishing/story/ST-0001")
    shown = office.page("story/ST-0001").text
    for language in LANGUAGES:
        assert f"Open day {language}" in shown
    assert not (office.state / "public").exists()
    assert office.post("air/ST-0001", seen=office.seen("story/ST-0001")).status_code == 200
    assert office.release.stories[0].start == datetime(2016, 5, 1, 8, tzinfo=UTC)
    assert office.post("withdraw/ST-0001").status_code == 200
    assert office.release.stories == ()


def test_a_story_that_was_rewritten_since_it_was_read_does_not_go_on_air(office):
    office.propose()
    seen = office.seen("story/ST-0001")
    office.propose(id="ST-0001", title_en="Something else")
    assert office.post("air/ST-0001", seen=seen).status_code == 409


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</article><style>*{display:none}", "&lt;b&gt;"]
)
def test_no_words_of_a_story_become_markup(office, text):
    typed = {f"title_{language}": text for language in LANGUAGES} | {f"text_{language}": text for language in LANGUAGES}
    assert office.propose(**typed).status_code == 200
    office.post("air/ST-0001", seen=office.seen("story/ST-0001"))
    for page in ("", "story/ST-0001"):
        shown = office.page(page).text
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert "<style>*" not in shown
    assert office.release.stories[0].text["de"] == text  # as it was typed: whoever draws it escapes it


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"end": ""}, "missing"),
        ({"end": "2016-05-01T09:00"}, "before the start"),
        ({"start": "soon"}, "or none: soon"),
        ({"end": "2100-01-02T09:00"}, "from 1970 to 2099 can be told"),
        ({"start": "1969-12-31T09:00"}, "from 1970 to 2099 can be told"),
        ({"zone": "next door"}, "does not show the place"),
        ({"title_fr": ""}, "missing in: fr"),
        ({"title_en": "x" * 91}, "91 characters"),
        ({"id": "ST-0009"}, "withdrawn first"),
    ],
)
def test_a_story_with_a_fault_is_refused_and_not_kept(office, changes, fault):
    answer = office.propose(**changes)
    assert answer.status_code == 409
    assert fault in answer.json()["detail"]
    assert office.kinds == []
