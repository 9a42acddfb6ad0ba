"""The tables of a site file that say what holds: tariff, limits, privacy, orders, boxes, simulated plant."""

from __future__ import annotations

import datetime as dt
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from twin.site.rehearsed import Manual, WorldChange
from twin.site.tables import Index, Name, NotNegative, Positive, Share, Table, VoltagePu

# --------------------------------------------------------------------------------------- money, limits, rules


class GridTariff(Table):
    """Grid usage by day (``high``) and night (``low``) [CHF/kWh]."""

    high: NotNegative
    low: NotNegative


class DynamicTariff(Table):
    """Band of the dynamic grid tariff [CHF/kWh]."""

    min_chf_per_kwh: float
    max_chf_per_kwh: float


class Tariff(Table):
    """``[tariff]``: what customers pay, and what the site pays upstream.

    Attributes:
        high_hours: local hours [from, to) on working days with the high grid tariff.
        peak_chf_per_kw_month: upstream charge on the month's highest quarter hour.
        source: where the figures come from, or that they are assumptions.
    """

    energy_chf_per_kwh: float
    feed_in_chf_per_kwh: float
    grid_chf_per_kwh: GridTariff
    high_hours: tuple[int, int]
    peak_chf_per_kw_month: NotNegative
    dynamic: DynamicTariff
    source: str


class Band(Table):
    """Voltage band of the buses with ``vn_kv`` up to ``up_to_kv`` (and above the previous band)."""

    up_to_kv: Positive
    vm_min_pu: VoltagePu
    vm_max_pu: VoltagePu


class LoadingLimits(Table):
    """Limits of normal operation [%]; seasonal rating factors enter through the grid's ``df``."""

    line_percent: Positive = 100.0
    trafo_percent: Positive = 100.0


class Bands(Table):
    """``[bands]``: voltage bands per level, ascending, and loading limits."""

    voltage: tuple[Band, ...] = Field(min_length=1)
    loading: LoadingLimits = LoadingLimits()


class LifeCycle(Table):
    """Life-cycle emissions of what is generated inside the site [g CO2eq/kWh]; the outside states those of the import."""

    pv: NotNegative
    hydro: NotNegative


class Kpi(Table):
    """``[kpi]``: value of lost load and life-cycle CO2 factors, with source and year.

    Attributes:
        reinforcement_chf_per_kw_year: annuity of the grid that one more kW of import peak asks for; without it no avoided
            investment is told.
    """

    value_of_lost_load_chf_per_kwh: Positive
    reinforcement_chf_per_kw_year: Positive | None = None
    co2_g_per_kwh: LifeCycle
    co2_source: str
    co2_year: int


class ImportMix(Table):
    """``[import]``: what the renewable share of the import describes.

    Attributes:
        mix: "consumption" (what the grid above consumes, foreign imports included) or "production" (what is generated there).
    """

    mix: Literal["consumption", "production"] = "production"


class Consent(Table):
    """``[[privacy.consents]]``: an owner allows that a plant's production is public.

    Attributes:
        plant: the channel that meters it. ``owner``: who consented: a body or a role, for a name would be public with the file.
        date: of the consent. ``record``: where it is filed.
    """

    plant: str
    owner: str = Field(min_length=1)
    date: dt.date
    record: str = Field(min_length=1)


class Privacy(Table):
    """``[privacy]``: what must stand behind a public figure; stricter than these defaults is welcome.

    Attributes:
        k: fewest customers behind a figure of consumption. ``max_share``: largest part of their annual energy for one of them.
        plants: fewest plants without consent behind a figure of production. ``max_plant_share``: of their size, for one.
    """

    k: int = 15
    max_share: float = 0.15
    plants: int = 3
    max_plant_share: float = 0.5
    consents: tuple[Consent, ...] = ()


class Orders(Table):
    """``[orders]``: read-only unless ``write``; ``manual``: when nothing is accepted by itself."""

    write: bool = False
    manual: tuple[Manual, ...] = ()


class OnCall(Table):
    """``[[roster]]``: who is called when nobody acknowledges an urgent alarm, P1 or P2.

    Attributes:
        after_minutes: of grid time, since the alarm became urgent.
        owner: the team whose alarms these are; without it, every team's.
        mail: where a call reaches them away from the screens, through ``[mail]``; ``language``: in which it is written.
    """

    who: str = Field(min_length=1, max_length=60)
    after_minutes: int = Field(ge=1, le=24 * 60)
    owner: str | None = None
    mail: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    language: Literal["de", "fr", "it", "en"] | None = None


