"""A MATPOWER case as its three tables, checked: every fault with table and row, all at once.

Columns, units and codes: R. D. Zimmerman, C. E. Murillo-Sanchez, MATPOWER User's Manual, version 8.0, appendix B, tables B-1
to B-3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.adapters import grid_matpower_columns as mp
from twin.domain.problems import Problems

_WIDTH = {"bus": 13, "gen": 10, "branch": 11}
_NUMBERS = {
    "bus": {"Pd": mp.PD, "Qd": mp.QD, "Gs": mp.GS, "Bs": mp.BS, "Va": mp.VA},
    "gen": {"Pg": mp.PG, "Qg": mp.QG, "Vg": mp.VG},
    "branch": {"r": mp.BR_R, "x": mp.BR_X, "b": mp.BR_B, "ratio": mp.TAP, "angle": mp.SHIFT},
}
_CORRECT = "correct the case"


@dataclass(frozen=True)
class Case:
    """A checked case. Tables have dims (row, column of appendix B), powers in MW and Mvar, impedances in pu.

    Attributes:
        base_mva: base of the per-unit values [MVA].
        bus_name: one per bus, or empty.
    """

    base_mva: float
    bus: np.ndarray
    gen: np.ndarray
    branch: np.ndarray
    bus_name: tuple[str, ...]

    @property
    def has_base_voltages(self) -> bool:
        """Whether the case says its nominal voltages; a power flow in per unit needs none."""
        return bool((self.bus[:, mp.BASE_KV] > 0.0).all())

    @property
    def gen_on(self) -> np.ndarray:
        """Generators that are in service at a bus that is not isolated, dims (gen,)."""
        kind = self.bus[self.rows_of(self.gen[:, mp.GEN_BUS]), mp.BUS_TYPE]
        return np.asarray((self.gen[:, mp.GEN_STATUS] > 0.0) & (kind != mp.ISOLATED))

    def rows_of(self, numbers: np.ndarray) -> np.ndarray:
        """Rows of the bus table, for bus numbers of the case."""
        order = np.argsort(self.bus[:, mp.BUS_I])
        return order[np.searchsorted(self.bus[order, mp.BUS_I], numbers)]


def case_of(fields: Mapping[str, Any], place: str) -> Case:
    """The case in ``fields`` (as `matpower_fields` reads them).

    Raises:
        BadInput: naming every missing table and every number that cannot be; for a dc line in service, which no table here
            holds; and for a case without a reference bus that a generator in service holds.
    """
    problems = Problems()
    tables = {name: _table(fields, name, place, problems) for name in _WIDTH}
    base_mva = fields.get("baseMVA")
    if not isinstance(base_mva, float) or not (np.isfinite(base_mva) and base_mva > 0.0):
        problems.add(f"{place}, baseMVA", repr(base_mva), "one number above 0 (MVA)", _CORRECT)
    _check_buses(tables["bus"], f"{place}, bus", problems)
    for name, table in tables.items():
        _check_numbers(name, table, f"{place}, {name}", problems)
    _check_references(tables, place, problems)
    _check_dc_lines(fields, place, problems)
    problems.raise_if_any()
    names = fields.get("bus_name", ())
    fits = isinstance(names, list) and len(names) == len(tables["bus"])
    case = Case(float(base_mva or 0.0), **tables, bus_name=tuple(name.strip() for name in names) if fits else ())
    _check_sources(case, place, problems)
    problems.raise_if_any()
    return case


def _table(fields: Mapping[str, Any], name: str, place: str, problems: Problems) -> np.ndarray:
    table, width = fields.get(name), _WIDTH[name]
    if not isinstance(table, np.ndarray) or table.ndim != 2 or table.dtype.kind != "f" or table.shape[1] < width:
        found = f"{table.shape[1]} columns" if isinstance(table, np.ndarray) and table.ndim == 2 else "no such table"
        problems.add(f"{place}, {name}", found, f"a table of {width} columns or more", "write the case with savecase")
        return np.zeros((0, width))
    return table


def _check_buses(bus: np.ndarray, place: str, problems: Problems) -> None:
    numbers = bus[:, mp.BUS_I]
    for row in np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0.0) & (numbers == np.round(numbers)))):
        problems.add(f"{place} row {row + 1}, bus_i", numbers[row], "a whole number from 1 on", _CORRECT)
    values, counts = np.unique(numbers, return_counts=True)
    for number in values[counts > 1]:
        problems.add(f"{place} {number:g}", "there twice", "every bus number once", _CORRECT)
    for row in np.flatnonzero(~np.isin(bus[:, mp.BUS_TYPE], (mp.PQ, mp.PV, mp.REF, mp.ISOLATED))):
        problems.add(f"{place} row {row + 1}, type", bus[row, mp.BUS_TYPE], "1, 2, 3 or 4", _CORRECT)
    base = bus[:, mp.BASE_KV]
    if (base == 0.0).all():
        return  # nominal voltages are not given at all, as in the IEEE cases
    for row in np.flatnonzero(~(np.isfinite(base) & (base > 0.0))):
        remedy = "give every bus its nominal voltage, or every bus 0"
        problems.add(f"{place} row {row + 1}, baseKV", base[row], "a number above 0", remedy)


def _check_numbers(name: str, table: np.ndarray, place: str, problems: Problems) -> None:
    for column, number in _NUMBERS[name].items():
        for row in np.flatnonzero(~np.isfinite(table[:, number])):
            problems.add(f"{place} row {row + 1}, {column}", table[row, number], "a number", _CORRECT)
    if name == "branch":
        on = table[:, mp.BR_STATUS] > 0.0
        for row in np.flatnonzero(on & (table[:, mp.BR_R] == 0.0) & (table[:, mp.BR_X] == 0.0)):
            problems.add(f"{place} row {row + 1}", "r and x are 0", "an impedance", "join its two buses in the case")
        for row in np.flatnonzero(table[:, mp.TAP] < 0.0):
            problems.add(f"{place} row {row + 1}, ratio", table[row, mp.TAP], "0 (a line) or above", _CORRECT)
    if name == "gen":
        for row in np.flatnonzero((table[:, mp.GEN_STATUS] > 0.0) & (table[:, mp.VG] <= 0.0)):
            problems.add(f"{place} row {row + 1}, Vg", table[row, mp.VG], "a number above 0", _CORRECT)


def _check_references(tables: Mapping[str, np.ndarray], place: str, problems: Problems) -> None:
    known = tables["bus"][:, mp.BUS_I]
    for name, column, title in (("gen", mp.GEN_BUS, "bus"), ("branch", mp.F_BUS, "fbus"), ("branch", mp.T_BUS, "tbus")):
        numbers = tables[name][:, column]
        for row in np.flatnonzero(~np.isin(numbers, known)):
            problems.add(f"{place}, {name} row {row + 1}, {title}", f"bus {numbers[row]:g}", "a bus of the case", _CORRECT)


def _check_dc_lines(fields: Mapping[str, Any], place: str, problems: Problems) -> None:
    table = fields.get("dcline")
    if isinstance(table, np.ndarray) and table.ndim == 2 and table.shape[1] > mp.DC_STATUS:
        for row in np.flatnonzero(table[:, mp.DC_STATUS] > 0.0):
            limit, remedy = "lines and transformers of alternating current", "write a load and a generator in its place"
            problems.add(f"{place}, dcline row {row + 1}", "in service", limit, remedy)


def _check_sources(case: Case, place: str, problems: Problems) -> None:
    reference = case.bus[case.bus[:, mp.BUS_TYPE] == mp.REF, mp.BUS_I]
    held = np.isin(reference, case.gen[case.gen_on, mp.GEN_BUS])
    for number in reference[~held]:
        limit, remedy = "a generator in service", "put one into service, or make another bus the reference"
        problems.add(f"{place}, reference bus {number:g}", "no generator in service", limit, remedy)
    if not len(reference):
        problems.add(f"{place}, bus", "no bus of type 3", "a reference bus", "give one bus with a generator type 3")
