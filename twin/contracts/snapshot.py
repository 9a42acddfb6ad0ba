"""The dispatcher's snapshot: everything the régie's screen shows, written by the loop once a tick, read by the web process.

Numbers are raw (units in the names), instants are ISO 8601 UTC; words and number formats are made in ``dashboard``. Every
value that can be doubtful carries ``quality`` words (`twin.domain.quality.words`) and the ``as_of`` of the snapshot or its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1


class Frozen(BaseModel):
    """A message that nobody changes, and that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BoxFacts(Frozen):
    """What a box instance is: ``kind`` as the site file uses it ("load"), ``subject`` as in `SiteFacts.titles`, or None.

    Attributes:
        role: "champion", "standby", "shadow" or "reserve", as of now.
        shadows: of a shadow or a reserve, the champion that the site file compares it with.
        needs, provides: signals that its card declares. ``cadence_s``: grid time between two answers; ``deadline_s``: wall
            clock that one may take, None where the card is not known. ``fallbacks``: the rungs below it, in order.
    """

    kind: str
    role: str
    subject: str | None
    shadows: str | None = None
    needs: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    cadence_s: float | None = None
    deadline_s: float | None = None
    fallbacks: tuple[str, ...] = ()


class OnCallView(Frozen):
    """Who is called when nobody acknowledged an urgent alarm for ``after_minutes`` of grid time; ``owner`` None: any team's."""

    who: str
    after_minutes: int
    owner: str | None = None


class SiteFacts(Frozen):
    """The site as the header names it, and what its file calls the parts that messages name by id.

    Attributes:
        notes: codes of honest labels ("benchmark_town", "synthetic_outside" ...).
        titles: "zone:town", "trafo:2" or "group:cars" -> its title by language.
        trafos: name of a watched transformer -> its index in the net. ``boxes``: by instance.
        devices: device id -> its group, for devices that can be dispatched.
        roster: on call, in the order of escalation; empty where alarms escalate to nobody.
    """

    name: str
    title: Mapping[str, str]
    timezone: str
    notes: tuple[str, ...]
    titles: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    trafos: Mapping[str, int] = Field(default_factory=dict)
    boxes: Mapping[str, BoxFacts] = Field(default_factory=dict)
    devices: Mapping[str, str] = Field(default_factory=dict)
    roster: tuple[OnCallView, ...] = ()


class KpiTriple(Frozen):
    """One of the three figures since the window began: ours, do-nothing's (None without a baseline), the difference."""

    value: Mapping[str, float | None]
    baseline: Mapping[str, float | None] | None
    difference: Mapping[str, float | None] | None


class Curve(Frozen):
    """Quarter hours from ``start``; None where missing."""

    start: datetime
    step_s: int = 900
    values: tuple[float | None, ...]


class Band(Frozen):
    """A forecast: median and outer quantiles from ``start``."""

    start: datetime
    step_s: int = 900
    low: tuple[float | None, ...]
    median: tuple[float | None, ...]
    high: tuple[float | None, ...]


class ShadowView(Frozen):
    """How a shadow stands against ``champion`` over the days on which both were scored.

    Attributes:
        ratio: pinball of the shadow by the champion's; below 1 it is better. None where there is none yet.
        code: "earned", or the first reason why it has not; words come from it and ``params``.
    """

    champion: str
    days: int
    pinball_mw: float | None
    champion_pinball_mw: float | None
    ratio: float | None
    code: str
    params: Mapping[str, Any]


class BoxCardView(Frozen):
    """One card on the wall of boxes. ``as_of``: when the answer was made, which a held or last good one shows honestly."""

    instance: str
    box: str
    version: str
    owner: str
    role: str
    label: str
    value: float | None
    unit: str
    quality: tuple[str, ...]
    service: str
    outcome: str
    fallback: str | None
    as_of: datetime
    reason: str
    params: Mapping[str, Any]
    problems: tuple[str, ...]
    past: Curve | None = None
    forecast: Band | None = None
    shadow: ShadowView | None = None


