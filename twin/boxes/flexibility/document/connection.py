"""Tables of a problem document about the connection: prices, what is not planned, limits, grid, how to plan."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from twin.boxes.flexibility.document.kinds import Co2, Element, Kw, Kwh, Positive, PositiveKw, Power, Price, Ratio
from twin.boxes.flexibility.document.ranges import MOST_CHF_PER_KW, MOST_CHF_PER_T
from twin.site.tables import Table


class Peak(Table):
    """``[prices.peak]``: charge on the month's highest mean import over a tariff interval."""

    chf_per_kw_month: Annotated[float, Field(ge=0, le=MOST_CHF_PER_KW)] = Field(
        description="Price of a kW of the month's highest mean import [CHF/kW]."
    )
    so_far_kw: Kw = Field(default=0.0, description="Highest mean import of this month until now [kW].")
    interval_minutes: Positive = Field(default=15.0, description="Length of the tariff's intervals [min].")
    metered_kwh: Kwh = Field(
        default=0.0, description="Imported in the interval that is running at the start, until the start [kWh]."
    )


class Co2Price(Table):
    """``[prices.co2]``: price of emissions; it joins the price of import, and of fuel with emissions."""

    chf_per_t: Annotated[float, Field(ge=0, le=MOST_CHF_PER_T)] = Field(description="Price of emissions [CHF/t].")
    import_g_per_kwh: Co2 = Field(description="Emissions of imported energy [g/kWh].")


class Prices(Table):
    """``[prices]``: what energy costs at the connection."""

    import_chf_per_kwh: Price = Field(description="Price of imported energy, grid usage and taxes included [CHF/kWh].")
    export_chf_per_kwh: Price = Field(description="What exported energy earns [CHF/kWh].")
    peak: Peak | None = Field(default=None, description="Charge on the month's highest import; leave out for none.")
    co2: Co2Price | None = Field(default=None, description="Price of emissions; leave out for none.")


class NetPath(Table):
    """``[[net.path]]``: one way in which what is not planned may turn out."""

    load_kw: Power = Field(description="Consumption on this path [kW].")
    generation_kw: Power = Field(default=0.0, description="Generation on this path, as a positive number [kW].")
    probability: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Its probability; left out of all: all are as likely [1]."
    )


class GridPath(Table):
    """``[[grid.path]]``: one way in which the net's own loads and generators may turn out."""

    load_factor: Ratio = Field(default=1.0, description="In the place of the grid's load_factor [1].")
    sgen_factor: Ratio = Field(default=1.0, description="In the place of the grid's sgen_factor [1].")


class Net(Table):
    """``[net]``: what is not planned."""

    load_kw: Power = Field(default=0.0, description="Consumption that is not planned; a programme's base is part of it [kW].")
    generation_kw: Power = Field(default=0.0, description="Generation that is not planned, as a positive number [kW].")
    path: list[NetPath] = Field(
        default_factory=list, description="How it may turn out: what is done in the first step suits all paths best."
    )


class SiteLimits(Table):
    """``[limits]``: of the connection."""

    import_kw: PositiveKw | None = Field(default=None, description="Highest mean import in a step [kW]; leave out for none.")
    export_kw: Kw | None = Field(default=None, description="Highest mean export in a step [kW]; leave out for none.")


class GridTable(Table):
    """``[grid]``: wires between the devices and the connection, and what they may carry."""

    file: str | None = Field(
        default=None, description="Grid file, relative to the document: pandapower JSON, MATPOWER (.m, .mat) or CGMES."
    )
    simbench: str | None = Field(
        default=None, description='Code of a SimBench grid, such as "1-LV-rural1--0-sw", instead of a file.'
    )
    vm_min_pu: Annotated[float, Field(gt=0.5, lt=1.5)] = Field(default=0.9, description="Lowest voltage [pu] (EN 50160: 0.9).")
    vm_max_pu: Annotated[float, Field(gt=0.5, lt=1.5)] = Field(default=1.1, description="Highest voltage [pu] (EN 50160: 1.1).")
    line_percent: Positive = Field(default=100.0, description="Highest loading of lines [%].")
    trafo_percent: Positive = Field(default=100.0, description="Highest loading of transformers [%].")
    load_factor: Ratio = Field(
        default=1.0, description="The net's own loads are multiplied by it: the day's shape of them [1]."
    )
    sgen_factor: Ratio = Field(
        default=1.0, description="The net's own generators are multiplied by it: the day's shape of them [1]."
    )
    outages: list[Element] = Field(
        default_factory=list, description="Lines, by name or number, without any of which the plan must hold, too (N-1)."
    )
    path: list[GridPath] = Field(
        default_factory=list, description="How they may turn out: the wires keep a margin for each path."
    )

    @model_validator(mode="after")
    def _one_source(self) -> GridTable:
        if (self.file is None) == (self.simbench is None):
            raise ValueError("either file or simbench")
        if self.vm_min_pu >= self.vm_max_pu:
            raise ValueError(f"vm_min_pu below vm_max_pu = {self.vm_max_pu:g}")
        return self
