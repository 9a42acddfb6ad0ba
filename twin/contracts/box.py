"""The Box contract: a card that promises, ``fit`` that learns, ``step`` that answers. A box is pure.

``step`` sees a frozen as-of view, never a clock, a file or another box; what it must remember travels as bytes through the
journal. Its process is only a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from twin.contracts.frame import AsOfView
from twin.contracts.messages import Report
from twin.domain.time import QUARTER_HOUR


class Mode(StrEnum):
    """How much of a need must be there; where it is not, the box is not asked and its fallback serves."""

    STRICT = "strict"  # every element has a value within ``max_age``; ahead, every step has one
    LAST_GOOD = "last_good"  # one element or step that speaks will do; the box carries on the last good values of the others
    OPTIONAL = "optional"  # nothing: the box is asked without it


@dataclass(frozen=True)
class Need:
    """A signal that a box reads.

    Attributes:
        elements: zones, transformers, devices it reads; empty = all.
        history: how far back. ``ahead``: how far forward (outlook or another box's forecast).
        resolution, quantiles, scenarios: of what comes from other boxes: the step it reads, the levels that it must find there
            or how many paths at least.
        max_age: oldest acceptable newest value; ahead, oldest acceptable issue.
        min_coverage: share of non-missing values in ``history`` and ``ahead``, 0..1.
    """

    signal: str
    elements: tuple[str, ...] = ()
    history: timedelta = timedelta(0)
    ahead: timedelta = timedelta(0)
    resolution: timedelta = QUARTER_HOUR
    quantiles: tuple[float, ...] = ()
    scenarios: int = 0
    max_age: timedelta = timedelta(hours=1)
    min_coverage: float = 0.0
    mode: Mode = Mode.STRICT


@dataclass(frozen=True)
class Provide:
    """A signal that a box writes: validated for name, unit, dims, horizon, finiteness, range and ramp.

    Attributes:
        quantiles: ascending levels when the output has a ``quantile`` dimension.
        horizon: from ``as_of`` on, left-labelled; zero = the value of the last interval only.
        scenarios: number of paths when the output has a ``scenario`` dimension instead, labels 0, 1 ...: futures that hang
            together over time and over the elements of this box. A coordinate ``probability``, dims (scenario,), says how
            probable each is and sums to 1. Where several champions share the signal, whoever reads it finds the probability by
            element, dims (scenario, <element dim>): the paths of one have nothing to do with those of another.
    """

    signal: str
    elements: tuple[str, ...] = ()
    resolution: timedelta = QUARTER_HOUR
    horizon: timedelta = timedelta(0)
    quantiles: tuple[float, ...] = ()
    scenarios: int = 0


@dataclass(frozen=True)
class Training:
    """When a model is fitted and how long it may take; it takes effect ``effect_after`` the as-of of its history.

    Attributes:
        every: cadence in grid time. ``local_hour``: hour of the site's day at which a daily fit is due.
        history: how much of it ``fit`` is given.
    """

    every: timedelta
    local_hour: int
    effect_after: timedelta
    history: timedelta
    deadline_s: float


@dataclass(frozen=True)
class BoxCard:
    """What a box promises; the runtime holds it to every word.

    Attributes:
        deadline_s: wall seconds for one ``step``. ``catch_up_s``: as many more for a step without a state, for a box that lives
            through its history then. ``memory_mb``: limit of its process beyond the preloaded libraries.
        fallbacks: rungs in order, each "instance:<name>", "last_good" or "constant"; the last is "constant".
        constants: signal -> value for the last rung, of all its elements or by element.
        owner: the team that owns it. ``proposes``: it may propose setpoints, each with the ``priority`` of this card and within
            the limits of its device; decide disposes.
        preload: modules worth importing once in the fork server.
    """

    name: str
    version: str
    owner: str
    needs: tuple[Need, ...]
    provides: tuple[Provide, ...]
    constants: Mapping[str, float | Mapping[str, float]]
    fallbacks: tuple[str, ...] = ("last_good", "constant")
    cadence: timedelta = QUARTER_HOUR
    deadline_s: float = 2.0
    catch_up_s: float = 0.0
    memory_mb: int = 512
    training: Training | None = None
    proposes: bool = False
    priority: int = 100
    on_event: bool = False
    preload: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)

    def limit_s(self, state: bytes | None) -> float:
        """Wall seconds for a step from ``state``."""
        return self.deadline_s if state is not None else self.deadline_s + self.catch_up_s


@runtime_checkable
class Box(Protocol):
    """A box. Made by its class or factory as ``make(config: Mapping[str, Any], context: BoxContext) -> Box``."""

    card: BoxCard

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Learn from history, if the card has ``training``: a model as bytes (JSON or `twin.domain.pack`; never pickle)."""
        ...

    def step(self, view: AsOfView, artifact: bytes | None, state: bytes | None) -> tuple[Report, bytes | None]:
        """Answer at ``view.as_of``: the report and what to remember. Equal arguments give equal answers."""
        ...


@dataclass(frozen=True)
class BoxContext:
    """What a box may know of the site, fixed for the run.

    Attributes:
        instance: its name in the site file. ``seed``: the site's seed.
        timezone: IANA name. ``latitude``, ``longitude`` [deg]. ``country``, ``subdivision``: for holidays (CH, ZH).
        zones: zone -> static facts (customers, pv_kwp ...). ``trafos``, ``lines``: name -> nameplate facts
            of what is under thermal watch. ``machines``: of hydro units and pumps under watch.
        devices: every device of the site: the facts of `Device`, ``dispatchable`` among them.
        tariff: the site's tariff facts. ``bands``: voltage bands and loading limits.
        grid: packed `twin.domain.grid.Grid` of the normal topology.
        members: how the zones' totals stand on the grid, lists of equal length by table: "load" (element, zone, weight: its
            relative annual energy, tan_phi: reactive over active power), "pv" (element, zone, weight: installed power), "hydro"
            and what else runs on (element, zone, weight: size [MW]); "inverters": what follows Q(U) by itself (element, sn_mva;
            vm_pu and share of sn_mva are the curve's points), empty where nothing does. All empty where nobody knows.
        explains: somebody reads why it proposes what it proposes. Where nobody does, in futures that are played by the dozen, a
            box may leave out reasons that are dear to find, and proposes the same.
    """

    instance: str
    seed: int
    timezone: str
    latitude: float
    longitude: float
    country: str
    subdivision: str
    zones: Mapping[str, Mapping[str, Any]]
    trafos: Mapping[str, Mapping[str, Any]]
    devices: tuple[Mapping[str, Any], ...]
    tariff: Mapping[str, Any]
    bands: Mapping[str, Any]
    grid: bytes
    members: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    machines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    explains: bool = True
