"""What-ifs on the warm grid of the work process: questions and answers. Nothing here reaches the loop; an answer is no order.

Powers are in MW, drawing positive as for devices; buses, lines, transformers and switches carry the indices of the net. Missing
is None, never zero. A question is read by `read_question`, which refuses it with all faults at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, computed_field, model_validator

from twin.contracts.snapshot import GridValues
from twin.domain.problems import BadInput, Problem

MAX_CHANGES = 50
"""Of one kind in one step: more is a mistake, not a switching."""
MAX_STEPS = 40
_REMEDY = "correct the question; its fields are in twin/contracts/preview.py"
_INDEX = Field(ge=0, strict=True)
_POWER = Field(ge=-1000.0, le=1000.0, allow_inf_nan=False)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# ---------------------------------------------------------------------------------------------- questions


class SwitchChange(_Frozen):
    """A switch comes into this position."""

    switch: int = _INDEX
    closed: bool = Field(strict=True)


class OutageChange(_Frozen):
    """A line or transformer goes out of service with both ends open; ``out`` False brings it back."""

    table: Literal["line", "trafo"]
    index: int = _INDEX
    out: bool = Field(default=True, strict=True)


class Redispatch(_Frozen):
    """A device stands at ``p_mw``; or a bus draws ``p_mw`` more than it does now. One of the two is named."""

    device: str | None = None
    bus: int | None = Field(default=None, ge=0, strict=True)
    p_mw: float = _POWER

    @model_validator(mode="after")
    def _names_one(self) -> Redispatch:
        if (self.device is None) == (self.bus is None):
            raise ValueError("a device or a bus, one of the two")
        return self


class Changes(_Frozen):
    """What is done at once; nothing at all is the present."""

    switch: tuple[SwitchChange, ...] = Field(default=(), max_length=MAX_CHANGES)
    outages: tuple[OutageChange, ...] = Field(default=(), max_length=MAX_CHANGES)
    redispatch: tuple[Redispatch, ...] = Field(default=(), max_length=MAX_CHANGES)


class WhatIf(Changes):
    """The present with these changes. Asked without any it answers the present, and warms the grid."""

    kind: Literal["what_if"] = "what_if"


class OrderCheck(_Frozen):
    """A switching order before it is one: its steps one after the other, each on what those before it left."""

    kind: Literal["order"] = "order"
    steps: tuple[Changes, ...] = Field(min_length=1, max_length=MAX_STEPS)


class RecommendationTrial(_Frozen):
    """A recommendation before it is answered: the coming hours with it and without."""

    kind: Literal["recommendation"] = "recommendation"
    id: str = Field(min_length=1, max_length=200)


class LookAhead(_Frozen):
    """As far as the forecasts reach, at most 48 h, every ``step_s`` seconds (a quarter hour or an hour)."""

    kind: Literal["lookahead"] = "lookahead"
    step_s: Literal[900, 3600] = 900


Question = Annotated[WhatIf | OrderCheck | RecommendationTrial | LookAhead, Field(discriminator="kind")]
_QUESTION: TypeAdapter[WhatIf | OrderCheck | RecommendationTrial | LookAhead] = TypeAdapter(Question)


def read_question(asked: Mapping[str, Any]) -> WhatIf | OrderCheck | RecommendationTrial | LookAhead:
    """The question in these plain values.

    Raises:
        BadInput: with every fault, each at its place in the question ("switch.0.closed").
    """
    try:
        return _QUESTION.validate_python(asked)
    except ValidationError as refused:
        raise BadInput(
            Problem(
                ".".join(map(str, fault["loc"])) or "question",
                f"{fault['input']!r}"[:80],
                fault["msg"],
                _REMEDY,
            )
            for fault in refused.errors(include_url=False, include_context=False)
        ) from refused


# ---------------------------------------------------------------------------------------------- answers


class Standing(_Frozen):
    """One state of the grid.

    Attributes:
        converged: whether a power flow describes it; if not, figures and values are None.
        worst_element: the most loaded, "line 12". ``vm_min_bus``, ``vm_max_bus``: where the extremes are.
        unsupplied_mw: consumption on buses without supply; ``unsupplied_buses``: those buses. ``dark_islands``: into how many
            parts they fall.
        radial: no way leads round: one supply for every bus. ``parts``: separately fed parts.
        n1_margin_percent: 100 less the highest loading of all single outages of lines and transformers after restoration by one
            closure; ``n1_worst_outage``: that outage ("line 12"), ``n1_closure``: the switch that restores best after it.
        n1_unsupplied_mw: the most that an outage leaves dark after restoration; ``n1_unsupplied_outage``: that outage.
        values: per element in the order of `DiagramFacts`, for drawing.
    """

    converged: bool
    worst_loading_percent: float | None
    worst_element: str | None
    vm_min_pu: float | None
    vm_min_bus: int | None
    vm_max_pu: float | None
    vm_max_bus: int | None
    import_p_mw: float | None
    loss_mw: float | None
    unsupplied_mw: float
    unsupplied_buses: tuple[int, ...]
    dark_islands: int
    radial: bool
    parts: int
    n1_margin_percent: float | None
    n1_worst_outage: str | None
    n1_closure: int | None
    n1_unsupplied_mw: float | None
    n1_unsupplied_outage: str | None
    values: GridValues


class Objection(_Frozen):
    """Something that speaks against a state or a switching. Words come from ``code``; the rest names place, value and limit.

    Attributes:
        code: of a state "not_converged", "unsupplied", "overload", "voltage_low", "voltage_high"; of a closure "second_way",
            "two_infeeds", "voltage_across", "angle_across", "withstand", "pickup", "no_supply", "not_checked"; of any switching
            "not_permitted", "already_so", "disconnector" (it would make or break load current).
        element: "switch 12", "line 7", "bus 3". ``value``, ``limit``: in ``unit``, None where it is no number.
        existed: the state before had it as well, and no milder.
        detail: in English, with the remedy, as the engine says it; "" where the code says everything.
    """

    code: str
    element: str
    value: float | None
    limit: float | None
    unit: str
    existed: bool = False
    detail: str = ""


class Closing(_Frozen):
    """One switch that a step closes, by IEC 60909 and across its contacts; None where a check does not apply.

    Attributes:
        joins_live: both sides were supplied: it closes a ring, or couples two infeeds.
        ikss_max_ka, ikss_min_ka: greatest and least short-circuit current at what it touches; ``ikss_before_max_ka``: before.
        withstand_ka: the lowest rating declared there, None where the grid's file has none. ``pickup_needed_ka``: what the
            protection on the way needs.
        assumed: in English, what the checks had to assume or could not check.
    """

    switch: int
    joins_live: bool
    vm_difference_pu: float | None
    va_difference_degree: float | None
    ikss_max_ka: float | None
    ikss_before_max_ka: float | None
    ikss_min_ka: float | None
    withstand_ka: float | None
    pickup_needed_ka: float | None
    assumed: tuple[str, ...]


class KpiChange(_Frozen):
    """The three figures against the present, or against doing without; None is not computed, and ``not_covered`` says why.

    Attributes:
        chf, grid_percent, co2_kg: money (positive: costs more), highest loading (positive: more loaded), greenhouse gas.
        per: "hour" (of a state that stays) or "horizon" (of the hours told).
        not_covered: codes of what is left out: "month_peak", "device_payments", "price_unknown", "co2_unknown",
            "lost_load" (dark customers draw nothing, which is no saving).
    """

    chf: float | None
    grid_percent: float | None
    co2_kg: float | None
    per: Literal["hour", "horizon"]
    not_covered: tuple[str, ...]


class Answer(_Frozen):
    """What every answer says of itself.

    Attributes:
        tick, as_of, interval: of the newest acknowledged state, on which it rests. ``quality``: of that state.
        stale: that state is old itself (held after a failed estimate), or no loop writes this journal any more.
        engine: "batch 1.2.3". ``ms``: in the work process.
        what_if: always True: nothing of it is on air.
        not_covered: codes of what the answer leaves out: "taps_stand" (tap changers stay), "protection_not_simulated",
            "present_powers" (the powers of the state, not those of the moment of the switching).
    """

    what_if: Literal[True] = True
    tick: int
    as_of: datetime
    interval: datetime
    quality: tuple[str, ...]
    stale: bool
    engine: str
    ms: float
    not_covered: tuple[str, ...] = ()


class StepResult(_Frozen):
    """A step of an order: what it leaves, and what speaks against it (nothing: ``allowed``)."""

    after: Standing
    objections: tuple[Objection, ...]
    closings: tuple[Closing, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def allowed(self) -> bool:
        """No objection but those that the state before had as well."""
        return all(objection.existed for objection in self.objections)


class WhatIfAnswer(Answer):
    """The present, and the present with the changes."""

    kind: Literal["what_if"] = "what_if"
    before: Standing
    after: Standing
    objections: tuple[Objection, ...]
    closings: tuple[Closing, ...]
    kpi: KpiChange


class OrderAnswer(Answer):
    """The present, and what every step leaves. ``first_objection``: position of the first step that adds one."""

    kind: Literal["order"] = "order"
    before: Standing
    steps: tuple[StepResult, ...]
    first_objection: int | None
    kpi: KpiChange


class Course(_Frozen):
    """Worst figures per step over a horizon."""

    worst_loading_percent: tuple[float | None, ...]
    worst_element: tuple[str, ...]
    vm_min_pu: tuple[float | None, ...]
    vm_max_pu: tuple[float | None, ...]


class RecommendationAnswer(Answer):
    """The coming hours by AC power flow, with the recommendation and without it; everything else as decided.

    Attributes:
        harms: an element or voltage beyond its limit gets worse by it.
        p_mw: what it moves, per step [MW], drawing more positive.
    """

    kind: Literal["recommendation"] = "recommendation"
    id: str
    group: str
    start: datetime
    step_s: int
    without: Course
    with_it: Course
    p_mw: tuple[float, ...]
    harms: bool
    kpi: KpiChange


class LookAheadAnswer(Answer):
    """The coming hours, as planned.

    Attributes:
        n1_margin_percent, n1_worst_outage: as in `Standing`, per step; None where no power flow describes an outage.
        p_violation: probability that some loading or voltage is beyond its limit; ``p_overload``, ``p_voltage``: of each.
        method: "normal_lattice": see `twin.preview.ahead`. ``samples``: points of it.
        boxes: instances that made the forecasts, in short "load_town fresh".
        reach: "48h", or why it ends sooner: "forecast_ends".
    """

    kind: Literal["lookahead"] = "lookahead"
    start: datetime
    step_s: int
    course: Course
    n1_margin_percent: tuple[float | None, ...]
    n1_worst_outage: tuple[str, ...]
    p_violation: tuple[float | None, ...]
    p_overload: tuple[float | None, ...]
    p_voltage: tuple[float | None, ...]
    method: str
    samples: int
    boxes: tuple[str, ...]
    reach: str
