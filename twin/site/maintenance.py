"""The table of a site file that says what maintenance may cost, what a failure costs, and when an asset may be taken out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, get_args

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
KINDS: tuple[str, ...] = get_args(Kind)
Cause = Literal[
    "age",
    "inspection",
    "cooling",
    "gas",
    "pcb",
    "overload",
    "temperature",
    "sensor",
    "vibration",
    "no_spare",
    "routine",
]
"""Why an intervention may be proposed; `twin.maintenance.ranking.assess` says when each holds."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
LocalHour = Annotated[int, Field(ge=0, le=24)]


class Values(Table):
    """``[maintenance.values]``: what the site holds things to be worth; lost load stands in ``[kpi]``.

    Attributes:
        interruption_chf: one customer interrupted, however briefly. ``safety_chf``: one failure that endangers people.
        oil_chf_per_kg: oil in the ground, cleaned up. ``pcb_chf_per_kg``: with PCB in it. ``gas_chf_per_kg``: SF6 let out.
        generation_chf_per_mwh: generation that is lost until a machine is back.
    """

    interruption_chf: NotNegative
    safety_chf: NotNegative
    oil_chf_per_kg: NotNegative
    pcb_chf_per_kg: NotNegative
    gas_chf_per_kg: NotNegative
    generation_chf_per_mwh: NotNegative


class AssetClass(Table):
    """``[maintenance.classes.<kind>]``: one class of assets.

    Attributes:
        k_percent: K of the probability of failure [%]; normal_life_y: normal expected life [years]; both stand at CNAIM's where
            left out (`twin.boxes.maintenance.risk.classes`). ``source``: of what replaces them.
        switching_h: from failure until the permitted closure is made. ``restoring_h``: until a mobile supply or a makeshift
            serves those that no closure reaches. ``repair_h``: until the asset is back without a spare; ``spare_h``: with one.
        repair_chf: of one failure. ``replace_chf``: a new one.
        dangerous_share: of failures that endanger people. ``oil_share``: of the oil that reaches the ground in a failure.
        gas_kg: SF6 that may be let out.
        hidden_fault: probability of a fault that nothing has shown yet; fault_per_year: how often such a fault becomes a
            failure.
        at_risk_limit_mw: of a planned outage, load that one further failure may leave dark; above it N-1 is needed.
        second_per_year: how often any one other line or transformer fails; second_h: for how long what it leaves dark stays
            dark while the first is being repaired.
    """

    k_percent: Positive | None = None
    normal_life_y: Positive | None = None
    source: str | None = None
    switching_h: NotNegative
    restoring_h: NotNegative
    repair_h: Positive
    spare_h: Positive
    repair_chf: NotNegative
    replace_chf: Positive
    dangerous_share: Share
    oil_share: Share
    gas_kg: NotNegative
    hidden_fault: Share
    fault_per_year: NotNegative
    at_risk_limit_mw: NotNegative
    second_per_year: NotNegative
    second_h: NotNegative

    @model_validator(mode="after")
    def _own_constants_have_a_source(self) -> AssetClass:
        if (self.k_percent is not None or self.normal_life_y is not None) and not self.source:
            raise ValueError("k_percent or normal_life_y without source: say where they come from")
        return self


class Action(Table):
    """``[[maintenance.actions]]``: something a crew can do.

    Attributes:
        kinds: classes that it is for. ``causes``: for which of them it is proposed.
        cost_chf: of one, crew within; None: ``replace_chf`` of the class. ``crew_h``: person hours. ``skill``: who.
        duration_h: from start to end. ``outage``: whether the asset is taken out.
        removes: factors of condition that are gone afterwards ("cooling", "oil" ...). ``health_after``: score that it leaves at
            most (0.5 new to 10). ``renews``: the asset is new.
        finds: probability that it finds a hidden fault; mends: share of that fault's failures that are avoided then.
        spare_ready: a spare is at hand afterwards. ``cures_pcb``: the oil holds no PCB afterwards. ``uses_spare``: takes one.
        after: action that comes first where the asset has a cause for both; the two are then chosen together or this one not.
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
    removes: tuple[str, ...] = ()
    health_after: float | None = Field(default=None, ge=0.5, le=10)
    renews: bool = False
    finds: Share = 0.0
    mends: Share = 0.0
    spare_ready: bool = False
    cures_pcb: bool = False
    uses_spare: bool = False
    after: Name | None = None
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
        pcb_limit_ppm: at or above it oil counts as holding PCB. ``oil_kg_per_l``: its density.
        visit_years: an asset that nobody visited for longer is due.
    """

    source: str
    fleet: str
    gas: str | None = None
    failures: str | None = None
    columns: Mapping[str, str] = Field(default={})
    horizon_years: int = Field(ge=1, le=60)
    discount_percent: NotNegative
    pcb_limit_ppm: Positive
    oil_kg_per_l: Positive
    visit_years: Positive
    values: Values
    crew: Crew
    calendar: Calendar
    classes: Mapping[Kind, AssetClass] = Field(min_length=1)
    actions: tuple[Action, ...] = Field(min_length=1)

    def class_of(self, kind: str) -> AssetClass:
        """What failures of that class cost; KeyError for a kind without costs."""
        return {str(name): row for name, row in self.classes.items()}[kind]

    @model_validator(mode="after")
    def _known_actions_come_first(self) -> Maintenance:
        known = {action.action for action in self.actions}
        for action in self.actions:
            if action.after is not None and action.after not in known - {action.action}:
                others = ", ".join(sorted(known - {action.action}))
                raise ValueError(
                    f"action {action.action!r}, after {action.after!r}: expected one of {others}; correct the name"
                )
        return self
