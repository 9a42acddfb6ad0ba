"""A folder of published files with the real headers and made-up figures, small enough to reckon by hand."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from twin.national.kinds import KINDS

ZURICH = ZoneInfo("Europe/Zurich")
SHARES = {
    "Nuclear_CH": 0.4, "Hydro_Run-of-river_and_poundage_CH": 0.3, "Hydro_Pumped_Storage_CH": 0.1, "Residual_Other_CH": 0.1,
    "Waste_CH": 0.1,
}  # fmt: skip
"""Of every hour. Renewable for sure: 0.3 + half of the waste."""
NUCLEAR_MW, LOAD_KWH = 3200.0, 75_000.0
"""So the country produces 8000 MW and the town draws 300 MW."""


def write(data: Path, first: date, days: int, *, national_use_gwh: float = 180.0, production_gwh: float = 200.0) -> Path:
    """All kinds for some local days from ``first`` on, each one like the other."""
    hours = _steps(first, days, timedelta(hours=1))
    quarters = _steps(first, days, timedelta(minutes=15))
    dates = [first + timedelta(days=day) for day in range(-1, days + 1)]
    folders = {name.split("/")[0] for name in (kind.files for kind in KINDS.values())}
    for folder in folders:
        (data / folder).mkdir(parents=True, exist_ok=True)
    ends = [(at + timedelta(minutes=15)).astimezone(ZURICH) for at in quarters]
    _csv(
        data / "zurich" / f"{first.year}_ewz_bruttolastgang.csv",
        "zeitpunkt,bruttolastgang,status",
        [f'"{end:%Y-%m-%dT%H:%M}",{LOAD_KWH},"E"' for end in ends],
    )
    naive = [f"{at:%Y-%m-%d %H:%M:%S}" for at in hours]
    mix = {quantity.column: SHARES.get(quantity.column, 0.0) for quantity in KINDS["swiss_mix"].quantities.values()}
    pd.DataFrame({"Unnamed: 0": naive, **{name: [share] * len(hours) for name, share in mix.items()}}).to_parquet(
        data / "mix_ecodynelec" / f"CH_{first.year}_ProdMix_hour.parquet"
    )
    pd.DataFrame({"Unnamed: 0": naive, "Carbon intensity": 0.02}).to_parquet(
        data / "mix_ecodynelec" / f"CH_{first.year}_ProdImpact_Global_hour.parquet"
    )
    _csv(
        data / "prices_energy_charts" / f"ch_day_ahead_{first.year}.csv",
        '\ufeffDate (GMT+1),Nuclear,Renewable,Day Ahead Auction (CH)\n,Power (MW),Power (MW),"Price (EUR/MWh, EUR/tCO2)"',
        [f"{at.astimezone(ZURICH).isoformat(timespec='minutes')},{NUCLEAR_MW},3000.0,50.0" for at in hours],
    )
    pd.DataFrame({"Zeitstempel": [f"{end:%d.%m.%Y %H:%M}" for end in ends], "kWh": 1_500_000.0}).to_parquet(
        data / "swissgrid" / "load_15min_made_up.parquet"
    )
    weather = {"Date": [at.isoformat(sep=" ") for at in hours], "Value_NE5": 100_000.0, "Value_NE7": 200_000.0}
    pd.DataFrame({**weather, "T [°C]": 15.0, "StrGlo [W/m2]": 200.0}).to_parquet(
        data / "zurich" / "hourly_ne5_ne7_weather_made_up.parquet"
    )
    carriers = KINDS["swiss_production_day"].quantities.values()
    _csv(
        data / "bfe_ogd" / "ogd104_stromproduktion_swissgrid.csv",
        "Datum,Energietraeger,Produktion_GWh",
        [f"{day},{each.column},{_carrier_gwh(each.column, production_gwh)}" for day in dates for each in carriers],
    )
    _csv(
        data / "bfe_ogd" / "ogd103_stromverbrauch_swissgrid_lv_und_endv.csv",
        "Datum,Landesverbrauch_GWh,Endverbrauch_GWh\n,,",
        [f"{day},{national_use_gwh},144.0" for day in dates],
    )
    _csv(data / "bfe_ogd" / "ogd106_preise_strom_boerse.csv", "Datum,Baseload_EUR_MWh", [f"{day},50" for day in dates])
    weeks = [first - timedelta(days=7) + timedelta(days=7 * week) for week in range(days // 7 + 3)]
    _csv(
        data / "hydro" / "ogd17_fuellungsgrad_speicherseen.csv",
        "Datum,TotalCH_speicherinhalt_gwh,TotalCH_max_speicherinhalt_gwh",
        [f"{day},4400,8800" for day in weeks],
    )
    _csv(
        data / "aew_pv_2019" / "A.csv",
        "Timestamp,Generation_kW,Grid_Feed-In_kW,Grid_Supply_kW,Overall_Consumption_Calc_kW",
        [f"{end:%Y-%m-%d %H:%M:%S},20.0,15.0,1.0,6.0" for end in ends],
    )
    return data


def _carrier_gwh(column: str, production_gwh: float) -> float:
    return {"Kernkraft": 76.8, "Thermische": 20.0, "Photovoltaik": 5.0, "Wind": 0.5, "Speicherkraft": 50.0}.get(
        column, round(production_gwh - 152.3, 1)
    )


def _steps(first: date, days: int, step: timedelta) -> list[datetime]:
    utc = ZoneInfo("UTC")
    begin, end = (
        datetime(day.year, day.month, day.day, tzinfo=ZURICH).astimezone(utc) for day in (first, first + timedelta(days=days))
    )
    return [begin + step * i for i in range(round((end - begin) / step))]


def _csv(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
