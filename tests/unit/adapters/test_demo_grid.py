"""The figures of the demo town that its grid and profiles must show."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandapower as pp
import pandas as pd
import pytest
import simbench
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from twin.adapters.grid_simbench import START, build_simbench
from twin.adapters.prepared import WRAP_STEPS, cache_key, cached, prepare
from twin.domain.grid import NORMAL
from twin.domain.problems import BadInput
from twin.engines import make_engine
from twin.engines.reference import run_pandapower
from twin.engines.topology import light_copy
from twin.site.tables import GridTable

GWH = 1 / 4000.0  # quarter-hour MW to GWh


def pv_columns(net):
    return np.flatnonzero(net.sgen["kind"].eq("pv"))


def test_town_has_35_7_megawatt_peak_of_photovoltaics(demo_net):
    kwp = 1000 * demo_net.sgen.loc[demo_net.sgen["kind"].eq("pv"), "sn_mva"].sum()
    assert kwp == pytest.approx(35_696.6, abs=0.1)  # the declared ratings, to their last digit


def test_panels_yield_943_kwh_per_kwp_behind_their_inverters(demo, demo_net):
    columns = pv_columns(demo_net)
    cap = demo_net.sgen["max_p_mw"].to_numpy()[columns]
    energy = np.minimum(demo.profiles["sgen_available_p_mw"][:, columns], cap).sum(dtype=float) / 4.0
    assert energy / demo_net.sgen["sn_mva"].to_numpy()[columns].sum() == pytest.approx(943.0, abs=1.0)  # rounding of the source


def test_hydro_gives_8_1_gwh(demo, demo_net):
    hydro = np.flatnonzero(demo_net.sgen["kind"].eq("hydro"))
    assert demo.profiles["sgen_available_p_mw"][:, hydro].sum(dtype=float) * GWH == pytest.approx(8.14, abs=0.01)


def test_published_demand_is_73_gwh_before_heat_pumps_and_cars(demo):
    assert demo.profiles["load_p_mw"].sum(dtype=float) * GWH == pytest.approx(73.0, abs=0.05)


def test_generation_is_never_negative(demo):
    assert demo.profiles["sgen_available_p_mw"].min() >= 0.0


def test_profiles_have_no_gap(demo):
    assert all(np.isfinite(array).all() for array in demo.profiles.values())


def test_every_transformer_has_a_tap_changer_type(demo_net):
    # without it pandapower 3 ignores the position
    assert set(demo_net.trafo["tap_changer_type"]) == {"Ratio"}


def test_ignoring_the_taps_would_move_the_busbars(demo_net):
    ours = make_engine("batch", demo_net).reference_vm_pu
    ignored = light_copy(demo_net)
    ignored.trafo["tap_changer_type"] = None
    assert run_pandapower(ignored)
    difference = np.abs(ours(NORMAL, xr.Dataset()) - ignored.res_bus["vm_pu"].to_numpy())
    assert difference.max() > 0.015  # one step of 1.5 % on the main transformers, 2.5 % on the typed ones


def test_shipped_storages_are_replaced_by_declared_batteries(demo_net):
    assert len(demo_net.storage) == 25
    assert demo_net.storage["bus"].iloc[0] == 110
    assert demo_net.storage["p_mw"].dtype == float
    assert demo_net.storage["max_p_mw"].sum() == pytest.approx(1.0 + 24 * 0.005)


def test_typed_stations_carry_their_load_behind_an_own_transformer(demo_net):
    stations = demo_net.trafo[demo_net.trafo["hv_bus"].isin([19, 20, 63, 141])]
    assert sorted(stations["sn_mva"]) == [0.25, 0.4, 0.4, 0.4]
    assert set(stations["tap_pos"]) == {1}
    assert not demo_net.load["bus"].isin([19, 20, 63, 141]).any()
    assert set(demo_net.load["bus"]) > set(stations["lv_bus"])


def test_neighbourhood_holds_112_loads_and_382_kwp(demo, demo_net):
    zone = next(zone for zone in demo.zones if zone.name == "neighbourhood")
    roof = next(zone for zone in demo.zones if zone.name == "school_roof")
    plants = [*zone.pv_sgens, *roof.pv_sgens]
    assert len(zone.loads) == 112
    assert 1000 * demo_net.sgen.loc[plants, "sn_mva"].sum() == pytest.approx(zone.pv_kwp, abs=0.5)
    assert roof.pv_sgens == (139,)


def test_zones_share_no_element(demo, demo_net):
    loads = [index for zone in demo.zones for index in zone.loads]
    assert sorted(loads) == sorted(demo_net.load.index)


# ---------------------------------------------------------------------------------------------- clock


def local_stamp(row):
    return (START + timedelta(minutes=15 * row)).astimezone(ZoneInfo("Europe/Zurich")).strftime("%d.%m.%Y %H:%M")


@pytest.fixture(scope="module")
def shipped():
    """SimBench's own text stamps, straight from its file."""
    folder = Path(simbench.__path__[0]) / "networks" / "1-complete_data-mixed-all-1-sw"
    return pd.read_csv(folder / "LoadProfile.csv", sep=";", usecols=["time"])["time"].to_list()


