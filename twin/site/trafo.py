"""The table of a site file that puts a transformer under thermal watch."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from twin.site.tables import Index, Name, NotNegative, Positive, ReferenceSince, Table, Words


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


class Caps(Table):
    """What else bears the current, or trips at it, in percent of the transformer's rated current; None = no limit known.

    Attributes:
        protection_percent: pickup of the overcurrent protection.
    """

    bushing_percent: Positive | None = None
    tap_changer_percent: Positive | None = None
    cable_percent: Positive | None = None
    protection_percent: Positive | None = None


class Trafo(Table):
    """``[[trafos]]``: a transformer under thermal watch.

    Attributes:
        size, cooling: choose the typical parameters of IEC 60076-7:2005, table 5 and E.1. ``paper``: of the winding. A
            cooling or paper that nobody knows is left out: the usual one stands in, and the box says so.
        natural_sn_mva: rating without fans or pumps [MVA], of a transformer with a natural stage ("ONAN/ONAF").
        fans: "out_of_service" where they stand still: the transformer then has its natural rating and time constants.
        restricted_oil_flow: the windings let the oil through with difficulty (zigzag washers); the hot-spot overshoots more.
        ambient_surcharge_k: air around the tank above ambient, in an enclosure [K].
        hot_spot_limit_c, top_oil_limit_c: limits of normal cyclic loading [degC]; the standard's (IEC 60076-7:2005, table 4)
            where the site has none of its own.
        caps: limits of bushings, tap changer, cable and protection. ``thermal``: parameters of its type test that replace the
            typical ones.
        reference_since: see `ReferenceSince`.
    """

    name: Name
    title: Words
    index: Index
    zone: str
    sn_mva: Positive
    size: Literal["distribution", "power"]
    cooling: Literal["ONAN", "ONAF", "OFAN", "OFAF", "ODAN", "ODAF"] | None = None
    natural_sn_mva: Positive | None = None
    fans: Literal["in_service", "out_of_service"] = "in_service"
    restricted_oil_flow: bool = False
    paper: Literal["normal", "upgraded"] | None = None
    ambient_surcharge_k: NotNegative = 0.0
    hot_spot_limit_c: float | None = Field(default=None, gt=60, le=200)
    top_oil_limit_c: float | None = Field(default=None, gt=40, le=150)
    installed_year: int = Field(ge=1900, le=2100)
    caps: Caps = Caps()
    thermal: Thermal = Thermal()
    reference_since: ReferenceSince | None = None

    @model_validator(mode="after")
    def _natural_rating_is_the_smaller_one(self) -> Self:
        if self.natural_sn_mva is not None and self.natural_sn_mva > self.sn_mva:
            raise ValueError(f"natural_sn_mva={self.natural_sn_mva} is above sn_mva={self.sn_mva}: fans add to the rating")
        if self.fans == "out_of_service" and self.natural_sn_mva is None:
            raise ValueError('fans = "out_of_service" needs natural_sn_mva, the rating without them')
        return self
