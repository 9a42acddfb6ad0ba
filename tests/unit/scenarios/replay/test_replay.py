"""Journalled hours again: equal boxes decide alike, the journal stays as it is, and what a box is worth has its sign."""

import shutil
import sqlite3

import pytest

from scenarios.replay.journalled import journalled
from scenarios.replay.rerun import rerun
from scenarios.replay.worth import change_of, held_back
from tests.unit.scenarios.replay.conftest import content
from tests.unit.scenarios.replay.mill import silent
from twin.domain.problems import BadInput


def numbers(node):
    """Every number below ``node``."""
    if isinstance(node, dict):
        return [number for held in node.values() for number in numbers(held)]
    return [node]


def test_a_box_swapped_by_itself_makes_no_difference(again):
    figures, _ = again
    assert set(map(float, numbers(figures["difference"]))) == {0.0}
    assert figures["as_is"] == figures["swapped"]


def test_as_it_is_decides_in_the_middle_what_was_decided_on_air(again, stretch):
    figures, _ = again
    assert figures["quarter_hours_as_on_air"] == figures["ticks"] == stretch.ticks == 4
    assert figures["as_is"]["orders"]["sent"] > 0


def test_the_state_directory_is_the_same_byte_for_byte(again, evening):
    _, before = again
    assert content(evening.state) == before


def test_figures_hold_the_three_kpis_forecasts_orders_and_violations(again):
    figures, _ = again
    assert set(figures["as_is"]) == {"kpis", "pinball_mw", "orders", "order_list", "violations"}
    assert set(figures["as_is"]["kpis"]) == {"economic", "grid", "climate"}
    assert {"load", "load_calm", "pv"} == set(figures["as_is"]["pinball_mw"])


@pytest.fixture(scope="module")
def without(stretch):
    """The hour without the box that charges batteries while the town draws most."""
    return rerun(stretch, held_back(stretch.ready.site, "mover", stretch), silent, silent)


def test_a_box_that_charges_at_the_peak_costs_more_than_it_earns(again, without):
    figures, _ = again
    assert figures["as_is"]["kpis"]["economic"]["value"]["total_chf"] > without.kpis["economic"].value["total_chf"] + 0.01
    assert without.orders["accepted"] == 0


def test_a_champion_is_held_against_its_fallback_for_the_whole_window(stretch):
    change = change_of(stretch, "mover", None)
    (outage,) = change.other.box_outages
    assert (outage.box, outage.at) == ("mover", stretch.begin)
    assert outage.until > stretch.end


def test_a_champion_replaces_nobody(stretch):
    with pytest.raises(BadInput, match="--against: 'pv'; expected no other box"):
        change_of(stretch, "load", "pv")


def test_reading_holds_up_no_writer(evening, tmp_path):
    state = tmp_path / "state"
    shutil.copytree(evening.state, state)
    run = journalled(state)
    records = run.records()
    next(records)
    writer = sqlite3.connect(state / "journal.sqlite", isolation_level=None)
    writer.execute("INSERT INTO ops (at, kind, detail) VALUES ('2016-01-25', 'tick', '{}')")
    busy, _, _ = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    writer.close()
    assert busy == 0
    assert len(list(records)) == len(run.moments) - 1
