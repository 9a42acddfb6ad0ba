"""A scenario as its file declares it, with those that it extends. Immutable; made by `scenarios.file.read.load_scenario`.

Every moment is an instant in UTC, however the file writes it. Elements are "line.66", "trafo.0", "switch.296" or, to travel
between grids, called by the net's own name: "line 'MV3.101 Line 67'" (`scenarios.file.elements`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, PrivateAttr, ValidationInfo, field_validator

from scenarios.file.clock import Instant, whole_quarter
from twin.site.rehearsed import WorldChange
from twin.site.rules import GridTariff
from twin.site.tables import Name, NotNegative, Positive, Share, Table, Words


def _of(*tables: str) -> AfterValidator:
    """An element of one of ``tables``."""
    written = re.compile(rf"({'|'.join(tables)})(\.\d+| '.+')")

    def checked(element: str) -> str:
        if not written.fullmatch(element):
            forms = [f'"{table}.0" or "{table} \'NAME\'"' for table in tables]
            raise ValueError(f"an element written like {', '.join(forms)}")
        return element

    return AfterValidator(checked)


Branch = Annotated[str, _of("line", "trafo")]
Switch = Annotated[str, _of("switch")]


class About(Table):
    """``[scenario]``: what it is called, and what a dispatcher learns from it."""

    name: Name
    title: Words
    teaches: Words


class Window(Table):
    """``[window]``: the first quarter hour, and how long [h], up to a month of 31 days."""

    start: Annotated[Instant, AfterValidator(whole_quarter)]
    hours: float = Field(ge=0.25, le=744.0, multiple_of=0.25)

    @property
    def ticks(self) -> int:
        """Quarter hours of the window."""
        return round(4 * self.hours)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.start + timedelta(hours=self.hours)


class Lasting(Table):
    """From ``at`` on, before ``until`` or, without it, for good. A time of day in ``until`` is the first one after ``at``."""

    at: Instant
    until: Instant | None = None

    @field_validator("until")
    @classmethod
    def _ends_after_it_begins(cls, until: datetime | None, info: ValidationInfo) -> datetime | None:
        at = info.data.get("at")
        if until is not None and at is not None and until <= at:
            raise ValueError(f"a moment after at, {at.isoformat()}")
        return until


class During(Lasting):
    """From ``at`` on, before ``until``."""

    until: Instant


# ------------------------------------------------------------------------------------------------ the world


MOST_TIMES = 40.0
"""Beyond forty times what a town has or lives through, a factor is a slip of the hand."""
MOST_CHF_PER_KWH = 10.0
"""More than twice the highest price that the European day-ahead auction admits (4 EUR/kWh, harmonised since 2022)."""
MOST_ADDED = {
    "temp_c": 60.0,
    "price_chf_per_kwh": MOST_CHF_PER_KWH,
    "import_renewable_share": 1.0,
    "import_co2_g_per_kwh": 2000.0,
}
"""On either side of zero, by quantity and in its unit."""

Times = Annotated[float, Field(ge=0, le=MOST_TIMES)]


class World(WorldChange):
    """``[[world]]``: weather, demand, hydro, price or mix differ for a while."""

    at: Instant
    until: Instant
    times: Times = 1.0
    path: tuple[Times, ...] = ()

    @field_validator("add")
    @classmethod
    def _as_far_as_it_goes(cls, add: float, info: ValidationInfo) -> float:
        most = MOST_ADDED.get(info.data.get("quantity", ""), math.inf)  # that others take none is told with their site
        if abs(add) > most:
            raise ValueError(f"from {-most:g} to {most:g}")
        return add


class Prices(During):
    """``[[prices]]``: the market's price x ``times`` + ``add`` [CHF/kWh]; ``foreseen``: whether it was published so."""

    times: Times = 1.0
    add: float = Field(default=0.0, ge=-MOST_CHF_PER_KWH, le=MOST_CHF_PER_KWH)
    foreseen: bool = True


Factor = Annotated[float, Field(gt=0, le=MOST_TIMES)]


class Growth(Table):
    """``[growth]``: how much more of everything the town has, and always had, so that its forecasts know it.

    Attributes:
        pv: factor on installed panels. ``cars``: on what charging takes. ``heat_pumps``: on their power. ``load``: on all other
            consumption.
    """

    pv: Factor = 1.0
    cars: Factor = 1.0
    heat_pumps: Factor = 1.0
    load: Factor = 1.0


class TariffChange(Table):
    """``[tariff]``: keys of the site's tariff that are others, for good."""

    energy_chf_per_kwh: float | None = None
    feed_in_chf_per_kwh: float | None = None
    grid_chf_per_kwh: GridTariff | None = None
    peak_chf_per_kw_month: NotNegative | None = None


# ------------------------------------------------------------------------------------------------ what happens


class Outage(Lasting):
    """``[[outages]]``: a line or transformer is out. ``planned``: announced work; else a fault."""

    element: Branch
    planned: bool = False


