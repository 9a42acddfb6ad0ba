"""Figures from the literature that stand beside the published hours: yearly imports, foreign mixes, pumping, exchange rates."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from twin.domain.problems import BadInput, Problem

_FILE = Path(__file__).with_name("literature.toml")


@dataclass(frozen=True)
class Literature:
    """What `literature.toml` says.

    Attributes:
        gross_import_twh, net_import_twh: of a calendar year. ``chf_per_eur``: its mean.
        foreign_low, foreign_high: renewable share of what is imported, 0..1.
        pumped_part: of what pumped-storage stations give, 0..1.
        sources: table -> source.
    """

    gross_import_twh: Mapping[int, float]
    net_import_twh: Mapping[int, float]
    chf_per_eur: Mapping[int, float]
    foreign_low: float
    foreign_high: float
    pumped_part: float
    sources: Mapping[str, str]

    def check_year(self, year: int) -> None:
        """Refuse a year whose imports nobody wrote down.

        Raises:
            BadInput: naming the years that are known.
        """
        if year not in self.gross_import_twh or year not in self.net_import_twh:
            known = ", ".join(map(str, sorted(self.gross_import_twh)))
            remedy = "add the year's imports with their source to literature.toml"
            raise BadInput([Problem("--year", str(year), f"one of {known}", remedy)])


@lru_cache(maxsize=1)
def literature() -> Literature:
    """The figures as they stand in the package."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    foreign = tables["foreign_renewable_share"]
    return Literature(
        gross_import_twh=_by_year(tables["gross_import_twh"]),
        net_import_twh=_by_year(tables["net_import_twh"]),
        chf_per_eur=_by_year(tables["chf_per_eur"]),
        foreign_low=foreign["low"],
        foreign_high=foreign["high"],
        pumped_part=tables["pumped"]["pumped_part"],
        sources={name: table["source"] for name, table in tables.items()},
    )


def _by_year(table: Mapping[str, float]) -> dict[int, float]:
    return {int(year): float(value) for year, value in table.items() if year.isdigit()}
