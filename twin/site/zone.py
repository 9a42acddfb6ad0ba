"""The ``[[zones]]`` of a site file: areas with a balance, and what they are measured by."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from twin.site.tables import Index, Name, NotNegative, Positive, Share, Table, Words


class BoundaryTerm(Table):
    """A channel whose power, times ``sign``, enters the zone."""

    channel: str
    sign: Literal[-1, 1] = 1


class PvReference(Table):
    """A metered plant; the zone's PV is its references' yield per kWp times the zone's kWp."""

    channel: str
    kwp: Positive


class OtherPlant(Table):
    """A metered plant that is neither hydro nor photovoltaics, generation positive.

    Attributes:
        carrier: "biomass", "waste", "wind" ... (`twin.domain.carriers`). ``kw``: installed power [kW].
        co2_g_per_kwh: life cycle, where the published factor does not fit; needed for waste, which has none.
        co2_source: whose figure that is, with its year.
    """

    channel: str
    carrier: str
    kw: Positive
    co2_g_per_kwh: NotNegative | None = None
    co2_source: str | None = None


class PvGroup(Table):
    """Plants of one orientation. ``azimuth_deg``: 180 = south."""

    tilt_deg: float = Field(ge=0, le=90)
    azimuth_deg: float = Field(ge=0, le=360)
    kwp: Positive


class Holds(Table):
    """Which elements belong to a zone: everything, or what is behind a transformer, or a list of plants."""

    everything: bool = False
    behind_trafo: Index | None = None
    sgens: tuple[Index, ...] = ()

    @model_validator(mode="after")
    def _one_rule(self) -> Holds:
        if [self.everything, self.behind_trafo is not None, bool(self.sgens)].count(True) != 1:
            raise ValueError("holds needs exactly one of everything = true, behind_trafo, sgens")
        return self


class LargestCustomer(Table):
    """The largest customer of a zone.

    Attributes:
        share: of the zone's annual consumption. ``source``: where that is known from. ``checked``: when.
    """

    share: Share
    source: str = Field(min_length=1)
    checked: date


class Moved(Table):
    """Customers whom the bounds of today took in (``joined``) and whom they left out (``left``)."""

    joined: int = Field(ge=0)
    left: int = Field(ge=0)


class Beside(Table):
    """Who takes power from the way to a zone: a zone's share follows the lines, so it tells of them as well.

    On the way from the grid's connection to the zone, from each place on where a plant feeds in: those who are served beyond
    that place, and not in the zone. Of these groups the one with the fewest customers.

    Attributes:
        customers: in it. ``largest_share``: of one of them, of their annual consumption.
        plants: metered ones without consent that feed into the way.
        source: where that is known from. ``checked``: when.
    """

    customers: int = Field(ge=0)
    largest_share: Share
    plants: int = Field(default=0, ge=0)
    source: str = Field(min_length=1)
    checked: date


class Zone(Table):
    """``[[zones]]``: an area with a balance.

    Attributes:
        kind: "site" (the whole), "neighbourhood", "building" (with its people's recorded ``consent``: date and reference), or
            "plant" (generation only, no consumption).
        pv_kwp: installed photovoltaics [kWp]. ``customers``: consumption behind the boundary; 0 only for a
            plant. ``largest_customer``: without it nothing of the zone is public. ``beside``: without it not both its share
            and its load are.
        formerly: who moved when its bounds did, since each bounds within which it was published in the last twelve months;
            people who move in or out of the same bounds do not count.
    """

    name: Name
    title: Words
    kind: Literal["site", "neighbourhood", "building", "plant"]
    parent: str | None = None
    consent: str | None = None
    customers: int = Field(default=0, ge=0)
    largest_customer: LargestCustomer | None = None
    beside: Beside | None = None
    formerly: tuple[Moved, ...] = ()
    holds: Holds
    boundary: tuple[BoundaryTerm, ...] = ()
    hydro: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    other_plants: tuple[OtherPlant, ...] = ()
    pv_references: tuple[PvReference, ...] = ()
    pv_groups: tuple[PvGroup, ...] = ()
    pv_kwp: NotNegative = 0.0
