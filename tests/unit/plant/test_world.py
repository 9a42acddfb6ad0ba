"""Another world for a while: who draws and makes more or less, when, and what stays as it was."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.plant.conftest import START, Demo
from twin.adapters.changed_outside import ChangedOutside
from twin.adapters.telemetry_silenced import heard
from twin.plant.cars import Cars
from twin.plant.demand import Day
from twin.plant.plant import SimulatedPlant
from twin.plant.world import World
from twin.site import Site
from twin.site.rehearsed import WorldChange
from twin.site.rules import PlantEvent
from twin.site.tables import Silence

QUARTER = timedelta(minutes=15)
NOON = datetime(2016, 5, 22, 10, tzinfo=START.tzinfo)


def change(quantity: str, *, at: datetime = START, quarters: int = 4, **how: Any) -> WorldChange:
    return WorldChange(quantity=quantity, at=at, until=at + quarters * QUARTER, **how)


def with_world(site: Site, *changes: WorldChange, **more: Any) -> Site:
    assert site.plant is not None
    return site.model_copy(update={"plant": site.plant.model_copy(update={"world": changes, **more})})


def plant_of(demo: Demo, site: Site) -> SimulatedPlant:
    return SimulatedPlant(site, demo.prepared, demo.engine, ChangedOutside.of(site, demo.outside), obeys=True)


def day_of(demo: Demo, at: datetime, *changes: WorldChange) -> tuple[Day, int]:
    """The changed day and the row of ``at``."""
    label = int(at.timestamp())
    day = plant_of(demo, with_world(demo.site, *changes))._life.demand.day(label)
    return day, (label - day.start_s) // 900


@pytest.fixture(scope="module")
def evening(demo: Demo) -> tuple[Day, int]:
    return day_of(demo, START)


@pytest.fixture(scope="module")
def noon(demo: Demo) -> tuple[Day, int]:
    return day_of(demo, NOON)


def lumped_cars_mw(demo: Demo, day: Day, row: int) -> float:
    twice, _ = day_of(demo, START, change("cars", times=0.0))
    return float(day.load_p_mw[row].sum() - twice.load_p_mw[row].sum())


def test_a_world_without_changes_is_the_published_one_to_the_last_bit(demo: Demo, evening: tuple[Day, int]) -> None:
    day, _ = evening
    same, _ = day_of(demo, START, change("load", at=START + timedelta(days=2), times=3.0))
    assert np.array_equal(same.load_p_mw, day.load_p_mw)
    assert np.array_equal(same.sgen_p_mw, day.sgen_p_mw)


def test_more_load_is_more_of_all_but_heat_pumps_and_cars(demo: Demo, evening: tuple[Day, int]) -> None:
    day, row = evening
    more, _ = day_of(demo, START, change("load", times=1.5))
    own = day.load_p_mw[row].sum() - day.heat_p_mw[row].sum() - lumped_cars_mw(demo, day, row)
    assert more.load_p_mw[row].sum() - day.load_p_mw[row].sum() == pytest.approx(0.5 * own, rel=1e-9)
    assert np.array_equal(more.heat_p_mw, day.heat_p_mw)


def test_a_change_holds_from_its_first_label_to_before_its_end(demo: Demo, evening: tuple[Day, int]) -> None:
    day, row = evening
    more, _ = day_of(demo, START, change("load", times=2.0, quarters=3))
    differs = np.flatnonzero((more.load_p_mw != day.load_p_mw).any(axis=1))
    assert differs.tolist() == [row, row + 1, row + 2]


def test_load_of_one_zone_changes_behind_its_transformer_only(demo: Demo, evening: tuple[Day, int]) -> None:
    day, row = evening
    more, _ = day_of(demo, START, change("load", times=2.0, zones=("neighbourhood",)))
    held = {int(load) for zone in demo.prepared.zones if zone.name == "neighbourhood" for load in zone.loads}
    differs = np.flatnonzero(more.load_p_mw[row] != day.load_p_mw[row])
    assert len(differs) > 100
    assert {int(demo.prepared.load[i]) for i in differs} <= held


def test_sun_of_a_zone_reaches_the_zones_inside_it_and_not_the_sites_irradiance(demo: Demo, noon: tuple[Day, int]) -> None:
    day, row = noon
    dark, _ = day_of(demo, NOON, change("sun", at=NOON, times=0.0, zones=("neighbourhood",)))
    zones = [zone for zone in demo.prepared.zones if zone.name in ("neighbourhood", "school_roof")]
    inside = np.isin(demo.prepared.sgen, [sgen for zone in zones for sgen in zone.pv_sgens])
    assert inside.sum() > 1
    assert dark.sgen_p_mw[row, inside].sum() == 0.0
    assert np.array_equal(dark.sgen_p_mw[:, ~inside], day.sgen_p_mw[:, ~inside])
    assert np.array_equal(dark.outside["ghi_w_m2"], day.outside["ghi_w_m2"])


def test_sun_everywhere_changes_panels_and_irradiance_alike_and_no_hydro(demo: Demo, noon: tuple[Day, int]) -> None:
    day, row = noon
    dim, _ = day_of(demo, NOON, change("sun", at=NOON, times=0.3))
    pv = plant_of(demo, demo.site)._life.town.pv
    assert dim.outside["ghi_w_m2"][row] == pytest.approx(0.3 * day.outside["ghi_w_m2"][row])
    assert (dim.sgen_p_mw[row, pv] <= 0.3 / 0.7 * day.sgen_p_mw[row, pv] + 1e-9).all()  # what a cap had cut gives way first
    assert np.array_equal(dim.sgen_p_mw[:, ~pv], day.sgen_p_mw[:, ~pv])


def test_no_sun_makes_an_inverter_exceed_its_cap_nor_much_water_a_turbine_its_rating(demo: Demo) -> None:
    bright, row = day_of(demo, NOON, change("sun", at=NOON, times=5.0), change("hydro", at=NOON, times=50.0))
    cap = plant_of(demo, demo.site)._life.town.sgen_cap_mw
    assert (bright.sgen_p_mw[row] <= cap).all()
    assert bright.outside["ghi_w_m2"][row] <= 1400.0  # what the site's channel takes


def test_dry_river_stops_hydro_alone(demo: Demo, noon: tuple[Day, int]) -> None:
    day, row = noon
    dry, _ = day_of(demo, NOON, change("hydro", at=NOON, times=0.0))
    pv = plant_of(demo, demo.site)._life.town.pv
    assert day.sgen_p_mw[row, ~pv].sum() > 0.1
    assert dry.sgen_p_mw[row, ~pv].sum() == 0.0
    assert np.array_equal(dry.sgen_p_mw[:, pv], day.sgen_p_mw[:, pv])


def test_heat_pumps_follow_a_colder_world_through_their_lag(demo: Demo, evening: tuple[Day, int]) -> None:
    day, row = evening
    cold, _ = day_of(demo, START, change("temp_c", add=-4.0, quarters=32))
    gain = cold.heat_p_mw.sum(axis=1) - day.heat_p_mw.sum(axis=1)
    assert cold.outside["temp_c"][row] == day.outside["temp_c"][row] - 4.0
    assert 0.0 < gain[row] < gain[row + 8] < gain[row + 24]


def test_more_heat_pumps_are_more_of_their_power_alone(demo: Demo, evening: tuple[Day, int]) -> None:
    day, row = evening
    more, _ = day_of(demo, START, change("heat_pumps", times=1.2))
    gained = more.load_p_mw[row] - day.load_p_mw[row]
    assert gained == pytest.approx(0.2 * day.heat_p_mw[row], abs=1e-12)


def test_changes_act_in_the_order_of_the_file(demo: Demo, evening: tuple[Day, int]) -> None:
    day, row = evening
    first, then = change("temp_c", times=2.0), change("temp_c", add=1.0)
    outside = [day_of(demo, START, *order)[0].outside["temp_c"][row] for order in ((first, then), (then, first))]
    published = day.outside["temp_c"][row]
    assert outside == pytest.approx([2.0 * published + 1.0, 2.0 * (published + 1.0)])


def test_a_path_gives_each_quarter_hour_its_own_factor_and_ends_at_one() -> None:
    walk = change("load", at=START + timedelta(minutes=10), quarters=4, times=2.0, path=(1.5, 0.5))
    labels = int(START.timestamp()) + 900 * np.arange(7)
    assert walk.factor(labels).tolist() == [1.0, 3.0, 1.0, 2.0, 2.0, 1.0, 1.0]


def test_a_car_that_comes_home_in_the_span_needs_more_and_the_others_what_they_needed(demo: Demo) -> None:
    cars = plant_of(demo, demo.site)._life.town.cars
    day = cars.clock.day(int(START.timestamp()))
    usual = cars.sessions(day)
    hungry = Cars(cars.seed, cars.clock, cars.names, cars.rated_mw, World((change("cars", times=2.0, quarters=8),)))
    within = (usual.arrival_s >= START.timestamp()) & (usual.arrival_s < (START + 8 * QUARTER).timestamp())
    assert within.any()
    assert hungry.sessions(day).energy_mwh == pytest.approx(np.where(within, 2.0, 1.0) * usual.energy_mwh)


# ---------------------------------------------------------------------------------------------- one past for all


END = START - timedelta(hours=4)


def past_files(demo: Demo, folder: Path, *sites: Site) -> int:
    for site in sites:
        plant = plant_of(demo, site)
        plant._folder = folder
        plant.history(END - timedelta(hours=2), END)
    return len(list(folder.glob("past-*.bin")))


def test_whatever_happens_later_a_town_has_one_past(demo: Demo, tmp_path: Path) -> None:
    trip = PlantEvent(at=END, kind="outage", element="trafo.0", until=END + QUARTER)
    silence = Silence(channels=("*",), at=END - QUARTER, until=END + QUARTER)
    telemetry = demo.site.telemetry.model_copy(update={"silences": (silence,)})
    sites = [
        demo.site,
        with_world(demo.site, change("load", at=END, times=2.0), events=(trip,)),
        demo.site.model_copy(update={"telemetry": telemetry}),
    ]
    assert past_files(demo, tmp_path, *sites) == 1
    assert past_files(demo, tmp_path, with_world(demo.site, change("sun", at=END, times=0.5, foreseen=False))) == 1


def test_what_happened_in_it_makes_another_past(demo: Demo, tmp_path: Path) -> None:
    last = END - QUARTER
    trip = PlantEvent(at=END - timedelta(seconds=1), kind="outage", element="line.66")
    sites = [
        demo.site,
        with_world(demo.site, change("load", at=last, times=2.0)),
        with_world(demo.site, events=(trip,)),
    ]
    assert past_files(demo, tmp_path, *sites) == 3


def test_a_changed_world_in_the_past_is_in_its_readings(demo: Demo, tmp_path: Path) -> None:
    told = []
    for site in (demo.site, with_world(demo.site, change("load", at=END - 4 * QUARTER, times=0.5, quarters=99))):
        plant = plant_of(demo, site)
        plant._folder = tmp_path
        readings = plant.history(END - timedelta(hours=2), END)
        mine = readings.channel == demo.site.channel_index["trafo.0.p_mw"]
        told.append(dict(zip(readings.valid_time_s[mine].tolist(), readings.value[mine].tolist(), strict=True)))
    first, label = int((END - timedelta(hours=2)).timestamp()), int((END - QUARTER).timestamp())
    assert told[0][first] == told[1][first]
    assert told[1][label] < 0.9 * told[0][label]


def test_a_checkpoint_knows_what_is_still_to_happen(demo: Demo) -> None:
    plant = plant_of(demo, demo.site)
    plant.read(END)
    other = plant_of(demo, with_world(demo.site, change("load", at=START, times=2.0)))
    with pytest.raises(Exception, match="checkpoint of the simulated plant"):
        other.restore(plant.checkpoint())


def test_a_plant_and_its_do_nothing_twin_fall_silent_alike(demo: Demo) -> None:
    silence = Silence(channels=("*.p_mw",), at=START, until=START + 2 * QUARTER)
    telemetry = demo.site.telemetry.model_copy(update={"silences": (silence,)})
    site = demo.site.model_copy(update={"telemetry": telemetry})
    powers = [i for i, channel in enumerate(site.channels) if channel.name.endswith(".p_mw")]
    sides = [heard(site, demo.plant(obeys=obeys)) for obeys in (True, False)]
    for step in range(4):
        live, alone = (side.read(START + step * QUARTER) for side in sides)
        label = int((START + (step - 1) * QUARTER).timestamp())
        spoken = np.isin(live.channel, powers) & (live.valid_time_s == label)
        assert spoken.any() == (step in (0, 3))
        assert np.array_equal(live.value, alone.value, equal_nan=True)
