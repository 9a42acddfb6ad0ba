"""Rotating machines in a site file: what they add to the frame, and every fault of their tables with its line."""

from pathlib import Path

import pandas as pd
import pytest
from pandapower.auxiliary import pandapowerNet

from twin.domain.problems import BadInput
from twin.domain.signals import MACHINE_FEATURES, SIGNALS
from twin.site import load_site
from twin.site.declared import found_by
from twin.site.on_grid import _machines
from twin.site.read import read_site
from twin.site.site import Site, jsonable

DEMO = Path(load_site("demo").file)


@pytest.fixture(scope="module")
def demo() -> Site:
    return load_site("demo")


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """The demo's site file with some text replaced; the files beside it stay beside it."""
    text = DEMO.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    for beside in DEMO.parent.glob("demo*.csv"):
        (folder / beside.name).write_bytes(beside.read_bytes())
    return path


def refused(folder: Path, *changes: tuple[str, str]) -> str:
    with pytest.raises(BadInput) as error:
        load_site(changed(folder, *changes))
    return str(error.value)


def test_a_machine_adds_its_power_and_what_it_measures_to_the_frame(demo: Site) -> None:
    columns = [signal for signal, element in demo.layout().columns if element == "river_plant"]
    assert columns == ["machine_p_mw", "machine_vibration_mm_s", "machine_bearing_c"]


def test_every_feature_of_a_machine_is_a_signal_of_it() -> None:
    assert all(SIGNALS[name].dim == "machine" for name in MACHINE_FEATURES)


def test_a_box_is_told_of_ratings_and_limits(demo: Site) -> None:
    facts = demo.context("machines", b"").machines["river_plant"]
    assert (facts["rated_mw"], facts["vibration_class"]) == (2.9, "hydro_vertical_braced")
    assert "vibration_limits_mm_s" not in facts  # what is not stated is not there


def test_vibration_without_power_is_refused(tmp_path: Path) -> None:
    told = refused(tmp_path, ("index = 132\n", "index = 131\n"))
    assert "machines[0]" in told
    assert "a channel sgen.131.p_mw" in told


def test_a_channel_of_a_machine_that_nobody_declared_is_refused(tmp_path: Path) -> None:
    told = refused(tmp_path, ('name = "river_plant"', 'name = "mill"'))
    assert "machine 'river_plant'; expected a machine of the site file" in told
    assert "machine 'mill' without vibration" in told


@pytest.mark.parametrize(
    ("old", "new", "limit"),
    [
        ("bearing_limits_c = [75.0, 85.0]", "bearing_limits_c = [85.0, 75.0]", "limits must ascend"),
        ('vibration_class = "hydro_vertical_braced"\n', "", "state one of them"),
        ("speed_rpm = 375.0", "speed_rpm = 0.0", "more than 0.0"),
        ("blades = 4", "blades = 4\nrunner = 1", "unknown key 'runner'"),
    ],
)
def test_a_machine_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, limit: str) -> None:
    assert limit in refused(tmp_path, (old, new))


def test_own_limits_replace_the_published_ones(tmp_path: Path) -> None:
    own = ('vibration_class = "hydro_vertical_braced"', "vibration_limits_mm_s = [1.2, 2.0, 3.2]")
    facts = load_site(changed(tmp_path, own)).context("x", b"").machines["river_plant"]
    assert facts["vibration_limits_mm_s"] == [1.2, 2.0, 3.2]


def test_a_unit_cannot_make_more_than_the_grid_knows_of_it(tmp_path: Path) -> None:
    draft = read_site(changed(tmp_path, ("rated_mw = 2.9", "rated_mw = 29.0")))
    net = pandapowerNet({"sgen": pd.DataFrame({"sn_mva": [2.9]}, index=[132])})
    (problem,) = found_by((_machines,), draft.site, net, draft.places)
    assert "29 MW; expected at most 2.9 MVA" in str(problem)


def test_a_new_reference_is_stated_without_making_another_site(demo: Site, tmp_path: Path) -> None:
    instant = "reference_since = [2016-11-03T09:00:00Z]\n"
    changes = (("blades = 4\n", "blades = 4\n" + instant), ("installed_year = 2009 ", instant + "installed_year = 2009 "))
    repaired = load_site(changed(tmp_path, *changes))
    context = repaired.context("machines", b"")
    assert context.machines["river_plant"]["reference_since"] == ["2016-11-03T09:00:00Z"]
    assert context.trafos["main_2"]["reference_since"] == ["2016-11-03T09:00:00Z"]
    assert jsonable(repaired) == jsonable(demo)


@pytest.mark.parametrize("wrong", ["[2016-11-03T09:00:00]", "[2016-11-03T09:00:00Z, 2016-11-02T09:00:00Z]", "[]"])
def test_instants_of_references_have_a_zone_and_ascend(tmp_path: Path, wrong: str) -> None:
    assert "reference_since" in refused(tmp_path, ("blades = 4\n", f"blades = 4\nreference_since = {wrong}\n"))
