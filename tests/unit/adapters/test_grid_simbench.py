"""Any SimBench code: whole, with every plant at its published rating, or refused by name."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import simbench

from twin.adapters.grid_simbench import build_simbench, read_simbench
from twin.domain.problems import BadInput
from twin.site.tables import GridTable


def published(table, scenario, subnet):
    """Rows of simbench's own file for one subnet."""
    folder = Path(simbench.__path__[0]) / "networks" / f"1-complete_data-mixed-all-{scenario}-sw"
    rows = pd.read_csv(folder / f"{table}.csv", sep=";")
    return rows[rows["subnet"].str.split("_").str[0] == subnet]


@pytest.fixture(scope="module")
def commercial():
    """The commercial MV grid of scenario 2: lumped plants with storages, and a 10 MW storage alone at its bus."""
    grid = GridTable(source="simbench", code="1-MV-comm--2-sw")
    return build_simbench(grid, (), file="own.toml", progress=lambda step, share: None)


def test_no_panel_of_a_storage_is_lost_or_counted_twice(commercial):
    sgen = commercial.net.sgen
    peak_mw = sgen["sn_mva"].where(sgen["kind"] == "pv", sgen["p_mw"]).sum()
    plants, storages = published("RES", 2, "MV4.101"), published("Storage", 2, "MV4.101")
    assert len(storages) == 80
    assert peak_mw == pytest.approx(plants["pRES"].sum() + storages["sR"].sum(), rel=1e-9)  # sums of the same numbers
    assert commercial.net.storage.empty


def test_a_storage_alone_at_its_bus_becomes_the_plant_that_its_profile_was_made_of(commercial):
    sgen = commercial.net.sgen
    [alone] = sgen.index[sgen["type"] == "PV_Storage_MV"]
    assert sgen.loc[alone, ["kind", "profile", "p_mw", "sn_mva"]].to_list() == ["pv", "PV6", 10.0, 10.0]
    column = commercial.profiles["sgen_available_p_mw"][:, sgen.index.get_loc(alone)]
    assert column.max() == pytest.approx(10.0 * commercial_pv6(), rel=1e-6)  # float32


def commercial_pv6():
    folder = Path(simbench.__path__[0]) / "networks" / "1-complete_data-mixed-all-2-sw"
    return pd.read_csv(folder / "RESProfile.csv", sep=";", usecols=["PV6"])["PV6"].max()


def test_profiles_fit_the_net_and_have_no_gap(commercial):
    net, profiles = commercial.net, commercial.profiles
    assert profiles["sgen_available_p_mw"].shape == (35_136, len(net.sgen))
    assert profiles["load_p_mw"].shape == (35_136, len(net.load))
    assert all(np.isfinite(array).all() for array in profiles.values())


def test_a_plant_s_peak_is_its_power_and_not_its_inverter_s_rating():
    # scenario 0 rates an inverter of rural 2 at twice the panels behind it
    plants = published("RES", 0, "LV2.101")
    assert (plants["sR"] / plants["pRES"]).max() == pytest.approx(1.95, abs=0.01)  # 53.76 kVA, 27.6 kWp
    assert read_simbench("1-LV-rural2--0-sw").sgen["sn_mva"].sum() == pytest.approx(plants["pRES"].sum(), rel=1e-9)


def test_a_grid_with_the_highest_level_is_refused_for_a_live_site():
    grid = GridTable(source="simbench", code="1-EHV-mixed--0-sw")
    with pytest.raises(BadInput) as refused:
        build_simbench(grid, (), file="own.toml", progress=lambda step, share: None)
    places = [problem.place.split()[0] for problem in refused.value.problems]
    assert places.count("net.gen") == 338  # the power plants of the published grid
    assert all(problem.remedy for problem in refused.value.problems)