def test_row_number_is_the_clock_at_both_changes(shipped):
    for row in (0, 8_263, 8_264, 8_265, 29_087, 29_088, 29_092, 29_096, 35_135):
        assert shipped[row] == local_stamp(row)


def test_sun_stands_highest_when_panels_give_most(demo, demo_net):
    # PV5 points south: the middle of its clear days is solar noon, 11:15 UTC at 11.37 degrees east
    column = int(np.flatnonzero(demo_net.sgen["profile"].eq("PV5"))[0])
    days = demo.profiles["sgen_available_p_mw"][4 : 4 + 364 * 96, column].reshape(364, 96)
    clear = np.argsort(days[90:240].sum(axis=1))[-10:] + 90
    hour = (np.arange(96) + 0.5) / 4.0
    centre = (days[clear] * hour).sum() / days[clear].sum()
    assert centre == pytest.approx(11.25, abs=0.35)  # clouds shift a day's centre by minutes; the unrolled rows are 1 h off


# ----------------------------------------------------------------------------------------------- wrap


def row_and_instant(rows, instant):
    row = int(rows(np.array([int(instant.timestamp())]))[0])
    assert 0 <= row < 35_136
    return row, START + timedelta(minutes=15 * row)


@given(st.integers(min_value=-3 * 366 * 96, max_value=6 * 366 * 96))
def test_sun_s_rows_keep_weekday_and_time_of_day_in_utc(demo, steps):
    instant = START + timedelta(minutes=15 * steps)
    _, found = row_and_instant(demo.rows, instant)
    assert (found.weekday(), found.time()) == (instant.weekday(), instant.time())
    assert (instant - found) % timedelta(days=364) == timedelta(0)


@given(st.integers(min_value=-3 * 366 * 96, max_value=6 * 366 * 96))
def test_people_s_rows_keep_weekday_and_time_of_day_on_the_wall(demo, steps):
    instant = START + timedelta(minutes=15 * steps)
    _, found = row_and_instant(demo.stamped_rows, instant)
    wall, then = (each.astimezone(ZoneInfo("Europe/Zurich")) for each in (instant, found))
    skipped = (then.month, then.day, then.hour) == (3, 27, 3) and wall.hour == 2  # the hour that the profiles' spring skips
    assert skipped or (then.weekday(), then.time()) == (wall.weekday(), wall.time())


def test_between_two_years_clock_changes_people_rise_by_the_wall_and_the_sun_does_not(demo):
    # 2015 went back to winter time on 25 October, the profiles' year on the 30th
    monday = datetime(2015, 10, 26, 7, 0, tzinfo=ZoneInfo("Europe/Zurich"))
    people, _ = row_and_instant(demo.stamped_rows, monday)
    sun, _ = row_and_instant(demo.rows, monday)
    assert people == sun - 4
    assert local_stamp(people) == "24.10.2016 07:00"


def test_rows_within_the_year_are_the_quarter_hours_themselves(demo):
    for rows in (demo.rows, demo.stamped_rows):
        assert row_and_instant(rows, START)[0] == 0
        assert row_and_instant(rows, datetime(2016, 12, 31, 22, 45, tzinfo=UTC))[0] == 35_135
        assert row_and_instant(rows, datetime(2016, 12, 31, 23, 0, tzinfo=UTC))[0] == 35_136 - WRAP_STEPS


# ---------------------------------------------------------------------------------------------- cache


def test_second_start_maps_the_cache(demo, demo_site, processor_s):
    assert processor_s(lambda: prepare(demo_site), repeat=3) < 0.3
    assert isinstance(prepare(demo_site).profiles["load_p_mw"], np.memmap)


def test_cached_net_solves_like_the_first(demo):
    first, second = demo.net(), demo.net()
    second.load["p_mw"] = 0.0  # a net of one's own: the other is untouched
    pp.runpp(first)
    assert first.converged
    assert first.load["p_mw"].sum() > 50.0


def test_another_overlay_is_another_cache_entry(demo_site):
    other = demo_site.model_copy(
        update={
            "grid": demo_site.grid.model_copy(
                update={"overlay": demo_site.grid.overlay.model_copy(update={"slack_vm_pu": 1.0})}
            )
        }
    )
    assert cache_key(other) != cache_key(demo_site)


def test_damaged_cache_is_not_used(demo, tmp_path, monkeypatch, demo_site):
    monkeypatch.setenv("REGIE_CACHE", str(tmp_path))
    copy = tmp_path / demo.folder.name
    shutil.copytree(demo.folder, copy)
    assert cached(demo_site) is not None
    with (copy / "load_p_mw.npy").open("r+b") as file:
        file.truncate(1000)
    assert cached(demo_site) is None


def test_unknown_simbench_code_is_refused_by_name():
    grid = GridTable(source="simbench", code="1-MV-moon--0-sw")
    with pytest.raises(BadInput, match="1-MV-moon--0-sw"):
        build_simbench(grid, (), file="own.toml", progress=lambda step, share: None)
