"""What stands after the publisher's deeds, and what of it the public may see."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.publication.release import STORIES, release_of, revision_log
from twin.publication.standing import Published, take

LATER = datetime(2030, 1, 1, tzinfo=UTC)
STORY = {
    "kind": "event",
    "title": {"en": "Open day"},
    "text": {"en": "Come and see the hydro plant."},
    "start": "2026-05-01T10:00:00+00:00",
    "end": "2026-05-01T16:00:00+00:00",
    "zone": None,
}


def test_nothing_is_public_before_the_first_deed(facts):
    assert release_of(Published(), facts(), LATER) is None


def test_only_the_newest_revision_is_public_and_the_older_one_stays_in_the_log(desk, facts):
    desk.approve(share=0.5)
    published = desk.approve(share=0.47, revision=2, reason="A meter told late")
    release = release_of(published, facts(), LATER)
    assert [(figure.revision, figure.share) for figure in release.months] == [(2, 0.47)]
    assert [(line.figure.share, standing) for line, standing in revision_log(published, facts(), LATER)] == [
        (0.5, False),
        (0.47, True),
    ]


def test_a_correction_tells_what_was_what_is_and_why(desk, facts):
    desk.approve(share=0.5)
    correction = release_of(desk.approve(share=0.47, revision=2, reason="A meter told late"), facts(), LATER).corrections[0]
    assert (correction.before, correction.after, correction.reason) == (0.5, 0.47, {"en": "A meter told late"})


def test_the_words_of_a_correction_may_be_corrected_and_its_figure_stays(desk, facts):
    desk.approve(share=0.5)
    desk.approve(share=0.47, revision=2, reason="A metre told late")
    release = release_of(desk.write("notice", "2016-01", revision=2, reason={"en": "A meter told late"}), facts(), LATER)
    assert release.corrections[0].reason == {"en": "A meter told late"}
    assert release.months[0].share == 0.47


def test_a_year_and_its_months_stand_apart_newest_first(desk, facts):
    for period in ("2016-01", "2016", "2016-02", "2015"):
        desk.approve(period)
    release = release_of(desk.published, facts(), LATER)
    assert [figure.period for figure in release.months] == ["2016-02", "2016-01"]
    assert [figure.period for figure in release.years] == ["2016", "2015"]


def test_an_embargo_hides_every_figure_and_lifting_it_brings_all_back_with_its_history(desk, facts):
    desk.approve(share=0.5)
    desk.approve("2015")
    desk.write("declare", year=2015, renewable_share=0.98, supplier="Works", published="2016-06-30")
    desk.write("propose", "ST-0001", **STORY)
    desk.write("air", "ST-0001", by="reto")
    before = release_of(desk.approve(share=0.47, revision=2, reason="late"), facts(), LATER)
    assert all((before.months, before.years, before.corrections, before.declared, before.stories))
    desk.write("embargo", until=None, reason={"en": "The import meter is doubted"})
    hidden = release_of(desk.published, facts(), LATER)
    assert (hidden.months, hidden.years, hidden.corrections, hidden.declared, hidden.stories) == ((), (), (), None, ())
    assert hidden.embargo.reason == {"en": "The import meter is doubted"}
    assert revision_log(desk.published, facts(), LATER) == []
    after = release_of(desk.write("lift"), facts(), LATER)
    assert after == before.model_copy(update={"made_at": after.made_at})


def test_an_embargo_ends_at_its_own_hour(desk, facts):
    desk.approve()
    until = LATER - timedelta(days=1)
    desk.write("embargo", until=until.isoformat(), reason={"en": "x"})
    assert release_of(desk.published, facts(), until - timedelta(seconds=1)).months == ()
    release = release_of(desk.published, facts(), until)
    assert len(release.months) == 1
    assert release.made_at == until


def test_an_embargo_that_is_set_anew_keeps_its_beginning(desk, facts):
    first = desk.write("embargo", until=None, reason={"en": "x"}).embargo.since
    assert desk.write("embargo", until=LATER.isoformat(), reason={"en": "y"}).embargo.since == first


def test_a_licence_holds_for_revisions_to_come_and_not_for_those_that_are_out(desk, facts):
    desk.approve("2016-01")
    desk.write("licence", licence="CC0-1.0", attribution="Town works")
    desk.approve("2016-02", licence="CC0-1.0", attribution="Town works")
    log = {line.figure.period: line.licence for line, _ in revision_log(desk.published, facts(), LATER)}
    assert log == {"2016-01": "CC-BY-4.0", "2016-02": "CC0-1.0"}
    assert release_of(desk.published, facts(), LATER).licence == "CC0-1.0"


def test_what_the_privacy_rule_withholds_today_is_withheld_whenever_it_was_approved(desk, facts):
    release = release_of(desk.approve(), facts(powers_public=False, parts_public=False), LATER)
    assert (release.months[0].consumption_mwh, release.months[0].parts, release.months[0].share) == (None, {}, 0.5)
    assert release.months[0].co2_g_per_kwh is not None
    assert release_of(desk.published, facts(co2_public=False), LATER).months[0].co2_g_per_kwh is None


def test_a_story_is_on_air_after_its_approval_and_until_it_is_withdrawn(desk, facts):
    desk.write("propose", "ST-0001", **STORY)
    assert release_of(desk.published, facts(), LATER) is None
    assert [story.id for story in release_of(desk.write("air", "ST-0001"), facts(), LATER).stories] == ["ST-0001"]
    assert release_of(desk.write("withdraw", "ST-0001"), facts(), LATER).stories == ()


def test_a_story_on_air_is_not_rewritten_under_way(desk, facts):
    desk.write("propose", "ST-0001", **STORY)
    desk.write("air", "ST-0001")
    desk.write("propose", "ST-0001", **STORY | {"title": {"en": "Another"}})
    assert release_of(desk.published, facts(), LATER).stories[0].title == {"en": "Open day"}


def test_the_public_file_holds_the_newest_stories_alone(desk, facts):
    for number in range(STORIES + 5):
        desk.write("propose", f"ST-{number:04d}", **STORY | {"start": f"2026-04-{number + 1:02d}T10:00:00+00:00"})
        desk.write("air", f"ST-{number:04d}")
    stories = release_of(desk.published, facts(), LATER).stories
    assert [story.id for story in stories[:1] + stories[-1:]] == [f"ST-{STORIES + 4:04d}", "ST-0005"]


def test_a_deed_of_two_people_is_done_in_both_names_and_never_by_one_alone(desk, facts):
    figure = desk.approve("2015").newest("2015").figure.model_dump(mode="json") | {"period": "2016-01"}
    params = {"figure": figure, "hours": None, "licence": "CC-BY-4.0", "attribution": "Town"}
    desk.write("ask", "2016-01", kind="approve", params=params, expires=LATER.isoformat())
    ask = desk.count
    desk.write("confirm", "2016-01", ask=ask, asked_by="paula")
    assert desk.published.newest("2016-01") is None
    desk.write("confirm", "2016-01", by="reto", ask=ask, asked_by="paula")
    assert desk.published.newest("2016-01").by == "paula + reto"
    assert desk.published.waiting == {}


def test_a_wish_that_waited_too_long_is_confirmed_by_nobody(desk):
    figure = desk.approve("2015").newest("2015").figure.model_dump(mode="json") | {"period": "2016-01"}
    params = {"figure": figure, "hours": None, "licence": "CC-BY-4.0", "attribution": "Town"}
    desk.write("ask", "2016-01", kind="approve", params=params, expires="2026-03-02T09:30:00+00:00")
    desk.write("confirm", "2016-01", by="reto", ask=desk.count, asked_by="paula")
    assert desk.published.newest("2016-01") is None


_KINDS = ("approve", "restate", "notice", "embargo", "lift", "licence", "declare", "propose", "air", "withdraw", "confirm", "x")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(_KINDS),
            st.sampled_from(["2016-01", "2016", "ST-0001"]),
            st.integers(1, 4),
            st.sampled_from([None, "reason", "figure", "licence", "revision"]),
        ),
        max_size=25,
    )
)
def test_no_sequence_of_lines_stops_the_fold_or_skips_a_revision(told):
    published = Published()
    for number, (kind, target, revision, lost) in enumerate(told, 1):
        figure = {
            "period": target,
            "revision": revision,
            "approved_at": LATER.isoformat(),
            "consumption_mwh": 1.0,
            "share": 0.5,
            "co2_g_per_kwh": None,
            "parts": {},
            "coverage": 1.0,
        }
        params = {"figure": figure, "hours": None, "licence": "CC0-1.0", "attribution": "T"}
        params |= {"reason": {"en": "r"}, "revision": revision, "until": None} if kind != "approve" else {}
        params.pop(lost, None)
        wanted = {"notice": ("revision", "reason"), "embargo": ("until", "reason"), "licence": ("licence", "attribution")}
        params = {name: params[name] for name in wanted.get(kind, tuple(params)) if name in params}
        if kind == "restate":
            params.pop("revision", None), params.pop("until", None)
        line = type("Line", (), {"id": number, "at": LATER, "by": "p", "kind": f"publish.{kind}", "target": target})()
        line.params = params
        published = take(published, line)
        for period, revisions in published.revisions.items():
            assert [each.figure.revision for each in revisions] == list(range(1, len(revisions) + 1))
            assert all(each.figure.period == period for each in revisions)
            assert all(each.reason for each in revisions[1:])


def test_a_second_approval_without_a_reason_is_no_restatement(desk):
    desk.approve()
    desk.approve(share=0.4, revision=2)
    assert [each.figure.share for each in desk.published.revisions["2016-01"]] == [0.5]


@pytest.mark.parametrize("text", ["a\x00b", "=1+1", "@x", "\u202eabc", "", "x" * 501])
def test_a_reason_that_is_no_plain_text_never_stands(desk, text):
    desk.approve()
    desk.approve(share=0.1, revision=2, reason=text)
    assert len(desk.published.revisions["2016-01"]) == 1