class AlarmView(Frozen):
    """One alarm; words come from ``code`` and ``params``.

    Attributes:
        of_host: raised outside the journal, which is what failed: nobody can acknowledge it, it goes with its cause.
        shelved_until: out of sight until then, as ``shelved_by`` asked for ``shelved_motive``; None where it is in sight.
        escalation_level: how many people of the roster were called because nobody acknowledged it, 0 none; ``escalated_to``:
            the last of them, ``escalated_at``.
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
    of_host: bool = False
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    shelved_motive: str | None = None
    escalation_level: int = 0
    escalated_to: str | None = None
    escalated_at: datetime | None = None


class RecommendationView(Frozen):
    """One recommendation, from open to accepted, refused or expired. ``devices``: how many; ``device_ids``: which.

    Attributes:
        planned_at: of the plan that its figures were taken from.
    """

    id: str
    group: str
    devices: int
    reason: str
    params: Mapping[str, Any]
    p_mw_now: float
    effect: Mapping[str, Any]
    confidence: float
    decide_before: datetime
    until: datetime
    planned_at: datetime
    state: str
    by: str | None
    motive: str | None
    device_ids: tuple[str, ...] = ()


class OrderView(Frozen):
    """One order on its way to the field."""

    key: str
    device: str
    p_mw: float
    start: datetime
    expires: datetime
    state: str


class OrderLifeView(Frozen):
    """All orders that one recommendation has led to, of those that the outbox still holds.

    Attributes:
        recommendation: its id. ``start``: of the newest; ``p_mw``: of those that start then, together.
        counts: orders by state.
        failed: (device, power that was ordered), newest first: telemetry did not show it.
    """

    recommendation: str
    start: datetime
    p_mw: float
    counts: Mapping[str, int]
    failed: tuple[tuple[str, float], ...] = ()


class SwitchOrderView(Frozen):
    """One order to a switch on its way to the field, asked for by a person.

    Attributes:
        switch: its index, as in `DiagramSwitch`. ``closed``: the position that is wanted.
        state: as of other orders. ``reason``: code of why it failed or was refused, None otherwise.
    """

    key: str
    switch: int
    closed: bool
    by: str
    start: datetime
    expires: datetime
    state: str
    reason: str | None = None


class GridValues(Frozen):
    """Values for the diagram, in the order of `DiagramFacts`; None where unsupplied or unknown.

    Attributes:
        open_lines: indices of lines that carry nothing. ``closed_couplers``: switch indices of closed bus couplers.
        open_switches: indices of all switches of `DiagramFacts` that are open now, as telemetered.
    """

    vm_pu: tuple[float | None, ...]
    line_loading_percent: tuple[float | None, ...]
    trafo_loading_percent: tuple[float | None, ...]
    open_lines: tuple[int, ...]
    closed_couplers: tuple[int, ...]
    quality: tuple[str, ...]
    open_switches: tuple[int, ...] = ()


class Strip(Frozen):
    """The live strip beside the cards; a total of which a part is unknown is None.

    Attributes:
        flexibility_on_call_mw: power that connected devices with a right of use could be asked to change now.
        interval: label of the quarter hour that the figures describe. ``quality``: of all of them together.
        past: field of this strip -> its quarter hours behind, where they are remembered; ``ahead``: those announced.
    """

    price_chf_per_kwh: float | None
    grid_tariff_chf_per_kwh: float | None
    battery_soc_percent: float | None
    battery_p_mw: float | None
    charger_p_mw: float | None
    chargers_connected: int | None
    flexibility_on_call_mw: float | None
    interval: datetime
    quality: tuple[str, ...]
    past: Mapping[str, Curve] = Field(default_factory=dict)
    ahead: Mapping[str, Band] = Field(default_factory=dict)


class Horizon(Frozen):
    """The AC-checked look-ahead: worst loading and voltages of each quarter hour, before and after the plan."""

    start: datetime
    step_s: int = 900
    loading_before_percent: tuple[float | None, ...]
    loading_after_percent: tuple[float | None, ...]
    vm_min_pu: tuple[float | None, ...]
    vm_max_pu: tuple[float | None, ...]
    worst_element: tuple[str, ...]


class JournalLine(Frozen):
    """One line of the running journal. Words from ``code`` and ``params``."""

    at: datetime
    code: str
    params: Mapping[str, Any]


class Snapshot(Frozen):
    """One tick on the screen.

    Attributes:
        tick: number since the window's start, ``since``. ``interval``: label of the quarter hour that the state describes.
        published_at: wall clock of writing; ``next_at``: wall clock at which the next one is expected (None when the run ends
            or runs at full speed). The screen's 'stale' follows from these two.
        mode: "live" or "finished". ``telemetry``: "normal", "degraded" or "forecast_only".
    """

    schema_version: int = SCHEMA_VERSION
    site: SiteFacts
    since: datetime
    tick: int
    kind: str
    as_of: datetime
    interval: datetime
    published_at: datetime
    next_at: datetime | None
    mode: str
    speed: str
    tick_ms: float
    telemetry: str
    coverage: float
    quality: tuple[str, ...]
    max_vm_error_pu: float | None
    engine: str
    kpis: Mapping[str, KpiTriple]
    renewable_share: float | None
    import_p_mw: float | None
    boxes: tuple[BoxCardView, ...]
    grid: GridValues
    alarms: tuple[AlarmView, ...]
    recommendations: tuple[RecommendationView, ...]
    orders: tuple[OrderView, ...]
    order_counts: Mapping[str, int]
    strip: Strip
    horizon: Horizon | None
    journal: tuple[JournalLine, ...]
    head: str
    switch_orders: tuple[SwitchOrderView, ...] = ()
    order_lives: tuple[OrderLifeView, ...] = ()
