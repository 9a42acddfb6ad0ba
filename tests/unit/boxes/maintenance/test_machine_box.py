from datetime import timedelta

import numpy as np
import pytest

from twin.boxes.maintenance.machine_box import MachineBox
from twin.contracts.box import Box
from twin.contracts.synthetic import AS_OF, SyntheticSite, with_gap
from twin.contracts.validation import Premises, judge
from twin.domain.problems import BadInput
from twin.domain.time import QUARTER_HOUR

SITE = SyntheticSite(rows=31 * 96)
"""Long enough for the reference of four weeks."""
MACHINE = "river_plant"


@pytest.fixture(scope="module")
def box():
    return MachineBox({}, SITE.context("machines"))


@pytest.fixture(scope="module")
def first(box):
    return box.step(SITE.view(), None, None)


def codes(report) -> set[str]:
    return {finding.code for finding in report.findings}


def test_box_keeps_the_contract(box, first) -> None:
    assert isinstance(box, Box)
    verdict = judge(box.card, first[0], AS_OF, Premises.of(SITE.context("machines")))
    assert (verdict.problems, verdict.doubts) == ((), ())


def test_a_healthy_machine_is_in_zone_a_and_says_what_it_is_watched_by(first) -> None:
    report, _ = first
    assert report.outputs["machine_severity"].values.tolist() == [[0.0]]
    assert report.params["zone"] == "A"
    assert report.params["source"] == "ISO 10816-5:2000, table A.3"
    assert "bearing_c" in report.params["features"]
    assert report.findings == ()


def test_the_tick_that_goes_on_answers_as_the_one_that_begins(box, first) -> None:
    later = AS_OF + 3 * QUARTER_HOUR
    went_on, _ = box.step(SITE.view(later), None, first[1])
    begun, _ = box.step(SITE.view(later), None, None)
    # the one that begins has forgotten the first three quarter hours of nine weeks ago, which lie in one block
    assert went_on.params["deviation"] == pytest.approx(begun.params["deviation"], rel=0.05)
    assert went_on.headline == begun.headline


def test_equal_arguments_give_equal_bytes(box, first) -> None:
    view = SITE.view(AS_OF + QUARTER_HOUR)
    assert box.step(view, None, first[1])[1] == box.step(view, None, first[1])[1]


def test_vibration_of_zone_d_in_two_readings_asks_the_dispatcher_to_act_now(box, first) -> None:
    report, _ = box.step(with_gap(SITE.view(), "machine_vibration_mm_s", rows=2, value=4.2), None, first[1])
    (finding,) = report.findings
    assert (finding.code, finding.priority, finding.act_before) == ("machine_vibration_damage", 1, AS_OF)
    assert finding.params["limit_mm_s"] == 4.0
    assert report.params["zone"] == "D"


def test_one_bad_reading_is_no_finding(box, first) -> None:
    report, _ = box.step(with_gap(SITE.view(), "machine_vibration_mm_s", rows=1, value=4.2), None, first[1])
    assert report.findings == ()


def test_zone_c_waits_for_the_next_visit(box, first) -> None:
    report, _ = box.step(with_gap(SITE.view(), "machine_vibration_mm_s", rows=2, value=3.0), None, first[1])
    (finding,) = report.findings
    assert (finding.code, finding.owner) == ("machine_vibration_limited", "maintenance")
    assert finding.act_before == AS_OF + timedelta(days=7)


@pytest.mark.parametrize(("bearing_c", "code"), [(76.0, "machine_bearing_hot"), (86.0, "machine_bearing_trip")])
def test_a_hot_bearing_is_told_by_its_limits(box, first, bearing_c: float, code: str) -> None:
    report, _ = box.step(with_gap(SITE.view(), "machine_bearing_c", rows=2, value=bearing_c), None, first[1])
    assert codes(report) == {code}


