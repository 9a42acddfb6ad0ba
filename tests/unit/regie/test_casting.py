"""Boxes cast by people: promoted without a proposal, withdrawn, put on trial; refused where it makes no sense."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.regie.test_alarms import NOW
from tests.unit.regie.test_runner_order import LOAD
from tests.unit.regie.test_shadow_roles import TUNED, instance, roles_of
from twin.contracts.messages import Command, Recommendation
from twin.regie.casting import answer, put_in_force, without_proposals
from twin.regie.promotion import wanted
from twin.regie.seat import Seat, seats_from_parts, seats_to_parts
from twin.regie.shadow import Scorer


class Company:
    """The roles of a runner without its processes."""

    def __init__(self, *seats):
        self.roles = roles_of(*seats)

    def call_up(self, name, as_of):
        return self.roles.call_up(name)


@pytest.fixture
def company():
    return Company(
        Seat(instance("load"), LOAD),
        Seat(instance("tuned", "shadow", "load"), TUNED),
        Seat(instance("new", "reserve", "load"), TUNED),
    )


def command(kind, box, number=1):
    return Command(number, kind, box, "anna", NOW, NOW + timedelta(minutes=5))


def codes(company, *commands):
    return [code for code, _ in answer(commands, company.roles, ())[1]]


def cast(company, *commands):
    """The codes of what was done, and the roles after."""
    waiting, _ = answer(commands, company.roles, ())
    done = [code for code, _ in put_in_force(waiting, company, NOW)]
    return done, {name: (seat.instance.role, seat.instance.shadows) for name, seat in company.roles.seats.items()}


def test_a_reserve_is_not_asked(company):
    assert company.roles.order == (("load",), ("tuned",))


def test_a_shadow_is_promoted_without_having_earned_it(company):
    done, roles = cast(company, command("promote", "tuned"))
    assert done == ["box_promoted"]
    assert roles == {"load": ("shadow", "tuned"), "tuned": ("champion", None), "new": ("reserve", "tuned")}


def test_a_promoted_champion_gives_its_place_back(company):
    cast(company, command("promote", "tuned"))
    done, roles = cast(company, command("withdraw", "tuned"))
    assert done == ["box_promoted"]
    assert roles == {"load": ("champion", None), "tuned": ("shadow", "load"), "new": ("reserve", "load")}


def test_a_shadow_leaves_service_and_comes_back(company):
    done, _ = cast(company, command("withdraw", "tuned"))
    assert (done, company.roles.order) == (["box_withdrawn"], (("load",),))
    done, _ = cast(company, command("shadow", "tuned"))
    assert (done, company.roles.order) == (["box_on_trial"], (("load",), ("tuned",)))


def test_a_reserve_goes_on_trial_beside_its_champion(company):
    done, roles = cast(company, command("shadow", "new"))
    assert (done, roles["new"]) == (["box_on_trial"], ("shadow", "load"))
    assert company.roles.order == (("load",), ("tuned", "new"))


def test_a_box_on_trial_is_compared_and_can_be_promoted(company):
    cast(company, command("shadow", "new"))
    assert {pair.instance for pair in company.roles.pairs()} == {"tuned", "new"}
    assert cast(company, command("promote", "new"))[1]["new"] == ("champion", None)


@pytest.mark.parametrize(
    ("kind", "box", "code"),
    [
        ("promote", "load", "box_no_shadow"),
        ("promote", "new", "box_no_shadow"),
        ("promote", "nobody", "box_unknown"),
        ("shadow", "tuned", "box_no_reserve"),
        ("withdraw", "load", "box_not_withdrawable"),
        ("withdraw", "new", "box_not_withdrawable"),
    ],
)
def test_what_makes_no_sense_is_refused(company, kind, box, code):
    assert codes(company, command(kind, box)) == [code]


def test_one_box_waits_for_one_change_at_a_time(company):
    assert codes(company, command("promote", "tuned"), command("withdraw", "tuned", 2)) == [
        "box_promotion_asked",
        "box_change_waits",
    ]


def test_what_became_impossible_while_it_waited_is_told(company):
    waiting, _ = answer([command("promote", "tuned")], company.roles, ())
    company.roles.stand_down("tuned")
    assert put_in_force(waiting, company, NOW)[0][0] == "box_not_changed"


def test_other_commands_are_left_alone(company):
    assert codes(company, command("acknowledge", "load")) == []


def test_roles_survive_a_restart(company):
    cast(company, command("promote", "tuned"), command("shadow", "new", 2))
    meta, arrays = seats_to_parts(company.roles.seats)
    resumed = Company(
        Seat(instance("load"), LOAD),
        Seat(instance("tuned", "shadow", "load"), TUNED),
        Seat(instance("new", "reserve", "load"), TUNED),
    )
    seats_from_parts(resumed.roles.seats, meta, arrays)
    resumed.roles.settle()
    assert resumed.roles.order == company.roles.order
    assert resumed.roles.predecessor("tuned") == "load"


def proposal(state):
    told = {"box": "tuned", "instance": "load"}
    later = NOW + timedelta(days=7)
    return Recommendation("box:load@x", "box:load", (), "promotion_earned", told, 0.0, {}, 1.0, later, later, later, state)


@pytest.mark.parametrize("state", ["open", "accepted", "refused"])
def test_what_was_proposed_or_answered_before_does_not_undo_it(company, state):
    waiting, _ = answer([command("promote", "tuned")], company.roles, ())
    held = without_proposals({"box:load@x": proposal(state)}, waiting, NOW)
    assert held["box:load@x"].state == "superseded"
    assert wanted(held) == []


def test_proposals_about_other_boxes_stand(company):
    held = {"box:load@x": replace(proposal("open"), params={"box": "a", "instance": "b"})}
    waiting, _ = answer([command("promote", "tuned")], company.roles, ())
    assert without_proposals(held, waiting, NOW) == held


def test_a_reserve_is_scored_from_its_first_day_on(company):
    assert isinstance(company.roles.scorer, Scorer)
    assert company.roles.scorer.to_parts()[0]["days"].keys() == {"load", "new", "tuned"}
