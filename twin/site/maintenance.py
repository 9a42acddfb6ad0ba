"""The table of a site file that says what maintenance may cost, what a failure costs, and when an asset may be taken out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from twin.site.tables import Name, NotNegative, Positive, Share, Table

Kind = Literal[
    "mv_lv_transformer",
    "hv_mv_transformer",
    "tap_changer",
    "hv_overhead_line",
    "mv_overhead_line",
    "hv_cable",
    "mv_cable",
    "lv_cable",
    "mv_switchgear",
    "hv_switchgear",
    "hydro_unit",
    "pump",
]
"""Classes of assets, as the probability of failure knows them; what a failure costs is declared by class."""
KINDS: tuple[str, ...] = Kind.__args__  # type: ignore[attr-defined]
CAUSES = ("age", "inspection", "cooling", "gas", "pcb", "overload", "temperature", "no_spare", "routine")
"""Why an intervention may be proposed; `twin.maintenance.ranking.causes` says when each holds."""
Cause = Literal["age", "inspection", "cooling", "gas", "pcb", "overload", "temperature", "no_spare", "routine"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LocalHour = Annotated[int, Field(ge=0, le=24)]


class AssetClass(Table):
    """``[maintenance.classes.<kind>]``: one class of assets.

    Attributes:
        k_percent: K of the probability of failure [%]; normal_life_y: normal expected life [years]; both stand at CNAIM's where
            left out (`twin.boxes.maintenance.risk.classes`).
        repair_h: from failure to repair without a spare; ``spare_h`` with one ready; ``switching_h``: until the permitted
            closure is made.
        repair_chf: of one failure. ``replace_chf``: a new one.
        safety_chf, environment_chf: expected cost of one failure [CHF]: harm times its chance. ``oil_chf_per_l``: of oil that
            is lost.
        at_risk_limit_mw: of a planned outage, load that one further failure may leave dark; above it N-1 is needed.
        second_rate_per_year: how often one other line or transformer fails meanwhile; second_h: for how long what it leaves
            dark stays dark. For the N-1 relief.
    """

    k_percent: Positive | None = None
    normal_life_y: Positive | None = None
    repair_h: Positive
    spare_h: Positive
    switching_h: NotNegative
    repair_chf: NotNegative
    replace_chf: Positive
    safety_chf: NotNegative
    environment_chf: NotNegative
    oil_chf_per_l: NotNegative
    at_risk_limit_mw: NotNegative
    second_rate_per_year: NotNegative
    second_h: NotNegative


class Action(Table):
    """``[[maintenance.actions]]``: something a crew can do.

    Attributes:
        kinds: classes that it is for. ``causes``: for which of them it is proposed.
        cost_chf: of one; None: ``replace_chf`` of the class. ``crew_h``: person hours. ``skill``: who.
        duration_h: from start to end. ``outage``: whether the asset is taken out.
        health_after: health score after it (0.5 new ... 10), None: as it is; never worse than before.
        pof_factor: on the probability of failure. ``lasts_years``: how long these two hold.
        spare_ready: a spare is at hand afterwards. ``cures_pcb``: the oil holds no PCB afterwards.
        parts: to take along.
    """

    action: Name
    kinds: tuple[Kind, ...] = Field(min_length=1)
    causes: tuple[Cause, ...] = Field(min_length=1)
    cost_chf: Positive | None = None
    crew_h: NotNegative
    skill: Name
    duration_h: Positive
    outage: bool
    health_after: float | None = Field(default=None, ge=0.5, le=10)
    pof_factor: Share = 1.0
    lasts_years: Positive
    spare_ready: bool = False
    cures_pcb: bool = False
    parts: tuple[str, ...] = ()


class Forbidden(Table):
    """Days on which nothing is taken out, both included, and why."""

    first: date
    last: date
    why: str

    @model_validator(mode="after")
    def _in_order(self) -> Forbidden:
        if self.last < self.first:
            raise ValueError(f"first {self.first} to last {self.last}: first must not be after last")
        return self


class Calendar(Table):
    """``[maintenance.calendar]``: local hours in which an asset may be taken out.

    Attributes:
        days, hours: working days and hours [from, to). ``holidays``: work on public holidays, too.
        forbidden: days without any outage. ``mobile_supply_mw``: of a mobile set that carries what a distribution transformer
            feeds while it is out; 0 without one.
    """

    days: tuple[Weekday, ...] = Field(min_length=1)
    hours: tuple[LocalHour, LocalHour]
    holidays: bool
    forbidden: tuple[Forbidden, ...] = ()
    mobile_supply_mw: NotNegative

    @model_validator(mode="after")
    def _hours_ascend(self) -> Calendar:
        if not self.hours[0] < self.hours[1]:
            raise ValueError(f"hours {list(self.hours)}: the first must be before the second")
        return self


class Crew(Table):
    """``[maintenance.crew]``: what there is for one plan. ``hours``: person hours by skill; ``budget_chf``: per year."""

    hours: Mapping[Name, NotNegative] = Field(min_length=1)
    budget_chf: NotNegative


class Maintenance(Table):
    """``[maintenance]``: the fleet, what failures cost and what can be done; ``source`` says where the figures come from.

    Attributes:
        fleet, gas, failures: CSV files beside the site file; ``columns``: our column -> the file's own header.
        horizon_years: over which avoided risk is counted. ``discount_percent``: per year.
        pcb_limit_ppm: at or above it oil counts as holding PCB; ``pcb_factor``: on the environment's cost then.
        visit_years: an asset that nobody visited for longer is due.
    """

    source: str
    fleet: str
    gas: str | None = None
    failures: str | None = None
    columns: Mapping[str, str] = Field(default={})
    horizon_years: Positive
    discount_percent: NotNegative
    pcb_limit_ppm: Positive
    pcb_factor: float = Field(ge=1)
    visit_years: Positive
    crew: Crew
    calendar: Calendar
    classes: Mapping[Kind, AssetClass] = Field(min_length=1)
    actions: tuple[Action, ...] = Field(min_length=1)