def test_a_fault_of_three_weeks_is_told_with_its_cause_and_since_when(box) -> None:
    view = SyntheticSite().view()
    rows = 21 * 96
    hot = view.history("machine_bearing_c", (MACHINE,)).values[-rows:, 0] + 5.0
    values, quality = view.frame.values.copy(), view.frame.quality
    values[-rows:, view.frame.layout.positions("machine_bearing_c")[0]] = hot
    ill = type(view)(view.as_of, type(view.frame)(view.frame.layout, view.frame.start_s, values, quality), view.ahead)
    report, _ = box.step(ill, None, None)
    (finding,) = report.findings
    assert finding.code == "machine_lubrication"
    assert finding.params["bearing_k"] == pytest.approx(
        5.0, abs=1.0
    )  # this bearing follows the air at once, the reference two hours later
    assert timedelta(0) <= finding.at - (AS_OF - timedelta(days=21)) <= timedelta(days=2)
    assert report.outputs["machine_deviation"].values[0, 0] > 1.0


def test_a_stuck_sensor_is_named_by_its_channel_and_its_value_is_not_judged(box) -> None:
    report, _ = box.step(with_gap(SITE.view(), "machine_vibration_mm_s", rows=40, value=5.0), None, None)
    assert codes(report) == {"machine_sensor_stuck"}
    assert report.findings[0].params["channel"] == f"machine.{MACHINE}.vibration_mm_s"


def test_a_machine_without_any_vibration_is_refused_with_a_reason(box) -> None:
    rows = len(SITE.view().frame.values)
    with pytest.raises(ValueError, match="machine_vibration_mm_s of river_plant"):
        box.step(with_gap(SITE.view(), "machine_vibration_mm_s", rows=rows), None, None)


def test_a_machine_without_thermometer_is_watched_by_the_rest(box) -> None:
    rows = len(SITE.view().frame.values)
    report, _ = box.step(with_gap(SITE.view(), "machine_bearing_c", rows=rows), None, None)
    assert "bearing_c" not in report.params["features"]
    assert np.isfinite(report.headline.value)


def test_another_budget_keeps_what_was_learnt(box, first) -> None:
    other = MachineBox({"machines": ["river_plant"], "false_alarms_per_month": 0.5}, SITE.context("machines"))
    assert other.step(SITE.view(AS_OF + QUARTER_HOUR), None, first[1])[0].params["learnt_percent"] == 100.0


def test_a_machine_beside_it_begins_anew_and_it_goes_on(box, first) -> None:
    context = SITE.context("machines")
    two = type(context)(**{**vars(context), "machines": {"mill": context.machines[MACHINE], **context.machines}})
    remembered = MachineBox({}, two)._remembered(first[1])
    assert (remembered.reference.blocks > 0.0).tolist() == [False, True]


def test_a_new_reference_is_learnt_from_the_instant_that_the_site_states(first) -> None:
    context = SITE.context("machines")
    facts = context.machines[MACHINE] | {"reference_since": [AS_OF.isoformat()]}
    renewed = MachineBox({}, type(context)(**{**vars(context), "machines": {MACHINE: facts}}))
    before, state = renewed.step(SITE.view(), None, first[1])
    assert before.params["learnt_percent"] == 100.0
    after, _ = renewed.step(SITE.view(AS_OF + 2 * QUARTER_HOUR), None, state)
    assert (after.params["learnt_percent"], after.reason) == (0.0, "machines_learning")


def test_every_fault_of_the_config_is_named_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        MachineBox({"machines": ["mill", "saw"], "weeks": 3}, SITE.context("machines"))
    told = str(refused.value)
    assert all(word in told for word in ("'mill'", "'saw'", "'weeks'"))


@pytest.mark.parametrize("budget", [0.0, -1.0, True, "few"])
def test_a_budget_that_is_none_is_refused(budget: object) -> None:
    with pytest.raises(BadInput, match="false_alarms_per_month"):
        MachineBox({"false_alarms_per_month": budget}, SITE.context("machines"))
