"""A package from outside brings a box and its inside page: built, installed, checked, on air, and on screen."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "regie-example-box"
_CALL = "import sys; from twin.cli import main; sys.argv[0] = 'regie'; main()"
SHADOW = """
[[boxes]]
name = "load_degree_days"
use = "degree_day"
role = "shadow"
shadows = "load"
config = { zone = "hamlet" }
"""


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The example's wheel, built offline and unpacked into a folder of its own."""
    scratch = tmp_path_factory.mktemp("package")
    source = shutil.copytree(EXAMPLE, scratch / "source")
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(scratch / "dist")]
    subprocess.run(built, cwd=source, check=True, capture_output=True)
    (wheel,) = (scratch / "dist").glob("*.whl")
    target = scratch / "site"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return target


def regie(installed, *words, cwd=ROOT):
    """``regie`` with the package beside it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(installed), str(ROOT)))}
    return subprocess.run(
        [sys.executable, "-c", _CALL, *words],
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=900.0,
        check=False,
    )


@pytest.fixture(scope="module")
def on_air(installed, tmp_path_factory):
    """The state of a hamlet whose site names the box; two quarter hours were played."""
    hamlet = load("hamlet", ROOT / "tests" / "scenarios" / "hamlet.py")
    folder = tmp_path_factory.mktemp("hamlet")
    made = hamlet.hamlet()
    file = made.write(folder / "site")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"tariff"]', '"tariff", "degree_day"]', 1) + SHADOW, encoding="utf-8")
    state = folder / "state"
    window = ("--start", made.start.isoformat(), "--ticks", "2")
    ended = regie(installed, "live", "--site", str(file), *window, "--speed", "max", "--no-web", "--state", str(state))
    assert ended.returncode == 0, ended.stderr
    return state


def test_the_box_keeps_every_promise(installed):
    told = regie(installed, "box", "check", "degree_day", "--config", '{"zone": "town"}', "--json")
    assert json.loads(told.stdout.splitlines()[-1])["ok"], told.stdout


def test_a_site_that_does_not_name_it_never_loads_it(installed):
    listed = json.loads(regie(installed, "box", "list", "--json").stdout)["boxes"]
    assert listed["degree_day"] == "regie_example_box.box:DegreeDayBox"
    loaded = "import sys, twin.contracts.resolve as r; r.known_boxes(); print('regie_example_box' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(installed), str(ROOT)))}
    told = subprocess.run([sys.executable, "-c", loaded], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


@pytest.mark.slow
def test_on_air_it_answers_for_itself(on_air):
    snapshot = json.loads((on_air / "snapshots" / "regie.json").read_text(encoding="utf-8"))
    (card,) = [box for box in snapshot["boxes"] if box["instance"] == "load_degree_days"]
    assert (card["service"], card["outcome"], card["role"]) == ("fresh", "ok", "shadow")
    assert datetime.fromisoformat(card["as_of"]) == datetime.fromisoformat(snapshot["as_of"])


@pytest.mark.slow
def test_its_inside_page_shows_what_its_package_adds(on_air, installed, monkeypatch):
    stage = load("api_stage", ROOT / "tests" / "unit" / "dashboard" / "api_stage.py")
    monkeypatch.syspath_prepend(str(installed))
    with stage.opened(on_air, "dispatcher") as client:
        page = client.get("/regie/box/load_degree_days/content?lang=en")
    assert page.status_code == 200
    assert "Heating degree days" in page.text


def test_more_cold_means_more_load(installed, monkeypatch):
    monkeypatch.syspath_prepend(str(installed))
    from regie_example_box.degree_days import daily_mean_c, heating_degrees, heating_slope

    rng = np.random.default_rng(7)
    temp_c = np.repeat(rng.uniform(-5.0, 11.0, 35), 96)
    degrees = heating_degrees(daily_mean_c(temp_c), room_c=20.0, limit_c=12.0)
    load_mw = 10.0 + 0.3 * np.nan_to_num(degrees)
    assert heating_slope(load_mw, degrees) == pytest.approx(0.3, rel=0.02)


def test_a_mild_day_needs_no_heating(installed, monkeypatch):
    monkeypatch.syspath_prepend(str(installed))
    from regie_example_box.degree_days import heating_degrees

    found = heating_degrees(np.array([12.1, 12.0, -2.0, np.nan]), room_c=20.0, limit_c=12.0)
    assert found.tolist()[:3] == [0.0, 8.0, 22.0]
    assert np.isnan(found[3])
