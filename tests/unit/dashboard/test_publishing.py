"""The publisher's room: who may, what is refused, what goes public, and that every word is there."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest

from dashboard.format import LANGUAGES, texts
from dashboard.regie.access.roles import DEEDS, Deed, Role
from tests.browser import publication_factory
from tests.unit.dashboard.publishing_office import REASON, Office
from twin.live.publication import JournalFigures


@pytest.fixture(scope="session")
def town():
    return publication_factory


@pytest.fixture
def office(tmp_path, factory, town):
    return Office(tmp_path, factory, town)


# ------------------------------------------------------------------------------------------------- who may


@pytest.mark.parametrize("role", list(Role))
def test_publisher_and_administrator_may_and_nobody_else(office, role):
    office.role = role
    expected = 200 if role in (Role.PUBLISHER, Role.ADMIN) else 403
    assert (expected == 200) is (Deed.PUBLISH in DEEDS[role])
    assert office.page().status_code == expected
    assert office.propose().status_code == expected


def test_every_address_of_the_room_asks_for_leave_to_publish(office):
    asked = [asks for route, asks in office.addresses.routes if "publishing" in getattr(route, "path", "")]
    assert len(asked) == 18
    assert set(asked) == {Deed.PUBLISH}


# ------------------------------------------------------------------------------------------------- figures


def test_nothing_is_public_until_somebody_approves_it(office):
    office.room.stamp()
    assert not (office.state / "public").exists()
    assert "not approved" in office.page().text


def test_an_approved_month_is_public_at_once_with_its_hours(office):
    assert office.approve().json()["said"] == "Approved and published."
    (month,) = office.release.months
    assert (month.period, month.revision, month.share, month.consumption_mwh, month.coverage) == (
        "2016-01",
        1,
        0.5,
        2976.0,
        1.0,
    )
    assert len(json.loads((office.state / "public" / "open" / "hours-2016-01.json").read_text())) == 744
    assert office.kinds == ["publish.approve"]
    assert office.desk.book.verify()[0] == 1


def test_what_was_approved_on_another_draft_than_the_one_seen_is_refused(office, town):
    seen = office.seen("period/2016-01")
    first, late = town.labels(town.NEW_YEAR, 1)[0], town.labels(town.NEW_YEAR + timedelta(days=33), 1)[0]
    office.air.tell({first: town.origin(share=1.0, p_mw=400.0), late: town.origin()})
    answer = office.post("approve/2016-01", seen=seen)
    assert answer.status_code == 409
    assert "changed since this page was shown" in answer.json()["detail"]
    assert office.kinds == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_the_share_may_not_be_told_nothing_is_approved_and_the_room_says_why(office, town, language):
    seen = office.seen("period/2016-01")
    town.write_facts(office.state, share_public=False)
    answer = office.post("approve/2016-01", seen=office.drafted("2016-01"))
    assert (answer.status_code, office.kinds) == (409, [])
    assert "does not allow the share of this town" in answer.json()["detail"]
    assert office.post("approve/2016-01", seen=seen).status_code == 409
    said = texts(language, "publishing")
    assert said.get("ui.withheld_share") in unescape(office.page(language=language).text)
    assert said.get("why.withheld") in unescape(office.page("period/2016-01", language).text)


def test_what_was_approved_goes_from_the_outlet_when_the_share_may_no_longer_be_told(office, town):
    office.approve()
    assert (office.state / "public" / "open" / "hours-2016-01.csv").exists()
    town.write_facts(office.state, share_public=False)
    office.room.stamp()
    assert (office.release.months, office.release.corrections) == ((), ())
    assert not (office.state / "public" / "open" / "hours-2016-01.csv").exists()


def test_what_waits_for_a_second_person_is_not_confirmed_where_the_share_may_no_longer_be_told(tmp_path, factory, town):
    office = Office(tmp_path, factory, town, second=frozenset({"publish.approve"}))
    office.approve()
    ask = office.desk.book.lines("publish")[-1].id
    town.write_facts(office.state, share_public=False)
    office.name = "Reto"
    assert office.post(f"confirm/{ask}").status_code == 409


def test_a_month_that_still_runs_cannot_be_approved(tmp_path, factory, town):
    office = Office(tmp_path, factory, town, as_of=datetime(2016, 1, 25, 17, tzinfo=UTC))
    assert "still running" in office.page("period/2016-01").text
    answer = office.post("approve/2016-01", seen=office.drafted("2016-01"))
    assert answer.status_code == 409
    assert "ends only" in answer.json()["detail"]


def test_a_month_of_which_little_is_known_takes_a_word_of_its_own(office, factory):
    factory.write(office.state, factory.snapshot(as_of=datetime(2016, 3, 1, 17, tzinfo=UTC)))
    office.open()
    refused = office.approve("2016-02")
    assert refused.status_code == 409
    assert "say that it is meant" in refused.json()["detail"]
    assert office.approve("2016-02", despite="on").status_code == 200
    assert office.release.months[0].coverage == pytest.approx(1 / 2784)


def test_a_restated_month_takes_a_reason_and_the_former_figure_stays_in_the_log(office, town):
    office.approve()
    first, late = town.labels(town.NEW_YEAR, 1)[0], town.labels(town.NEW_YEAR + timedelta(days=33), 1)[0]
    office.air.tell({first: town.origin(share=1.0, p_mw=400.0), late: town.origin()})
    assert "differs from what is public" in office.page().text
    assert office.release.months[0].share == 0.5
    seen = office.seen("period/2016-01")
    refused = office.post("restate/2016-01", seen=seen, **REASON | {"it": " "})
    assert refused.status_code == 409
    assert "missing in: it" in refused.json()["detail"]
    assert office.post("restate/2016-01", seen=seen, **REASON).status_code == 200
    (correction,) = office.release.corrections
    assert (correction.before, correction.reason) == (0.5, REASON)
    assert office.release.months[0].revision == 2
    log = json.loads((office.state / "public" / "open" / "revisions.json").read_text())
    assert [(row["revision"], row["standing"]) for row in log] == [(1, False), (2, True)]
    assert office.post("notice/2016-01/2", **REASON | {"en": "Other words"}).status_code == 200
    assert office.release.corrections[0].reason["en"] == "Other words"


def test_what_says_the_same_is_not_restated_and_what_is_approved_not_approved_again(office):
    office.approve()
    from dashboard.regie.publishing.deeds import mark

    seen = mark(office.desk.ports.figures.drafts().of("2016-01"))
    assert "says what is public already" in office.post("restate/2016-01", seen=seen, **REASON).json()["detail"]
    assert "approved already" in office.post("approve/2016-01", seen=seen).json()["detail"]


def test_all_faults_of_a_reason_are_told_at_once(office):
    told = office.post("embargo", de="=1", fr="x" * 501, it="a\x07b", until="2001-01-01T10:00").json()["detail"]
    for fault in ("begins a formula", "501 characters", "control character", "missing in: en", "over already"):
        assert fault in told


def test_an_embargo_until_a_year_that_no_page_can_write_is_refused_in_words(office):
    told = office.post("embargo", **REASON, until="9999-12-31T23:59")
    assert told.status_code == 409
    assert told.json()["detail"] == "9999-12-31T23:59 is too far away; days from 1970 to 2099 can be told."
    assert office.kinds == []


def test_a_long_journal_is_read_on_while_somebody_looks_and_nothing_is_approved_before_its_end(office, town, monkeypatch):
    from dashboard.regie.publishing import deeds, room

    monkeypatch.setattr(room, "AT_A_TIME", 1)
    monkeypatch.setattr(deeds, "AT_A_TIME", 0)
    office.state.joinpath("publication", "quarters.sqlite").unlink(missing_ok=True)
    first = office.page().text
    assert "1 record of the journal is still being read" in first
    assert 'data-refresh="/regie/publishing/reading?lang=en"' in first
    seen = deeds.mark(JournalFigures(office.state, keep=False).drafts().of("2016-01"))
    assert "1 record of the journal is still to be read" in office.post("approve/2016-01", seen=seen).json()["detail"]
    assert "The journal is read." in office.page("reading").text
    assert "data-refresh" not in office.page().text


def test_the_journal_is_read_with_every_tick_although_nobody_opens_the_room(office):
    office.room.stamp()
    known = office.desk.ports.figures.drafts(0)
    assert (known.behind, known.months[0].known) == (0, 2976)


@pytest.mark.parametrize("language", LANGUAGES)
def test_records_that_the_journal_let_go_before_they_were_read_are_told_and_nothing_is_told_of_none(office, town, language):
    gone = texts(language, "publishing").get("ui.unread", {"count": 1})
    assert gone not in office.page(language=language).text
    (soon,), (late,) = (town.labels(town.NEW_YEAR + timedelta(days=days), 1) for days in (40, 400))
    office.air.tell({soon: town.origin()}, {late: town.origin()})
    office.air.expunge(late)
    office.open()
    assert gone in unescape(office.page(language=language).text)


# ------------------------------------------------------------------------------------------------- outlet


def test_a_lost_or_torn_release_is_back_at_the_next_look_and_after_a_restart(office):
    office.approve()
    path = office.state / "public" / "release.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:40])
    office.room.stamp()
    assert path.read_bytes() == whole
    path.write_bytes(b"x" * len(whole))
    office.open()
    office.room.stamp()
    assert path.read_bytes() == whole


def test_an_embargo_takes_everything_away_and_lifting_it_brings_everything_back(office):
    office.approve()
    before = office.release
    assert office.post("embargo", **REASON).status_code == 200
    assert office.release.months == ()
    assert office.release.embargo.reason == REASON
    assert not (office.state / "public" / "open" / "hours-2016-01.csv").exists()
    assert "no share is shown" in office.page().text
    assert office.post("lift").status_code == 200
    assert office.release.months == before.months
    assert (office.state / "public" / "open" / "hours-2016-01.csv").exists()


def test_an_outlet_that_the_disk_does_not_take_is_told_and_made_good(office, monkeypatch):
    office.approve()
    from twin.publication import outlet

    whole = outlet.write_whole

    def full(path, data):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(outlet, "write_whole", full)
    office.post("embargo", **REASON)
    assert "No space left on device" in office.page().text
    monkeypatch.setattr(outlet, "write_whole", whole)
    office.room.stamp()
    assert office.release.embargo is not None
    assert "No space left" not in office.page().text


def test_the_room_without_a_journal_says_so_and_the_outlet_stays(office):
    office.approve()
    (office.state / "journal.sqlite").unlink()
    office.open()
    office.room.stamp()
    assert office.release.months[0].period == "2016-01"
    assert office.page().status_code == 200


# ------------------------------------------------------------------------------------------------- terms and words


def test_licence_and_declaration_are_chosen_by_the_publisher(office):
    office.post("licence", licence="CC0-1.0", attribution="Works of the town")
    office.post("declare", year="2024", percent="97,5", supplier="Town works", published="2025-06-01")
    assert (office.release.licence, office.release.attribution) == ("CC0-1.0", "Works of the town")
    assert office.release.declared.renewable_share == pytest.approx(0.975)
    assert office.post("licence", licence="WTFPL", attribution="x").status_code == 409
    assert office.post("declare", year="2024", percent="120", supplier="x").status_code == 409


@pytest.mark.parametrize(
    "name", ["\u202eskrow nwoT", "Town\u200e works", "Town\u0090works", "Town\nworks", "\u200b", "\u3164\u00ad", "=1+1"]
)
def test_a_name_to_be_cited_follows_the_rule_of_every_text(office, name):
    assert office.post("licence", licence="CC0-1.0", attribution=name).status_code == 409
    assert office.post("declare", year="2024", percent="97", supplier=name).status_code == 409
    assert office.kinds == []


@pytest.mark.parametrize("percent", ["1_0", "\u0661\u0660", "1e1", "+10", "nan", "10,", ""])
def test_a_declared_share_is_typed_in_plain_digits(office, percent):
    assert office.post("declare", year="2024", percent=percent, supplier="Town works").status_code == 409
    assert office.kinds == []


@pytest.mark.parametrize("text", ["\u200b", "\u00ad\u00ad", "\u3164", "\u2800 \u115f", "\u0301", "\U000e0100"])
def test_a_text_that_nobody_sees_is_empty(office, text):
    office.approve()
    assert "fr: 0 characters" in office.post("embargo", **REASON | {"fr": text}).json()["detail"]
    assert office.release.embargo is None


@pytest.mark.parametrize("mark", ["\u061c", "\u200e", "\u200f", "\u202e", "\u206a", "\x85", "\x9b", "\x00"])
def test_a_reason_holds_no_control_and_no_direction(office, mark):
    assert (
        "en: the text holds a control" in office.post("embargo", **REASON | {"en": f"A meter{mark}told late"}).json()["detail"]
    )


@pytest.mark.parametrize(
    "text", ["Une lumière d’été", "Ein Zähler\nmeldete", "👩\u200d🔧 works", "Strom\u00adkennzeichnung", "नमस्ते"]
)
def test_words_of_any_script_and_their_joiners_are_text(office, text):
    assert office.post("embargo", **REASON | {"en": text}).status_code == 200


def test_every_page_speaks_four_languages(office):
    office.approve()
    office.propose()
    for language in LANGUAGES:
        for place in ("", "period/2016-01", "period/2016-02", "period/2016", "story/", "story/ST-0001", "story/ST-0001/edit"):
            assert office.page(place, language).status_code == 200


def test_what_there_is_not_is_not_found(office):
    assert office.page("period/2019-01").status_code == 404
    assert office.page("story/ST-0404").status_code == 404


def test_all_four_languages_have_the_same_codes_and_parameters():
    def fields(language):
        import string

        spoken = texts(language, "publishing").templates
        return {code: sorted({f for _, f, *_ in string.Formatter().parse(text) if f}) for code, text in spoken.items()}

    english = fields("en")
    for language in LANGUAGES:
        assert fields(language) == english


def test_every_word_that_the_room_asks_for_is_there():
    source = "".join(path.read_text() for path in sorted(Path("dashboard/regie/publishing").glob("*.py")))
    spoken = texts("en", "regie", "publishing")
    assert [code for code in re.findall(r'words\(\s*"([a-z_.]+)"', source) if not spoken.has(code)] == []
    refused = set(re.findall(r'Why\(code="(\w+)"', source)) | {"text_language", "text_length", "text_control", "text_formula"}
    assert [code for code in refused if not spoken.has(f"refused.{code}")] == []
