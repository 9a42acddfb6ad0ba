"""Which hours the citizens' page recommends, how it draws them, and the advice that follows."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from public_town import AS_OF, hours, nothing_known, town
from public_views import SPAN, THIN, view_of

from dashboard.public.green_window import best_window, coming, hour_to_avoid
from twin.contracts.public_snapshot import ComingHour


def test_best_window_is_the_longest_good_run_of_green_hours():
    found = best_window(hours(AS_OF, shares=(0.9, 0.1, 0.6, 0.6, 0.6, 0.1), green=(0, 2, 3, 4)))
    assert (found.start, found.end) == (AS_OF + timedelta(hours=2), AS_OF + timedelta(hours=5))
    assert found.share == pytest.approx(0.6)  # exact but for the division


def test_nobody_is_asked_to_wait_for_a_little_more():
    found = best_window(hours(AS_OF, shares=(0.9, 0.9, 0.5, 0.5, 0.92, 0.92), green=(0, 1, 4, 5)))
    assert found.start == AS_OF


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(0, 1)), st.booleans()), max_size=30))
def test_best_window_holds_green_hours_only(rows):
    given_hours = [
        ComingHour(start=AS_OF + timedelta(hours=i), share=s, low=None, high=None, parts={}, green=g)
        for i, (s, g) in enumerate(rows)
    ]
    found = best_window(given_hours)
    green = [hour for hour in given_hours if hour.green and hour.share is not None]
    assert (found is None) == (not green)
    if found:
        inside = [hour for hour in given_hours if found.start <= hour.start < found.end]
        assert inside
        assert all(hour in green for hour in inside)


def test_hour_that_is_over_is_not_recommended():
    assert coming(hours(AS_OF - timedelta(hours=2)), AS_OF)[0].start == AS_OF


def test_hour_to_avoid_is_the_least_green_known_one():
    assert hour_to_avoid(hours(AS_OF, shares=(0.5, None, 0.2, 0.4))).share == 0.2


@pytest.mark.parametrize(
    ("first_green", "sentence"),
    [(1, f"Best moment: 12:00{SPAN}13:00"), (14, f"Best moment: tomorrow, 01:00{SPAN}02:00")],
)
def test_best_moment_names_tomorrow_when_it_is_tomorrow(first_green, sentence):
    coming_hours = hours(AS_OF.replace(minute=0) + timedelta(hours=1), green=(first_green,))
    assert view_of(town(coming=coming_hours)).text["best"].startswith(sentence)


def test_advice_says_now_during_a_green_hour():
    text = view_of(town(coming=hours(AS_OF.replace(minute=0), green=(0, 1)))).text
    assert text["advice_wash"] == "Washing machine and dishwasher: start them now, before 12:00."


def test_advice_names_the_same_window_as_the_green_hours():
    text = view_of(town(), "fr").text
    assert text["best"].startswith(f"Meilleur moment\u00a0: 12:00{SPAN}17:00")
    assert "entre 12:00 et 17:00" in text["advice_wash"]
    assert f"12:00{SPAN}17:00" in text["advice_car"]
    assert "évitera 21:00" in text["advice_wait"]


def test_advice_without_green_hours_promises_none():
    text = view_of(town(coming=hours(AS_OF, green=()))).text
    assert text["best"].startswith("None of the next hours stands out")
    assert text["advice_wash"].startswith("Washing machine and dishwasher: any time will do")


def test_every_hour_of_the_strip_has_words_for_the_ear():
    text = view_of(town()).text
    assert text["h2_words"] == f"12:00: 70{THIN}%, forecast, probably between 67{THIN}% and 73{THIN}%, green hour"
    assert all(text[f"h{index}_words"] for index in range(12))


def test_greenest_and_least_green_bar_carry_their_figures():
    text = view_of(town()).text
    figures = {index: text[f"h{index}_top"] for index in range(12) if text[f"h{index}_top"]}
    assert figures == {4: f"80{THIN}%", 11: f"38{THIN}%"}


@pytest.mark.parametrize(
    ("shares", "figures"),
    [
        ((0.5, 0.6, 0.4, 0.5, 0.4), {1: "60", 4: "40"}),  # the other of two equally grey ones
        ((0.5, 0.6, 0.4, 0.5, 0.5), {1: "60"}),
        ((0.5,) * 12, {0: "50", 2: "50"}),
        ((0.5,), {0: "50"}),
    ],
)
def test_two_figures_side_by_side_would_run_into_each_other(shares, figures):
    text = view_of(town(coming=hours(AS_OF.replace(minute=0), shares=shares, green=()))).text
    assert {i: text[f"h{i}_top"][:2] for i in range(12) if text[f"h{i}_top"]} == figures


def test_bars_of_unknown_height_carry_no_figure():
    assert not any(view_of(nothing_known()).text[f"h{index}_top"] for index in range(12))


def test_running_hour_is_the_first_of_the_strip_and_can_be_the_best():
    text = view_of(town(coming=hours(AS_OF.replace(minute=0), green=(0, 1)))).text
    assert text["h0_label"] == "10"
    assert text["best"].startswith("Best moment: now, until 12:00")
