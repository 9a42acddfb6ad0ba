"""Both sides' origin in a tick: what counts, what an event may change, what is said when the lines cannot be followed."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from tests.unit.origin.small_quarter import COLUMNS, FACTS, row
from tests.unit.regie import small_town
from twin.contracts.messages import State
from twin.domain.grid import NORMAL
from twin.domain.quality import Quality
from twin.domain.time import to_epoch_s
from twin.regie.heard import Hearing
from twin.regie.origins import Origins
from twin.regie.tick import Frames, Observation

NOON = datetime(2016, 6, 15, 12, tzinfo=UTC)
STEP = timedelta(minutes=15)
ENGINE = small_town.engine()
UNSOLVED = xr.Dataset({"converged": ((), False)})


def solved():
    """The small town's own powers, solved: enough of a state to follow its lines."""
    model = ENGINE.model(NORMAL)
    found = model.solve(xr.Dataset(), want=("vm_pu", "va_degree")).isel(time=0)
    sizes = {"load": 4, "sgen": 2, "storage": 2}
    return found.assign({f"{table}_p_mw": ((table,), np.full(size, 0.01)) for table, size in sizes.items()})


def rows(**by_label):
    nothing = np.zeros(len(COLUMNS), np.uint8)
    found = {to_epoch_s(NOON + int(name[1:]) * STEP): (values, nothing) for name, values in by_label.items()}
    spoken = dict.fromkeys(found, nothing)
    return Observation(None, None, nothing, nothing, found, {}, {}, spoken)


class Town:
    """Origins of a town with or without its do-nothing twin, tick by tick."""

    def __init__(self, *, twin=True):
        self.said = []
        before = () if twin else None
        self.origins = Origins(FACTS, COLUMNS, ENGINE, self.said.append, Hearing((), ()), before_alone=before)

    def tick(self, number, live, alone=None, *, grid=UNSOLVED, quality=Quality.ESTIMATED, regular=True):
        frames = Frames(live, alone)
        interval = NOON + number * STEP
        state = State(interval + STEP, interval, NORMAL, grid, quality, 1.0, "normal")
        baseline = None if alone is None else grid
        return self.origins.tick(frames, state, NORMAL, baseline, regular=regular)


def test_a_quarter_hour_that_one_side_missed_is_told_of_the_other():
    found = Town().tick(0, rows(q0=row()), rows(q0=row(net=math.nan)))
    assert found.traced.zones["town"].share is not None
    assert found.alone.zones["town"].share is None


def test_when_the_missing_meter_speaks_at_last_only_that_side_is_told_anew():
    town = Town()
    town.tick(0, rows(q0=row()), rows(q0=row(net=math.nan)))
    found = town.tick(1, rows(q1=row()), rows(q0=row(), q1=row()))
    assert found.alone_restated[to_epoch_s(NOON)].zones["town"].p_mw == pytest.approx(8.0)
    assert found.restated == {}  # of ours nothing is told anew
    assert found.alone_to_meta()["restated"].keys() == {str(to_epoch_s(NOON))}


def test_a_meter_that_speaks_at_an_event_is_taken_then():
    town = Town(twin=False)
    before = town.tick(0, rows(q0=row(pv=1.0)))
    event = town.tick(0, rows(q0=row(pv=2.0)), regular=False)
    assert list(event.restated) == [to_epoch_s(NOON)]
    assert event.traced.zones["town"].p_mw == pytest.approx(before.traced.zones["town"].p_mw + 1.0)
    assert event.to_meta(regular=False).keys() == {"restated"}
    assert before.to_meta(regular=True)["origin"]["silent"] == []
    told = event.to_meta(regular=False)["restated"][str(to_epoch_s(NOON))]
    assert (told["silent"], told["late"]) == ([], [])
    assert event.traced == event.restated[to_epoch_s(NOON)] != before.traced
    assert town.tick(1, rows(q1=row())).restated == {}  # and not again


def test_an_event_before_the_first_quarter_hour_tells_nothing():
    found = Town(twin=False).tick(0, rows(q0=row()), regular=False)
    assert (found.traced.method, found.traced.zones["town"].share, found.restated) == ("unknown", None, {})


def test_a_grid_without_solution_is_pooled_and_said_once():
    town = Town(twin=False)
    methods = [town.tick(i, rows(**{f"q{i}": row()}), grid=grid).traced.method for i, grid in enumerate((UNSOLVED,) * 2)]
    methods.append(town.tick(2, rows(q2=row()), grid=solved()).traced.method)
    assert methods == ["pooled", "pooled", "traced"]
    assert [note["event"] for note in town.said] == ["origin_not_traced", "origin_traced"]


def test_the_lines_of_an_older_grid_are_not_followed():
    found = Town(twin=False).tick(0, rows(q0=row()), grid=solved(), quality=Quality.ESTIMATED | Quality.STALE)
    assert found.traced.method == "pooled"
    assert found.patterns == {}


def test_the_week_before_fills_both_ledgers():
    town = Town()
    past = np.stack([row(storage=2.0, big_p=2.0, big_soc=50.0, net=6.0)] * 96)
    town.origins.warm(to_epoch_s(NOON) - 96 * 900, past)
    found = town.tick(0, rows(q0=row()), rows(q0=row()))
    assert found.before == found.before_alone
    assert found.before[0].unknown_mwh < 0.02 * found.before[0].total_mwh
