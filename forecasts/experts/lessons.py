"""What a load expert learns from: every past day, seen from each depth at which it may have to forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.features import ANNUAL, FEWEST_DAYS, YEAR_DAYS, Recent, Table, load_table, recent_of
from forecasts.past import Past
from forecasts.sheet import Sheet, sheet_of

SPARE_DEPTHS = 1
"""Depths beyond the horizon that are learnt too: a missing last day is one more."""

_FEWEST_GOOD = 8  # days beyond the longest lag; fewer give a regression on a week


@dataclass(frozen=True)
class Lessons:
    """Training tables by depth, and what was true.

    Attributes:
        tables: of each depth. ``truth``: [MW], dims (day, slot), NaN = missing; same days for every depth.
        day: rows of the sheet, dims (day,). ``names``, ``groups``: of the features that may be learnt from.
    """

    tables: tuple[Table, ...]
    truth: np.ndarray
    day: np.ndarray
    known: int
    names: tuple[str, ...]
    groups: tuple[str, ...]

    def x(self, depth: int) -> np.ndarray:
        """Features of one depth, dims (day, slot, feature)."""
        return self.tables[depth].columns(self.names)

    @property
    def deepest(self) -> int:
        """Largest depth that is learnt."""
        return len(self.tables) - 1


def lessons_of(past: Past, days_ahead: int) -> Lessons:
    """All of ``past`` as lessons; shared by the experts of a fit.

    Raises:
        NotEnoughHistory: with fewer than three weeks of usable days.
    """
    return past.shared(f"lessons/{days_ahead}", lambda: _build(past, days_ahead))


def _build(past: Past, days_ahead: int) -> Lessons:
    sheet = sheet_of(past, days_ahead)
    recent = recent_shared(past, sheet)
    target = np.arange(FEWEST_DAYS, sheet.known)
    if len(target) < _FEWEST_GOOD or int(sheet.good[FEWEST_DAYS:].sum()) < _FEWEST_GOOD:
        raise NotEnoughHistory(
            f"{int(sheet.good.sum())} usable days of {sheet.known}; {FEWEST_DAYS + _FEWEST_GOOD} are needed: "
            "let the floor experts serve until then"
        )
    depths = range(days_ahead + SPARE_DEPTHS)
    tables = tuple(load_table(sheet, recent, target, np.full(len(target), d), days_ahead + SPARE_DEPTHS - 1) for d in depths)
    pairs = zip(tables[0].names, tables[0].groups, strict=True)
    taught = [(name, group) for name, group in pairs if name not in ANNUAL or sheet.known >= YEAR_DAYS]
    names, groups = (tuple(column) for column in zip(*taught, strict=True))
    return Lessons(tables, sheet.values[target], target, sheet.known, names, groups)


def coming(past: Past, days_ahead: int, deepest: int) -> Table:
    """Features of the days that begin at as-of; shared by the experts of an issue."""

    def build() -> Table:
        sheet = sheet_of(past, days_ahead)
        target = np.arange(sheet.known, sheet.known + days_ahead)
        return load_table(sheet, recent_shared(past, sheet), target, np.arange(days_ahead), deepest)

    return past.shared(f"coming/{days_ahead}/{deepest}", build)


def recent_shared(past: Past, sheet: Sheet) -> Recent:
    """Filled values and surprises of a past, made once."""
    return past.shared("recent", lambda: recent_of(sheet))
