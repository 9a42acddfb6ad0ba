"""Injections of element tables as the kernel takes them: positions in the factor, and per-unit weights with sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.domain.grid import Grid
from twin.engines.batch.kernel import TILE, ZIP_FIELDS, Elements, Injected
from twin.engines.batch.ordering import Pattern
from twin.engines.injections import NAMES, TABLES

_BEYOND = np.zeros(TILE - 1, dtype=np.int64), np.zeros(TILE - 1)
"""Position and weight of the elements that there are not (see `twin.engines.batch.kernel.Elements`)."""


@dataclass(frozen=True)
class _Place:
    """Where the elements of one variable go, and with which weights [pu per MW or Mvar], dims (element,)."""

    position: np.ndarray
    weight: np.ndarray
    weight_i: np.ndarray
    weight_z: np.ndarray


class Packer:
    """Built once per grid and pattern.

    Attributes:
        has_zip: True where some load's power depends on its voltage.
    """

    def __init__(self, grid: Grid, pattern: Pattern, dtype: np.dtype) -> None:
        self.dtype = dtype
        self._size = pattern.size
        self._base_mva = grid.base_mva
        self._places = {name: _place(grid, pattern, name) for name in NAMES}
        self.has_zip = any(place.weight_i.any() or place.weight_z.any() for place in self._places.values())

    def pack(self, varying: Mapping[str, np.ndarray], fixed: Mapping[str, np.ndarray]) -> Injected:
        """Injections of a batch.

        Args:
            varying: dims (time, element), C-contiguous, one dtype. ``fixed``: the other variables, dims (element,).
        """
        constant, constant_zip = np.zeros((2, self._size + 1)), np.zeros((ZIP_FIELDS, self._size + 1))
        for name, value in fixed.items():
            place, part = self._places[name], int(name.endswith("q_mvar"))
            np.add.at(constant[part], place.position, place.weight * value)
            if self.has_zip:
                np.add.at(constant_zip[part], place.position, place.weight_i * value)
                np.add.at(constant_zip[2 + part], place.position, place.weight_z * value)
        value_dtype = next(iter(varying.values())).dtype if varying else np.dtype(float)
        load_p, load_q, sgen_p, sgen_q, storage_p, storage_q = (
            self._elements(name, varying.get(name), value_dtype) for name in NAMES
        )
        return Injected(
            load_p,
            load_q,
            sgen_p,
            sgen_q,
            storage_p,
            storage_q,
            constant.astype(self.dtype),
            constant_zip.astype(self.dtype),
            self.has_zip,
        )

    def pack_nodes(self, p_mw: np.ndarray, q_mvar: np.ndarray) -> Injected:
        """Consumption of constant power at every position, dims (time, position)."""
        size = self._size
        weight = np.append(np.full(size, -1.0 / self._base_mva), _BEYOND[1]).astype(self.dtype)
        position, none = np.append(np.arange(size), _BEYOND[0]), np.zeros_like(weight)
        p, q, empty = (
            Elements(np.ascontiguousarray(value), position, weight, none, none) for value in (p_mw, q_mvar, np.zeros((0, 0)))
        )
        zeros, zero_zip = np.zeros((2, size + 1), self.dtype), np.zeros((ZIP_FIELDS, size + 1), self.dtype)
        return Injected(p, q, empty, empty, empty, empty, zeros, zero_zip, False)

    def powers(self, varying: Mapping[str, np.ndarray], fixed: Mapping[str, np.ndarray], step: int) -> np.ndarray:
        """Injected power of one step at 1 pu [pu], complex, dims (part, position + 1): constant, by |V|, by |V|^2.

        The last column is what goes nowhere: without supply, or at a source. It is NaN if any of that is.
        """
        s = np.zeros((3, self._size + 1), dtype=complex)
        for name, place in self._places.items():
            value = (varying[name][step] if name in varying else fixed[name]) * (1j if name.endswith("q_mvar") else 1.0)
            for row, weight in enumerate((place.weight, place.weight_i, place.weight_z)):
                np.add.at(s[row], place.position, weight * value)
        return s

    def _elements(self, name: str, value: np.ndarray | None, value_dtype: np.dtype) -> Elements:
        place = self._places[name]
        given = np.zeros((0, 0), value_dtype) if value is None else value
        weights = (
            np.append(weight, _BEYOND[1]).astype(self.dtype) for weight in (place.weight, place.weight_i, place.weight_z)
        )
        return Elements(given, np.append(place.position, _BEYOND[0]), *weights)


def _place(grid: Grid, pattern: Pattern, name: str) -> _Place:
    table, quantity = name.split("_", 1)
    sign = dict(TABLES)[table]
    node, scaling = getattr(grid, f"{table}_node"), getattr(grid, f"{table}_scaling")
    at = np.where(node >= 0, pattern.position[node], -1)
    position = np.where(at >= 0, at, pattern.size)  # without supply, or at a source: it moves no voltage
    whole = -sign * scaling / grid.base_mva
    share = getattr(grid, f"{table}_share", np.zeros((len(node), 4)))
    part = int(quantity == "q_mvar")
    by_i, by_z = share[:, part], share[:, 2 + part]
    return _Place(position, whole * (1.0 - by_i - by_z), whole * by_i, whole * by_z)
