"""What the publication heeds is the live page's own rule: who was silent withholds, who was late stands behind a difference."""

import math

import pytest

from tests.unit.regie.public_tick import changed, facts
from twin.contracts.publication import NAMELESS
from twin.regie.heeded import Heeded, as_text
from twin.regie.public_rule import Moved, Plant


def heeded(**changes):
    return Heeded(as_text(facts(**changes).book), ("m0", "m1", "m2", "river"))


def test_the_rulebook_comes_back_as_it_was_written():
    book = facts(areas=changed("quarter", energy=math.nan, formerly=(Moved(joined=0, left=20), Moved(joined=15, left=0)))).book
    again = Heeded(as_text(book), ())._book
    assert repr(again) == repr(book)  # NaN is not equal to itself


@pytest.mark.parametrize("silent", [frozenset(), frozenset(["m0"]), frozenset(["m0", "m1"]), None])
def test_a_quarter_hour_is_whole_where_the_live_page_tells_all_that_it_tells_of_the_town(silent):
    book = facts().book
    told = [figure for figure in ("share", "co2", "parts", "powers") if book.told(figure, "town")]
    assert told
    assert heeded().whole(silent) is all(book.told(figure, "town", silent) for figure in told)


def test_with_too_few_plants_that_answer_a_quarter_hour_is_not_whole():
    assert heeded().whole(())
    assert not heeded().whole(("m0",))
    assert heeded().whole(("lamp",))  # no plant of the rule
    assert not heeded().whole(None)


def test_every_late_meter_is_protected_but_that_of_a_plant_whose_owner_consents():
    late = ("m0", "q0", "river", "device.battery_1.p_mw", "device.battery_1.soc_percent")
    assert heeded().protected(late) == {"m0", NAMELESS}
    assert heeded().protected(("river",)) == frozenset()
    assert heeded().protected(None)


@pytest.mark.parametrize(("sizes", "crowd"), [([1.0] * 14, False), ([1.0] * 15, True), ([1.0] * 14 + [20.0], False)])
def test_late_meters_are_a_crowd_when_they_are_k_and_none_is_most_of_them(sizes, crowd):
    plants = [Plant(f"p{i}", "town", "pv", size) for i, size in enumerate(sizes)]
    heed = Heeded(as_text(facts(plants=plants).book), tuple(plant.channel for plant in plants))
    late = heed.protected([*(plant.channel for plant in plants), "device.ev_1.p_mw"])
    assert len(late) == len(sizes) + 1
    assert heed.crowd(late) is crowd


def test_one_storage_among_many_plants_that_were_late_is_no_crowd():
    plants = [*(Plant(f"p{i}", "town", "pv", 1.0) for i in range(15)), Plant("s", "town", "storage", 1.0)]
    heed = Heeded(as_text(facts(plants=plants).book), tuple(plant.channel for plant in plants))
    assert not heed.crowd(heed.protected(plant.channel for plant in plants))
