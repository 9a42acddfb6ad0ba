"""What the citizens' page tells of events, challenges, stories and corrections that the publisher approved."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from public_town import CORRECTION, release, story, town
from public_views import THIN, page_of, view_of


def places_of(view) -> list[str]:
    return [view.text[f"s{i}_title"] for i in range(3) if view.attributes[f"s{i}"] == {"hidden": None}]


def test_running_challenge_counts_down_in_the_towns_time():
    view = view_of(town(), released=release(stories=(story(hours_on=3.0, begins_in=-1.0),)))
    assert view.text["s0_when"] == "On now, until 12:30 (2 hr left)"
    assert view.text["s0_kind"] == "Challenge"
    assert view.attributes["stories_empty"] == {"hidden": ""}


def test_what_is_about_a_part_of_the_town_says_which():
    view = view_of(town(), released=release(stories=(story(zone="old_mill"), story("event", zone="elsewhere"), story("story"))))
    assert view.text["s0_where"] == "The old mill"
    assert [view.attributes[f"s{i}_where"] for i in range(3)] == [{"hidden": None}, {"hidden": ""}, {"hidden": ""}]


def test_what_runs_stands_before_what_comes_and_stories_stand_last():
    told = [story("story"), story("event", begins_in=8.0), story("event", begins_in=2.0), story("challenge")]
    titled = tuple(one.model_copy(update={"title": {"en": str(number)}}) for number, one in enumerate(told))
    assert places_of(view_of(town(), released=release(stories=titled))) == ["3", "2", "1"]


def test_what_is_over_is_not_shown_any_more_and_a_story_not_before_its_day():
    over, early = story("event", hours_on=1.0, begins_in=-2.0), story("story", begins_in=4.0)
    view = view_of(town(), released=release(stories=(over, early)))
    assert places_of(view) == []
    assert view.attributes["stories_empty"] == {"hidden": None}


def test_without_a_story_the_green_hours_are_what_one_can_join_in():
    view = view_of(town())
    assert view.text["stories_next"] == "The next occasion to join in: the green hours from 12:00 to 17:00."
    assert view_of(town(coming=())).text["stories_next"] == ""


def test_what_a_publisher_writes_is_text_and_never_markup():
    wicked = story().model_copy(update={"text": {"en": "<script>alert(1)</script>"}})
    assert "<script>alert" not in page_of(town(), released=release(stories=(wicked,)))


def test_corrected_figure_is_noted_on_the_live_page():
    assert view_of(town(), released=release(corrections=(CORRECTION,))).text["note0"] == (
        f"Corrected on Sun 12 Jun 2016: the figure of April 2016, from 44{THIN}% to 41{THIN}%. See Figures."
    )
