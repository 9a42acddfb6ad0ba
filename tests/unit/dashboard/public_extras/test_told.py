"""What small surfaces tell: the share or why there is none, how old it is, the roof, the story that is on."""

import string
from datetime import timedelta

import pytest
from extras_town import AS_OF, LANGUAGES, TOWN, approved, coming, demo, embargoed, nothing_known, story, town

from dashboard.public.extras.told import tell, words_of


def plain(words):
    return words.replace("\u202f", " ").replace("\u2060", "").replace("\u00a0", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_share_stands_with_its_town_day_time_and_quality(language):
    told = tell(town(), None, language)
    assert (plain(told.share), told.figure, told.town) == ("73 %", True, TOWN[language])
    assert "10:30" in told.as_of
    assert "2026" in told.as_of
    assert told.quality
    assert "Stromkennzeichnung" in words_of(language).get("told.not_labelling")


def test_nothing_over_nothing_is_told_as_such_and_never_as_a_figure():
    told = tell(town(status="no_production_and_no_consumption", share=None, made_here=None), None, "en")
    assert (told.share, told.figure, told.meaning) == ("undefined", False, "No production and no consumption.")


def test_nothing_used_while_plants_export_is_not_told_as_no_production():
    told = tell(town(status="all_exported", share=None, made_here=None), None, "en")
    assert (told.share, told.figure) == ("undefined", False)
    assert told.meaning == "No consumption; all that was produced was exported or stored."


@pytest.mark.parametrize("other", [{"status": "ok", "share": None}, {"status": "unknown"}, {"status": "of the future"}])
def test_a_share_that_is_missing_or_not_understood_is_unknown(other):
    told = tell(town(**other), None, "en")
    assert (told.share, told.figure, told.made) == ("unknown", False, "")


def test_an_embargo_leaves_nothing_but_since_when_until_when_and_why():
    told = tell(town(), embargoed(), "de")
    assert plain(told.notice) == (
        "Das Elektrizitätswerk hält die Zahlen von Mo. 15.06.2026 08:30 bis Di. 16.06.2026 10:30 zurück. "
        "Ein Zähler wird ersetzt."
    )
    assert (told.share, told.best, told.hours, told.roof, told.as_of) == ("", "", (), None, "")


def test_an_embargo_without_an_end_promises_none():
    assert "bis" not in tell(town(), embargoed(until=None), "de").notice


def test_before_the_first_snapshot_the_view_says_so_under_its_own_name():
    told = tell(None, None, "en")
    assert (told.town, told.share) == ("Our electricity, live", "")
    assert "no values" in told.notice
    assert "withholds the figures" in tell(None, embargoed(), "en").notice


def test_a_demonstration_says_that_it_is_one_and_that_its_time_is_its_own():
    told = tell(demo(), None, "en")
    assert "not a Swiss town" in told.demo
    assert plain(told.as_of) == "Town time: Wed 15 Jun 2016 10:30"
    assert tell(town(), None, "en").demo == ""


def test_a_silent_meter_of_the_roof_is_told_and_draws_no_bar():
    roof = tell(nothing_known(), None, "en").roof
    assert "meter is silent" in roof.power
    assert roof.part is None


def test_the_roofs_bar_is_its_part_of_the_peak_power_and_never_more():
    assert tell(town(), None, "en").roof.part == pytest.approx(42.3 / 78.7)
    sunny = town().roof.model_copy(update={"p_kw": 90.0})
    assert tell(town(roof=sunny), None, "en").roof.part == 1.0
    assert tell(town(roof=None), None, "en").roof is None


def test_hours_are_the_next_twelve_from_the_running_one():
    told = tell(town(), None, "en")
    assert [hour.label for hour in told.hours] == [f"{hour:02d}" for hour in range(10, 22)]
    assert [hour.label for hour in told.hours if hour.green] == ["12", "13", "14", "15", "16"]
    assert plain(told.hours[2].words).startswith("12:00: 70 %, forecast")
    assert "green hour" in told.hours[2].words


def test_an_unknown_hour_is_a_gap_and_not_green():
    hour = tell(town(coming=coming(shares=(None, *[0.5] * 47), green=(0,))), None, "en").hours[0]
    assert (hour.share, hour.green, hour.words) == (None, False, "10:00: unknown")


def test_the_best_hours_are_named_with_their_day_when_it_is_another():
    assert plain(tell(town(), None, "en").best) == "Greenest: 12:00–17:00, 75 % on average (forecast)"
    assert plain(tell(town(coming=coming(green=(20, 21))), None, "en").best).startswith("Greenest: Tue 16 Jun 06:00–08:00")
    assert plain(tell(town(coming=coming(green=(0, 1))), None, "en").best).startswith("Greenest: now, until 12:00")
    assert tell(town(coming=coming(green=(30,))), None, "en").best == "The coming hours are about equally green."
    assert "no forecast" in tell(nothing_known(), None, "en").best


RUNNING, TOMORROW = story(), story(id="b", kind="event", start=AS_OF + timedelta(days=1), end=AS_OF + timedelta(days=2))


@pytest.mark.parametrize(
    ("stories", "expected"),
    [
        ((), None),
        ((story(end=AS_OF),), None),
        ((TOMORROW,), "Event"),
        ((TOMORROW, RUNNING), "Challenge"),
        ((story(id="c", kind="story"), TOMORROW), "Event"),
    ],
)
def test_the_story_is_the_one_that_the_page_puts_first(stories, expected):
    told = tell(town(), approved(stories=stories), "en").story
    assert (None if told is None else told.about.split(" · ")[0]) == expected


def test_a_story_is_told_with_its_words_and_until_when():
    told = tell(town(), approved(stories=(RUNNING,)), "de").story
    assert (told.title, told.text) == ("Kochen mit der Sonne", "Wer heute Mittag kocht, kocht mit Sonne.")
    assert "14:30" in told.about


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_story_about_a_part_of_the_town_says_which_and_what_is_not_told_leaves_no_gap(language):
    snapshot = town(zones=(*town().zones, town().zones[0].model_copy(update={"name": "quay", "title": {language: "The quay"}})))
    dated = tell(snapshot, approved(stories=(story(zone="quay"),)), language).story.about.split(" · ")
    assert dated[1] == "The quay"
    assert "14:30" in dated[2]
    undated = tell(snapshot, approved(stories=(story(kind="story", end=None, zone="quay"),)), language).story.about
    assert undated.endswith(" · The quay")
    everywhere = tell(snapshot, approved(stories=(story(kind="story", end=None),)), language).story.about
    assert "·" not in everywhere


def test_every_language_has_the_same_words_with_the_same_fields():
    def fields(template):
        return sorted(name for _, name, _, _ in string.Formatter().parse(template) if name)

    english = words_of("en").templates
    for language in LANGUAGES:
        other = words_of(language).templates
        assert other.keys() == english.keys()
        assert {code: fields(text) for code, text in other.items()} == {code: fields(text) for code, text in english.items()}
    assert not [text for text in words_of("de").templates.values() if "ß" in text]
