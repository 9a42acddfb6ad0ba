"""Documents that are refused: every fault at once, each with place, value, limit and remedy."""

import json
from pathlib import Path

import pytest

from twin.boxes.flexibility.document.read import read_document
from twin.boxes.flexibility.document.series import Profile
from twin.domain.problems import BadInput

SCENARIOS = Path(__file__).parents[5] / "scenarios" / "dispatch"
HEAD = """
start = "2026-01-25T18:00"
steps = ["4x15min", "2x1h"]
[prices]
import_chf_per_kwh = 0.3
export_chf_per_kwh = 0.1
"""
BATTERY = {
    "id": "B1", "right": "own", "e_max_kwh": 10, "e0_kwh": 5, "charge_kw": 5, "discharge_kw": 5, "efficiency_percent": 95,
}  # fmt: skip
CAR = {
    "id": "C1", "right": "contract", "charge_kw": 11, "efficiency_percent": 92, "departure": "+2h", "e0_kwh": 10,
    "target_kwh": 20, "e_max_kwh": 50,
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def of(text, **options):
        path = tmp_path / "problem.toml"
        path.write_text(text)
        return read_document(path, **options)

    return of


@pytest.fixture
def faults(read):
    def of(text, **options):
        with pytest.raises(BadInput) as refused:
            read(text, **options)
        return [str(problem) for problem in refused.value.problems]

    return of


def table(name, entry, **changes):
    lines = [f"{key} = {json.dumps(value)}" for key, value in {**entry, **changes}.items() if value is not None]
    return "\n".join(["", f"[[{name}]]", *lines, ""])


def test_an_energy_beyond_the_battery_names_battery_key_value_and_limit(faults):
    (fault,) = faults(HEAD + table("battery", BATTERY, e0_kwh=12))
    assert fault == (
        "problem.toml:12 battery 'B1' e0_kwh: 12; expected 0 to 10 (e_min_kwh, e_max_kwh); "
        "give a value within, or correct the limit"
    )


def test_faults_of_keys_values_and_between_tables_are_told_together(faults):
    text = HEAD.replace("0.3", '"0.3 CHF"') + table("battery", BATTERY, e0_kwh=12) + table("car", CAR, charge_kw=-1, bogus=1)
    text += table("heater", {"id": "H", "into": "nowhere", "p_max_kw": 5, "cop": 1})
    told = "\n".join(faults(text))
    for part in ("import_chf_per_kwh", "e0_kwh: 12", "charge_kw: -1", "unknown key 'bogus'", "into: nowhere"):
        assert part in told


def test_an_unknown_key_is_told_with_what_was_probably_meant(faults):
    (fault,) = faults(HEAD + table("battery", BATTERY, efficency=0.9))
    assert "did you mean 'efficiency_percent'?" in fault


def test_what_refers_to_a_faulty_buffer_is_no_second_fault(faults):
    text = HEAD + table("buffer", {"id": "tank", "capacity_kwh": -1, "e0_kwh": 0, "demand_kw": 1})
    told = faults(text + table("heater", {"id": "H", "into": "tank", "p_max_kw": 5, "cop": 1}))
    assert len(told) == 1
    assert "capacity_kwh" in told[0]


@pytest.mark.parametrize(
    ("name", "entry", "changes", "told"),
    [
        ("car", CAR, {"departure": "soon"}, "an instant like"),
        ("car", CAR, {"departure": "2026-13-25T18:00"}, "an instant like"),
        ("car", CAR, {"arrival": "+2h", "departure": "+1h"}, "after arrival and start"),
        ("car", CAR, {"arrival": "+9h", "departure": "+10h"}, "before the plan's end"),
        ("car", CAR, {"target_kwh": 60}, "0 to 50 (e_max_kwh)"),
        ("car", CAR, {"least_kw": 4, "discharge_kw": 5}, "0 for a car that feeds back"),
        ("battery", BATTERY, {"right": "guaranteed"}, "is for plants"),
        ("battery", BATTERY, {"channel": "ripple"}, "a relay can only switch"),
        ("battery", BATTERY, {"right": "maybe"}, "one of 'own', 'contract'"),
        ("process", {"id": "P", "right": "own"}, {}, "profile_kw, or p_kw and run_h"),
        ("process", {"id": "P", "p_kw": 5, "run_h": 2}, {"latest": "+1h"}, "at least 2 h"),
        ("plant", {"id": "S", "right": "own", "available_kw": 5}, {"free_kwh": 5}, "0 without right guaranteed"),
        ("plant", {"id": "S", "available_kw": [1, -2, 3, 4, 5, 6]}, {}, "-2 in step 1; expected at least 0"),
        ("plant", {"id": "S", "available_kw": [1, 2, 3, 4]}, {}, "6 values (one per step) or 3 (one per hour)"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(faults, name, entry, changes, told):
    (fault,) = faults(HEAD + table(name, entry, **changes))
    assert told in fault


def test_two_devices_of_one_name_are_refused(faults):
    (fault,) = faults(HEAD + table("battery", BATTERY) + table("car", CAR, id="B1"))
    assert "2 devices bear it" in fault


def test_a_device_without_a_bus_is_named_beside_other_faults_where_there_is_a_grid(faults):
    found = faults(
        HEAD + '\n[grid]\nfile = "net.json"\n' + table("battery", BATTERY) + table("car", CAR, departure="+0h", bus=1)
    )
    assert ["departure" in found[0], "bus: missing; expected a bus of the grid" in found[1]] == [True, True]


def test_a_clock_that_does_not_exist_is_refused(faults):
    (fault,) = faults('timezone = "Europe/Zuerich"\n' + HEAD)
    assert "an IANA name" in fault


def test_a_broken_file_names_its_line(faults):
    assert "line 2" in faults('start = "2026-01-25T18:00"\nsteps = 4x15min\n')[0]


def test_json_and_toml_of_one_shape_are_one_document(read, tmp_path):
    one = read(HEAD + table("battery", BATTERY)).document
    path = tmp_path / "problem.json"
    path.write_text(
        json.dumps(
            {
                "start": "2026-01-25T18:00",
                "steps": ["4x15min", 1, "60min"],
                "prices": {"import_chf_per_kwh": 0.3, "export_chf_per_kwh": 0.1},
                "battery": [BATTERY],
            }
        )
    )
    other = read_document(path).document
    assert other.hours == one.hours
    assert other.battery == one.battery


# ------------------------------------------------------------------------------------------------- values over time


def test_hourly_values_become_means_of_the_steps(read):
    document = read(HEAD + "[net]\nload_kw = [10, 20, 30]\n").document
    assert document.net.load_kw == [10.0] * 4 + [20.0, 30.0]


def test_a_column_is_aligned_by_time_and_energies_become_powers(read):
    asked = []

    def profile(path, column, *, time, timezone):
        asked.append((path.name, column, time, timezone))
        # 16:00Z on, an hour before the start (18:00 in Zurich is 17:00Z)
        return Profile(1769356800, 1800, [9.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])

    text = HEAD + '[net]\nload_kw = {file = "meter.csv", column = "kwh", unit = "kWh"}\n'
    document = read(text, profile=lambda *args, **more: _arrayed(profile(*args, **more))).document
    # half-hours of 1 kWh are 2 kW; quarter hours take theirs, hours the mean of two
    assert document.net.load_kw == pytest.approx([2.0, 2.0, 4.0, 4.0, 7.0, 11.0])
    assert asked == [("meter.csv", "kwh", "time", "Europe/Zurich")]


def test_a_column_that_ends_too_soon_names_the_first_step_without_a_value(faults):
    text = HEAD + '[net]\nload_kw = {file = "meter.csv", column = "kw", unit = "kW"}\n'
    (fault,) = faults(text, profile=lambda *_, **__: _arrayed(Profile(1769360400, 1800, [1.0, 2.0, 3.0])))
    assert "no value from 2026-01-25 19:00 (Europe/Zurich) on" in fault


def _arrayed(profile):
    import numpy as np

    return Profile(profile.start_s, profile.step_s, np.asarray(profile.values))


@pytest.mark.parametrize("name", ["village", "village_grid"])
def test_the_packaged_documents_have_no_fault(name):
    assert read_document(SCENARIOS / f"{name}.toml").document.title


def test_lists_nested_without_end_are_refused(tmp_path):
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000)
    with pytest.raises(BadInput, match="nested too deeply"):
        read_document(path)
