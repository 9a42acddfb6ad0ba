"""How many true values of real series are taken for spikes, and how many wild ones of one in a hundred are found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from forecasts.data.cleaning import clean
from forecasts.data.table import paths_of, read_table
from twin.domain.problems import Problems

# File, column, kind, step, and the values that look like spikes: found by eye among their neighbours, and left as they are.
SERIES = [
    ("swissgrid/load_15min_2019_2020-03-08.parquet", "kWh", "load", 900, 0),
    ("zurich/2021_ewz_bruttolastgang.csv", "bruttolastgang", "load", 900, 0),
    ("zurich/hourly_ne5_ne7_weather_2015_2021.parquet", "Value_NE5", "load", 3600, 0),
    (
        "zurich/hourly_ne5_ne7_weather_2015_2021.parquet",
        "Value_NE7",
        "load",
        3600,
        2,
    ),  # broken-off hours: the first, and an outage's
    ("openstef_nl/get_model_input_pid_287.parquet", "load", "load", 900, 0),
    ("openstef_nl/get_model_input_pid_307.parquet", "load", "load", 900, 0),
    ("ett/ETTh1.csv", "HUFL", "load", 3600, 0),
    ("ett/ETTh1.csv", "MUFL", "load", 3600, 0),
    ("aew_pv_2019/A.csv", "Overall_Consumption_Calc_kW", "load", 900, 0),
    ("aew_pv_2019/A.csv", "Grid_Supply_kW", "load", 900, 3),
    ("citylearn_2022/Building_1.parquet", "non_shiftable_load", "load", 3600, 1),
    ("aew_pv_2019/A.csv", "Generation_kW", "pv", 900, 0),
    ("citylearn_2022/Building_1.parquet", "solar_generation", "pv", 3600, 0),
    ("mix_ecodynelec/CH_2020_ProdMix_hour.parquet", "Wind_Onshore_CH", "wind", 3600, 1),
    ("prices_energy_charts/ch_day_ahead_2021.csv", "Renewable", "hydro", 3600, 1),  # 13.8 GW between 2.7 and 2.6
]
STEADY = [SERIES[i] for i in (0, 1, 2, 3)]


def _values(path: str, column: str) -> np.ndarray:
    table = read_table(paths_of(path, Problems()), [column], Problems())
    assert table is not None
    return table.numbers(column)[0]


@pytest.mark.parametrize(("path", "column", "kind", "step_s", "alike"), SERIES)
def test_true_values_are_not_taken_for_spikes(
    real: Callable[[str], str], path: str, column: str, kind: str, step_s: int, alike: int
) -> None:
    taken = clean(_values(real(path), column), kind=kind, step_s=step_s, capacity_mw=None).taken
    assert len(taken.get("spike", [])) <= alike
    assert "wrong_unit" not in taken


@pytest.mark.parametrize("factor", [1000.0, -1000.0, 10.0, -1.0, 3.0])
@pytest.mark.parametrize(("path", "column", "kind", "step_s", "alike"), STEADY)
def test_wild_values_of_a_steady_load_are_found_and_true_ones_beside_them_kept(
    real: Callable[[str], str], path: str, column: str, kind: str, step_s: int, alike: int, factor: float
) -> None:
    values = _values(real(path), column)[:20_000]
    before = np.isnan(clean(values, kind=kind, step_s=step_s, capacity_mw=None).values)
    at = np.random.default_rng(1).choice(np.flatnonzero(~before), 200, replace=False)
    wild = values.copy()
    wild[at] *= factor
    after = np.isnan(clean(wild, kind=kind, step_s=step_s, capacity_mw=None).values)
    assert np.mean(after[at]) >= 0.99
    assert np.count_nonzero(np.delete(after & ~before, at)) <= 1


@pytest.mark.parametrize("factor", [1000.0, 10.0, -1.0])
def test_wild_values_of_a_plant_by_day_are_found(real: Callable[[str], str], factor: float) -> None:
    values = _values(real("aew_pv_2019/A.csv"), "Generation_kW")
    at = np.random.default_rng(1).choice(np.flatnonzero(values > 0.3 * values.max()), 80, replace=False)
    values[at] *= factor
    assert np.isnan(clean(values, kind="pv", step_s=900, capacity_mw=None).values[at]).all()
