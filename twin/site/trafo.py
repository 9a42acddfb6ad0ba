"""The table of a site file that puts a transformer under thermal watch."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.site.tables import Index, Name, NotNegative, Positive, Table, Words


class Thermal(Table):
    """Parameters of a transformer's type test, by the names of IEC 60076-7; what is left out stands at the typical value."""

    top_oil_rise_k: Positive | None = None
    hot_spot_gradient_k: Positive | None = None
    loss_ratio: Positive | None = None
    oil_exponent: Positive | None = None
    winding_exponent: Positive | None = None
    k11: Positive | None = None
    k21: Positive | None = None
    k22: Positive | None = None
    tau_oil_min: Positive | None = None
    tau_winding_min: Positive | None = None


class Trafo(Table):
    """``[[trafos]]``: a transformer under thermal watch.

    Attributes:
        size, cooling: choose the typical parameters of IEC 60076-7, table 4. ``paper``: of the winding.
        ambient_surcharge_k: air around the tank above ambient, in an enclosure [K].
        hot_spot_limit_c, top_oil_limit_c: limits of normal cyclic loading [degC] (IEC 60076-7, table 2).
        thermal: parameters of its type test that replace the typical ones.
    """

    name: Name
    title: Words
    index: Index
    zone: str
    sn_mva: Positive
    size: Literal["distribution", "power"]
    cooling: Literal["ONAN", "ONAF", "OFAF", "ODAF"]
    paper: Literal["normal", "upgraded"]
    ambient_surcharge_k: NotNegative = 0.0
    hot_spot_limit_c: float = Field(gt=60, le=200)
    top_oil_limit_c: float = Field(gt=40, le=150)
    installed_year: int = Field(ge=1900, le=2100)
    thermal: Thermal = Thermal()
