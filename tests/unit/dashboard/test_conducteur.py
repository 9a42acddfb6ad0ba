"""The run-of-show: days of 23, 24 and 25 hours, a draft that keeps what people made of it, a day that is frozen."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.format import LANGUAGES
from dashboard.regie.book import Line
from dashboard.regie.conducteur.closings import closings
from dashboard.regie.conducteur.cue import Cue, Hand, deviations, run_of_show, take
from dashboard.regie.conducteur.day import Day
from dashboard.regie.conducteur.draft import draft
from dashboard.regie.conducteur.timeline import placed, timeline
from dashboard.regie.conducteur.words import title
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from dashboard.regie.work.refusal import Refused

ZURICH = "Europe/Zurich"
SPRING, AUTUMN, PLAIN = (Day(date(2016, 3, 27), ZURICH), Day(date(2016, 10, 30), ZURICH), Day(date(2016, 1, 25), ZURICH))
NOW = datetime(2016, 1, 25, 17, 0, tzinfo=UTC)


def cue(name="a", start_h=10.0, end_h=11.0, **more):
    at = PLAIN.start
    told = {
        "kind": "critical",
        "ref": "line:1",
        "code": "overload",
        "params": {"loading_percent": 110.0, "limit_percent": 100.0},
    }
    return Cue(id=name, start=at + timedelta(hours=start_h), end=at + timedelta(hours=end_h), **(told | more))


def line(number, kind, target, **params):
    return Line(number, NOW, "Anna", "dispatcher", f"cue.{kind}", target, {"as_of": NOW.isoformat(), **params}, "", "")


# ------------------------------------------------------------------------------------------------- days


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (PLAIN, 24), (AUTUMN, 25)])
def test_a_day_is_as_long_as_its_clock_says(day, hours):
    assert day.hours == hours


def test_on_the_day_of_25_hours_noon_stands_after_the_middle_of_the_drawing():
    assert AUTUMN.share(AUTUMN.instant("12:00")) == pytest.approx(13 / 25)
    assert SPRING.share(SPRING.instant("12:00")) == pytest.approx(11 / 23)


def test_an_hour_that_comes_twice_is_asked_for_with_its_offset():
    with pytest.raises(Refused, match="time_twice"):
        AUTUMN.instant("02:30")
    first, second = AUTUMN.instant("02:30 +02:00"), AUTUMN.instant("02:30 +01:00")
    assert second - first == timedelta(hours=1)


def test_an_hour_that_the_clock_skips_is_refused():
    with pytest.raises(Refused, match="time_skipped"):
        SPRING.instant("02:30")


@pytest.mark.parametrize("day", [SPRING, PLAIN, AUTUMN])
def test_what_a_screen_shows_of_a_time_can_be_written_again(day):
    words = Words.of("en", ZURICH)
    for quarter in range(4 * day.hours):
        at = day.start + timedelta(minutes=15 * quarter)
        assert day.instant(words.clock(at)) == at


# ------------------------------------------------------------------------------------------------- the draft


def test_the_busy_evening_is_drafted_with_its_limits_peaks_decisions_and_closings(factory):
    drafted = draft(PLAIN, factory.snapshot(), factory.facts())
    codes = {each.code for each in drafted}
    assert {
        "voltage_low",
        "relieved",
        "peak_load",
        "decide_before",
        "accepted",
        "act_before",
        "closing_day_ahead_auction",
    } <= codes
    assert all(each.priority is None for each in drafted if each.kind not in ("critical", "alarm"))


def test_only_a_limit_that_is_exceeded_in_spite_of_the_plan_is_critical(factory):
    horizon = factory.snapshot().horizon
    loaded = factory.snapshot(
        horizon=horizon.model_copy(update={"loading_after_percent": (90.0, 104.0, 125.0, 90.0, *(50.0,) * 92)})
    )
    (over,) = [each for each in draft(PLAIN, loaded, factory.facts()) if each.code == "overload"]
    assert (over.start, over.end, over.priority) == (NOW + timedelta(minutes=15), NOW + timedelta(minutes=45), 1)


def test_a_peak_is_told_of_a_day_that_is_known_from_midnight_to_midnight_alone(factory):
    tomorrow = draft(PLAIN.beside(1), factory.snapshot(), factory.facts())
    assert not [each for each in tomorrow if each.kind == "peak"]


def test_every_closing_names_its_source():
    assert all(closing.url.startswith("http") and closing.source for closing in closings())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cue_has_words(factory, language):
    snapshot = factory.snapshot()
    words = Words.of(language, ZURICH, NOW, "conducteur")
    names = Names(words, snapshot.site, factory.facts())
    for each in draft(PLAIN, snapshot, factory.facts()):
        assert words.known(f"cue.{each.code}")
        assert words.known(f"kind.{each.kind}")
        assert "{" not in title(each, words, names)


# ------------------------------------------------------------------------------------------------- by hand


def test_an_edited_cue_stays_as_edited_when_the_forecast_moves_its_window():
    edited = cue("a", 18.0, 19.0, title="Watch the street")
    hand = take(Hand(), line(1, "edit", "a", cue=edited.to_json()))
    (shown,) = run_of_show([cue("b", 18.5, 19.5)], hand)
    assert (shown.title, shown.start, shown.by) == ("Watch the street", edited.start, "Anna")


def test_a_dropped_cue_stays_out_of_the_next_draft_and_comes_back_when_restored():
    dropped = take(Hand(), line(1, "drop", "a", cue=cue("a").to_json()))
    assert run_of_show([cue("a2", 10.25, 11.25)], dropped) == ()
    restored = take(dropped, line(2, "restore", "a", cue=cue("a").to_json()))
    assert [each.id for each in run_of_show([cue("a2", 10.25, 11.25)], restored)] == ["a"]


def test_a_frozen_day_lists_what_is_new_gone_and_moved_in_the_draft():
    frozen = [cue("a", 8, 9), cue("b", 12, 13, ref="line:2")]
    now = [cue("a2", 8.5, 9.5), cue("c", 20, 21, ref="line:3")]
    assert [how for how, _ in deviations(now, frozen)] == ["moved", "new", "gone"]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["add", "edit", "drop", "restore", "freeze", "release", "nonsense"]),
            st.sampled_from(["a", "b", "2016-01-25"]),
            st.sampled_from([None, "cue", "cues", "broken"]),
        ),
        max_size=30,
    )
)
def test_no_sequence_of_lines_breaks_the_run_of_show(told):
    hand = Hand()
    for number, (kind, target, what) in enumerate(told, 1):
        params = {"cue": cue().to_json(), "cues": [cue().to_json()]}
        if what == "broken":
            params = {"cue": {"kind": "critical"}, "cues": 3}
        elif what is not None:
            del params[what]
        hand = take(hand, line(number, kind, target, **params))
        assert not set(hand.kept) & set(hand.dropped)
        run_of_show([cue()], hand)


# ------------------------------------------------------------------------------------------------- the drawing


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 24), st.floats(0, 6), st.sampled_from([None, 1, 2, 3]), st.integers(0, 60)), max_size=40)
)
def test_no_two_cues_overlap_and_none_is_lost(spans):
    cues = [cue(str(i), start, min(24.0, start + length), priority=p) for i, (start, length, p, _) in enumerate(spans)]
    bars, homeless = placed(cues, ["x" * letters for *_, letters in spans], PLAIN, 4)
    assert len(bars) + len(homeless) == len(cues)
    for a in bars:
        assert a.left >= 0.0
        assert a.left + a.width <= 1.0 + 1e-9
        assert not [
            b
            for b in bars
            if a is not b and a.lane == b.lane and a.left < b.left + b.width - 1e-9 and b.left < a.left + a.width - 1e-9
        ]


@pytest.mark.parametrize(("day", "count"), [(SPRING, 11), (PLAIN, 12), (AUTUMN, 13)])
def test_the_axis_has_the_hours_that_the_day_has(factory, day, count):
    snapshot = factory.snapshot()
    words = Words.of("en", ZURICH, NOW, "conducteur")
    drawing, _ = timeline((), day, None, words, Names(words, snapshot.site), lanes=4, address="")
    assert drawing.count('class="hour"') == count


def test_what_is_over_gives_its_room_to_what_comes():
    early = tuple(Cue(f"past{i}", "critical", "", "hand", {}, PLAIN.start, PLAIN.start, 1, title="over") for i in range(4))
    later = Cue("next", "market", "", "hand", {}, PLAIN.start, PLAIN.start + timedelta(hours=3), title="to come")
    bars, homeless = placed((*early, later), ["over"] * 4 + ["to come"], PLAIN, 4, PLAIN.start + timedelta(hours=1))
    assert "next" in [bar.cue.id for bar in bars]
    assert later not in homeless
