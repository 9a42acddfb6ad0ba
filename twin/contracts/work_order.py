"""A work order: what a crew does at one asset, why, in which steps; and what it reports back.

Commands of the asset manager write orders, the phone page shows them, both write what comes back
(`dashboard.regie.work.store`). Instants are UTC; words come from codes and params
(``dashboard/locale/maintenance.<lang>.toml``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

State = Literal["issued", "accepted", "started", "done", "not_done", "closed"]
STATES: tuple[State, ...] = get_args(State)
FOLLOWS: Mapping[State, tuple[State, ...]] = {
    "issued": ("accepted", "started", "done", "not_done"),
    "accepted": ("started", "done", "not_done"),
    "started": ("done", "not_done"),
    "done": ("closed",),
    "not_done": ("closed",),
    "closed": (),
}
"""What may follow: a crew without reception reports once, at the end."""
OPEN: tuple[State, ...] = ("issued", "accepted", "started")
"""The work is still to be done."""
SCORES = (1, 2, 3, 4, 5)
"""Condition found: 1 as new, 2 light wear, 3 wear, 4 damage, 5 close to failure (`twin.maintenance.register.asset`)."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Who = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
]
PhotoName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\.(jpg|png|webp)$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Why(_Frozen):
    """A reason: words come from ``code`` ("cause.gas") and ``params``."""

    code: str
    params: Mapping[str, Any] = Field(default_factory=dict)


class GridState(_Frozen):
    """What the engine finds after a switching.

    Attributes:
        unsupplied_mw: load that is dark although it had supply, beside what a mobile supply carries.
        loading_percent: highest of all lines and transformers, vm_pu: lowest voltage; None where no power flow describes it.
        holds: nobody is dark, and no limit is exceeded further than without the work.
    """

    unsupplied_mw: float
    loading_percent: float | None
    vm_pu: float | None
    holds: bool


class Step(_Frozen):
    """One step.

    Attributes:
        code: "report", "mobile_on", "close", "open", "lock", "dead", "earth", "cover", "work", "uncover", "unearth", "unlock",
            "mobile_off", "report_back"; "close_tie" and "open_tie" for what supplies others meanwhile, "own_switch" for a
            device that the grid file does not hold.
        switches: names of what is moved or locked, as the grid file writes them; indices: the same in net.switch.
        kinds: their types (CB breaker, LBS load switch, DS disconnector, "" unknown). ``at``: names of the places.
        vn_kv: nominal voltages there. ``p_mw``: load that a mobile supply takes over.
        state: of the grid afterwards; None where nothing of it changes.
        objections: what speaks against it: "off_load" (a disconnector that would break or make current), "in_zone" (no switch
            of the grid file separates those loads from the work), "mobile_small", "closure" (a check refuses the tie).
    """

    code: str
    switches: tuple[str, ...] = ()
    indices: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    vn_kv: tuple[float, ...] = ()
    p_mw: float | None = None
    state: GridState | None = None
    objections: tuple[Why, ...] = ()


class Switching(_Frozen):
    """How the asset is freed for work and given back: a proposal, never a switching order.

    Attributes:
        steps: in order; the work itself is one of them. ``at``: the hour whose load every state was checked with; None when
            none was. ``before``: the grid as it is.
        proven: every state holds and nothing speaks against a step. ``reason``: code of why there is no proof, "" with one:
            "not_in_grid", "no_switch" (the grid file holds none for it), "dark", "limit", "objection".
    """

    steps: tuple[Step, ...]
    at: AwareDatetime | None = None
    before: GridState | None = None
    proven: bool = False
    reason: str = ""


class Place(_Frozen):
    """Where to go. ``address`` as the register has it; ``buses``: names in the grid; latitude, longitude [degrees], WGS 84."""

    address: str = ""
    station: str = ""
    buses: tuple[str, ...] = ()
    latitude: float | None = None
    longitude: float | None = None


class Window(_Frozen):
    """When the asset may be out. Figures are those of `twin.maintenance.ranking.ranked.FreeWindow`."""

    start: AwareDatetime
    end: AwareDatetime
    loading_percent: float | None = None
    at_risk_mw: float = 0.0
    mobile_mw: float = 0.0


class WorkOrder(_Frozen):
    """One order to one crew.

    Attributes:
        id: "WO-0007". ``intervention``: of the ranking ("trafo_2:oil_sample"). ``kind``: class of the asset.
        title: of the asset; ``titles``: by language, where the register has some.
        element: of the grid ("trafo.2"), "" without one. ``action``: code. ``cause``, ``evidence``: why; ``unknown``: facts
            that are missing or typical; confidence: 0 to 1. ``health``: 0.5 new to 10.
        parts: to take along. ``skill``, ``crew_h``: who, person hours. ``duration_h``: from start to end.
        window: None for work without an outage that no hour excludes, and where none is free.
        risk_avoided_chf: over ``horizon_years``.
        as_of: instant of the ranking. ``issued_at``, ``issued_by``: when and by whom. ``valid_until``: later the grid and the
            ranking may be others.
    """

    id: str = ""
    intervention: str
    site: str
    site_title: Mapping[str, str] = Field(default_factory=dict)
    timezone: str
    asset: str
    title: str
    titles: Mapping[str, str] = Field(default_factory=dict)
    kind: str
    element: str = ""
    place: Place = Place()
    action: str
    cause: Why
    evidence: tuple[Why, ...] = ()
    unknown: tuple[str, ...] = ()
    confidence: float = Field(ge=0.0, le=1.0)
    health: float
    pof_per_year: float
    switching: Switching
    needs_outage: bool
    parts: tuple[str, ...] = ()
    skill: str = ""
    crew_h: float
    duration_h: float
    window: Window | None = None
    cost_chf: float
    risk_avoided_chf: float
    horizon_years: float
    as_of: AwareDatetime
    issued_at: AwareDatetime
    issued_by: Who
    valid_until: AwareDatetime


class Change(_Frozen):
    """One entry of an order's history, never altered: who made it what, and when.

    Attributes:
        note: what the crew says; the motive where the work was not done. ``found``: the finding, in a line.
        score: condition found, one of `SCORES`; None when nobody judged it.
        photos: names in the store. ``ticked``: numbers of the steps that were ticked, from 1.
        key: of the submission: the same one twice is one change.
    """

    order: str
    state: State
    by: Who
    at: AwareDatetime
    note: Text = ""
    found: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    score: Literal[1, 2, 3, 4, 5] | None = None
    photos: tuple[PhotoName, ...] = ()
    ticked: tuple[int, ...] = ()
    key: Line


class Kept(_Frozen):
    """An order with its history, oldest first; the first change is its issue."""

    order: WorkOrder
    changes: tuple[Change, ...]

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.changes[-1].state

    @property
    def is_open(self) -> bool:
        """Whether the work is still to be done."""
        return self.state in OPEN

    @property
    def report(self) -> Change | None:
        """What the crew reported at the end."""
        return next((change for change in reversed(self.changes) if change.state in ("done", "not_done")), None)

    def is_late(self, now: datetime) -> bool:
        """Whether it is open beyond its validity at ``now``, on the site's clock."""
        return self.is_open and now > self.order.valid_until
