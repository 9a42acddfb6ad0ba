"""Figures that no document can mean, and keys that contradict each other: a mistaken unit is told as one."""

import json

import pytest

from twin.boxes.flexibility.document.read import draft_of
from twin.boxes.flexibility.document.schema import schema
from twin.boxes.flexibility.document.series import Profile
from twin.boxes.flexibility.document.where import Where
from twin.domain.problems import BadInput

DOCUMENT = {
    "start": "2026-01-25T18:00", "steps": ["2x1h"], "prices": {"import_chf_per_kwh": 0.3, "export_chf_per_kwh": 0.1},
    "net": {"load_kw": [4, 6]},
}  # fmt: skip
BATTERY = {"id": "B", "e_max_kwh": 10, "e0_kwh": 5, "charge_kw": 5, "discharge_kw": 5, "efficiency_percent": 95}
PUMP = {
    "id": "H", "p_max_kw": 3, "cop": 3, "outdoor_c": 0, "ua_kw_per_k": 0.1, "capacity_kwh_per_k": 3, "temp0_c": 20,
    "temp_min_c": 20, "temp_max_c": [22, 19], "thermostat_c": 21,
}  # fmt: skip
PROCESS = {"id": "P", "profile_kw": [1, 1], "latest": "+1h"}
PROGRAMME = {"id": "D", "base_kw": [5, 7], "shed_percent": 50}


def faults(tmp_path, profile=None, **changes):
    content = {**DOCUMENT, **changes}
    options = {} if profile is None else {"profile": profile}
    with pytest.raises(BadInput) as refused:
        draft_of(content, folder=tmp_path, places=Where("p.json", content), **options)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"battery": [{**BATTERY, "charge_kw": 2e6}]}, "-1000000 to 1000000 kW"),
        ({"battery": [{**BATTERY, "e_max_kwh": 2e7}]}, "to 10000000 kWh"),
        ({"prices": {"import_chf_per_kwh": 30, "export_chf_per_kwh": 0.1}}, "-10 to 10 CHF/kWh; check the unit: 1 Rp/kWh"),
        ({"heat_pump": [{**PUMP, "temp_max_c": 22, "temp0_c": 293}]}, "-60 to 100 degC; check the unit: 273.15 K"),
        ({"heat_pump": [PUMP]}, "temp_min_c: 20 in step 1; expected at most temp_max_c = 19 degC"),
        ({"programme": [PROGRAMME]}, "base_kw: 5 kW or more, above load_kw (at most 6 kW) in every step"),
        ({"process": [{**PROCESS, "own_start": "+40h"}]}, "own_start: +40h; expected +0h to +0.5h"),
        ({"battery": [{**BATTERY, "bus": 3}]}, "bus: 3; expected no bus without [grid]"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_limit(tmp_path, changes, words):
    (fault,) = faults(tmp_path, **changes)
    assert words in fault


def test_a_column_in_the_wrong_unit_is_told(tmp_path):
    def profile(path, column, *, time, timezone):
        return Profile(1769360400, 3600, [300.0, 300.0])

    column = {"file": "p.csv", "column": "c", "unit": "CHF/kWh"}
    (fault,) = faults(tmp_path, profile, prices={"import_chf_per_kwh": column, "export_chf_per_kwh": 0.1})
    assert "300 in step 0; expected -10 to 10 CHF/kWh; check p.csv" in fault


def test_the_schema_holds_the_limits():
    found = schema()["$defs"]["Battery"]["properties"]
    assert found["e_max_kwh"]["maximum"] == 1e7
    assert json.dumps(found["charge_kw"]).count("1000000.0") == 4  # either way, of a number and of a list


def test_a_faulty_key_hides_no_fault_between_the_others(tmp_path):
    car = {
        "id": "C", "charge_kw": -3, "efficiency_percent": 91, "arrival": "+2h", "departure": "+1h", "e0_kwh": "90",
        "target_kwh": 20, "e_max_kwh": 60,
    }  # fmt: skip
    found = faults(tmp_path, car=[car])
    assert [fault.split(": ")[0].split()[-1] for fault in found] == ["charge_kw", "arrival", "departure", "e0_kwh"]


def test_a_document_that_is_a_list_is_told_so_in_plain_words(tmp_path):
    with pytest.raises(BadInput, match="a table of keys and values"):
        draft_of([], folder=tmp_path, places=Where("p.json", []))
