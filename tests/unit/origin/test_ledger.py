"""What is inside a storage, by where it came from."""

import math

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from twin.origin.ledger import NOTHING, Content, advanced, given

SUN = Content({"pv": 1.0}, 0.0, 1.0, 0.04)
GREY = Content({"import": 1.0}, 0.0, 0.5, 0.1)


def after(ledger, *, charged=NOTHING, out=0.0, stored=math.nan, capacity=10.0, efficiency=1.0, metered=True):
    return advanced(
        ledger,
        charged=charged,
        out_mwh=out,
        stored_mwh=stored,
        capacity_mwh=capacity,
        efficiency=efficiency,
        metered=metered,
    )


ENERGY = st.floats(0.0, 5.0)
LEDGERS = st.builds(
    lambda pv, grey, unknown: SUN.scaled(pv).plus(GREY.scaled(grey)).plus(Content(unknown_mwh=unknown)), ENERGY, ENERGY, ENERGY
)


@over(LEDGERS, LEDGERS, ENERGY, st.floats(0.0, 10.0), st.floats(0.5, 1.0), st.booleans())
def test_the_metered_content_leads(ledger, charged, out, stored, efficiency, metered):
    found = after(ledger, charged=charged, out=out, stored=stored, efficiency=efficiency, metered=metered)
    assert found.total_mwh == pytest.approx(stored, abs=2e-6)


@over(LEDGERS, LEDGERS, ENERGY, st.floats(0.0, 10.0), st.floats(0.5, 1.0))
def test_nothing_in_it_is_negative_or_greener_than_green(ledger, charged, out, stored, efficiency):
    found = after(ledger, charged=charged, out=out, stored=stored, efficiency=efficiency)
    assert min([found.unknown_mwh, found.renewable_mwh, found.co2_t, *found.energy_mwh.values()]) >= 0.0
    assert found.renewable_mwh <= found.known_mwh + 1e-9


@over(LEDGERS, st.floats(0.01, 5.0))
def test_losses_take_every_origin_alike(ledger, share):
    held = ledger.total_mwh
    found = after(ledger, stored=held * min(share, 1.0))
    if found.total_mwh > 1e-3:
        assert found.renewable_mwh / found.total_mwh == pytest.approx(ledger.renewable_mwh / held, abs=1e-6)


def test_half_of_a_mix_is_half_of_everything_that_is_known_and_unknown_of_it():
    whole = Content({"pv": 1.0, "import": 2.0}, 0.5, 1.5, 0.3, no_share_mwh=0.8, no_co2_mwh=0.6)
    assert whole.scaled(0.5) == Content({"pv": 0.5, "import": 1.0}, 0.25, 0.75, 0.15, no_share_mwh=0.4, no_co2_mwh=0.3)


@over(LEDGERS, st.floats(0.0, 1.0))
def test_what_it_gives_and_what_it_keeps_are_all_that_it_held(ledger, part):
    out = part * ledger.total_mwh
    gives, keeps = given(ledger, out, 15.0), after(ledger, out=out, capacity=15.0)
    assert gives.plus(keeps).renewable_mwh == pytest.approx(ledger.renewable_mwh, abs=3e-6)
    assert gives.plus(keeps).total_mwh == pytest.approx(ledger.total_mwh, abs=3e-6)


def test_charging_brings_the_mix_of_the_node():
    found = after(GREY, charged=SUN.scaled(3.0), stored=4.0)
    assert found.energy_mwh == {"import": 1.0, "pv": 3.0}
    assert (found.renewable_mwh, found.co2_t) == (3.5, pytest.approx(0.22))


def test_what_nobody_saw_coming_in_is_of_unknown_origin_and_not_of_the_pools():
    found = after(SUN, stored=3.0)
    assert (found.energy_mwh, found.unknown_mwh, found.renewable_mwh) == ({"pv": 1.0}, 2.0, 1.0)


def test_a_store_that_is_first_heard_of_holds_what_nobody_knows():
    assert after(NOTHING, stored=5.0).unknown_mwh == 5.0


def test_a_waver_of_two_percent_of_the_capacity_is_the_meters_noise():
    assert after(SUN, stored=1.2).unknown_mwh == 0.0
    assert after(SUN, stored=1.21).unknown_mwh == pytest.approx(0.21)


def test_a_rise_is_no_noise_while_the_meter_of_the_power_is_silent():
    assert after(SUN, stored=1.2, metered=False).unknown_mwh == pytest.approx(0.2)


def test_more_than_it_can_have_held_comes_from_nobody_knows_where():
    gives = given(SUN, 1.5, 10.0)  # 2 % of 10 MWh are noise
    assert (gives.energy_mwh, gives.unknown_mwh) == ({"pv": pytest.approx(1.2)}, pytest.approx(0.3))


def test_without_a_meter_of_the_content_losses_follow_from_the_efficiency():
    charged = after(NOTHING, charged=SUN.scaled(2.0), efficiency=0.9)
    assert charged.total_mwh == pytest.approx(1.8)
    assert after(charged, out=0.9, efficiency=0.9).total_mwh == pytest.approx(0.8)


def test_without_a_meter_of_the_content_no_more_is_in_it_than_fits():
    assert after(SUN.scaled(9.0), charged=GREY.scaled(3.0)).total_mwh == pytest.approx(10.0)


def test_a_store_of_unknown_capacity_is_filled_for_four_hours_and_keeps_what_it_has():
    assert after(SUN.scaled(3.9), charged=SUN.scaled(0.25), capacity=0.0).total_mwh == pytest.approx(4.0)
    assert after(SUN.scaled(3.9), charged=SUN.scaled(0.1), capacity=0.0).total_mwh == pytest.approx(3.9)
    assert after(SUN.scaled(3.9), capacity=0.0).total_mwh == pytest.approx(3.9)


def test_a_store_run_empty_forgets():
    assert after(SUN, out=1.0, stored=0.0) == NOTHING
