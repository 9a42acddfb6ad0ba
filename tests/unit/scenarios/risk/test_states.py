"""States of the demo town, which lives without boxes."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from scenarios.risk.facts import risk_facts
from scenarios.risk.hosting.command import Asked, hosting
from scenarios.risk.outages import outages_of
from scenarios.risk.states import states_of
from scenarios.risk.target import targets_of
from twin.domain.problems import BadInput

WINDOW = """
[scenario]
name = "station_out"
title = { de = "a", fr = "a", it = "a", en = "a" }
teaches = { de = "a", fr = "a", it = "a", en = "a" }

[window]
start = 2016-01-25T17:00:00
hours = 2

[[outages]]
element = "line.66"
at = 2016-01-25T18:00:00
until = 2016-01-25T19:00:00
"""


def unheard(_step, _share):
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("scenario") / "station_out.toml"
    path.write_text(WINDOW)
    return path


@pytest.fixture(scope="module")
def target(file):
    [found] = targets_of(str(file), unheard)
    return found


@pytest.fixture(scope="module")
def states(target):
    return states_of(target.ready, target.start, target.end, unheard)


def test_states_are_the_windows_quarter_hours(target, states):
    assert not target.whole_year
    assert len(states) == 8
    assert states.time[0] == np.datetime64("2016-01-25T16:00", "ns")  # 17:00 in Zurich


def test_an_outage_is_laid_over_and_what_it_darkens_still_wants_power(states):
    out = [bool(topology.out_lines) for topology in states.topology]
    assert out == [False] * 4 + [True] * 4
    load = states.injections["load_p_mw"].to_numpy()
    assert (load[4:] > 0.0).sum() == pytest.approx((load[:4] > 0.0).sum(), rel=0.05)  # a few customers switch off


def test_there_is_no_sun_on_a_january_evening(states):
    assert (states.sun < 0.01).all()


def test_the_plant_stays_where_it_is(target):
    again = [states_of(target.ready, target.start, target.start + timedelta(hours=1), unheard) for _ in range(2)]
    assert again[0].injections.identical(again[1].injections)


def test_outages_of_the_window_have_rates_and_costs(target):
    scenario = target.rehearsal.scenario
    facts = risk_facts(target.ready.site, target.ready.net, scenario.ensemble)
    found = outages_of(target.rehearsal, facts, unheard)
    assert found["expected_chf"] == pytest.approx(15_000.0 * found["expected_mwh"])
    assert len(found["by_hour"]["expected_mwh"]) == 2
    # the two transformers of the substation are the rarest and the worst: half the town each
    assert {one["outage"] for one in found["by_outage"][:2]} == {"trafo 0", "trafo 1"}


def test_hosting_of_a_bus_is_told_as_json_and_written(file, tmp_path, capsys):
    hosting(Asked(str(file), "car", (32,), None, n1=False, out=tmp_path / "out", json_line=True))
    told = json.loads(capsys.readouterr().out)
    assert told["buses"][0]["bus"] == 32
    assert told["buses"][0]["element"].startswith("line:")  # a feeder's bus, far from the full transformer of the neighbourhood
    assert told["buses"][0]["kw"] > 1000.0
    assert json.loads((tmp_path / "out" / "hosting-station_out-car.json").read_text()) == told


def test_unknown_buses_and_zones_are_named_at_once(file):
    with pytest.raises(BadInput) as refused:
        hosting(Asked(str(file), "pv", (9999, 8888), "atlantis", n1=False, out=None, json_line=False))
    told = str(refused.value)
    assert all(word in told for word in ("9999", "8888", "atlantis"))


def test_neither_scenario_nor_site_is_refused():
    with pytest.raises(BadInput):
        targets_of("nowhere", unheard)


def test_a_site_stands_for_its_year():
    [found] = targets_of("demo", unheard)
    assert found.whole_year
    assert (found.start, found.end - found.start) == (
        datetime(2015, 12, 31, 23, tzinfo=UTC),
        timedelta(days=366),
    )  # a leap year, from local midnight on
