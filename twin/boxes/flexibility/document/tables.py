"""Tables of flexible devices in a problem document: nameplate figures in kW, kWh and percent.

Every table also says what entitles the operator to move the device; without a right it is never moved.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.boxes.flexibility.document.kinds import (
    Celsius,
    Chf,
    ChfPerKwh,
    Efficiency,
    Element,
    Id,
    Instant,
    Kw,
    Kwh,
    NotNegative,
    Percent,
    Positive,
    PositiveKw,
    PositiveKwh,
    Power,
    Price,
    Ratio,
    Temperature,
    Values,
)
from twin.boxes.flexibility.document.ranges import MOST_G_PER_KWH
from twin.contracts.devices import Right
from twin.site.tables import Table


class Flexible(Table):
    """What every device's table holds."""

    id: Id = Field(description="Name of the device, unique in the document.")
    bus: Element | None = Field(default=None, description="Bus of the grid, by name or number; needed where there is a grid.")
    right: Right = Field(
        default=Right.NONE,
        description="What entitles the operator to move it: own, contract, guaranteed (plants: free up to free_kwh), "
        "emergency (only where a promise or a limit would break otherwise), none (never moved).",
    )
    price_chf_per_kwh: ChfPerKwh = Field(
        default=0.0,
        description="With right own the wear of a kWh through it; else what the owner earns per kWh moved [CHF/kWh].",
    )
    opt_out: bool = Field(default=False, description="The owner has opted out for now: it is not moved, whatever the right.")
    channel: Literal["direct", "ripple"] = Field(
        default="direct", description="direct, or ripple: ripple control, which can only switch (all of it, or nothing)."
    )


class Inverter(Table):
    """Reactive power that a device's inverter may be told; only where there is a grid."""

    q_max_kvar: Kw = Field(default=0.0, description="Largest reactive power, either way; 0 for none [kvar].")
    cos_phi_min: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Lowest power factor; leave out for no such limit [1]."
    )
    s_max_kva: PositiveKw | None = Field(default=None, description="Rated apparent power; leave out for no such limit [kVA].")


class Battery(Flexible, Inverter):
    """A battery."""

    e_max_kwh: PositiveKwh = Field(description="Usable energy [kWh].")
    e0_kwh: Kwh = Field(description="Energy in it at the start [kWh].")
    e_min_kwh: Kwh = Field(default=0.0, description="Energy that always stays in it [kWh].")
    charge_kw: Power = Field(description="Highest charging power at the grid side [kW].")
    discharge_kw: Power = Field(description="Highest discharging power at the grid side [kW].")
    efficiency_percent: Efficiency = Field(description="One way, charge and discharge each [%].")
    loss_percent_per_h: Percent = Field(default=0.0, description="Share of its energy that it loses by itself in an hour [%].")
    taper_from_percent: Percent = Field(default=100.0, description="Level above which the charge slows down; 100: never [%].")
    end_value_chf_per_kwh: ChfPerKwh | None = Field(
        default=None, description="Worth of a kWh in it at the end; left out: mean import price times efficiency [CHF/kWh]."
    )
    own_kw: Values = Field(default=0.0, description="What it would do by itself, drawing positive [kW].")


class Car(Flexible):
    """A car at its charger, with or without feeding back."""

    charge_kw: PositiveKw = Field(description="Highest charging power at the grid side [kW].")
    discharge_kw: Kw = Field(default=0.0, description="Highest power that it feeds back; 0 for none [kW].")
    efficiency_percent: Efficiency = Field(description="One way [%].")
    arrival: Instant = Field(default="+0h", description="When it comes.")
    departure: Instant = Field(description="When it leaves, within the plan or after it.")
    e0_kwh: Kwh = Field(description="Energy in it on arrival [kWh].")
    target_kwh: Kwh = Field(description="Energy wanted in it on departure [kWh].")
    e_max_kwh: PositiveKwh = Field(description="Usable energy [kWh].")
    e_min_kwh: Kwh = Field(default=0.0, description="Energy that always stays in it [kWh].")
    least_kw: Kw = Field(
        default=0.0, description="Power below which it does not charge at all; not for cars that feed back [kW]."
    )
    taper_from_percent: Percent = Field(
        default=100.0, description="Share of e_max_kwh (without feeding back: of target_kwh) above which it slows down [%]."
    )


