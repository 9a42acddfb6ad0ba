"""When a shadow has earned its champion's place, and what people are asked then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twin.contracts.messages import Command
from twin.regie import recommend
from twin.regie.outcome import Memory
from twin.regie.promotion import diebold_mariano, in_force, judged, proposed, shown, trials, wanted
from twin.regie.shadow import DayScore, Pair
from twin.site.rules import Promote

NOW = datetime(2024, 7, 1, 6, 0, tzinfo=UTC)
RULE = Promote()


def days(losses, coverage=0.9, first=0):
    return [DayScore(f"day {first + n:02d}", float(loss), coverage) for n, loss in enumerate(losses)]


def pair(shadow, champion, coverage=0.9, instance="tuned", of="load", **more):
    facts = {"scored": True, "failing": False} | more
    return Pair(instance, of, days(shadow, coverage), days(champion), **facts)


def wavering(better, worse, days_better, total=14):
    """Losses beside a champion's 1.0: on so many days lower."""
    return [better] * days_better + [worse] * (total - days_better)


# ---------------------------------------------------------------------------------------------- the test


def test_the_statistic_on_students_sleep_is_the_published_one():
    """Student (1908), Biometrika 6, hours of sleep gained by ten patients: t = -4.0621, df = 9, two-sided p = 0.002833."""
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    statistic, p = diebold_mariano(first, second)
    assert statistic == pytest.approx(-4.0621, abs=5e-5)
    assert 2.0 * (1.0 - p) == pytest.approx(0.002833, abs=5e-7)
    assert diebold_mariano(second, first)[1] == pytest.approx(0.002833 / 2.0, abs=5e-7)


@pytest.mark.parametrize("gain", [[], [0.1], [0.1, 0.1, 0.1]])
def test_without_two_days_that_differ_nothing_is_tested(gain):
    champion = np.ones(len(gain))
    assert diebold_mariano(champion, champion - np.array(gain))[1] == 1.0


# ---------------------------------------------------------------------------------------------- the rule

STEADY = wavering(0.94, 0.99, 10)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (pair(STEADY, [1.0] * 14), "earned"),
        (pair(STEADY[:13], [1.0] * 14), "too_few_days"),
        (pair([], []), "too_few_days"),
        (pair([0.985] * 14, [1.0] * 14), "no_better"),
        (pair([1.1] * 14, [1.0] * 14), "no_better"),
        (pair(wavering(0.5, 1.4, 8), [1.0] * 14), "not_steady"),
        (pair(wavering(0.5, 1.4, 9), [1.0] * 14), "earned"),
        (pair(wavering(0.5, 1.02, 8), [1.0] * 14), "earned"),
        (pair(STEADY, [1.0] * 14, coverage=0.79), "band_off"),
        (pair(STEADY, [1.0] * 14, coverage=0.98), "band_off"),
        (pair(STEADY, [1.0] * 14, failing=True), "not_answering"),
        (pair([], [], scored=False), "not_scored"),
    ],
    ids=[
        "better", "a day short", "no day", "2 % short", "worse", "57 % of days and no clear test", "64 % of days",
        "57 % of days and a clear test", "band too narrow", "band too wide", "does not answer", "no truth",
    ],
)  # fmt: skip
def test_the_rule_names_the_first_reason_why_not(found, code):
    assert judged(found, RULE).code == code


def test_only_days_on_which_both_were_scored_count():
    late = Pair("tuned", "load", days([0.9] * 14, first=3), days([1.0] * 14), scored=True, failing=False)
    trial = judged(late, RULE)
    assert (trial.days, trial.code) == (11, "too_few_days")


def test_a_trial_says_how_much_better_and_how_often():
    trial = judged(pair(wavering(0.8, 1.1, 7), [1.0] * 14, coverage=0.91), RULE)
    assert (trial.pinball_mw, trial.champion_pinball_mw) == pytest.approx((0.95, 1.0))
    assert (trial.ratio, trial.days_better, trial.coverage_90) == pytest.approx((0.95, 0.5, 0.91))
    assert shown(trial)["ratio_percent"] == pytest.approx(95.0)


def test_a_site_may_ask_for_more():
    strict = Promote(min_gain_share=0.1)
    assert judged(pair(STEADY, [1.0] * 14), strict).code == "no_better"


