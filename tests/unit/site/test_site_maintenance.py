import pytest

from twin.boxes.maintenance.risk.classes import CLASSES
from twin.domain.problems import BadInput
from twin.site import load_site, site_path
from twin.site.maintenance import KINDS


@pytest.fixture
def demo_with(tmp_path):
    def changed(old, new):
        text = site_path("demo").read_text(encoding="utf-8")
        assert text.count(old) >= 1, old
        path = tmp_path / "own.toml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path

    return changed


def faults_of(path):
    with pytest.raises(BadInput) as refused:
        load_site(path)
    return "\n".join(map(str, refused.value.problems))


def test_kinds_of_a_site_file_are_those_that_have_a_probability_of_failure():
    assert set(KINDS) == set(CLASSES)


def test_fleet_and_gas_of_the_demo_lie_beside_its_site_file():
    demo = load_site("demo")
    assert demo.beside(demo.maintenance.fleet).is_file()
    assert demo.beside(demo.maintenance.gas).is_file()


def test_another_budget_makes_no_other_run(demo_with):
    from twin.site.site import jsonable

    path = demo_with("budget_chf = 90000.0", "budget_chf = 10.0")
    assert jsonable(load_site(path)) == jsonable(load_site("demo"))


def test_an_action_with_a_skill_that_nobody_has_is_refused(demo_with):
    assert "expected one of maintenance.crew.hours" in faults_of(demo_with('skill = "machine"', 'skill = "wizard"'))


def test_an_action_for_a_class_without_costs_is_refused(demo_with):
    faults = faults_of(demo_with('kinds = ["mv_cable"]', 'kinds = ["mv_cable", "pump"]'))
    assert "maintenance" in faults
    assert "kinds with a table in classes" in faults


def test_own_constants_without_a_source_are_refused(demo_with):
    faults = faults_of(demo_with("[maintenance.classes.mv_cable]", "[maintenance.classes.mv_cable]\nk_percent = 0.1"))
    assert "say where they come from" in faults


def test_forbidden_days_that_end_before_they_begin_are_refused(demo_with):
    days = 'forbidden = [{ first = 2016-08-02, last = 2016-08-01, why = "festival" }] #'
    assert "first must not be after last" in faults_of(demo_with("forbidden = []", days))
