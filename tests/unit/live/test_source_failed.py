"""A simulated town that cannot exist ends the run in one line that says when and why."""

import subprocess
import sys
from pathlib import Path

import pytest

from twin.site import site_path

REGIE = str(Path(sys.executable).with_name("regie"))


@pytest.mark.slow
def test_a_plant_without_a_power_flow_ends_the_run_in_one_named_line(tmp_path):
    text = site_path("demo").read_text(encoding="utf-8")
    assert "heat_pump_kw = 1.9 " in text
    text = text.replace("heat_pump_kw = 1.9 ", "heat_pump_kw = 900.0 ")
    # One box is enough: the town fails in the weeks before the first tick.
    before, *boxes = text.split("[[boxes]]\n")
    text = before + "[[boxes]]\n" + next(box for box in boxes if 'use = "tariff"' in box)
    (tmp_path / "demo.toml").write_text(text, encoding="utf-8")
    window = ("--start", "2016-01-25", "--ticks", "1", "--speed", "max", "--no-web", "--state", str(tmp_path / "state"))
    command = [REGIE, "live", "--site", str(tmp_path / "demo.toml"), *window]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(
        "regie: plant: no AC solution at 2015-11-22T23:00:00Z in the normal topology; lower the site's loads"
    )
