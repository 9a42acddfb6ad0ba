"""One asset of the fleet, as its owner's register knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Inspection:
    """A visit's finding. ``score``: 1 as new, 2 light wear, 3 wear, 4 damage, 5 close to failure."""

    day: date
    score: float


@dataclass(frozen=True)
class Asset:
    """One row of a fleet file; NaN, None or "" where the file is silent.

    Attributes:
        row: in the file, the header being row 1.
        kind: one of `twin.site.maintenance.KINDS`. ``element``: of the grid ("trafo.2", "line.66", "sgen.132"), "" without one;
            ``on_grid``: whether the grid has it.
        rating_mva, vn_kv, length_km: rated power [MVA], nominal voltage of the higher side [kV], length of a line [km].
        titles: by language, of those that the file has one in. ``inspections``: the oldest first.
        pcb_ppm: PCB in the oil [mg/kg]. ``oil_l``: [l]. ``spares``: of this type at hand.
        place: address or coordinates. ``customers``: that it feeds. ``last_visit``: day of the last one.
        typical: fields that neither the file nor the grid knows, and that stand at what is typical of the class.
    """

    row: int
    asset: str
    kind: str
    title: str
    element: str
    on_grid: bool
    maker: str
    model: str
    installed_year: int | None
    rating_mva: float
    vn_kv: float
    length_km: float
    inspections: tuple[Inspection, ...]
    pcb_ppm: float
    oil_l: float
    spares: int | None
    place: str
    customers: int | None
    last_visit: date | None
    parts: tuple[str, ...]
    typical: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """Table of its element ("trafo"), "" without one."""
        return self.element.partition(".")[0]

    @property
    def index(self) -> int:
        """Index of its element; -1 without one."""
        return int(self.element.partition(".")[2]) if self.element else -1

    def age_years(self, year: int) -> float:
        """Age in ``year``; NaN where the year of installation is unknown."""
        return float("nan") if self.installed_year is None else float(year - self.installed_year)

    @property
    def latest(self) -> Inspection | None:
        """The newest inspection."""
        return self.inspections[-1] if self.inspections else None


@dataclass(frozen=True)
class Left:
    """A row that no asset was made of. ``code``: "no_id", "duplicate", "unknown_kind", "no_class"."""

    asset: str
    row: int
    code: str
    value: str
