import json
import tomllib

import numpy as np
import pytest

from forecasts.backtest.flags import Flags
from forecasts.backtest.options import BacktestOptions
from forecasts.tune.command import Asked, tune
from twin.site.read import load_site


@pytest.fixture
def csv(feeder, tmp_path):
    labels = np.datetime_as_string((feeder.start_s + 3600 * np.arange(len(feeder.values))).astype("datetime64[s]"))
    rows = (
        f"{label}Z,{value:.6f},{temp:.3f}"
        for label, value, temp in zip(labels, feeder.values, feeder.weather["temp_c"], strict=True)
    )
    path = tmp_path / "feeder.csv"
    path.write_text("\n".join(["time,mw,temp", *rows]) + "\n")
    return Flags(
        files=(str(path),),
        kind="load",
        time="time",
        values=("mw",),
        unit="MW",
        label="start",
        timezone="Europe/Zurich",
        weather_map="temp_c=temp",
        perfect_weather=True,
        country="CH",
        subdivision="ZH",
    )


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REGIE_CACHE", str(tmp_path / "cache"))


OPTIONS = BacktestOptions(train_days=60, refit_days=28, experts="last_week,day_type")


@pytest.mark.slow
def test_a_search_from_file_to_site_proposes_what_held_on_unseen_days(csv, site, restate, capsys):
    restate('zone = "town"\ntrain_days = 60\nexperts = ["last_week", "day_type"]')
    text = site.read_text()
    assert tune(csv, OPTIONS, Asked(minutes=0.15, site=site, box="load_town", json_line=True)) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["given"]["experts"] == ["last_week", "day_type"]
    assert found["trials"] >= 1
    assert "perfect weather" in err
    assert found["proposed"] == (found["test"]["ratio"] is not None and found["test"]["ratio"] <= 0.995)
    if found["proposed"]:
        assert load_site(site).boxes[-1].config["experts"] == found["best"]["experts"]
        assert tomllib.loads(found["snippet"])["boxes"][0]["name"] == found["box"] == "load_town_tuned"
    else:
        assert site.read_text() == text
    # The same command goes on where it was.
    assert tune(csv, OPTIONS, Asked(minutes=0.02, json_line=True, site=site, box="load_town")) == 0
    assert json.loads(capsys.readouterr().out)["resumed"] == found["trials"]


def test_every_fault_of_flags_file_and_site_is_told_at_once(csv, tmp_path, capsys):
    flags = Flags(files=("absent.csv",), kind="load", values=("mw", "mvar"))
    assert tune(flags, BacktestOptions(train_days=1), Asked(minutes=0.0, site=tmp_path / "none.toml", box="load_town")) == 2
    err = capsys.readouterr().err
    for part in ("--minutes", "--time", "--unit", "--train-days", "absent.csv", "one series", "--site"):
        assert part in err


def test_a_box_without_a_site_is_refused(csv, capsys):
    assert tune(csv, OPTIONS, Asked(minutes=1.0, box="load_town")) == 2
    assert "both or none" in capsys.readouterr().err