class Session(Table):
    """``[[car_pool.session]]``: cars that come, leave and want alike."""

    arrival: Instant = Field(default="+0h", description="When they come.")
    departure: Instant = Field(description="When they leave, within the plan or after it.")
    energy_kwh: PositiveKwh = Field(description="Energy that each wants in its cells before it leaves [kWh].")
    charge_kw: PositiveKw = Field(description="Highest charging power of each [kW].")
    count: Annotated[int, Field(ge=1)] = Field(default=1, description="Number of such cars.")


class CarPool(Flexible):
    """Many cars planned as one."""

    efficiency_percent: Efficiency = Field(description="Grid to car [%].")
    session: Annotated[list[Session], Field(min_length=1)] = Field(description="The cars, alike ones together.")


class HeatPump(Flexible):
    """A heat pump that warms a building within its comfort band."""

    p_max_kw: PositiveKw = Field(description="Highest electric power [kW].")
    least_kw: Kw = Field(default=0.0, description="Power below which the compressor stops [kW].")
    cop: Ratio = Field(description="Heat per electric energy [1].")
    outdoor_c: Temperature = Field(description="Temperature outside [degC].")
    ua_kw_per_k: Positive = Field(description="Heat that the building loses per kelvin [kW/K].")
    capacity_kwh_per_k: Positive = Field(description="Heat that warms it by a kelvin [kWh/K].")
    temp0_c: Celsius = Field(description="Temperature inside at the start [degC].")
    temp_min_c: Temperature = Field(description="Lowest comfortable temperature [degC].")
    temp_max_c: Temperature = Field(description="Highest comfortable temperature [degC].")
    thermostat_c: Celsius = Field(description="Temperature that it would hold by itself [degC].")
    gains_kw: Power = Field(default=0.0, description="Heat from sun and people [kW].")
    later_chf_per_kwh: ChfPerKwh | None = Field(
        default=None,
        description="Worth of a kWh of heat left at the end; left out: mean import price over COP [CHF/kWh].",
    )


class Buffer(Table):
    """A hot-water tank, or a heat network, that heaters and CHP plants share; it has no power of its own."""

    id: Id = Field(description="Name of the buffer, unique in the document.")
    capacity_kwh: Kwh = Field(description="Heat that it can hold; 0 for a network without storage [kWh].")
    e0_kwh: Kwh = Field(description="Heat in it at the start [kWh].")
    e_min_kwh: Kwh = Field(default=0.0, description="Heat that should always stay in it [kWh].")
    demand_kw: Power = Field(description="Heat taken out of it [kW].")
    loss_percent_per_h: Percent = Field(default=0.0, description="Share of its heat that it loses in an hour [%].")
    dump_chf_per_kwh: ChfPerKwh | None = Field(
        default=None, description="Price of throwing heat away; leave out where nobody can [CHF/kWh]."
    )
    end_value_chf_per_kwh: ChfPerKwh | None = Field(
        default=None, description="Worth of a kWh in it at the end; left out: what its cheapest heater would pay [CHF/kWh]."
    )


class Fuel(Table):
    """What a burner pays."""

    fuel_chf_per_kwh: Price | None = Field(default=None, description="Price of fuel; left out: it is electric [CHF/kWh].")
    fuel_g_co2_per_kwh: Annotated[float, Field(ge=0, le=MOST_G_PER_KWH)] = Field(
        default=0.0, description="Emissions of the fuel [g/kWh]."
    )


class Heater(Flexible, Fuel):
    """A heat pump, rod or boiler that heats a buffer."""

    into: Id = Field(description="Id of the buffer.")
    p_max_kw: Power = Field(description="Highest power, electric or of fuel [kW].")
    cop: Ratio = Field(description="Heat per energy drawn: 1 for a rod, 3 for a heat pump, 0.9 for a gas boiler [1].")
    least_kw: Kw = Field(default=0.0, description="Power below which it stops [kW].")


class Chp(Flexible):
    """A combined heat and power plant that heats a buffer."""

    into: Id = Field(description="Id of the buffer.")
    p_max_kw: Power = Field(description="Highest electric power [kW].")
    electric_percent: Efficiency = Field(description="Electric energy per fuel energy [%].")
    heat_percent: Efficiency = Field(description="Heat per fuel energy [%].")
    fuel_chf_per_kwh: Price = Field(description="Price of fuel [CHF/kWh].")
    fuel_g_co2_per_kwh: Annotated[float, Field(ge=0, le=MOST_G_PER_KWH)] = Field(
        default=0.0, description="Emissions of the fuel [g/kWh]."
    )
    least_kw: Kw = Field(default=0.0, description="Electric power below which it stands still [kW].")
    start_chf: Chf = Field(default=0.0, description="Price of a start [CHF].")
    was_on: bool = Field(default=False, description="It runs just before the plan.")
    own_kw: Values = Field(default=0.0, description="What it would feed in by itself, as a positive number [kW].")


