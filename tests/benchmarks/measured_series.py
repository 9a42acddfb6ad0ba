"""The measured series that the forecasts are benchmarked on, as an analyst would state them; what is absent is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from forecasts.data.reading import read_series
from forecasts.data.spec import SeriesSpec
from forecasts.series import Series

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

_SWISS: dict[str, Any] = {"timezone": "Europe/Zurich", "country": "CH", "subdivision": "ZH"}
_DUTCH_WEATHER = {
    "temp_c": "temp",
    "ghi_w_m2": "radiation",
    "wind_m_s": "windspeed",
    "wind_100m_m_s": "windspeed_100m",
    "cloud_share": "clouds",
    "humidity_percent": "humidity",
    "pressure_hpa": "pressure",
    "price": "APX",
}
_ZURICH_WEATHER = {
    "temp_c": "T [°C]",
    "ghi_w_m2": "StrGlo [W/m2]",
    "humidity_percent": "Hr [%Hr]",
    "wind_m_s": "WVs [m/s]",
    "rain_duration": "RainDur [min]",
}
_ECMWF = {
    "liquid_water": "VAR78",
    "ice_water": "VAR79",
    "pressure_hpa": "VAR134",
    "humidity_percent": "VAR157",
    "cloud_share": "VAR164",
    "wind_u_m_s": "VAR165",
    "wind_v_m_s": "VAR166",
    "temp_c": "VAR167",
    "ghi_w_m2": "VAR169",
    "thermal": "VAR175",
    "top_radiation": "VAR178",
    "rain_mm": "VAR228",
}


def _dutch(number: int) -> SeriesSpec:
    path = str(DATA / "openstef_nl" / f"get_model_input_pid_{number}.parquet")
    return SeriesSpec(
        path=path, kind="load", time_column="index", value_column="load", unit="MW", label="start", timezone="Europe/Amsterdam",
        country="NL", weather_path=path, weather_map=_DUTCH_WEATHER, latitude=52.0, longitude=5.5, name=f"NL {number}",
    )  # fmt: skip


def _zurich(level: str) -> SeriesSpec:
    path = str(DATA / "zurich" / "hourly_ne5_ne7_weather_2015_2021.parquet")
    return SeriesSpec(
        path=path, kind="load", time_column="Date", value_column=f"Value_{level}", unit="kWh", label="start", weather_path=path,
        weather_map=_ZURICH_WEATHER, perfect_weather=True, latitude=47.38, longitude=8.54, name=f"Zürich {level}", **_SWISS,
    )  # fmt: skip


def _plant(number: int) -> SeriesSpec:
    folder = DATA / "gefcom2014_solar"
    return SeriesSpec(
        path=str(folder / "power_to_2013-01.parquet"), kind="pv", time_column="TIMESTAMP", value_column="POWER", unit="MW",
        label="end", timezone="UTC", where={"ZONEID": str(number)}, weather_path=str(folder / "predictors_to_2013-01.parquet"),
        weather_map=_ECMWF, capacity_mw=1.0, name=f"GEFCom PV {number}",
    )  # fmt: skip


def _ett(column: str) -> SeriesSpec:
    return SeriesSpec(
        path=str(DATA / "ett" / "ETTh1.csv"), kind="load", time_column="date", value_column=column, unit="MW", label="start",
        timezone="UTC", name=f"ETTh1 {column}",
    )  # fmt: skip


SPECS: dict[str, Callable[[], SeriesSpec]] = {
    "ETTh1": lambda: _ett("HUFL"),
    "Swissgrid": lambda: SeriesSpec(
        path=str(DATA / "swissgrid" / "load_15min_2019_2020-03-08.parquet"), kind="load", time_column="Zeitstempel",
        value_column="kWh", unit="kWh", label="end", name="Swissgrid", **_SWISS,
    ),
    "ewz": lambda: SeriesSpec(
        path=str(DATA / "zurich" / "20*_ewz_bruttolastgang.csv"), kind="load", time_column="zeitpunkt",
        value_column="bruttolastgang", unit="kWh", label="end", name="ewz", **_SWISS,
    ),
    "Zürich NE5": lambda: _zurich("NE5"),
    "Zürich NE7": lambda: _zurich("NE7"),
    "NL 287": lambda: _dutch(287),
    "NL 307": lambda: _dutch(307),
    "GEFCom PV 1": lambda: _plant(1),
    "GEFCom PV 2": lambda: _plant(2),
    "GEFCom PV 3": lambda: _plant(3),
}  # fmt: skip


SUM = ("Zürich NE5", "Zürich NE7")
"""Series of one city, whose sum is its load."""


def series_named(wanted: list[str] | None) -> Iterator[tuple[str, Series]]:
    """Name and series, those wanted or all, whose files are there."""
    for name, spec in SPECS.items():
        stated = spec()
        if (wanted is None or name in wanted) and any(DATA.glob(str(Path(stated.path).relative_to(DATA)))):
            yield name, read_series(stated).series
