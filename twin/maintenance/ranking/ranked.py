"""The ranking as it is written to ``ranking.json`` and read by whoever hands out the work.

Instants are ISO 8601 UTC, figures carry their unit in the name; what is unknown is None. Words are made from codes and params
(``dashboard/locale/maintenance.<lang>.toml``, section ``rank``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from twin.domain.problems import BadInput, Problem

SCHEMA_VERSION = 1
FILE = "ranking.json"


@dataclass(frozen=True)
class Said:
    """A reason: words come from ``code`` and ``params``."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Switching:
    """One switching of the planned outage: ``switch`` in net.switch opens or closes; None: the asset itself is taken out."""

    switch: int | None
    closes: bool
    element: str


@dataclass(frozen=True)
class FreeWindow:
    """Hours in which the asset may be taken out.

    Attributes:
        start, end: first and last instant. ``hours``: between them.
        loading_percent: the highest loading anywhere with the asset out. ``at_risk_mw``: load that one further failure would
            leave dark after the permitted closure, the highest of these hours. ``mobile_mw``: load that hangs on a mobile
            supply meanwhile, 0 without one.
    """

    start: str
    end: str
    hours: float
    loading_percent: float | None
    at_risk_mw: float
    mobile_mw: float


@dataclass(frozen=True)
class Excluded:
    """Hours of the calendar that are not free, by reason."""

    reason: Said
    hours: int


@dataclass(frozen=True)
class Consequence:
    """What one failure costs [CHF], by part, and what it rests on.

    Attributes:
        unsupplied_before_mw, unsupplied_after_mw: mean load without supply before and after the permitted closure; None for
            an asset that is not in the grid.
        energy_mwh: expected energy not served. ``customers``: without supply at first.
        closure: switch that brings supply back, None for none. ``loading_after_percent``: worst loading afterwards.
        second_mw: load that the worst further failure would leave dark during the repair.
    """

    network_chf: float
    safety_chf: float
    environment_chf: float
    repair_chf: float
    total_chf: float
    unsupplied_before_mw: float | None
    unsupplied_after_mw: float | None
    energy_mwh: float | None
    customers: int | None
    closure: int | None
    loading_after_percent: float | None
    second_mw: float | None
    repair_h: float


@dataclass(frozen=True)
class Item:
    """One intervention at one asset.

    Attributes:
        id: of the intervention ("trafo_2:oil_sample"). ``rank``: 1, 2 ... by CHF of risk avoided per CHF spent.
        element: of the grid ("trafo.2"), "" without one. ``place``: where to go (address or coordinates).
        action: code ("oil_sample", "replace" ...). ``cause``: why there. ``parts``: to take along.
        health: 0.5 (new) to 10 (end of life). ``pof_per_year``: probability of failure.
        risk_chf: per year as it is; ``risk_avoided_chf``: by this intervention, over the horizon. ``ratio``: of that by cost.
        confidence: 0 to 1; ``unknown``: facts that are missing or typical.
        status: "chosen" or "left_out"; ``why_not``: of what is left out. ``year``: of the budget, 0 is this one.
        needs_outage: whether the asset is taken out. ``duration_h``: for how long.
        window: the next free one, None without; ``excluded``: why other hours are not free. ``switching``: for the planned
            outage, in order.
    """

    id: str
    rank: int
    asset: str
    title: str
    kind: str
    element: str
    place: str
    action: str
    cause: Said
    parts: tuple[str, ...]
    skill: str
    crew_h: float
    cost_chf: float
    health: float
    pof_per_year: float
    risk_chf: float
    risk_avoided_chf: float
    ratio: float
    confidence: float
    unknown: tuple[str, ...]
    status: str
    why_not: Said | None
    year: int | None
    needs_outage: bool
    duration_h: float
    window: FreeWindow | None
    excluded: tuple[Excluded, ...]
    switching: tuple[Switching, ...]
    consequence: Consequence
    evidence: tuple[Said, ...] = ()


