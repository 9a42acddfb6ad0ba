"""The bill is what was drawn from the grid in the year before, winter and all."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from tests.unit.plant.conftest import Demo
from twin.plant.billing import annual_energy_mwh
from twin.plant.clock import DAY_S
from twin.plant.demand import Demand
from twin.plant.world import World
from twin.site.rehearsed import WorldChange

END_S = int(datetime(2016, 6, 15, tzinfo=UTC).timestamp())


class Asked(Demand):
    """Notes which days were asked for."""

    def day(self, label_s: int):
        self.starts = [*getattr(self, "starts", []), label_s]
        return super().day(label_s)


def test_cars_are_billed_what_their_sessions_draw_whatever_their_chargers_lose(demo: Demo) -> None:
    life = demo.plant()._life
    lossy = replace(life.town, car_efficiency=np.full(len(life.town.car_load), 0.5))
    nobody = replace(lossy, car_load=np.empty(0, dtype=int))
    billed = annual_energy_mwh(life.demand, lossy, END_S) - annual_energy_mwh(life.demand, nobody, END_S)
    drawn = sum(lossy.cars.sessions(day).energy_mwh.sum() for day in range(END_S // DAY_S - 364, END_S // DAY_S))
    # 72 cars, 26,208 days: standard error 0.6 %
    assert billed.sum() == pytest.approx(drawn, rel=0.02)


def test_a_bill_knows_the_52_weeks_before_its_end_and_nothing_later(demo: Demo) -> None:
    life = demo.plant()._life
    asked = Asked(life.town, demo.prepared, demo.outside)
    annual_energy_mwh(asked, life.town, END_S)
    assert END_S - 364 * DAY_S <= min(asked.starts) < END_S - 349 * DAY_S
    assert max(asked.starts) + DAY_S <= END_S


def test_cars_that_always_need_more_are_billed_more(demo: Demo) -> None:
    life = demo.plant()._life
    always = WorldChange(
        quantity="cars", times=1.5, at=datetime(1970, 1, 1, tzinfo=UTC), until=datetime(2200, 1, 1, tzinfo=UTC)
    )
    town = replace(life.town, world=World((always,)))
    more = annual_energy_mwh(life.demand, town, END_S) - annual_energy_mwh(life.demand, life.town, END_S)
    usual = annual_energy_mwh(life.demand, life.town, END_S)
    nobody = annual_energy_mwh(life.demand, replace(life.town, car_load=np.empty(0, dtype=int)), END_S)
    assert more == pytest.approx(0.5 * (usual - nobody), abs=1e-9)
