"""Every file of ../shared/data is read, or refused with a remedy, and every defect that its README names is met."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import pytest

from forecasts.data.columns import read_columns
from forecasts.data.reading import Loaded, read_series
from forecasts.data.sessions import read_sessions
from forecasts.data.spec import SeriesSpec
from forecasts.data.table import paths_of, read_table
from twin.domain.problems import BadInput, Problems
from twin.domain.quality import Quality

Real = Callable[[str], str]

NE_WEATHER = {"temp_c": "T [°C]", "ghi_w_m2": "StrGlo [W/m2]", "humidity_percent": "Hr [%Hr]", "pressure_hpa": "p [hPa]"}
GEFCOM_WEATHER = {
    "temp_c": "VAR167", "ghi_w_m2": "VAR169", "thermal_w_m2": "VAR175", "top_w_m2": "VAR178", "rain_mm": "VAR228",
    "cloud_share": "VAR164", "humidity_percent": "VAR157", "pressure_hpa": "VAR134", "wind_u_m_s": "VAR165",
}  # fmt: skip
NL_WEATHER = {
    "temp_c": "temp", "ghi_w_m2": "radiation", "cloud_share": "clouds", "humidity_percent": "humidity",
}  # fmt: skip


@lru_cache
def _zurich(path: str) -> Loaded:
    return read_series(_stated(path, "load", "zeitpunkt", "bruttolastgang", "kWh", "end", "Europe/Zurich"))


def _stated(path: str, kind: str, time: str, value: str, unit: str, label: str, zone: str, **more: object) -> SeriesSpec:
    stated = {"path": path, "kind": kind, "time_column": time, "value_column": value, "unit": unit, "label": label}
    return SeriesSpec(**stated, timezone=zone, **more)


def _delivery(path: str, value: str, **more: object) -> Loaded:
    return read_series(_stated(path, "load", "Date", value, "kWh", "start", "UTC", weather_map=NE_WEATHER, **more))


def _utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())


def test_three_years_of_zurich_are_one_series_without_a_gap(real: Real) -> None:
    loaded = _zurich(real("zurich/*_ewz_bruttolastgang.csv"))
    assert loaded.series.start_s == _utc(2018, 12, 31, 23)  # 2019 starts at 0:15, the end of the first quarter hour
    assert loaded.quality.end_s == _utc(2021, 12, 31, 22, 45)
    assert loaded.quality.share_missing <= 1e-5  # one value of 105 215, a dip in March 2019 that looks like a spike


def test_zurich_2020_takes_final_rows_over_preliminary_ones(real: Real) -> None:
    loaded = _zurich(real("zurich/2020_ewz_bruttolastgang.csv"))
    assert loaded.quality.count("superseded") == 13 * 96  # 18 to 30 June
    assert loaded.quality.count("preliminary") == 17 * 96  # 1 to 17 June stand only once
    assert loaded.quality.count("contradicting") == 0
    noon = (_utc(2020, 6, 20, 10) - loaded.series.start_s) // 900
    assert loaded.series.quality[noon] == Quality.GOOD


@pytest.mark.parametrize("year", [2019, 2020, 2021])
def test_zurich_autumn_runs_side_by_side_leave_no_saw_teeth(real: Real, year: int) -> None:
    loaded = _zurich(real(f"zurich/{year}_ewz_bruttolastgang.csv"))
    guessed = np.flatnonzero(loaded.series.quality == Quality.QUESTIONABLE)[-8:]
    around = loaded.series.values[guessed[0] - 1 : guessed[-1] + 2]
    assert loaded.quality.count("clock_guessed") == 8
    assert np.diff(guessed).tolist() == [1] * 7
    assert np.count_nonzero(np.diff(around) > 0) == 1  # one rise, when the boilers are switched on


def test_zurich_low_voltage_loses_its_23_zero_hours_and_the_hour_in_which_they_begin(real: Real) -> None:
    loaded = _delivery(real("zurich/hourly_ne5_ne7_weather_2015_2021.parquet"), "Value_NE7")
    fault = loaded.quality.faults["zero_run"]
    assert fault.count == 23
    assert fault.rows[0] == ("hourly_ne5_ne7_weather_2015_2021.parquet", 26282)
    assert fault.stamps[0] == "2017-12-31T00:00:00+00:00"
    assert ("hourly_ne5_ne7_weather_2015_2021.parquet", 26281) in loaded.quality.faults["spike"].rows


def test_zurich_weather_gaps_are_bridged_up_to_three_hours_only_and_measured_weather_is_called_so(real: Real) -> None:
    loaded = _delivery(real("zurich/hourly_ne5_ne7_weather_2015_2021.parquet"), "Value_NE5", perfect_weather=True)
    temperature = loaded.series.weather["temp_c"]
    assert loaded.series.weather_source == "measured"
    assert np.count_nonzero(np.isnan(temperature)) == 300  # of 378 in the file
    assert loaded.series.weather["humidity_percent"][np.isfinite(loaded.series.weather["humidity_percent"])].max() == 100.0


def test_zurich_bins_that_begin_a_quarter_hour_early_can_be_stated(real: Real) -> None:
    path = real("zurich/hourly_ne5_ne7_weather_2015_2021.parquet")
    as_labelled, as_measured = _delivery(path, "Value_NE5"), _delivery(path, "Value_NE5", shift_s=-900)
    expected = 0.75 * as_labelled.series.values[5000:5100] + 0.25 * as_labelled.series.values[5001:5101]
    at = (as_labelled.series.start_s - as_measured.series.start_s) // 3600 + 5000
    np.testing.assert_allclose(as_measured.series.values[at : at + 100], expected)
    assert any("split" in note for note in as_measured.quality.notes)


@pytest.mark.parametrize("column", ["Generation_kW", "Grid_Feed-In_kW"])
def test_aargau_plant_reads_through_both_clock_changes_without_a_fault(real: Real, column: str) -> None:
    loaded = read_series(_stated(real("aew_pv_2019/A.csv"), "pv", "Timestamp", column, "kW", "end", "Europe/Zurich"))
    assert loaded.quality.faults == {}
    assert loaded.quality.share_missing == 0.0
    assert len(loaded.series.values) == 365 * 96


def test_national_load_reads_through_its_doubled_october_hour(real: Real) -> None:
    path = real("swissgrid/load_15min_2019_2020-03-08.parquet")
    loaded = read_series(_stated(path, "load", "Zeitstempel", "kWh", "kWh", "end", "Europe/Zurich"))
    assert loaded.quality.faults == {}
    assert loaded.quality.share_missing == 0.0
    first_run = (_utc(2019, 10, 27, 0) - loaded.series.start_s) // 900
    np.testing.assert_allclose(loaded.series.values[first_run : first_run + 5] * 250.0, [1201948.205, 1175245.93, 1171197.163, 1163351.89, 1144666.685], rtol=1e-6)  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("plant", ["1", "2", "3"])
def test_gefcom_plants_read_with_their_accumulated_weather(real: Real, plant: str) -> None:
    weather = real("gefcom2014_solar/predictors_to_2013-01.parquet")
    loaded = read_series(
        _stated(
            real("gefcom2014_solar/power_to_2013-01.parquet"), "pv", "TIMESTAMP", "POWER", "MW", "end", "UTC",
            where={"ZONEID": plant}, weather_path=weather, weather_map=GEFCOM_WEATHER, capacity_mw=1.0,
        )
    )  # fmt: skip
    sun = loaded.series.weather["ghi_w_m2"]
    assert loaded.quality.faults == {}
    assert loaded.series.start_s == _utc(2012, 4, 1, 0)
    assert 1000.0 < sun.max() < 1200.0  # Canberra in January
    assert np.corrcoef(sun, loaded.series.values)[0, 1] > 0.85
    assert 200.0 < loaded.series.weather["thermal_w_m2"].min() < loaded.series.weather["thermal_w_m2"].max() < 460.0
    assert 300.0 < loaded.series.weather["rain_mm"].sum() < 900.0
    assert all(
        "adds up over the day: turned into what each interval brought" in each.remarks
        for each in loaded.quality.weather
        if each.name in {"ghi_w_m2", "thermal_w_m2", "top_w_m2", "rain_mm"}
    )


@pytest.mark.parametrize(("column", "stuck"), [("HUFL", 395), ("MUFL", 423), ("LULL", 538)])
def test_stuck_runs_of_the_transformer_are_missing(real: Real, column: str, stuck: int) -> None:
    loaded = read_series(_stated(real("ett/ETTh1.csv"), "load", "date", column, "MW", "start", "UTC"))
    assert loaded.quality.count("stuck") == stuck
    assert loaded.quality.faults["stuck"].rows[0] == ("ETTh1.csv", 722)


@pytest.mark.parametrize("substation", ["287", "307"])
def test_dutch_substations_read_with_their_weather(real: Real, substation: str) -> None:
    path = real(f"openstef_nl/get_model_input_pid_{substation}.parquet")
    loaded = read_series(_stated(path, "load", "index", "load", "MW", "start", "UTC", weather_map=NL_WEATHER))
    assert loaded.quality.count("empty_value") == 194
    assert len(loaded.quality.faults) == 1
    assert loaded.quality.share_missing < 0.001  # most of the 194 are the two days to be forecast
    assert 400.0 < np.nanmax(loaded.series.weather["ghi_w_m2"]) < 500.0
    assert np.nanmax(loaded.series.weather["cloud_share"]) == 1.0
    assert "32 values outside 0 to 1 count as missing" in next(
        each.remarks for each in loaded.quality.weather if each.name == "cloud_share"
    )
    known = np.flatnonzero(np.isfinite(loaded.series.values))
    assert np.isfinite(loaded.series.weather["temp_c"][known[-1] + 1 :]).sum() > 180  # two days ahead


def test_energy_charts_files_with_a_units_row_read_as_power(real: Real) -> None:
    path = real("prices_energy_charts/*.csv")
    loaded = read_series(_stated(path, "hydro", "Date (GMT+1)", "Renewable", "MW", "start", "Europe/Zurich"))
    assert loaded.quality.faults["no_stamp"].rows == tuple((f"ch_day_ahead_{year}.csv", 2) for year in range(2017, 2022))
    assert loaded.series.start_s == _utc(2016, 12, 31, 23)
    assert loaded.quality.faults["spike"].rows == (("ch_day_ahead_2021.csv", 2162),)  # 13.8 GW between 2.7 and 2.6


def test_prices_read_as_a_column_without_a_gap(real: Real) -> None:
    path = real("prices_energy_charts/*.csv")
    name = "Day Ahead Auction (CH)"
    prices = read_columns(path, time_column="Date (GMT+1)", timezone="UTC", label="start", columns=[name])
    assert np.isfinite(prices.columns[name]).all()
    assert len(prices.columns[name]) == 5 * 8760 + 24


def test_production_shares_of_three_years_sum_to_one_in_every_hour(real: Real) -> None:
    mix = read_columns(
        real("mix_ecodynelec/CH_*_ProdMix_hour.parquet"), time_column="Unnamed: 0", timezone="UTC", label="start"
    )
    np.testing.assert_allclose(np.sum(list(mix.columns.values()), axis=0), 1.0, atol=1e-6)  # as published
    assert (mix.start_s, mix.step_s) == (_utc(2019, 1, 1, 0), 3600)


def test_impacts_read_beside_the_shares(real: Real) -> None:
    path = real("mix_ecodynelec/CH_*_ProdImpact_Global_hour.parquet")
    impact = read_columns(path, time_column="Unnamed: 0", timezone="UTC", label="start")
    assert len(impact.columns["Carbon intensity"]) == 26_304


@pytest.mark.parametrize(
    ("path", "time", "value"),
    [
        ("bfe_ogd/ogd103_stromverbrauch_swissgrid_lv_und_endv.csv", "Datum", "Landesverbrauch_GWh"),
        ("bfe_ogd/ogd104_stromproduktion_swissgrid.csv", "Datum", "Produktion_GWh"),
        ("bfe_ogd/ogd106_preise_strom_boerse.csv", "Datum", "Baseload_EUR_MWh"),
        ("hydro/ogd17_fuellungsgrad_speicherseen.csv", "Datum", "TotalCH_speicherinhalt_gwh"),
    ],
)
def test_daily_and_weekly_tables_are_no_series_of_power_and_say_so(real: Real, path: str, time: str, value: str) -> None:
    with pytest.raises(BadInput, match="export them by the hour or quarter hour"):
        read_series(_stated(real(path), "load", time, value, "MWh", "start", "Europe/Zurich"))


def test_daily_consumption_skips_its_empty_first_row(real: Real) -> None:
    table = read_columns(real("bfe_ogd/ogd103*.csv"), time_column="Datum", timezone="Europe/Zurich", label="start")
    assert table.faults["no_stamp"].rows[0][1] == 2
    assert (table.step_s, len(table.columns["Endverbrauch_GWh"])) == (86_400, 1826)


def test_daily_production_stands_side_by_side_by_carrier(real: Real) -> None:
    path = real("bfe_ogd/ogd104*.csv")
    table = read_columns(path, time_column="Datum", timezone="Europe/Zurich", label="start", by="Energietraeger")
    assert sorted(table.columns) == ["Flusskraft", "Kernkraft", "Photovoltaik", "Speicherkraft", "Thermische", "Wind"]
    assert table.columns["Flusskraft"][0] == 22.6


def test_base_prices_and_reservoir_levels_read_by_day_and_by_week(real: Real) -> None:
    prices = read_columns(real("bfe_ogd/ogd106*.csv"), time_column="Datum", timezone="UTC", label="start")
    levels = read_columns(real("hydro/*.csv"), time_column="Datum", timezone="UTC", label="start")
    assert (prices.step_s, levels.step_s) == (86_400, 7 * 86_400)
    assert np.isfinite(levels.columns["TotalCH_speicherinhalt_gwh"]).all()


def test_charging_sessions_become_a_load_of_the_same_energy(real: Real) -> None:
    path = real("ev_epfl/sessions_2022.csv")
    stated = _stated(path, "load", "Arrival", "Energy (Wh)", "Wh", "start", "Europe/Zurich")
    table = read_table(paths_of(path, Problems()), ["Energy (Wh)"], Problems())
    assert table is not None
    load = read_sessions(stated, departure_column="Departure").series
    assert load.values.sum() / 4.0 == pytest.approx(table.numbers("Energy (Wh)")[0].sum() / 1e6)
    assert 0.1 < load.values.max() < 0.35  # two chargers of at most 175 kW


def test_charging_sessions_are_no_regular_series(real: Real) -> None:
    with pytest.raises(BadInput, match="check the time column"):
        read_series(
            _stated(real("ev_epfl/sessions_2022.csv"), "load", "Arrival", "Energy (Wh)", "Wh", "start", "Europe/Zurich")
        )


@pytest.mark.parametrize("home", range(1, 7))
def test_homes_without_dates_are_refused_and_read_from_a_stated_start(real: Real, home: int) -> None:
    path = real(f"citylearn_2022/Building_{home}.parquet")
    with pytest.raises(BadInput, match="a stated start"):
        read_series(_stated(path, "load", "hour", "non_shiftable_load", "kWh", "start", "UTC"))
    start = datetime(2016, 7, 31, 23, tzinfo=UTC)
    for kind, column, unit in (("load", "non_shiftable_load", "kWh"), ("pv", "solar_generation", "W")):
        loaded = read_series(_stated(path, kind, "", column, unit, "start", "UTC", starts_at=start, every_s=3600))
        assert (loaded.series.start_s, len(loaded.series.values)) == (_utc(2016, 7, 31, 23), 8760)
        assert loaded.quality.share_missing < 0.002