@dataclass(frozen=True)
class AssetResult:
    """What an asset comes to, whether anything is proposed for it or not.

    Attributes:
        on_grid: whether the grid has its element. ``health``, ``pof_per_year``, ``confidence``, ``unknown``: see `Item`.
        failure_chf: cost of one failure; ``risk_chf``: of a year. ``lower_bound``: parts of that cost are unknown.
        evidence: causes that were found, the most pressing first; empty for none.
    """

    asset: str
    title: str
    kind: str
    element: str
    on_grid: bool
    health: float
    pof_per_year: float
    failure_chf: float
    risk_chf: float
    lower_bound: bool
    confidence: float
    unknown: tuple[str, ...]
    evidence: tuple[Said, ...]


@dataclass(frozen=True)
class NotAssessed:
    """A row of the fleet without a result: which one, and why."""

    asset: str
    place: str
    reason: Said


@dataclass(frozen=True)
class Year:
    """What one year's budget takes."""

    year: int
    chosen: tuple[str, ...]
    cost_chf: float
    crew_h: float
    risk_avoided_chf: float


@dataclass(frozen=True)
class Ranked:
    """A ranking.

    Attributes:
        as_of: instant that it is made for. ``site``: name of the site; ``title``: by language.
        items: proposals, the best first. ``assets``: all that were assessed, the riskiest first.
        sources: codes of what it rests on (register, running history, last week as a stand-in ...).
        problems: faults of the files, in words, each with row, value, limit and remedy.
        titles: of assets that the register names in several languages: asset, then language.
    """

    site: str
    title: Mapping[str, str]
    timezone: str
    as_of: str
    crew_h: float
    budget_chf: float
    horizon_years: float
    items: tuple[Item, ...]
    assets: tuple[AssetResult, ...]
    not_assessed: tuple[NotAssessed, ...]
    sources: tuple[Said, ...]
    problems: tuple[str, ...]
    years: tuple[Year, ...] = ()
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    @property
    def chosen(self) -> tuple[Item, ...]:
        """What is worth its money within the crew's hours and the budget, the best first."""
        return tuple(item for item in self.items if item.status == "chosen")

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for ``json.dumps``."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Ranked:
        """Inverse of `to_json`.

        Raises:
            BadInput: for another schema version.
        """
        if content.get("schema_version") != SCHEMA_VERSION:
            value = f"schema_version {content.get('schema_version')}"
            raise BadInput([Problem(FILE, value, f"{SCHEMA_VERSION}", "make the ranking again with this version")])
        return cls(
            **{
                **content,
                "items": tuple(map(_item, content["items"])),
                "assets": tuple(map(_asset, content["assets"])),
                "not_assessed": tuple(
                    NotAssessed(entry["asset"], entry["place"], Said(**entry["reason"])) for entry in content["not_assessed"]
                ),
                "sources": tuple(Said(**said) for said in content["sources"]),
                "problems": tuple(content["problems"]),
                "years": tuple(Year(**{**year, "chosen": tuple(year["chosen"])}) for year in content["years"]),
            }
        )


def _item(entry: Mapping[str, Any]) -> Item:
    window, why_not = entry["window"], entry["why_not"]
    return Item(
        **{
            **entry,
            "cause": Said(**entry["cause"]),
            "parts": tuple(entry["parts"]),
            "unknown": tuple(entry["unknown"]),
            "why_not": None if why_not is None else Said(**why_not),
            "window": None if window is None else FreeWindow(**window),
            "excluded": tuple(Excluded(Said(**part["reason"]), part["hours"]) for part in entry["excluded"]),
            "switching": tuple(Switching(**step) for step in entry["switching"]),
            "consequence": Consequence(**entry["consequence"]),
            "evidence": tuple(Said(**said) for said in entry["evidence"]),
        }
    )


def _asset(entry: Mapping[str, Any]) -> AssetResult:
    evidence = tuple(Said(**said) for said in entry["evidence"])
    return AssetResult(**{**entry, "unknown": tuple(entry["unknown"]), "evidence": evidence})


def path_in(state: Path) -> Path:
    """Where a ranking of a run lies below its state directory."""
    return state / "maintenance" / FILE


def read_ranked(path: Path) -> Ranked:
    """A ranking from its file.

    Raises:
        BadInput: when there is none, or it cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Ranked.from_json(content)
    except OSError as error:
        remedy = "make one with: regie maintenance rank"
        raise BadInput([Problem(str(path), error.strerror or str(error), "a ranking", remedy)]) from None
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, BadInput):
            raise
        value = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise BadInput([Problem(str(path), value, "a ranking", "make it again: regie maintenance rank")]) from None
