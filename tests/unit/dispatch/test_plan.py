"""A document planned for real: by the solver, by rules where it has no answer, with a grid, and with the whole command."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twin.boxes.flexibility.document.read import draft_of
from twin.boxes.flexibility.document.where import Where
from twin.dispatch import task
from twin.dispatch.command import PLANNED, REFUSED, RULES, Output, answered, plan
from twin.dispatch.words import Words

BATTERY = {
    "id": "B", "right": "own", "e_max_kwh": 10, "e0_kwh": 5, "charge_kw": 5, "discharge_kw": 5, "efficiency_percent": 100,
    "end_value_chf_per_kwh": 0.2,
}  # fmt: skip
DOCUMENT = {
    "start": "2026-01-25T17:00+01:00",
    "steps": ["3x1h"],
    "prices": {"import_chf_per_kwh": [0.1, 0.4, 0.2], "export_chf_per_kwh": 0.05},
    "net": {"load_kw": 4},
    "battery": [BATTERY],
}
IMPOSSIBLE = {"id": "lake", "turbine_kw": 1, "turbine_percent": 90, "e0_kwh": 9, "e_max_kwh": 10, "inflow_kw": 4} | {
    "water_chf_per_kwh": 0.1, "spill": False, "right": "own",
}  # fmt: skip


def drafted(**changes):
    content = {**DOCUMENT, **changes}
    return draft_of(content, folder=Path(), places=Where("problem.json", content))


@pytest.fixture(scope="module")
def solved():
    return json.loads(task.plan(task.order_of(drafted())))


def test_a_battery_is_filled_in_the_cheap_hour_and_emptied_in_the_dear_one(solved):
    (device,) = solved["devices"]
    assert solved["status"] == "optimal"
    assert device["p_kw"] == pytest.approx([5.0, -4.0, 0.0], abs=1e-6)  # no more than the load: export earns too little
    assert device["reason"]["code"] == "cheap_hours"
    assert solved["saving_chf"] == pytest.approx(-0.1 * 5 + 0.4 * 4 + 0.2 * 1)


def test_figures_with_and_without_a_plan_stand_side_by_side(solved):
    assert solved["net_kw"]["before"] == [4.0, 4.0, 4.0]
    assert solved["net_kw"]["plan"] == pytest.approx([9.0, 0.0, 4.0], abs=1e-6)
    costs = solved["cost_chf"]
    for one in costs.values():
        assert one["total"] == pytest.approx(sum(value for part, value in one.items() if part != "total"), abs=5e-6)


def test_the_price_at_a_device_is_the_sum_of_its_parts(solved):
    parts = solved["devices"][0]["price_chf_per_kwh"]
    assert set(parts) == {"energy"}
    assert parts["energy"][0] == pytest.approx(0.1)


# ------------------------------------------------------------------------------------------------------------- failures


def test_a_deadline_that_passes_gives_rules_and_says_so():
    answer = answered(drafted(options={"deadline_s": 0.01}))
    assert (answer["status"], answer["rung"]) == ("deadline", "rules")
    assert answer["devices"][0]["p_kw"] == [0.0, 0.0, 0.0]
    assert "longer than options.deadline_s" in Words.of(answer, "en").rules()[0]


def test_too_little_memory_gives_rules_and_says_so():
    answer = answered(drafted(options={"memory_mb": 1}))
    assert (answer["status"], answer["rung"]) == ("memory", "rules")
    assert "more memory than options.memory_mb" in Words.of(answer, "en").rules()[0]


def test_a_solver_that_runs_out_of_its_time_gives_rules_and_says_so(monkeypatch):
    from twin.boxes.flexibility.planner import Planner

    def tight(limits, budget_s):
        return Planner(limits=limits, budget_s=1e-9)

    monkeypatch.setattr(task, "Planner", tight)
    answer = json.loads(task.plan(task.order_of(drafted())))
    assert (answer["status"], answer["rung"]) == ("time_limit", "rules")
    assert "nothing within its time" in Words.of(answer, "en").rules()[0]


def test_a_document_that_contradicts_itself_names_device_and_amount():
    answer = json.loads(task.plan(task.order_of(drafted(hydro=[IMPOSSIBLE]))))
    assert answer["rung"] == "rules"
    told = Words.of(answer, "en").rules()
    assert "contradicts itself" in told[0]
    assert any("lake: exceeds its highest level 10.0" in line for line in told[1:])


# ------------------------------------------------------------------------------------- several futures, and the plan before


def test_what_is_done_first_suits_every_path():
    paths = [{"load_kw": [4, 4, 4]}, {"load_kw": [4, 0, 0]}]
    answer = json.loads(task.plan(task.order_of(drafted(net={"load_kw": [4, 2, 2], "path": paths}))))
    found = answer["paths"]
    assert found["count"] == 2
    assert found["expected_chf"] == pytest.approx(np.mean(found["costs_chf"]))
    # In one future nobody needs what is stored, in the other 8 kWh: filling it is worth the first price either way.
    assert answer["devices"][0]["p_kw"][0] == pytest.approx(5.0, abs=1e-6)
    assert found["saves_chf"] >= -1e-6


def test_a_plan_that_was_told_stands_until_another_one_saves_more_than_the_switch_costs(solved, tmp_path):
    told = {**solved, "devices": [{**solved["devices"][0], "p_kw": [3.0, -4.0, 0.0]}]}
    (tmp_path / "last.json").write_text(json.dumps(told))
    found = {}
    for price in (0.1, 1.0):
        draft = drafted(options={"last": str(tmp_path / "last.json"), "switching_chf": price})
        found[price] = json.loads(task.plan(task.order_of(draft, last=told)))
    assert [found[price]["kept"]["kept"] for price in found] == [False, True]
    assert found[1.0]["devices"][0]["p_kw"][0] == pytest.approx(3.0)
    assert found[1.0]["kept"]["gain_chf"] == pytest.approx(2 * (0.2 - 0.1), abs=1e-3)  # ties are broken by less


def test_where_no_process_answers_the_plan_before_is_followed(solved, tmp_path):
    (tmp_path / "last.json").write_text(json.dumps(solved))
    answer = answered(drafted(options={"deadline_s": 0.01, "last": str(tmp_path / "last.json")}))
    assert answer["rung"] == "last_plan"
    assert answer["devices"][0]["p_kw"] == pytest.approx(solved["devices"][0]["p_kw"])
    assert Words.of(answer, "fr").rules()[0].startswith("Pas de nouveau plan")


# ------------------------------------------------------------------------------------------------------------- the grid


@pytest.fixture(scope="module")
def grid_file(tmp_path_factory):
    import pandapower as pp

    net = pp.create_empty_network(add_stdtypes=False)
    ends = [pp.create_bus(net, 0.4, name=name) for name in ("station", "farm")]
    pp.create_ext_grid(net, ends[0])
    pp.create_line_from_parameters(
        net, *ends, 1.0, r_ohm_per_km=0.3, x_ohm_per_km=0.08, c_nf_per_km=0, max_i_ka=0.2, name="road"
    )
    pp.create_load(net, ends[1], p_mw=0.008, q_mvar=0.002)
    path = tmp_path_factory.mktemp("grid") / "net.json"
    pp.to_json(net, str(path))
    return str(path)


def on_grid(grid_file, bus="farm", **grid):
    car = {
        "id": "car", "bus": bus, "right": "contract", "charge_kw": 30, "efficiency_percent": 100, "departure": "+3h",
        "e0_kwh": 0, "target_kwh": 60, "e_max_kwh": 60,
    }  # fmt: skip
    return drafted(net=None, battery=[], car=[car], grid={"file": grid_file, "vm_min_pu": 0.93, **grid})


@pytest.fixture(scope="module")
def wired(grid_file):
    return json.loads(task.plan(task.order_of(on_grid(grid_file))))


def test_the_cheapest_hour_is_used_as_far_as_the_voltage_allows_and_the_power_flow_proves_it(wired):
    grid = wired["grid"]
    assert min(grid["before"]["vm_min_pu"]) < 0.925
    assert min(grid["plan"]["vm_min_pu"]) == pytest.approx(0.93, abs=1e-4)  # what the proof counts as within
    assert grid["plan"]["feasible"]
    assert sum(wired["devices"][0]["p_kw"]) == pytest.approx(60.0, abs=1e-3)
    assert wired["violations"]["before"]["steps"] > wired["violations"]["plan"]["steps"] == 0


def test_what_the_wires_take_is_part_of_the_import(wired):
    net, loss = (np.array(values) for values in (wired["net_kw"]["plan"], wired["grid"]["plan"]["loss_kw"]))
    np.testing.assert_allclose(net, np.array(wired["devices"][0]["p_kw"]) + 8.0 + loss, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bus": "barn"}, "bus: bus = 'barn'; expected a bus of the grid; such as 'station', 'farm'"),
        ({"outages": ["rail"]}, "grid outages: 'rail'; expected a line of the grid"),
    ],
)
def test_what_the_grid_does_not_have_is_told(grid_file, changes, told):
    found = json.loads(task.plan(task.order_of(on_grid(grid_file, **changes))))
    (fault,) = found["problems"]
    assert told in f"{fault['place']}: {fault['value']}; expected {fault['limit']}; {fault['remedy']}"


def test_a_grid_that_nobody_could_read_in_time_leaves_rules_without_a_proof_and_says_so(grid_file):
    draft = on_grid(grid_file)
    hasty = draft.document.model_copy(update={"options": draft.document.options.model_copy(update={"deadline_s": 0.01})})
    answer = answered(replace(draft, document=hasty))
    assert (answer["status"], answer["grid"], answer["grid_read"]) == ("deadline", None, False)
    assert "nothing is proven" in Words.of(answer, "en").rules()[-1]


# ------------------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def written(tmp_path):
    def of(**changes):
        path = tmp_path / "problem.json"
        path.write_text(json.dumps({**DOCUMENT, **changes}))
        return path

    return of


def test_the_command_plans_in_its_own_process_and_prints_one_line(written):
    done = subprocess.run(
        [sys.executable, "-c", "from twin.cli import main; main()", "dispatch", "plan", str(written()), "--json"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == PLANNED, done.stderr
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["rung"] == "ok"


def test_rules_have_an_exit_code_of_their_own_and_stand_in_the_first_line(written, capsys):
    assert plan(written(options={"deadline_s": 0.01}), Output(language="de")) == RULES
    assert capsys.readouterr().out.startswith("Kein Plan: Regeln gelten")


def test_a_refused_document_lists_every_fault(written, capsys):
    assert plan(written(battery=[{**BATTERY, "e0_kwh": 12}], steps=["0h"]), Output()) == REFUSED
    told = capsys.readouterr().err
    assert "e0_kwh: 12" in told
    assert "steps" in told


def test_an_unknown_language_is_refused(written, capsys):
    assert plan(written(), Output(language="rm")) == REFUSED
    assert "--lang" in capsys.readouterr().err
