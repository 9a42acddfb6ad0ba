"""``regie dispatch verify``: meters and calls from files, figures out, and every fault of the files at once."""

from __future__ import annotations

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tests.unit.boxes.flexibility.verify.customers import during, evening, town
from twin.cli_dispatch_verify import register

CALLS = "start,end,notice,called_mw\n2023-02-21T17:00,2023-02-21T21:00,2023-02-21T15:00,0.006\n"


@pytest.fixture
def call():
    app = typer.Typer()
    register(app)
    app.command("plan")(lambda: None)  # a second one: a lone command would lose its name
    return lambda *words: CliRunner().invoke(app, ["verify", *map(str, words)])


def write(power, path):
    frame = (power * 1e3).to_pandas()
    frame.index = [f"{stamp:%Y-%m-%dT%H:%MZ}" for stamp in frame.index]
    frame.rename_axis("time").to_csv(path)
    return path


@pytest.fixture
def files(tmp_path):
    """Twelve customers who shed 0.3 kW each, of 6 kW in all that were called, and twelve who were not called."""
    power = town(7, customers=24, noise=0.02)
    power[during(power, evening(50)).values, :12] -= 0.0003
    events = tmp_path / "events.csv"
    events.write_text(CALLS)
    called, others = power.isel(customer=slice(0, 12)), power.isel(customer=slice(12, 24))
    return write(called, tmp_path / "called.csv"), events, write(others, tmp_path / "control.csv")


def test_the_shed_is_within_both_intervals_and_the_line_is_compact_json(call, files):
    meters, events, control = files
    result = call(meters, "--events", events, "--control", control, "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("\n") == 1
    found = json.loads(result.stdout)
    assert found["total"]["low_mwh"] < 0.0144 < found["total"]["high_mwh"]
    assert found["difference"]["total"]["shed_low_mwh"] < 0.0144 < found["difference"]["total"]["shed_high_mwh"]
    # 60 % was shed; the interval at 2 % noise is a few percent of the load wide.
    assert found["total"]["share_corrected_percent"] == pytest.approx(60.0, abs=10.0)


def test_people_are_shown_the_share_its_interval_and_the_control_group(call, files):
    meters, events, control = files
    result = call(meters, "--events", events, "--control", control)
    assert result.exit_code == 0, result.output
    for part in ("12 customers, kWh", "2023-02-21 16:00", "Mobilised share:", "95 % interval", "12 control customers"):
        assert part in result.stdout


def test_calls_in_toml_without_an_offset_are_read_by_the_local_clock(call, files, tmp_path):
    meters, events, _ = files
    toml = tmp_path / "events.toml"
    toml.write_text("[[event]]\nstart = 2023-02-21T17:00:00\nend = 2023-02-21T16:00:00-04:00\nnotice = 2023-02-21T15:00:00\n")
    lines = [call(meters, "--events", each, "--called-mw", 0.006, "--json").stdout for each in (events, toml)]
    assert json.loads(lines[0])["total"]["delivered_mwh"] == pytest.approx(0.0144, abs=0.002)
    assert json.loads(lines[1])["events"][0]["start"] == "2023-02-21T16:00Z"


def test_energies_per_interval_give_the_same_as_power(call, files):
    meters, events, _ = files
    kw, kwh = (json.loads(call(meters, "--events", events, "--unit", unit, "--json").stdout) for unit in ("kW", "kWh"))
    assert kwh["total"]["delivered_mwh"] == kw["total"]["delivered_mwh"]  # hourly meters: 1 kWh an hour is 1 kW


def test_a_customer_with_a_gap_is_named_and_can_be_left_out(call, files, tmp_path):
    _, events, _ = files
    power = town(7, noise=0.02)
    power[during(power, evening(50)).values, 3] = np.nan
    meters = write(power, tmp_path / "gap.csv")
    refused = call(meters, "--events", events)
    assert refused.exit_code == 2
    assert "customers 'c3'" in refused.stderr
    found = json.loads(call(meters, "--events", events, "--leave-out-incomplete", "--json").stdout)
    assert (found["left_out"], found["customers"]) == (["c3"], 11)


def test_all_faults_of_the_files_are_told_at_once(call, files, tmp_path):
    meters, _, _ = files
    calls = tmp_path / "wrong.csv"
    calls.write_text("start,end,called_mw\n2023-03-26T02:30,2023-03-26T04:00,1\n2023-02-21T17:00,,lots\n")
    result = call(meters, "--events", calls, "--control", tmp_path / "absent.csv")
    assert result.exit_code == 2
    for part in ("absent.csv", "does not exist: clocks go forward over it", "row 3: end: missing", "'lots'"):
        assert part in result.stderr


def test_faults_of_flags_meters_and_every_cell_of_the_calls_are_told_at_once(call, files, tmp_path):
    meters, _, _ = files
    events = tmp_path / "bad.csv"
    events.write_text(
        "start,end,notice,called_mw\n2023-02-21T21:00,2023-02-21T17:00,then,x\n2030-01-01T00:00,2030-01-01T01:00,,-1\n"
    )
    flags = ("--tz", "Mars/X", "--unit", "hp", "--high", "9", "--confidence-percent", "200", "--control", tmp_path / "none.csv")
    result = call(meters, "--events", events, *flags)
    assert result.exit_code == 2
    said = result.output.splitlines()
    for part in (
        "high 9 of 5", "--confidence-percent: 200", "--tz: 'Mars/X'", "--unit: 'hp'", "no such file", "row 2: notice: ",
        "called_mw: 'x'", "ends 2023-02-21T17:00Z", "outside the meters", "called_mw=-1",
    ):  # fmt: skip
        assert sum(part in line for line in said) == 1, part


def test_a_list_without_a_call_wants_one_and_not_a_week(call, files, tmp_path):
    meters, _, _ = files
    events = tmp_path / "none.csv"
    for text in ("", "start,end\n"):
        events.write_text(text)
        assert "expected a header and at least one call" in call(meters, "--events", events).output
