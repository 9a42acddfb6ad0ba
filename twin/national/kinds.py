"""The kinds of published files: who publishes what, in which unit, by which clock, and what its columns are called there.

Everything that is known of a file stands here and nowhere else, so that a new year, or another city's file of the same kind, is
a row and no code. Defects are the reader's work (`twin.national.published`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_HOUR_S, _QUARTER_S, _DAY_S = 3600, 900, 86_400
_ZURICH = "Europe/Zurich"


@dataclass(frozen=True)
class Quantity:
    """One column.

    Attributes:
        column: as published. ``factor``: from there to the unit that ends the quantity's name.
        minimum, maximum: in that unit; outside is a spike, and where much lies outside it is the unit that is wrong.
    """

    column: str
    factor: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    Attributes:
        files: below the data folder, a glob. ``source``: whom to name, with the licence.
        label: which end of an interval a stamp marks. ``timezone``: of stamps without offset, and of a daily table's days.
        shift_s: added to every stamp, where bins are known to lie elsewhere than their labels say.
        quantities: name, unit at its end -> column. ``by``: a column whose words part the rows; then the quantities' columns
            are these words, and ``value`` is the column of all their figures.
        shares: the quantities are parts of one whole and sum to one.
        status_column: says which of two rows is final.
    """

    files: str
    source: str
    time_column: str
    timezone: str
    label: str
    step_s: int
    quantities: Mapping[str, Quantity]
    by: str | None = None
    value: str | None = None
    shift_s: int = 0
    shares: bool = False
    status_column: str | None = None


def _share(column: str) -> Quantity:
    # The residuals are differences of two statistics and may fall below zero in single hours.
    return Quantity(column, 1.0, -0.5, 1.0)


def _carriers(names: Mapping[str, str]) -> dict[str, Quantity]:
    return {name: _share(column) for name, column in names.items()}