# ---------------------------------------------------------------------------------------------- what people are asked


def earned(instance="tuned", of="load", loss=0.9):
    return pair([loss + 0.001 * n for n in range(14)], [1.0] * 14, instance=instance, of=of)


def ask(memory, *pairs, at=NOW):
    return proposed(memory, trials(pairs, RULE), at)


def answer(memory, kind, at=NOW):
    (item,) = memory.recommendations.values()
    command = Command(1, kind, item.id, "Desk 2", at, at + timedelta(minutes=5), "Other")
    held, rulings = recommend.rule(memory.recommendations, [command], at)
    assert rulings[0].accepted
    return replace(memory, recommendations=held)


def aged(memory, at):
    return replace(memory, recommendations=recommend.update(memory.recommendations, {}, {}, at, np.zeros(0)))


def states(memory):
    return [(item.params["box"], item.state) for item in memory.recommendations.values()]


def test_a_shadow_that_has_earned_it_is_proposed_once_and_keeps_its_identity():
    memory = ask(Memory(), earned())
    (item,) = memory.recommendations.values()
    later = ask(memory, earned(loss=0.8), at=NOW + timedelta(hours=1))
    (same,) = later.recommendations.values()
    assert (item.id, item.state, item.devices) == (same.id, "open", ())
    assert same.params["ratio_percent"] < item.params["ratio_percent"]


def test_a_shadow_that_has_not_earned_it_is_not_proposed():
    assert ask(Memory(), pair([1.0] * 14, [1.0] * 14)).recommendations == {}


def test_a_proposal_that_no_longer_holds_is_withdrawn():
    memory = ask(ask(Memory(), earned()), pair([1.0] * 14, [1.0] * 14), at=NOW + timedelta(hours=1))
    assert states(memory) == [("tuned", "expired")]
    assert wanted(memory.recommendations) == []


def test_of_two_shadows_of_one_champion_the_better_is_proposed():
    memory = ask(Memory(), earned("a", loss=0.9), earned("b", loss=0.8))
    assert states(memory) == [("b", "open")]


def test_shadows_of_two_champions_are_proposed_each():
    memory = ask(Memory(), earned("a", of="load"), earned("b", of="pv"))
    assert states(memory) == [("a", "open"), ("b", "open")]


def test_nothing_changes_until_somebody_accepts():
    memory = ask(Memory(), earned())
    assert wanted(memory.recommendations) == []
    assert wanted(answer(memory, "accept").recommendations) == [("tuned", "load")]


def test_a_refusal_keeps_the_group_still_and_wants_the_champion_where_it_is():
    memory = answer(ask(Memory(), earned()), "refuse")
    assert wanted(memory.recommendations) == [("load", "tuned")]
    assert states(ask(memory, earned(), earned("other"), at=NOW + timedelta(days=6))) == [("tuned", "refused")]
    assert states(ask(aged(memory, NOW + timedelta(days=15)), earned(), at=NOW + timedelta(days=15))) == [("tuned", "open")]


def test_what_was_accepted_can_be_taken_back_while_it_stands():
    memory = answer(ask(Memory(), earned()), "accept")
    reversed_pair = pair([1.0] * 14, [0.9] * 14, instance="load", of="tuned")
    later = aged(ask(memory, reversed_pair, at=NOW + timedelta(days=1)), NOW + timedelta(days=1))
    assert wanted(answer(later, "refuse", NOW + timedelta(days=1)).recommendations) == [("load", "tuned")]


def test_the_old_champion_earns_its_place_back_the_same_way():
    memory = answer(ask(Memory(), earned()), "accept")
    back, after = earned(instance="load", of="tuned"), NOW + timedelta(days=15)
    assert states(ask(memory, back, at=NOW + timedelta(days=2))) == [("tuned", "accepted")]
    assert states(ask(aged(memory, after), back, at=after)) == [("load", "open")]


def test_a_promotion_moves_no_device():
    memory = answer(ask(Memory(), earned()), "accept")
    assert recommend.mandate(memory.recommendations, (), NOW, 4).shape == (4, 0)


def test_an_exchange_is_a_line_of_the_journal():
    assert in_force([("tuned", "load")]) == (("box_promoted", {"box": "tuned", "instance": "load"}),)
