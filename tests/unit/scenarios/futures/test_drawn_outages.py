"""Outages of futures: a Poisson process by length and number, and what follows each."""

from datetime import timedelta

import numpy as np
import pytest
from small_start import START, TIE, small_start, small_town, street_net

from scenarios.file.scenario import Ensemble
from scenarios.futures.chances import Chances
from scenarios.futures.outages import HOURS_PER_YEAR, Outage, Rates, drawn_outages
from scenarios.futures.solve import FutureSolver
from twin.site.rules import PlantEvent

DRAWN, HOURS = 2000, 24.0


@pytest.fixture(scope="module")
def rates():
    # two outages a day and street: rates that no street has, so that 2,000 futures tell the law
    return Rates.of(street_net(), line_per_100km_year=2.0 * HOURS_PER_YEAR / 24.0 / 0.012 * 0.9, trafo_per_year=36.5 * 2.0)


@pytest.fixture(scope="module")
def drawn(rates):
    return [drawn_outages(rates, number, seed=2, start=START, hours=HOURS, repair_hours=3.0) for number in range(DRAWN)]


def test_a_seed_that_is_given_draws_other_futures_than_the_scenario_s_own(rates):
    own = Ensemble(seed=3)
    seeds = [Chances.of(own, 1, seed).seed for seed in (None, 0, 7)]
    assert seeds == [3, 0, 7]
    first, again, other = (
        drawn_outages(rates, 1, seed=seed, start=START, hours=10 * HOURS, repair_hours=3.0) for seed in (3, 3, 7)
    )
    assert first == again != other


def test_counts_of_outages_follow_the_law_of_poisson(rates, drawn):
    counts, mean = np.array([len(outages) for outages in drawn]), rates.per_hour.sum() * HOURS
    assert mean == pytest.approx(2.0, rel=1e-9)
    # four standard deviations of the mean and of the variance (of a Poisson variable: sqrt((mean + 2 mean^2) / n))
    assert counts.mean() == pytest.approx(mean, abs=4.0 * np.sqrt(mean / DRAWN))
    assert counts.var() == pytest.approx(mean, abs=4.0 * np.sqrt((mean + 2.0 * mean**2) / DRAWN))


def test_long_lines_go_out_as_much_more_often_as_they_are_longer(rates, drawn):
    labels = [outage.label for outages in drawn for outage in outages]
    short, long = (sum(label in (f"line:{i}", f"line:{i + 3}") for label in labels) for i in (0, 2))
    # three times as long; four standard deviations of the ratio of two counts of 600 and 1,800
    assert long / short == pytest.approx(3.0, abs=4.0 * 3.0 * np.sqrt(1.0 / short + 1.0 / long))
    assert sum(label == "trafo:0" for label in labels) == pytest.approx(
        len(labels) * 0.1, abs=4.0 * np.sqrt(len(labels) * 0.09)
    )


def test_outages_begin_within_the_window_at_any_time_of_it(drawn):
    hours = np.array([(outage.at - START) / timedelta(hours=1) for outages in drawn for outage in outages])
    assert hours.min() >= 0.0
    assert hours.max() < HOURS
    # four standard deviations of the mean of a uniform time
    assert hours.mean() == pytest.approx(HOURS / 2.0, abs=4.0 * HOURS / np.sqrt(12.0 * len(hours)))


def test_without_a_rate_nothing_goes_out():
    nothing = Rates.of(street_net(), line_per_100km_year=0.0, trafo_per_year=0.0)
    assert drawn_outages(nothing, 1, seed=2, start=START, hours=1e6, repair_hours=3.0) == []


def _solver(**more):
    return FutureSolver(small_town(**more), small_start(steps=16), Chances(seed=3, repair_hours=3.0))


def test_what_an_outage_leaves_dark_is_back_when_the_tie_is_closed_and_the_tie_opens_with_the_repair():
    solver = _solver()
    topology = solver.fate.topologies([Outage("line", 1, START + timedelta(minutes=20), START + timedelta(hours=3))])
    out = [1 in one.out_lines for one in topology]
    tied = [TIE in one.closed_switches for one in topology]
    # middles of quarter hours: out from 11:20 to 14:00, the crew has closed the switch at 12:20
    assert out == [False] + [True] * 11 + [False] * 4
    assert tied == [False] * 5 + [True] * 7 + [False] * 4


def test_consumption_without_supply_is_counted_until_somebody_closes_the_tie():
    solver = _solver(events=[PlantEvent(at=START, kind="outage", element="line.1", until=START + timedelta(hours=1))])
    found = solver.solve([0])
    load = solver.start.quantiles[0, 0, 5] * (2.0 + 1.0) / 12.0
    dark = found["unserved_mw"][1, 0]
    # the two houses behind line 1 take a quarter of the street; five sigma of what the forecast leaves open
    assert dark[:4] == pytest.approx(load, abs=0.25 * 5 * 0.02)
    assert not dark[4:].any()
    assert found["unserved"][1, 0, -9:, 0].sum() == 2


def test_an_outage_that_no_switch_can_restore_lasts_until_it_is_repaired():
    solver = _solver()
    topology = solver.fate.topologies([Outage("trafo", 0, START, START + timedelta(hours=2))])
    assert [0 in one.out_trafos for one in topology] == [True] * 8 + [False] * 8
    assert not any(one.closed_switches for one in topology)
