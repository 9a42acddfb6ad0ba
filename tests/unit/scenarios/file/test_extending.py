"""Scenarios compose: what one extends comes first, in order; what overrides, multiplies and merges is stated and holds."""

from datetime import UTC, datetime

import pytest

from scenarios.file.read import load_scenario, read_scenario

COLD = """
[growth]
cars = 2.0

[tariff]
energy_chf_per_kwh = 0.20
feed_in_chf_per_kwh = 0.05

[ensemble]
futures = 50
seed = 3

[[world]]
quantity = "temp_c"
add = -6.0
at = 00:00:00
until = 2016-01-26T00:00:00

[[outages]]
element = "line.66"
at = 19:00:00
"""
DEAR = """
seed = 8
[compose]
extends = ["cold.toml"]

[growth]
cars = 1.5
pv = 3.0

[tariff]
energy_chf_per_kwh = 0.30

[ensemble]
futures = 10

[[world]]
quantity = "temp_c"
times = 0.5
at = 00:00:00
until = 2016-01-26T00:00:00

[[outages]]
element = "trafo.0"
at = 18:00:00
"""


@pytest.fixture
def dear(written):
    return load_scenario(written(cold=COLD, dear=DEAR))


def test_its_name_and_lesson_are_its_own(dear):
    assert dear.name == "dear"


def test_changes_of_the_world_apply_in_order(dear):
    assert [(change.times, change.add) for change in dear.world] == [(1.0, -6.0), (0.5, 0.0)]


def test_growth_multiplies(dear):
    assert (dear.growth.cars, dear.growth.pv, dear.growth.load) == (3.0, 3.0, 1.0)


def test_a_later_key_of_the_tariff_overrides_and_the_others_stay(dear):
    assert (dear.tariff.energy_chf_per_kwh, dear.tariff.feed_in_chf_per_kwh) == (0.30, 0.05)


def test_a_later_key_of_the_ensemble_overrides_and_the_others_stay(dear):
    assert (dear.ensemble.futures, dear.ensemble.seed) == (10, 3)


def test_events_stand_in_order_of_time(dear):
    assert [outage.element for outage in dear.outages] == ["trafo.0", "line.66"]


def test_the_seed_is_the_last_one_stated(dear, written):
    assert dear.seed == 8
    assert load_scenario(written(dearer='[compose]\nextends = ["dear.toml"]')).seed == 8


def test_the_other_order_is_another_scenario(written):
    first, last = '[[world]]\nquantity = "temp_c"\n{}\nat = 00:00:00\nuntil = 12:00:00'.format, "[compose]\nextends = {}".format
    written(add=first("add = -6.0"), times=first("times = 0.5"))
    one = load_scenario(written(one=last('["add.toml", "times.toml"]')))
    other = load_scenario(written(other=last('["times.toml", "add.toml"]')))
    assert one.world == other.world[::-1] != other.world


def test_times_of_day_are_those_of_the_window_that_holds(written):
    noon = '[compose]\nextends = ["cold.toml"]\n[window]\nstart = 2016-02-10T12:00:00\nhours = 24\n'
    scenario = read_scenario(written(cold=COLD, noon=noon)).scenario
    assert scenario.outages[0].at == datetime(2016, 2, 10, 18, 0, tzinfo=UTC)


def test_the_last_that_states_a_window_or_a_seed_decides(written):
    early = "seed = 1\n[window]\nstart = 2016-02-01\nhours = 6\n"
    late = "seed = 2\n[window]\nstart = 2016-03-01\nhours = 12\n"
    both = '[compose]\nextends = ["early.toml", "late.toml"]\n'
    path = written(early=early, late=late, both=both, own=f"seed = 3\n{both}[window]\nstart = 2016-04-01\nhours = 3\n")
    text = path.with_name("both.toml").read_text(encoding="utf-8")
    path.with_name("both.toml").write_text(text[: text.index("[window]")] + text[text.index("[compose]") :], encoding="utf-8")
    found = {name: load_scenario(path.with_name(f"{name}.toml")) for name in ("both", "own")}
    assert {name: (one.seed, one.window.hours) for name, one in found.items()} == {"both": (2, 12.0), "own": (3, 3.0)}


def test_a_window_is_inherited(written):
    path = written(cold=COLD, bare='[compose]\nextends = ["cold.toml"]\n')
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[window]")] + text[text.index("[compose]") :], encoding="utf-8")
    assert load_scenario(path).window == load_scenario(path.with_name("cold.toml")).window


def test_what_is_extended_twice_applies_once(written):
    written(cold=COLD, left='[compose]\nextends = ["cold.toml"]', right='[compose]\nextends = ["cold.toml"]')
    both = load_scenario(written(both='[compose]\nextends = ["left.toml", "right.toml"]'))
    assert (both.growth.cars, len(both.outages)) == (2.0, 1)


def test_a_contradiction_between_parts_is_told_at_the_later_one(written):
    again = '[compose]\nextends = ["cold.toml"]\n[[outages]]\nelement = "line.66"\nat = 20:00:00'
    (fault,) = read_scenario(written(cold=COLD, again=again)).problems
    assert (fault.place, fault.value) == (
        "again.toml:12 outages[0]",
        "line.66 is out already (cold.toml:28 outages[0] from 2016-01-25T18:00Z)",
    )


def test_a_fault_of_what_is_extended_is_told_in_its_own_file(written):
    written(cold=COLD.replace("cars = 2.0", "cars = -2.0"))
    (fault,) = read_scenario(written(dear=DEAR)).problems
    assert fault.place == "cold.toml:12 growth cars"


def test_an_unknown_scenario_in_extends_is_named(written):
    (fault,) = read_scenario(written(bad='[compose]\nextends = ["winter_evening", "nothing"]')).problems
    assert (fault.place, fault.value) == ("bad.toml:11 compose extends[1]", "'nothing'")


def test_a_circle_is_named(written):
    written(one='[compose]\nextends = ["two.toml"]')
    (fault,) = read_scenario(written(two='[compose]\nextends = ["one.toml"]')).problems
    assert fault.value == "'two.toml', a circle: two > one > two"


def test_what_cannot_be_read_in_extends_hides_no_other_fault(written, tmp_path):
    (tmp_path / "noise.toml").write_bytes(b"\xaa")
    path = written(bad='[compose]\nextends = ["noise.toml", "nothing"]\n[growth]\npv = -1.0')
    told = "\n".join(map(str, read_scenario(path).problems))
    assert all(said in told for said in ("noise.toml:1: byte 0xaa", "'nothing'", "growth pv: -1.0"))
