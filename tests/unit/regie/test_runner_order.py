"""The order of boxes comes from needs and provides; what cannot work is refused at the start, all of it at once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from twin.contracts.box import BoxCard, Mode, Need, Provide
from twin.contracts.frame import Layout
from twin.domain.problems import BadInput
from twin.regie.box_order import Sources, order_boxes

DAY = timedelta(days=1)
LAYOUT = Layout((("zone_load_p_mw", "town"), ("temp_c", "")))


def card(*needs, gives=(), elements=(), horizon=DAY, **changes):
    provides = tuple(Provide(signal, elements, horizon=horizon) for signal in gives)
    facts = {"name": "b", "version": "1", "owner": "o", "constants": dict.fromkeys(gives, 0.0), **changes}
    return BoxCard(needs=needs, provides=provides, **facts)


def ahead(signal, *elements, mode=Mode.STRICT):
    return Need(signal, elements, ahead=DAY, mode=mode)


LOAD = card(Need("zone_load_p_mw", history=DAY), gives=("load_forecast_p_mw",))
TARIFF = card(ahead("load_forecast_p_mw"), gives=("grid_tariff_chf_per_kwh",))
PLAN = card(ahead("grid_tariff_chf_per_kwh"), gives=("plan_p_mw",))


def with_provide(box, **changes):
    return replace(box, provides=tuple(replace(provide, **changes) for provide in box.provides))


def order(standby=(), **cards):
    return order_boxes(Sources(cards, [name for name in cards if name not in standby], LAYOUT, ("temp_c",)))


def refused(**cards) -> str:
    with pytest.raises(BadInput) as caught:
        order(**cards)
    return str(caught.value)


def test_a_box_comes_after_those_it_needs():
    assert order(plan=PLAN, tariff=TARIFF, load=LOAD) == (("load",), ("tariff",), ("plan",))


def test_a_standby_comes_no_later_than_the_one_it_stands_in_for():
    champion = card(gives=("grid_tariff_chf_per_kwh",), fallbacks=("instance:spare", "constant"))
    assert order(standby=("spare",), load=LOAD, tariff=champion, spare=TARIFF) == (("load",), ("tariff", "spare"))


def test_a_cycle_is_named_as_a_chain():
    first = card(ahead("plan_p_mw"), gives=("load_forecast_p_mw",))
    assert "load -> plan -> tariff -> load" in refused(load=first, tariff=TARIFF, plan=PLAN)


def test_a_need_that_nobody_meets_is_named_with_its_box():
    assert "box 'tariff' needs 'load_forecast_p_mw': nobody provides it" in refused(tariff=TARIFF)


def test_an_optional_need_may_stay_unmet():
    assert order(tariff=card(ahead("load_forecast_p_mw", mode=Mode.OPTIONAL))) == (("tariff",),)


def test_a_need_of_an_element_that_nobody_provides_is_refused():
    load = card(gives=("load_forecast_p_mw",), elements=("town",))
    text = refused(load=load, tariff=card(ahead("load_forecast_p_mw", "village")))
    assert "nobody provides it for ['village']" in text


def test_a_need_further_ahead_than_anybody_looks_is_refused():
    load = card(gives=("load_forecast_p_mw",), horizon=timedelta(hours=6))
    assert "the provided horizon of 6:00:00" in refused(load=load, tariff=TARIFF)


def test_a_need_of_a_level_that_nobody_provides_is_refused():
    median = Need("load_forecast_p_mw", ahead=DAY, quantiles=(0.5,))
    assert "quantiles=[0.5]; expected levels out of []" in refused(load=LOAD, tariff=card(median))
    assert order(load=with_provide(LOAD, quantiles=(0.1, 0.5)), tariff=card(median)) == (("load",), ("tariff",))


def test_a_need_of_another_step_than_is_provided_is_refused():
    hourly = Need("load_forecast_p_mw", ahead=DAY, resolution=timedelta(hours=1))
    assert "resolution=1:00:00; expected the provided resolution of 0:15:00" in refused(load=LOAD, tariff=card(hourly))


def test_the_outlook_has_no_quantiles():
    assert "quantiles=(0.5,)" in refused(box=card(Need("temp_c", ahead=DAY, quantiles=(0.5,))))


@pytest.mark.parametrize(
    ("spare", "lacking"),
    [
        (with_provide(LOAD, elements=("village",)), "elements=['town']"),
        (with_provide(LOAD, horizon=timedelta(hours=6)), "horizon=1 day"),
        (with_provide(LOAD, quantiles=(0.5,)), "quantiles=()"),
        (TARIFF, "anything at all"),
    ],
)
def test_a_standby_of_something_else_is_no_fallback(spare, lacking):
    town = with_provide(replace(LOAD, fallbacks=("instance:spare", "constant")), elements=("town",))
    with pytest.raises(BadInput, match="fallback 'instance:spare'") as caught:
        order(standby=("spare",), load=town, spare=spare)
    assert lacking in str(caught.value)


def test_a_standby_of_more_elements_is_a_fallback():
    town = with_provide(replace(LOAD, fallbacks=("instance:spare", "constant")), elements=("town",))
    assert order(standby=("spare",), load=town, spare=with_provide(LOAD, elements=("village", "town"))) == (("load", "spare"),)


def test_two_champions_for_one_signal_are_refused_and_two_halves_are_not():
    assert "both provide all of it" in refused(a=LOAD, b=LOAD)
    halves = {e: card(gives=("load_forecast_p_mw",), elements=(e,)) for e in ("town", "village")}
    assert order(**halves) == (("town", "village"),)


def test_all_faults_of_a_card_come_at_once():
    bad = card(
        gives=("load_forecast_p_mw",), constants={}, fallbacks=("instance:nobody",), deadline_s=0.0, preload=("pandapower",)
    )
    text = refused(bad=bad)
    for words in ("no constant", "rungs that end in 'constant'", "'instance:nobody'", "deadline_s=0.0", "no pandapower"):
        assert words in text
