"""A shadow disturbs nobody, whatever it does; a promotion is a dispatcher's word, and survives a killed process."""

import json
import shutil
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hamlet import SUMMER, hamlet
from on_air import launch

from twin.check import check_whole_site
from twin.domain.time import QUARTER_HOUR
from twin.live.options import Options
from twin.regie.chain import verify

pytestmark = pytest.mark.fault

FEW = 30
_PROMOTE = "import sys, promoter; sys.exit(promoter.run(*sys.argv[1:]))"
ANSWERED = ("setpoints", "orders", "alarms", "recommendations", "kpis")


# ---------------------------------------------------------------------------------------------- a shadow disturbs nobody


@pytest.fixture(scope="module")
def crashing(play):
    return play(hamlet(days=1.0).with_shadow(champion="", shadow='mood = "raises", '), FEW, "crashing")


@pytest.fixture(scope="module")
def hanging(play):
    return play(hamlet(days=1.0).with_shadow(champion="", shadow='mood = "hangs", deadline_s = 0.5, '), FEW, "hanging")


@pytest.mark.parametrize("fate", ["crashing", "hanging"])
def test_decisions_beside_a_failing_shadow_are_those_without_it(fate, clean, request):
    beside = request.getfixturevalue(fate).records
    for ours, theirs in zip(beside, clean.records, strict=True):
        assert {name: ours.meta[name] for name in ANSWERED} == {name: theirs.meta[name] for name in ANSWERED}


@pytest.mark.parametrize(("fate", "outcome"), [("crashing", "exception"), ("hanging", "deadline")])
def test_a_failing_shadow_is_a_status_and_no_alarm(fate, outcome, request):
    played = request.getfixturevalue(fate)
    outcomes = [record.meta["boxes"]["load_tuned"]["outcome"] for record in played.records]
    assert outcomes[0] == outcome
    assert set(outcomes) == {outcome, "breaker_open"}
    assert played.ended.figures["alarms"] == {"P1": 0, "P2": 0, "P3": 0, "P4": 0}
    (card,) = [box for box in played.place.snapshot["boxes"] if box["instance"] == "load_tuned"]
    assert (card["role"], card["shadow"]["champion"], card["shadow"]["code"]) == ("shadow", "load", "too_few_days")


def test_a_hanging_shadow_costs_a_tick_its_deadline_and_no_more(hanging, clean):
    slack_ms = 1000.0  # the tests share their machine
    assert hanging.ended.figures["tick_ms"]["p99"] <= clean.ended.figures["tick_ms"]["p99"] + 500.0 + slack_ms
    assert hanging.ended.figures["deadline_misses"] == 0


def test_the_site_check_names_a_shadow_that_could_not_take_the_place(settle, monkeypatch):
    made = hamlet(days=1.0).with_shadow()
    made.site = made.site.replace('shadows = "load"', 'shadows = "pv"')
    place = settle(made, "mismatched")
    monkeypatch.setenv("REGIE_CACHE", str(place.cache))
    _, problems = check_whole_site(place.site, rows=False)
    assert [str(problem) for problem in problems if "shadows 'pv': 'pv_forecast_p_mw' differs" in str(problem)]


# ---------------------------------------------------------------------------------------------- a promotion

FIRST_ISSUE = 2
EARNED = FIRST_ISSUE + 2 * 96 + 8
"""Number of the tick in which the second day's truth is in."""
TICKS = EARNED + 10


def worse():
    """A champion a third too high, from half an hour before midnight on."""
    rule = "min_days = 2\ncoverage_90 = [0.0, 1.0]"
    return hamlet(SUMMER - FIRST_ISSUE * QUARTER_HOUR, days=2.3).with_shadow(champion="factor = 1.3, ", rule=rule)


def promote(place, answers, *ends):
    """Runs one after the other, each until it kills itself at that many records, -1 = not."""
    here = "127.0.0.1"
    options = Options(str(place.site), place.begin, TICKS, "max", False, here, 8050, here, 8080, str(place.state), True)
    for at in ends:
        words = [json.dumps(answers), str(at), options.to_text()]
        ended = launch([sys.executable, "-c", _PROMOTE, *words], {"REGIE_CACHE": str(place.cache)}).ended()
        assert ended.code == (0 if at == -1 else -9), ended.err
    return ended


@pytest.fixture(scope="module")
def two_days(settle):
    """Everything up to a few ticks before the truth of the second day is in."""
    place = settle(worse(), "two_days")
    promote(place, {}, EARNED - 4)
    return place


@pytest.fixture(scope="module")
def then(two_days, tmp_path_factory):
    """The same two days, and what the dispatcher answers then."""

    def goes_on(name, answers, *ends):
        folder = tmp_path_factory.mktemp(name)
        sockets = shutil.ignore_patterns("*.sock")  # of processes that ended with the first run
        state = shutil.copytree(two_days.state, folder / "state", ignore=sockets)
        place = replace(two_days, state=state)
        ended = promote(place, answers, *ends, -1)
        return SimpleNamespace(place=place, ended=ended, records=place.records, head=ended.figures["journal"]["head"])

    return goes_on


@pytest.fixture(scope="module")
def accepted(then):
    return then("accepted", {"open": "accept"})


@pytest.fixture(scope="module")
def killed(then):
    """Killed before the tick that exchanges the roles, and again after it."""
    return then("killed", {"open": "accept"}, EARNED + 1, EARNED + 4)


@pytest.fixture(scope="module")
def refused(then):
    return then("refused", {"open": "refuse"})


@pytest.fixture(scope="module")
def taken_back(then):
    return then("taken_back", {"open": "accept", "accepted": "refuse"})


def said(played, code):
    """(number of the tick, parameters) of every journal line with that code."""
    return [(r.seq + 1, params) for r in played.records for line, params in r.meta["lines"] if line == code]


def roles(played):
    return {box["instance"]: box["role"] for box in played.place.snapshot["boxes"] if box["instance"].startswith("load")}


def test_a_shadow_that_has_earned_it_is_proposed_once_its_truth_is_in(accepted):
    states = [[item["state"] for item in record.meta["recommendations"]] for record in accepted.records]
    assert states[EARNED - 2 : EARNED + 1] == [[], ["open"], ["accepted"]]


def test_an_accepted_promotion_exchanges_the_roles_at_the_next_tick(accepted):
    assert said(accepted, "recommendation_accepted")[0][0] == EARNED + 1
    assert said(accepted, "box_promoted") == [(EARNED + 2, {"box": "load_tuned", "instance": "load"})]
    assert roles(accepted) == {"load": "shadow", "load_tuned": "champion"}
    assert accepted.place.snapshot["site"]["boxes"]["load"]["role"] == "shadow"


def test_a_promotion_survives_kill_9_with_the_same_head(killed, accepted):
    assert killed.head == accepted.head
    assert verify(killed.place.state)[2] == []
    assert roles(killed) == {"load": "shadow", "load_tuned": "champion"}


def test_a_refused_shadow_stays_in_the_shadow_and_is_not_proposed_again(refused):
    assert said(refused, "box_promoted") == []
    assert roles(refused) == {"load": "champion", "load_tuned": "shadow"}
    (item,) = refused.records[-1].meta["recommendations"]
    assert item["state"] == "refused"


def test_a_promotion_taken_back_puts_the_old_champion_in_its_place(taken_back):
    lines = said(taken_back, "box_promoted")
    assert [params["box"] for _, params in lines] == ["load_tuned", "load"]
    assert roles(taken_back) == {"load": "champion", "load_tuned": "shadow"}
