"""Shortfalls tier by tier, and how contradictions and broken promises are told."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest
from small_town import HOURS, STEPS, battery, car, heat_pump, row, solved, town

from dashboard.format import LANGUAGES, texts
from dashboard.regie.messages import told
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.boxes.flexibility.devices.process import Process
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.conflict import Conflict, conflicts
from twin.boxes.flexibility.lp.rows import Linear
from twin.boxes.flexibility.lp.solution import Solution
from twin.boxes.flexibility.why.findings import of_conflicts, of_promises
from twin.boxes.flexibility.why.shortfall import shortfalls
from twin.live.views import site_facts
from twin.site import load_site

AS_OF = datetime(2016, 1, 25, 15, 0, tzinfo=UTC)
OWNER = "grid operation"
KINDS = ("bounds", "store_low", "store_high", "owed", "taper", "inverter", "run", "whole_run", "unnamed")


def found_in(problem, linear=None):
    _, solution = solved(problem, linear)
    return shortfalls(problem, solution)


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


# ------------------------------------------------------------------------------------------------- shortfalls


def test_a_plan_that_keeps_everything_has_no_shortfall():
    assert found_in(town(battery(), car(), heat_pump())) == ()


def test_a_limit_comes_before_the_margin_that_was_used_up_on_the_way():
    problem = town(battery())
    need = row(problem, {"battery": 1.0}, np.where(np.arange(STEPS) == 6, -0.025, 1.0), margin_mw=0.002)
    limit, margin = found_in(problem, Linear(rows=(need,)))
    assert (limit.tier, limit.name, limit.at_h, limit.unit) == ("limit", "import:trafo:T", 4.0, "MW")
    # 25 kW of relief asked for: 10 kW can be had (9.5 kWh stored at most), 2 kW is margin
    assert limit.amount == pytest.approx(0.025 - 0.01 - 0.002)
    assert (margin.tier, margin.amount) == ("margin", pytest.approx(0.002))


def test_a_car_that_leaves_short_says_how_much_and_what_it_would_have_lacked_by_itself():
    here = np.where(np.cumsum(HOURS) <= 1.0, 0.011, 0.0)
    (short,) = found_in(town(car(charge_max_mw=here, own_p_mw=0.5 * here)))
    assert (short.tier, short.name, short.unit) == ("departure", "car", "MWh")
    assert short.amount == pytest.approx(0.02 - 0.9 * 0.011)
    assert short.alone == pytest.approx(0.02 - 0.9 * 0.0055)


def test_a_cold_house_is_told_in_degrees_at_its_worst():
    (cold,) = found_in(town(heat_pump(p_max_mw=0.001, temp0_c=20.0)))
    assert (cold.tier, cold.name, cold.unit) == ("comfort", "pump", "°C")
    assert cold.worst_h == 7.0  # it only gets colder
    assert cold.energy_mwh == pytest.approx(0.006 * cold.amount)
    assert cold.alone == pytest.approx(cold.amount)


def test_a_process_that_cannot_run_breaks_its_contract():
    blocked = np.where(np.arange(STEPS) == 0, 1.0, 0.0)
    part = Process(id="pump_room", p_mw=0.004, run_hours=2.0, allowed=blocked)
    whole = Process(id="oven", profile_mw=(0.004,) * 4, allowed=0.0)
    found = {one.name: one for one in found_in(town(part, whole))}
    assert {one.tier for one in found.values()} == {"contract"}
    assert (found["pump_room"].amount, found["pump_room"].unit) == (pytest.approx(1.5), "h")
    assert (found["oven"].amount, found["oven"].unit) == (pytest.approx(1.0), "run")
    assert found["oven"].energy_mwh == pytest.approx(0.004)


def test_a_solution_without_a_plan_has_no_shortfalls():
    with pytest.raises(ValueError, match="time_limit"):
        shortfalls(town(battery()), Solution("time_limit"))


# ------------------------------------------------------------------------------------------------- words


@pytest.fixture(scope="module")
def names():
    site = site_facts(load_site("demo"), ())
    return lambda language: Names(Words.of(language, "Europe/Zurich", AS_OF), site)


def cause(finding, names, language):
    params = told(finding.params, names(language))
    return plain(texts(language, "regie").get(f"alarm.{finding.code}.cause", params, timezone="Europe/Zurich", near=AS_OF))


def test_a_contradiction_is_told_with_bound_amount_and_hour(names):
    problem = town(battery(e_min_mwh=np.where(np.arange(STEPS) == 1, 0.022, 0.0)))
    (finding,) = of_conflicts(conflicts(CompiledModel(problem), problem), as_of=AS_OF, owner=OWNER)
    assert (finding.key, finding.code, finding.element) == ("conflict:store_low:battery", "conflict_store_low", "battery")
    # 10 kWh and 10 kW at 95 % for an hour make 19.5; the second half hour begins at 16:30 local time
    assert cause(finding, names, "en") == (
        "2.5 kWh will be missing for the lower bound of 22 kWh at 16:30: nothing fills it in time."
    )
    assert cause(finding, names, "de") == ("Zur Untergrenze 22 kWh fehlen um 16:30 2.5 kWh: nichts füllt rechtzeitig.")


def test_of_many_steps_of_one_device_the_worst_is_told():
    given = {"kind": "store_high", "device": "b", "unit": "MWh", "bound": 1.0, "row": "store_balance"}
    two = [Conflict(at_h=float(k), step=k, amount=amount, **given) for k, amount in ((0, 0.1), (1, 0.3))]
    (finding,) = of_conflicts(two, as_of=AS_OF, owner=OWNER)
    assert finding.params["value"] == 300.0


def test_a_missed_comfort_and_a_missed_run_are_told(names):
    cold = found_in(town(heat_pump(p_max_mw=0.001, temp0_c=20.0)))
    missed = found_in(town(Process(id="oven", profile_mw=(0.004,) * 4, allowed=0.0)))
    first, second = of_promises((*cold, *missed), as_of=AS_OF, owner=OWNER)
    assert re.fullmatch(r"\d+\.\d °C outside the comfort range at 23:00\.", cause(first, names, "en"))
    assert first.priority == 4  # by itself it would be as cold
    assert cause(second, names, "fr") == "4,0 kWh de la marche convenue n'auront pas lieu."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_contradiction_fills_its_words_in_every_language(kind, language, names):
    one = Conflict(kind=kind, device="battery", at_h=2.0, step=2, amount=0.0123, unit="MWh", bound=0.5, row="level")
    (finding,) = of_conflicts([one], as_of=AS_OF, owner=OWNER)
    said = cause(finding, names, language)
    assert "–" not in said  # nothing is missing
    assert kind == "unnamed" or "18:00" in said