class Switching(Lasting):
    """``[[switchings]]``: a switch is closed or opened, and the other way round at ``until``."""

    switch: Switch
    closed: bool


class Refusal(Lasting):
    """``[[refusals]]``: a device obeys nobody."""

    device: str


class Import(During):
    """``[[imports]]``: the grid above delivers no more than ``limit_mw``; what exceeds it is a violation.

    Attributes:
        sheds: lines and transformers that are taken out of service meanwhile, as planned outages.
    """

    limit_mw: NotNegative
    sheds: tuple[Branch, ...] = ()

    @property
    def outages(self) -> tuple[Outage, ...]:
        """What is shed, as planned outages."""
        return tuple(Outage(element=element, at=self.at, until=self.until, planned=True) for element in self.sheds)


class TelemetryLost(During):
    """``[[telemetry_lost]]``: these channels say nothing; names or patterns ("line.*", "*.p_mw", "*")."""

    channels: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)


class BoxFailure(During):
    """``[[box_failures]]``: a box does not answer."""

    box: Name


class ByHand(During):
    """``[[manual]]``: nothing is accepted by itself."""


class Audience(During):
    """``[audience]``: citizens who look at the public page meanwhile."""

    viewers: int = Field(ge=1)


# ------------------------------------------------------------------------------------------------ many futures


MOST_FUTURES = 1_000_000
"""With so many, a probability is known to a tenth of a percentage point: more is a slip of the hand."""


class Ensemble(Table):
    """``[ensemble]``: how many futures, and what is uncertain in them.

    Attributes:
        line_outages_per_100km_year: of the circuits' length. ``trafo_outages_per_year``: of each transformer.
        repair_hours: how long such an outage lasts [h].
        spread: factor on the forecasts' own spread; 0: as the median says.
        unavailable_share: probability that a device obeys nobody in a future.
        source: where the rates come from, or that they are assumptions.
    """

    futures: int = Field(default=200, ge=1, le=MOST_FUTURES)
    seed: int = Field(default=1, ge=0)
    line_outages_per_100km_year: NotNegative = 2.0
    trafo_outages_per_year: NotNegative = 0.01
    repair_hours: Positive = 4.0
    spread: NotNegative = 1.0
    unavailable_share: Share = 0.02
    source: str = "assumptions; nobody's record of outages"


class Led(Table):
    """``[[drill.led]]``: something that led there. ``kind``: code; ``what``: of which element, box, channels or person."""

    at: Instant
    kind: str
    what: str


class Drill(Table):
    """``[drill]``: the run that a drill was drawn from; only drills have one. Its window are the hours to decide in.

    Attributes:
        state: the run's state directory, beside the drill's file. ``scenario``: that was on air there.
        head: of its journal where the drill begins. ``seal``: where it ends, over all that was decided and came meanwhile.
        hidden: what the file does not tell. ``led``: what led there.
    """

    state: Path
    scenario: str | None = None
    head: str
    seal: str
    hidden: tuple[str, ...] = ()
    led: tuple[Led, ...] = ()


class Compose(Table):
    """``[compose]``: scenarios that are applied before this one, in order: packaged names, or files beside this one."""

    extends: tuple[str, ...] = ()


class Scenario(Table):
    """One scenario, with what it extends already in it (`scenarios.file.merge`).

    Attributes:
        file: where it stands. ``sites``: packaged names or site files. ``seed``: of everything drawn, in place of the site's.
    """

    file: Path
    about: About = Field(alias="scenario")
    sites: tuple[str, ...] = Field(default=("demo",), min_length=1)
    seed: int | None = Field(default=None, ge=0)
    window: Window
    compose: Compose = Compose()
    world: tuple[World, ...] = ()
    growth: Growth = Growth()
    outages: tuple[Outage, ...] = ()
    switchings: tuple[Switching, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    prices: tuple[Prices, ...] = ()
    tariff: TariffChange = TariffChange()
    imports: tuple[Import, ...] = ()
    telemetry_lost: tuple[TelemetryLost, ...] = ()
    box_failures: tuple[BoxFailure, ...] = ()
    manual: tuple[ByHand, ...] = ()
    ensemble: Ensemble = Ensemble()
    audience: Audience | None = None
    drill: Drill | None = None
    _place: Callable[..., str] | None = PrivateAttr(default=None)

    @property
    def name(self) -> str:
        """Its short name: of folders and results."""
        return self.about.name

    @property
    def planned_outages(self) -> tuple[Outage, ...]:
        """Announced ones, and what an import's limit sheds."""
        announced = [outage for outage in self.outages if outage.planned]
        return (*announced, *(outage for cut in self.imports for outage in cut.outages))

    def placed(self, place: Callable[..., str]) -> Scenario:
        """The same, with where its values stand."""
        scenario = self.model_copy()
        scenario._place = place  # noqa: SLF001 - of a copy of itself
        return scenario

    def place(self, *keys: str | int) -> str:
        """Where the value under ``keys`` stands, for messages: file, line and path."""
        return " ".join((self.file.name, *map(str, keys))) if self._place is None else self._place(*keys)
