"""What the README shows is true: its box keeps every promise, its site snippets are read as they stand."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from forecasts.experts.conformance import check_expert
from forecasts.load.box import LoadBox
from scenarios.file.compose import compose
from scenarios.file.read import load_scenario
from twin.contracts.conformance import check_box
from twin.contracts.resolve import known_boxes
from twin.contracts.synthetic import SyntheticSite
from twin.site import load_site
from twin.site.rules import BoxEntry
from twin.site.tables import ChannelGroup, GridTable, TelemetryTable

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_box_of_the_readme_is_a_good_citizen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = next(block for block in _blocks("python") if "class Persistence" in block)
    (tmp_path / "persistence.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    broken = [result for result in check_box("persistence:Persistence", {"zone": "town"}) if not result.ok]
    assert broken == []


def test_the_sentence_of_the_loop_is_the_loops_own() -> None:
    loop = (Path(__file__).parents[2] / "twin" / "regie" / "loop.py").read_text(encoding="utf-8")
    sentence = next(block for block in _blocks("python") if "self._observe" in block)
    calls = re.findall(r"self\._\w+\([^)]*", sentence)
    assert len(calls) == 5
    for call in calls:
        assert call.removesuffix("...") in loop, call


def test_what_the_readme_shows_an_analyst_runs_as_it_stands() -> None:
    shown: dict[str, Any] = {}
    exec(next(block for block in _blocks("python") if "compile_grid" in block), shown)
    assert shown["model"].engine == "batch"
    assert shown["year"].attrs["solved"] == 35_040
    assert shown["evening"].line_loading_percent.sizes == {"time": 4, "line": 181}
    assert shown["outages"].sizes["outage"] == 181
    assert shown["plan"].steps


def test_the_site_snippets_of_the_readme_are_valid_tables() -> None:
    tables = [tomllib.loads(block) for block in _blocks("toml")]
    boxes, together, grid = (table for table in tables if "scenario" not in table)
    assert BoxEntry(**boxes["boxes"][0]).name == "load_simple"
    entry = BoxEntry(**together["boxes"][0])
    zones = {"town": {"customers": 90}, "neighbourhood": {"parent": "town"}, "school": {"parent": "neighbourhood"}}
    context = replace(SyntheticSite().context(entry.name), zones=zones)
    assert entry.use == "load"
    assert LoadBox(entry.config, context).card.needs[0].elements == ("town", "neighbourhood", "school")
    assert set(boxes["boxes_allowed"]) - set(known_boxes()) == {"persistence:Persistence"}
    assert GridTable(**grid["grid"]).file == "grid.json"
    channels = [ChannelGroup(**group) for group in grid["telemetry"]["channels"]]
    assert TelemetryTable(**{**grid["telemetry"], "channels": channels}).timezone == "Europe/Zurich"


def test_the_scenario_of_the_readme_has_no_fault(tmp_path: Path) -> None:
    (text,) = (block for block in _blocks("toml") if "scenario" in tomllib.loads(block))
    file = tmp_path / "evening_trip.toml"
    file.write_text(text, encoding="utf-8")
    scenario = load_scenario(file)
    site = compose(scenario, load_site("demo"))
    assert [(event.kind, event.element) for event in site.plant.events] == [("outage", "trafo.0")]
    assert [(change.quantity, change.times) for change in site.plant.world] == [("cars", 1.5)]


def test_the_expert_of_the_readme_keeps_the_interface() -> None:
    shown: dict[str, Any] = {}
    exec(next(block for block in _blocks("python") if "class Drift" in block), shown)
    assert [check for check in check_expert(shown["Drift"]()) if not check.ok] == []
