"""Where shadows stand among the boxes, whom they may shadow, and how roles are exchanged while on air."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.regie.test_runner_order import DAY, LAYOUT, LOAD, PLAN, TARIFF, ahead, card, with_provide
from twin.contracts.box import Need
from twin.domain.problems import BadInput
from twin.regie.box_order import Sources, checked_order
from twin.regie.roles import Roles, exchanged
from twin.regie.seat import BoxInstance, Seat, seats_from_parts, seats_to_parts

TUNED = replace(LOAD, version="2")


def order(shadows, **cards):
    champions = [name for name in cards if name not in shadows]
    return checked_order(Sources(cards, champions, LAYOUT, ("temp_c",), shadows))


def refused(shadows, **cards):
    with pytest.raises(BadInput) as caught:
        order(shadows, **cards)
    return str(caught.value)


def instance(name, role="champion", shadows=None):
    return BoxInstance(name, "x:Y", role, {}, shadows)


def roles_of(*seats):
    return Roles.of({seat.name: seat for seat in seats}, LAYOUT, ("temp_c",), "Europe/Zurich")


def trio():
    return (
        Seat(instance("load"), LOAD),
        Seat(instance("tuned", "shadow", "load"), TUNED),
        Seat(instance("wild", "shadow", "load"), TUNED),
    )


# ---------------------------------------------------------------------------------------------- order


def test_shadows_are_asked_last_and_all_at_once():
    boxes = {"tuned": TUNED, "load": LOAD, "tariff": TARIFF, "other": TARIFF, "plan": PLAN}
    assert order({"tuned": "load", "other": "tariff"}, **boxes) == (("load",), ("tariff",), ("plan",), ("tuned", "other"))


def test_a_shadow_provides_nothing_to_anybody():
    assert "nobody provides it" in refused({"tuned": "tariff"}, tuned=LOAD, tariff=TARIFF)


@pytest.mark.parametrize(
    ("tuned", "lacking"),
    [
        (TARIFF, "one with anything at all"),
        (with_provide(LOAD, horizon=timedelta(hours=6)), "one with horizon=1 day"),
        (with_provide(LOAD, quantiles=(0.5,)), "one with quantiles=()"),
        (with_provide(LOAD, elements=("village",)), "one with elements=all"),
    ],
)
def test_a_shadow_that_could_not_stand_in_is_refused(tuned, lacking):
    text = refused({"tuned": "load"}, load=LOAD, tuned=tuned)
    assert "box 'tuned' shadows 'load': 'load_forecast_p_mw' differs" in text
    assert lacking in text


def test_whom_nobody_knows_or_who_is_no_champion_cannot_be_shadowed():
    text = refused({"a": "nobody", "b": "a"}, load=LOAD, a=TUNED, b=TUNED)
    assert "box 'a' shadows 'nobody': no champion" in text
    assert "box 'b' shadows 'a': no champion" in text


def test_a_shadow_whose_promotion_would_close_a_circle_is_refused():
    reader = card(Need("zone_load_p_mw", history=DAY), ahead("grid_tariff_chf_per_kwh"), gives=("load_forecast_p_mw",))
    text = refused({"tuned": "load"}, load=LOAD, tuned=reader, tariff=TARIFF)
    assert "box 'tuned' shadows 'load', promoted: boxes" in text
    assert "each needs the next one's answer" in text


def test_a_shadow_is_nobodys_fallback():
    leaning = replace(LOAD, fallbacks=("instance:tuned", "constant"))
    assert "fallback 'instance:tuned'; expected no shadow" in refused({"tuned": "load"}, load=leaning, tuned=TUNED)


def test_a_shadow_that_leans_on_its_champion_could_not_be_promoted():
    leaning = replace(TUNED, fallbacks=("instance:load", "constant"))
    text = refused({"tuned": "load"}, load=LOAD, tuned=leaning)
    assert "promoted: card of box 'tuned': fallback 'instance:load'; expected no shadow" in text


# ---------------------------------------------------------------------------------------------- exchange


def test_an_exchange_turns_all_shadows_to_the_new_champion():
    found = exchanged({seat.name: seat.instance for seat in trio()}, "tuned", "load")
    assert {name: (one.role, one.shadows) for name, one in found.items()} == {
        "load": ("shadow", "tuned"),
        "tuned": ("champion", None),
        "wild": ("shadow", "tuned"),
    }


def test_an_exchange_brings_the_order_with_it_and_back_again():
    roles = roles_of(*trio())
    assert roles.order == (("load",), ("tuned", "wild"))
    assert roles.exchange([("tuned", "load")]) == (("tuned", "load"),)
    assert roles.order == (("tuned",), ("load", "wild"))
    assert roles.exchange([("tuned", "load")]) == ()
    assert roles.exchange([("load", "tuned")]) == (("load", "tuned"),)
    assert roles.order == (("load",), ("tuned", "wild"))


@pytest.mark.parametrize("pair", [("load", "tuned"), ("nobody", "load"), ("tuned", "wild")])
def test_what_is_no_pair_is_not_exchanged(pair):
    roles = roles_of(*trio())
    assert roles.exchange([pair]) == ()
    assert roles.order == (("load",), ("tuned", "wild"))


def test_promotions_that_would_wait_for_each_other_are_not_both_made():
    after_tariff = card(ahead("grid_tariff_chf_per_kwh"), gives=("load_forecast_p_mw",))
    free = card(gives=("grid_tariff_chf_per_kwh",))
    seats = (
        Seat(instance("load"), LOAD),
        Seat(instance("tariff"), free),
        Seat(instance("load_2", "shadow", "load"), after_tariff),
        Seat(instance("tariff_2", "shadow", "tariff"), TARIFF),
    )
    roles = roles_of(*seats)
    assert roles.exchange([("load_2", "load"), ("tariff_2", "tariff")]) == (("load_2", "load"),)
    assert [seat.instance.role for seat in seats] == ["shadow", "champion", "champion", "shadow"]


def test_pairs_say_who_is_compared_with_whom_and_who_fails():
    load, tuned, wild = trio()
    wild.failing = True
    pairs = roles_of(load, tuned, wild).pairs()
    assert [(pair.instance, pair.champion, pair.scored, pair.failing) for pair in pairs] == [
        ("tuned", "load", True, False),
        ("wild", "load", True, True),
    ]


def test_exchanged_roles_come_back_from_the_journal():
    before = trio()
    roles_of(*before).exchange([("tuned", "load")])
    meta, arrays = seats_to_parts({seat.name: seat for seat in before})
    resumed = trio()
    seats_from_parts({seat.name: seat for seat in resumed}, meta, arrays)
    assert [seat.instance for seat in resumed] == [seat.instance for seat in before]