KINDS: dict[str, Kind] = {
    "zurich_load": Kind(
        files="zurich/*_ewz_bruttolastgang.csv",
        source="Stadt Zürich, Open Data (ewz Bruttolastgang), CC0",
        time_column="zeitpunkt",
        status_column="status",
        timezone=_ZURICH,
        label="end",
        step_s=_QUARTER_S,
        quantities={"load_mw": Quantity("bruttolastgang", 0.004, 50.0, 1000.0)},  # kWh in a quarter hour
    ),
    "zurich_delivery": Kind(
        files="zurich/hourly_ne5_ne7_weather_*.parquet",
        source="Stadt Zürich, Open Data (ewz Stromabgabe NE5 und NE7), CC0",
        time_column="Date",
        timezone="UTC",
        label="start",
        step_s=_HOUR_S,
        shift_s=-_QUARTER_S,  # bin H covers H - 0:15 to H + 0:45
        quantities={
            "ne5_mw": Quantity("Value_NE5", 0.001, 10.0, 500.0),
            "ne7_mw": Quantity("Value_NE7", 0.001, 10.0, 800.0),  # 23 hours of zero from 2017-12-30 on are no delivery
        },
    ),
    "zurich_weather": Kind(
        files="zurich/hourly_ne5_ne7_weather_*.parquet",
        source="Stadt Zürich, Open Data (Stündliche Wetterdaten), CC0",
        time_column="Date",
        timezone="UTC",
        label="start",
        step_s=_HOUR_S,
        quantities={
            "temp_c": Quantity("T [°C]", 1.0, -40.0, 50.0),
            "ghi_w_m2": Quantity("StrGlo [W/m2]", 1.0, -5.0, 1500.0),
        },
    ),
    "swiss_load": Kind(
        files="swissgrid/load_15min_*.parquet",
        source="Swissgrid, Energieübersicht Schweiz",
        time_column="Zeitstempel",
        timezone=_ZURICH,
        label="end",
        step_s=_QUARTER_S,
        quantities={"end_use_mw": Quantity("kWh", 0.004, 1500.0, 15_000.0)},
    ),
    "swiss_mix": Kind(
        files="mix_ecodynelec/CH_*_ProdMix_hour.parquet",
        source="EcoDynElec, Swiss production mix, MIT",
        time_column="Unnamed: 0",
        timezone="UTC",
        label="start",
        step_s=_HOUR_S,
        shares=True,
        quantities=_carriers(
            {
                "residual_reservoir": "Residual_Hydro_Water_Reservoir_CH",
                "residual_river": "Residual_Hydro_Run-of-river_and_poundage_CH",
                "residual_other": "Residual_Other_CH",
                "biomass": "Biomass_CH",
                "lignite": "Fossil_Brown_coal/Lignite_CH",
                "coal_gas": "Fossil_Coal-derived_gas_CH",
                "gas": "Fossil_Gas_CH",
                "hard_coal": "Fossil_Hard_coal_CH",
                "oil": "Fossil_Oil_CH",
                "oil_shale": "Fossil_Oil_shale_CH",
                "peat": "Fossil_Peat_CH",
                "geothermal": "Geothermal_CH",
                "pumped": "Hydro_Pumped_Storage_CH",
                "river": "Hydro_Run-of-river_and_poundage_CH",
                "reservoir": "Hydro_Water_Reservoir_CH",
                "marine": "Marine_CH",
                "nuclear": "Nuclear_CH",
                "other_fossil": "Other_fossil_CH",
                "other_renewable": "Other_renewable_CH",
                "solar": "Solar_CH",
                "waste": "Waste_CH",
                "wind_offshore": "Wind_Offshore_CH",
                "wind_onshore": "Wind_Onshore_CH",
            }
        ),
    ),
    "swiss_impact": Kind(
        files="mix_ecodynelec/CH_*_ProdImpact_Global_hour.parquet",
        source="EcoDynElec, Swiss production impacts, MIT",
        time_column="Unnamed: 0",
        timezone="UTC",
        label="start",
        step_s=_HOUR_S,
        quantities={"co2_g_per_kwh": Quantity("Carbon intensity", 1000.0, 0.0, 500.0)},  # kg CO2eq a kWh
    ),
    "swiss_market": Kind(
        files="prices_energy_charts/ch_day_ahead_*.csv",
        source="energy-charts.info, CC BY 4.0",
        time_column="Date (GMT+1)",
        timezone=_ZURICH,
        label="start",
        step_s=_HOUR_S,
        quantities={
            "nuclear_mw": Quantity("Nuclear", 1.0, 0.0, 4000.0),
            "renewable_mw": Quantity("Renewable", 1.0, 0.0, 12_000.0),
            "price_eur_per_mwh": Quantity("Day Ahead Auction (CH)", 1.0, -500.0, 4000.0),
        },
    ),
    "swiss_production_day": Kind(
        files="bfe_ogd/ogd104_stromproduktion_swissgrid.csv",
        source="Bundesamt für Energie BFE, ogd104",
        time_column="Datum",
        timezone=_ZURICH,
        label="start",
        step_s=_DAY_S,
        by="Energietraeger",
        value="Produktion_GWh",
        quantities={
            "river_gwh": Quantity("Flusskraft", 1.0, 0.0, 200.0),
            "reservoir_gwh": Quantity("Speicherkraft", 1.0, 0.0, 250.0),
            "nuclear_gwh": Quantity("Kernkraft", 1.0, 0.0, 100.0),
            "solar_gwh": Quantity("Photovoltaik", 1.0, 0.0, 100.0),
            "thermal_gwh": Quantity("Thermische", 1.0, 0.0, 50.0),
            "wind_gwh": Quantity("Wind", 1.0, 0.0, 20.0),
        },
    ),
    "swiss_use_day": Kind(
        files="bfe_ogd/ogd103_stromverbrauch_swissgrid_lv_und_endv.csv",
        source="Bundesamt für Energie BFE, ogd103",
        time_column="Datum",
        # Its days are UTC's: so summed, Swissgrid's quarter hours agree within its rounding on 93 % of the days of 2019 and
        # early 2020, by local days on 67 %. The daily production (ogd104) counts local days, of 24 hours at clock changes too.
        timezone="UTC",
        label="start",
        step_s=_DAY_S,
        quantities={
            "national_use_gwh": Quantity("Landesverbrauch_GWh", 1.0, 50.0, 400.0),
            "end_use_gwh": Quantity("Endverbrauch_GWh", 1.0, 50.0, 400.0),
        },
    ),
    "swiss_price_day": Kind(
        files="bfe_ogd/ogd106_preise_strom_boerse.csv",
        source="Bundesamt für Energie BFE, ogd106",
        time_column="Datum",
        timezone=_ZURICH,
        label="start",
        step_s=_DAY_S,
        quantities={"base_price_eur_per_mwh": Quantity("Baseload_EUR_MWh", 1.0, -500.0, 4000.0)},
    ),
    "swiss_reservoirs": Kind(
        files="hydro/ogd17_fuellungsgrad_speicherseen.csv",
        source="Bundesamt für Energie BFE, ogd17",
        time_column="Datum",
        timezone=_ZURICH,
        label="start",
        step_s=7 * _DAY_S,
        quantities={
            "stored_gwh": Quantity("TotalCH_speicherinhalt_gwh", 1.0, 0.0, 10_000.0),
            "capacity_gwh": Quantity("TotalCH_max_speicherinhalt_gwh", 1.0, 1000.0, 10_000.0),
        },
    ),
    "pv_site": Kind(
        files="aew_pv_2019/*.csv",
        source="AEW Energie AG, PDDL 1.0",
        time_column="Timestamp",
        timezone=_ZURICH,
        label="end",
        step_s=_QUARTER_S,
        quantities={
            "generation_mw": Quantity("Generation_kW", 0.001, -0.001, 0.2),
            "feed_in_mw": Quantity("Grid_Feed-In_kW", 0.001, -0.001, 0.2),
        },
    ),
}