class Programme(Flexible):
    """A demand-response programme: customers shed part of their load when called, and catch up afterwards."""

    base_kw: Power = Field(description="What they draw when nobody calls; it is part of [net] already [kW].")
    shed_percent: Percent = Field(description="Part of the base that a call sheds [%].")
    rebound_percent: NotNegative = Field(default=0.0, description="Energy that comes back per shed energy [%].")
    rebound_within_h: Positive = Field(default=24.0, description="By when it has come back [h].")
    rebound_max_kw: PositiveKw | None = Field(
        default=None, description="Highest power by which they catch up; left out: the highest shed [kW]."
    )
    calls_max: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Calls that are left in the plan; leave out for any number."
    )
    longest_h: Positive | None = Field(default=None, description="Longest call; leave out for any length [h].")
    rest_h: NotNegative = Field(default=0.0, description="Shortest pause between two calls [h].")
    notice_h: NotNegative = Field(default=0.0, description="Nothing can be called sooner [h].")
    called: bool = Field(default=False, description="A call is running at the start.")
    owed_kwh: Kwh = Field(default=0.0, description="What earlier calls still have to catch up [kWh].")


class Process(Flexible):
    """A process that must run sometime: in one piece with its own profile, or in parts."""

    profile_kw: list[Kw] = Field(
        default_factory=list, description="Of one that cannot be broken: power quarter hour by quarter hour [kW]."
    )
    p_kw: Kw = Field(default=0.0, description="Of one that can be broken: power while it runs [kW].")
    run_h: NotNegative = Field(default=0.0, description="Of one that can be broken: for how long altogether [h].")
    earliest: Instant = Field(default="+0h", description="It runs no sooner.")
    latest: Instant | None = Field(default=None, description="It is done by then; left out: by the end of the plan.")
    blocked: list[Annotated[list[Instant], Field(min_length=2, max_length=2)]] = Field(
        default_factory=list, description="Times [from, to] in which it must not run."
    )
    start_chf: Chf = Field(default=0.0, description="Price of a start [CHF].")
    own_start: Instant | None = Field(default=None, description="When it would start by itself; left out: at earliest.")
    was_on: bool = Field(default=False, description="One that can be broken runs just before the plan.")


class Plant(Flexible, Inverter):
    """Photovoltaics or wind that may be curtailed."""

    available_kw: Power = Field(description="What it could feed in [kW].")
    free_kwh: Kwh = Field(
        default=0.0,
        description="With right guaranteed: what may still be curtailed this year for nothing (StromVG art. 17c: up to 3 % "
        "of a year's production); the rest is paid [kWh].",
    )


class Hydro(Flexible, Inverter):
    """Hydro power with a reservoir, with or without pumps; energies are those of the water at the turbine's inlet."""

    turbine_kw: Power = Field(description="Highest electric power [kW].")
    turbine_percent: Efficiency = Field(description="Electric energy per energy of water [%].")
    turbine_least_kw: Kw = Field(default=0.0, description="Electric power of the residual flow that must run [kW].")
    pump_kw: Power | None = Field(default=None, description="Highest electric power of the pumps; leave out for none [kW].")
    pump_percent: Efficiency = Field(default=100.0, description="Energy of water per electric energy [%].")
    e0_kwh: Kwh = Field(description="Energy in the reservoir at the start [kWh].")
    e_min_kwh: Kwh = Field(default=0.0, description="Energy that always stays in it [kWh].")
    e_max_kwh: PositiveKwh = Field(description="Energy of the full reservoir [kWh].")
    inflow_kw: Power = Field(default=0.0, description="Natural inflow [kW].")
    water_chf_per_kwh: ChfPerKwh = Field(description="Worth of a kWh of water left at the end [CHF/kWh].")
    spill: bool = Field(default=True, description="Water may pass by the turbine.")
    own_kw: Values = Field(default=0.0, description="What it would do by itself, drawing positive [kW].")
