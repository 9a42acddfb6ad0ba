import pytest

from twin.maintenance.ranking.outage_effects import NO_CLOSURE, commonest
from twin.maintenance.ranking.week import HOURS


def test_both_twins_darken_the_same_load_at_first(effects):
    # 80 kW is the mean of the week's shape: 10 h of 40 kW, 10 h of 80 kW, 4 h of 160 kW; eight quantiles of it come near
    lonely, tied = effects["trafo.1"], effects["trafo.2"]
    assert lonely.before_mw == pytest.approx(tied.before_mw)
    assert lonely.before_mw == pytest.approx(0.08, abs=0.02)


def test_a_tie_brings_all_of_it_back_and_its_absence_nothing(effects, make):
    assert effects["trafo.2"].after_mw == 0.0
    assert effects["trafo.2"].closure == make["tie"]
    assert effects["trafo.1"].after_mw == effects["trafo.1"].before_mw
    assert effects["trafo.1"].closure == NO_CLOSURE


def test_while_a_station_hangs_on_its_neighbour_the_neighbours_failure_darkens_both(effects):
    # at the week's highest load each station carries 160 kW; today the neighbour's own load comes back over the tie
    assert effects["trafo.2"].second_mw == pytest.approx(0.32)


def test_the_hours_that_stand_for_the_week_hold_its_highest_load(week):
    assert week.load_mw[week.typical_hours(8)].max() == week.load_mw.max()
    assert week.hours == HOURS


def test_of_several_closures_the_commonest_serves_and_none_only_where_none_ever_does():
    import numpy as np

    assert commonest(np.array([7, -1, 7, 9])) == 7
    assert commonest(np.array([-1, -1])) == NO_CLOSURE