class Switching(Table):
    """``[switching]``: the switches that the control room may move; nobody else's are ordered, a crew goes there.

    Attributes:
        remote: their indices in the grid.
    """

    remote: tuple[Index, ...] = ()


class BoxEntry(Table):
    """``[[boxes]]``: one box instance.

    Attributes:
        use: entry point in group ``regie.boxes``, or ``module:Class``.
        role: a champion is used, a standby serves as somebody's fallback, a shadow is only compared with a champion, a reserve
            is not asked until somebody puts it in service as a shadow.
        shadows: of a shadow or a reserve, the champion that it is compared with.
    """

    name: Name
    use: str = Field(pattern=r"^[A-Za-z_][\w.\-]*(:[A-Za-z_]\w*)?$")
    role: Literal["champion", "standby", "shadow", "reserve"] = "champion"
    shadows: Name | None = None
    config: dict[str, Any] = Field(default={})


class Promote(Table):
    """``[promote]``: when a shadow has earned its champion's place. It is proposed then, and people decide.

    Attributes:
        min_days: scored local days; a fortnight holds every weekday twice.
        min_gain_share: by how much the mean pinball must be lower; a smaller gain is not worth a change.
        min_days_better_share: share of the days on which the shadow must be better, so that no single day decides; or else
        max_p_value: of the paired test (`twin.regie.promotion.diebold_mariano`): the usual bound of a one-sided test on few
            days.
        coverage_90: bounds on the share of values inside the shadow's 90 % band. A fortnight holds 1,344 values, but they hang
            together over hours: a sound band may well show 85 %, and one outside of .80 to .97 is another band.
    """

    min_days: int = Field(default=14, ge=2, le=28)
    min_gain_share: float = Field(default=0.02, ge=0, lt=1)
    min_days_better_share: Share = 0.6
    max_p_value: Share = 0.1
    coverage_90: tuple[Share, Share] = (0.80, 0.97)


class Mail(Table):
    """``[mail]``: the server that alarms and debriefs leave by; a password stands in the environment, never in a file."""

    host: str
    port: int = Field(ge=1, le=65535)
    starttls: bool = True
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    recipients: tuple[str, ...] = Field(min_length=1)


class Public(Table):
    """``[public]``: what citizens see.

    Attributes:
        zone: the neighbourhood whose powers are shown.
        plant_zone: the zone of the one plant shown by name, only with its owner's recorded consent in ``[[privacy.consents]]``.
        resolution_minutes: interval of publication of all but a large town's own figures.
    """

    zone: str
    plant_zone: str | None = None
    resolution_minutes: int = 60


# ------------------------------------------------------------------------------------------ simulated plant


class HeatPump(Table):
    """A heat pump behind a load."""

    load: Index
    kw: Positive


class PlantEvent(Table):
    """Something that happens to the simulated plant: ``element`` is "line.66", "trafo.0", "switch.296" ..."""

    at: datetime
    kind: Literal["outage", "restore", "open", "close", "refuse", "refused_end"]
    element: str
    until: datetime | None = None


class PlantTable(Table):
    """``[plant]``: what the simulated plant adds to the published loads. Only a simulated site has it.

    Attributes:
        households: behind the lumped substations, shared by their annual energy.
        heat_pumps_per_household, heat_pump_kw, cars_per_household, car_kw: what stands behind the lumped
            substations.
        heat_pumps: single ones behind LV loads; single cars are the ``ev_charger`` devices.
        world: how weather, demand and market differ from the published ones.
    """

    households: int = Field(default=0, ge=0)
    heat_pumps_per_household: NotNegative = 0.0
    heat_pump_kw: NotNegative = 0.0
    heat_pump_cos_phi: float = Field(default=1.0, gt=0.5, le=1.0)
    cars_per_household: NotNegative = 0.0
    car_kw: NotNegative = 0.0
    heat_pumps: tuple[HeatPump, ...] = ()
    events: tuple[PlantEvent, ...] = ()
    world: tuple[WorldChange, ...] = ()
