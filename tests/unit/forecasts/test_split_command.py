"""``regie forecast split``: a meter's net in, consumption and generation out, and an honest word where they cannot be told."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from forecasts.backtest.flags import Flags
from forecasts.net.command import split
from forecasts.sky.clear_sky import clear_sky
from twin.cli import app
from twin.domain.time import from_epoch_s

START_S = 1_554_076_800  # 2019-04-01T00:00Z
DAYS, STEP_S = 70, 3600
LATITUDE, LONGITUDE = 47.4, 8.5
CAPACITY_MW = 2.0
GAP = 500


@dataclass(frozen=True)
class Village:
    """Hourly load, generation [MW] and irradiance [W/m2] of a village with flat roofs full of panels."""

    load: np.ndarray
    pv: np.ndarray
    ghi: np.ndarray


@pytest.fixture(scope="module")
def village():
    rng = np.random.default_rng(4)
    rows = DAYS * 24
    sky = clear_sky(LATITUDE, LONGITUDE, start_s=START_S, step_s=STEP_S, rows=rows)
    ghi = sky.ghi_w_m2 * np.repeat(rng.uniform(0.15, 1.0, DAYS), 24)
    hour = np.arange(rows) % 24
    load = 1.5 + 0.6 * np.exp(-(((hour - 11) / 4) ** 2)) + 0.05 * rng.standard_normal(rows)
    return Village(load, CAPACITY_MW * ghi / 1000.0, ghi)


@pytest.fixture
def flags(village, tmp_path):
    """The flags of the village's meter, one hour of which is missing."""
    path = tmp_path / "meter.csv"
    lines = ["time,net,sun"]
    for row, (net, ghi) in enumerate(zip(village.load - village.pv, village.ghi, strict=True)):
        stamp = from_epoch_s(START_S + row * STEP_S).isoformat()
        lines.append(f"{stamp},{'' if row == GAP else f'{net:.6f}'},{ghi:.2f}")
    path.write_text("\n".join(lines) + "\n")
    return Flags(
        files=(str(path),),
        time="time",
        values=("net",),
        unit="MW",
        label="start",
        timezone="UTC",
        weather_map="ghi_w_m2=sun",
        perfect_weather=True,
        latitude=LATITUDE,
        longitude=LONGITUDE,
    )


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REGIE_CACHE", str(tmp_path / "cache"))


def rows_of(path: Path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_capacity_behind_the_meter_comes_with_its_standard_error(flags, capsys):
    assert split(flags, out=None, json_line=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["told"] is True
    assert found["unit"] == "MW"
    assert 0.0 < found["capacity_std_mw"] < 0.4
    assert abs(found["capacity_mw"] - CAPACITY_MW) < 2.0 * found["capacity_std_mw"]
    assert found["energy_mwh"]["load"] - found["energy_mwh"]["pv"] == pytest.approx(found["energy_mwh"]["net"])


def test_the_file_holds_both_parts_of_every_interval_and_they_add_up_to_the_net(flags, village, tmp_path, capsys):
    out = tmp_path / "parts.csv"
    assert split(flags, out=out, json_line=False) == 0
    rows = rows_of(out)
    assert list(rows[0]) == ["time", "load_mw", "pv_mw", "quality"]
    assert rows[0]["time"] == "2019-04-01T00:00:00Z"
    assert len(rows) == DAYS * 24
    known = [row for number, row in enumerate(rows) if number != GAP]
    load, pv = (np.array([float(row[name]) for row in known]) for name in ("load_mw", "pv_mw"))
    assert load - pv == pytest.approx(np.delete(np.round(village.load - village.pv, 6), GAP), abs=1e-8)
    assert load.min() >= 0.0
    assert pv.min() >= 0.0
    assert np.abs(pv - np.delete(village.pv, GAP)).mean() < 0.1 * village.pv.mean()
    assert {row["quality"] for row in known} <= {"estimated", "questionable estimated"}
    assert not list(tmp_path.glob(".*.partial"))
    assert "standard error" in capsys.readouterr().out


def test_a_missing_interval_stays_missing(flags, tmp_path, capsys):
    out = tmp_path / "parts.csv"
    assert split(flags, out=out, json_line=False) == 0
    row = rows_of(out)[GAP]
    assert (row["load_mw"], row["pv_mw"]) == ("", "")
    assert "invalid" in row["quality"]
    assert "1 rows hold no value" in capsys.readouterr().err


def test_where_nothing_is_known_of_the_sun_it_says_why_it_cannot_tell(flags, tmp_path, capsys):
    blind = Flags(**{**vars(flags), "weather_map": None, "perfect_weather": False, "latitude": None, "longitude": None})
    out = tmp_path / "parts.csv"
    assert split(blind, out=out, json_line=False) == 0
    said = capsys.readouterr().out
    assert "cannot be told apart" in said
    assert "why not: neither irradiance nor a position is known" in said
    assert all("questionable" in row["quality"] for number, row in enumerate(rows_of(out)) if number != GAP)
    assert split(blind, out=None, json_line=True) == 0
    assert json.loads(capsys.readouterr().out)["capacity_std_mw"] is None


def test_every_fault_of_the_flags_is_told_at_once(flags, tmp_path, capsys):
    wrong = Flags(files=flags.files, values=("net", "sun"), kind="pv", time="time", label="start", timezone="UTC")
    assert split(wrong, out=tmp_path / "nowhere" / "parts.csv", json_line=False) == 2
    told = capsys.readouterr().err
    for part in ("--unit", "--kind", "one series", "--out"):
        assert part in told


def test_the_command_takes_the_series_flags_of_a_backtest(flags, tmp_path):
    out = tmp_path / "parts.csv"
    named = ["--time", "time", "--value", "net", "--unit", "MW", "--label", "start", "--tz", "UTC", "--lat", "47.4"]
    more = ["--lon", "8.5", "--weather-map", "ghi_w_m2=sun", "--perfect-weather", "--out", str(out)]
    done = CliRunner().invoke(app, ["forecast", "split", flags.files[0], *named, *more])
    assert done.exit_code == 0, done.stderr
    assert "behind the meter: 1.99 MW, standard error 0.1" in done.stdout
    assert len(rows_of(out)) == DAYS * 24
