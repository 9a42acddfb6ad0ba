"""The messages that flow through one tick, in the order of the sentence in ``twin/regie/loop.py``. All are immutable values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
import xarray as xr

from twin.domain.grid import Topology
from twin.domain.quality import Quality

# ---------------------------------------------------------------------------------------------- boxes out


@dataclass(frozen=True)
class Finding:
    """Something abnormal that a box or the grid check saw. It becomes an alarm only with all of its parts (EEMUA 191).

    Attributes:
        key: stable identity, e.g. "overload:trafo:2"; the same fault keeps its key from tick to tick.
        parent: key of the root cause, when known; children are grouped below it.
        priority: 1 (act now) to 4 (journal).
        code: message template; words in FR, DE, IT, EN live in ``dashboard/locale``. ``params`` fill it.
        at: when it happens (now or forecast). ``act_before``: the last useful moment. ``owner``: the team that acts.
    """

    key: str
    priority: int
    code: str
    params: Mapping[str, Any]
    element: str
    at: datetime
    act_before: datetime
    owner: str
    parent: str | None = None


@dataclass(frozen=True)
class Proposal:
    """A box proposes power for one device from ``start`` on, in quarter hours; only ``decide`` disposes.

    Attributes:
        p_mw: the plan [MW], dims (time,); the first value applies now. ``lower_mw``, ``upper_mw``: bounds per step.
        unconstrained_p_mw: what the device would do by itself from now on (the comparison for proof, reason and orders).
        reference_p_mw: what its owner is paid against; of a charger, what it would do now had nobody ever moved it.
        priority: that of the box's card; the lower one wins a contradiction.
        reason: code; ``params`` name the binding constraint, price spread, deadline ...
        value_chf: saving against not moving this device (what a refusal costs). ``confidence``: 0..1.
    """

    device: str
    start: datetime
    p_mw: np.ndarray
    lower_mw: np.ndarray
    upper_mw: np.ndarray
    unconstrained_p_mw: np.ndarray
    reference_p_mw: np.ndarray
    priority: int
    reason: str
    params: Mapping[str, Any]
    value_chf: float
    confidence: float


SERIES = ("p_mw", "lower_mw", "upper_mw", "unconstrained_p_mw", "reference_p_mw")
"""Those fields of a `Proposal` that hold power [MW] per quarter hour: one length, all within the limits of the device."""


@dataclass(frozen=True)
class Headline:
    """The one figure of a box's card: value, unit and a label code ("town_load", "hot_spot" ...)."""

    label: str
    value: float
    unit: str


@dataclass(frozen=True)
class Report:
    """What a box returns. ``outputs`` holds every provided signal as a DataArray with named dims and units in attrs."""

    outputs: Mapping[str, xr.DataArray]
    headline: Headline
    proposals: tuple[Proposal, ...] = ()
    findings: tuple[Finding, ...] = ()
    reason: str = "ok"
    params: Mapping[str, Any] = field(default_factory=dict)


class Service(StrEnum):
    """How a box instance was served in a tick."""

    FRESH = "fresh"  # its own answer, valid
    HELD = "held"  # not due in this tick; its last answer still holds
    FALLBACK = "fallback"  # it failed; a fallback answered
    ABSENT = "absent"  # nothing to show, not even a constant


class Outcome(StrEnum):
    """What became of asking a box: a recorded input of the tick, reused by a replay."""

    OK = "ok"
    NOT_DUE = "not_due"
    EXCEPTION = "exception"
    DEADLINE = "deadline"
    DIED = "died"
    MEMORY = "memory"
    REFUSED = "refused"  # answered, but the answer failed validation
    BREAKER_OPEN = "breaker_open"
    UNMET_NEED = "unmet_need"
    OUTAGE = "outage"  # the site's file says that it does not answer now: a rehearsal


@dataclass(frozen=True)
class Envelope:
    """A report with what the runtime knows about it. Everything on a screen comes out of an envelope.

    Attributes:
        fallback: name of the rung that served ("last_good", "constant", "instance:<name>"), or None.
        problems: why the box's own answer was not used.
    """

    instance: str
    box: str
    version: str
    team: str
    role: str
    as_of: datetime
    produced_at: datetime
    valid_until: datetime
    quality: Quality
    service: Service
    outcome: Outcome
    fallback: str | None
    inputs_hash: str
    artifact: str | None
    report: Report
    problems: tuple[str, ...] = ()


# ---------------------------------------------------------------------------------------------- loop


@dataclass(frozen=True)
class State:
    """What the grid is doing in the last complete quarter hour, with quality.

    Attributes:
        as_of: the tick's instant; ``interval``: label of the quarter hour that the values describe.
        grid: ``vm_pu(bus)``, ``line_loading_percent(line)``, ``trafo_loading_percent(trafo)``, ``load_p_mw(load)``,
            ``sgen_p_mw(sgen)``, ``loss_mw`` ... as estimated.
        quality: of the estimate as a whole; the attrs of each variable say how it came to be.
        coverage: share of the grid's own channels (not weather, prices) that were good, 0..1.
        mode: "normal", "degraded" (coverage < 0.7) or "forecast_only" (no telemetry of the grid).
    """

    as_of: datetime
    interval: datetime
    topology: Topology
    grid: xr.Dataset
    quality: Quality
    coverage: float
    mode: str
    findings: tuple[Finding, ...] = ()


