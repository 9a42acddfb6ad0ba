"""Steps whose power flow has no solution are unknown: never 0 % loading at 1.000 pu."""

from types import SimpleNamespace

import numpy as np
import pytest

from twin.boxes.flexibility.document.answer import proof_figures
from twin.dispatch import command
from twin.dispatch.command import PLANNED, REFUSED, RULES, Output
from twin.dispatch.table import total_rows
from twin.dispatch.words import Words


def unsolved(answer, *steps):
    for which in ("before", "plan"):
        answer["grid"][which]["diverged"] = list(steps)
        for key in ("loading_percent", "vm_min_pu", "vm_max_pu"):
            answer["grid"][which][key] = [None if at in steps else v for at, v in enumerate(answer["grid"][which][key])]
    answer["grid"]["plan"]["feasible"] = False
    return answer


def totals(answer):
    return {name: plan for name, _, plan in total_rows(answer, Words.of(answer, "en"))}


def test_a_step_without_a_solution_has_no_loading_and_no_voltage():
    state = SimpleNamespace(converged=np.array([True, False]))
    proof = SimpleNamespace(
        state=state, feasible=False, diverged=np.array([1]), loss_mw=np.array([0.0, np.nan]),
        loading_percent=np.array([[50.0, np.nan], [np.nan, np.nan]]), vm_pu=np.array([[0.98, np.nan], [np.nan, np.nan]]),
    )  # fmt: skip
    figures = proof_figures(proof)
    assert figures["loading_percent"][0] == 50.0
    assert figures["vm_min_pu"][0] == 0.98
    assert all(np.isnan(figures[key][1]) for key in ("loading_percent", "vm_min_pu", "vm_max_pu"))


def test_the_first_line_counts_them_and_the_figures_are_of_the_others(answer):
    assert "no solution in 1 step;" in Words.of(unsolved(answer, 1), "en").rules()[0]
    assert totals(answer)["Highest loading"].startswith("80")


@pytest.mark.parametrize(("steps", "code"), [((0,), PLANNED), ((0, 1), RULES)])
def test_the_exit_code_is_3_where_no_step_has_a_solution(answer, steps, code):
    assert command.exit_code(unsolved(answer, *steps)) == code


def test_wires_of_which_nothing_is_known_are_shown_as_a_dash(answer):
    answer = unsolved(answer, 0, 1)
    answer["violations"]["plan"]["steps"] = None
    assert [totals(answer)[name] for name in ("Highest loading", "Lowest voltage", "Steps beyond a limit")] == ["–"] * 3


def test_a_folder_as_report_is_refused_before_anything_is_planned(tmp_path, capsys):
    assert command.plan(tmp_path / "none.toml", Output(report=tmp_path)) == REFUSED
    assert "--report" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_five_minutes_end_five_minutes_later(answer):
    answer["hours"] = [1.0 / 12.0] * 36
    assert "17:00 to Sun 25 Jan 2026 20:00" in Words.of(answer, "en").span()


def test_the_months_peak_is_a_row_of_its_own_beside_the_plans_highest_import(answer):
    answer["peak_kw"] = {"so_far": 50.0, "before": 20.0, "plan": 12.0}
    answer["month_peak_kw"] = {"before": 50.0, "plan": 50.0}
    found = totals(answer)
    assert (found["Highest mean import"][:2], found["Month's highest import"][:2]) == ("12", "50")
