"""From zone power and habit to the current of a line."""

import numpy as np
import pytest

from twin.boxes.maintenance.lines.facts import BEST, COOL, HOT
from twin.boxes.maintenance.lines.outlook import CurrentRelation, current_ahead, fit_relation, habit

WEEK = 7 * 96


def test_relation_is_found_through_reverse_flow() -> None:
    power = np.linspace(-4.0, 6.0, WEEK)
    found = fit_relation(np.sqrt(0.002 * power**2 + 0.001), power)
    assert found is not None
    assert (found.per_mw2, found.floor) == (pytest.approx(0.002), pytest.approx(0.001))
    assert found.spread == pytest.approx(0.0, abs=1e-12)


def test_too_little_telemetry_gives_no_relation() -> None:
    assert fit_relation(np.full(50, 0.1), np.linspace(1.0, 2.0, 50)) is None


def test_line_that_empties_while_its_zone_fills_follows_something_else() -> None:
    power = np.linspace(1.0, 6.0, WEEK)
    assert fit_relation(np.sqrt(0.1 - 0.002 * power**2), power) is None


def test_lower_net_power_is_the_higher_current_in_reverse_flow() -> None:
    lanes = CurrentRelation(0.002, 0.0, 0.0).current_ka(np.array([[-3.0, -2.0, -4.0]]))
    assert lanes[0, HOT] == pytest.approx(np.sqrt(0.002) * 4.0)
    assert lanes[0, COOL] < lanes[0, BEST] < lanes[0, HOT]


def test_a_feeder_that_follows_its_town_badly_has_a_wide_band() -> None:
    power = np.array([[3.0, 3.2, 2.8]])
    exact, loose = (CurrentRelation(0.002, 0.0, spread).current_ka(power) for spread in (0.0, 0.004))
    assert loose[0, HOT] - loose[0, COOL] > 3.0 * (exact[0, HOT] - exact[0, COOL])


def test_habit_is_yesterday_between_the_extremes_of_the_week() -> None:
    days = np.repeat([[0.1], [0.3], [0.2], [0.2], [0.2], [0.2], [0.15]], 96, axis=1).ravel()
    lanes = habit(days, 0.0, 192)
    assert (lanes[:, BEST] == 0.15).all()
    assert (lanes[:, HOT] == 0.3).all()
    assert (lanes[:, COOL] == 0.1).all()


def test_quarter_hour_that_no_day_has_holds_the_last_good() -> None:
    lanes = habit(np.full(WEEK, np.nan), 0.12, 96)
    assert (lanes == 0.12).all()


def test_forecast_goes_as_far_as_it_reaches_and_habit_after_it() -> None:
    net = np.full((192, 3), np.nan)
    net[:96] = [3.0, 3.5, 2.5]
    lanes, steps = current_ahead(CurrentRelation(0.002, 0.0, 0.0), net, np.full((192, 3), 0.05))
    assert steps == 96
    assert (lanes[96:] == 0.05).all()
    assert lanes[0, BEST] == pytest.approx(np.sqrt(0.002) * 3.0)


def test_line_without_relation_goes_by_habit() -> None:
    lanes, steps = current_ahead(None, np.ones((192, 3)), np.full((192, 3), 0.05))
    assert steps == 0
    assert (lanes == 0.05).all()