class OrderState(StrEnum):
    """Life of an order. Terminal: confirmed, failed, expired, refused."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True)
class Order:
    """A setpoint for one device and one quarter hour; when it lapses the device goes on by itself.

    Attributes:
        key: makes it idempotent: same tick, device and value give the same key.
        payment_chf: what the device's owner earns by obeying.
    """

    key: str
    device: str
    p_mw: float
    start: datetime
    expires: datetime
    state: OrderState
    recommendation: str
    payment_chf: float = 0.0


@dataclass(frozen=True)
class SwitchOrder:
    """An order to one remote-controllable switch, as a person asked for it.

    Attributes:
        key: makes it idempotent: one command gives one key. ``closed``: the position that is wanted.
        expires: by then the telemetry must show the position, or the order has failed.
        reason: code of why it failed or was refused.
    """

    key: str
    switch: int
    closed: bool
    by: str
    start: datetime
    expires: datetime
    state: OrderState
    reason: str | None = None


@dataclass(frozen=True)
class Kpi:
    """One of the three figures of KPI.md over the window so far: ours, do-nothing's, and the difference."""

    value: Mapping[str, float]
    baseline: Mapping[str, float] | None
    difference: Mapping[str, float] | None


@dataclass(frozen=True)
class Recommendation:
    """What a dispatcher is asked to accept or refuse: one group of devices, one reason, until a moment.

    Attributes:
        id: stable as long as group, reason and block stay the same.
        state: "open", "accepted" (by contract or by a person), "refused", "expired", "superseded".
        by: who accepted or refused ("contract" or the person's name as the screen knows it).
        effect: {"chf": ..., "loading_percent_before": ..., "loading_percent_after": ..., "element": ..., "co2_kg": ...}.
        planned_at: of the plan that its figures were taken from; older than the tick where no box has proposed it since.
    """

    id: str
    group: str
    devices: tuple[str, ...]
    reason: str
    params: Mapping[str, Any]
    p_mw_now: float
    effect: Mapping[str, Any]
    confidence: float
    decide_before: datetime
    until: datetime
    planned_at: datetime
    state: str
    by: str | None = None
    motive: str | None = None


@dataclass(frozen=True)
class Alarm:
    """A finding with a life: raised, acknowledged or shelved, escalated when nobody does, cleared.

    Attributes:
        shelved_until: out of sight until then, as ``shelved_by`` asked for ``shelved_motive``; None where it is in sight.
        escalation_level: how many people of the roster were called, 0 none; ``escalated_to``: the last of them.
    """

    key: str
    priority: int
    code: str
    params: Mapping[str, Any]
    element: str
    since: datetime
    at: datetime
    act_before: datetime
    owner: str
    parent: str | None
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    cleared_at: datetime | None
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    shelved_motive: str | None = None
    escalation_level: int = 0
    escalated_to: str | None = None
    escalated_at: datetime | None = None


@dataclass(frozen=True)
class Command:
    """Somebody's wish, from the command queue. ``id`` grows; the loop consumes each once.

    Attributes:
        kind: one of `COMMAND_KINDS`. ``target``: alarm key, recommendation id, box instance or index of a switch.
        by: who. ``issued_at``, ``expires``: an expired or replayed command is refused and journalled.
        minutes: how long an alarm is shelved. ``value``: "open" or "closed", the position wanted of a switch.
    """

    id: int
    kind: str
    target: str
    by: str
    issued_at: datetime
    expires: datetime
    motive: str | None = None
    minutes: int | None = None
    value: str | None = None


COMMAND_KINDS = (
    "acknowledge",
    "shelve",
    "unshelve",
    "accept",
    "refuse",
    "promote",
    "withdraw",
    "shadow",
    "switch",
)
"""About alarms; recommendations; boxes; switches."""


@dataclass(frozen=True)
class Decision:
    """What this tick decided and why: the end of the sentence.

    Attributes:
        setpoints: device -> power for the coming quarter hour [MW], after merging, AC check and trimming.
        trimmed: devices whose proposal was reduced, with the reason code.
        horizon: ``vm_pu_max(time)``, ``vm_pu_min``, ``loading_percent_max`` and the element, before and after the plan.
        max_vm_error_pu: deciding engine against runpp(1e-8) on the verified step.
    """

    setpoints: Mapping[str, float]
    trimmed: Mapping[str, str]
    recommendations: tuple[Recommendation, ...]
    orders: tuple[Order, ...]
    alarms: tuple[Alarm, ...]
    kpis: Mapping[str, Kpi]
    horizon: xr.Dataset
    max_vm_error_pu: float
