"""The tangent of the power flow: how node voltages move when a little more power is injected.

With Y V = I(V) and I = conj(S / V), a small injection dS moves the voltages by dV with

    Y dV + conj(S) / conj(V)^2 conj(dV) = conj(dS) / conj(V)          (S constant)

at every node but the sources, whose voltages are fixed. The conjugate makes it 2n real equations: the Jacobian of the power
flow in current injections. It is solved exactly, by one factorisation per state for all places and rows at once.

Source: V. M. da Costa, N. Martins and J. L. R. Pereira, Developments in the Newton Raphson power flow formulation based on
current injections, IEEE Trans. Power Systems 14 (1999) 1320-1326.
"""

from __future__ import annotations

import numpy as np

from twin.domain.grid import Grid
from twin.engines.batch.ordering import Pattern, order
from twin.engines.control.voltage_response import admittance
from twin.engines.tangents.tangent_kernel import Equations, Places, Watched, row_slopes
from twin.engines.tangents.watched import Rows


class Tangent:
    """The linear equations of one grid: order, pattern and admittances, settled once; a state adds its own diagonal."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._y = admittance(grid)
        self._pattern = order(grid.nodes, grid.branch_from, grid.branch_to, grid.source_node)
        entries = self._y[self._pattern.node][:, self._pattern.node].tocoo()
        y = np.zeros(self._pattern.size + 2 * len(self._pattern.row), dtype=complex)
        y[_slot(self._pattern, entries.row, entries.col)] = entries.data
        blocks = np.stack([y.real, -y.imag, y.imag, y.real], axis=1)
        self._equations = Equations(blocks, self._pattern.start, self._pattern.row, *_targets(self._pattern))

    def slopes(
        self, v: np.ndarray, node: np.ndarray, rows: Rows, following: tuple[np.ndarray, np.ndarray] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Change of every row per MW and per Mvar injected at every node of ``node``, each dims (time, row, node).

        Args:
            v: node voltages [pu], complex, dims (time, node); a state with a NaN gives NaN.
            node: where power is injected; -1 (unsupplied) and sources move nothing.
            rows: what is watched at these states.
            following: injected power that follows |V| and |V|^2, at 1 pu [MVA], complex, dims (time, node) each.
        """
        place, watched = self._positions(node), self._positions(rows.node)
        # One order in memory, whatever the voltages' is: the kernel is compiled for each that it meets, and that takes seconds.
        current = np.ascontiguousarray(1.0 / (v[:, node].conj() * self._grid.base_mva))
        slopes: tuple[np.ndarray, np.ndarray] = row_slopes(
            self._equations,
            np.ascontiguousarray(self._diagonal(v, following)),
            Places(place, current, _ahead(self._pattern, place)),
            Watched(watched, rows.weight, _ahead(self._pattern, watched)),
            np.isfinite(v).all(axis=1),
        )
        return slopes

    def _positions(self, node: np.ndarray) -> np.ndarray:
        return np.where(node >= 0, self._pattern.position[node], -1)

    def _diagonal(self, v: np.ndarray, following: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
        """d(injected current)/dV of every node but the sources as 2 x 2 blocks, dims (time, position, 4).

        With I = conj(S) / conj(V):  dI = -I / conj(V) conj(dV) + conj(dS/d|V|) / conj(V) d|V|,  where I = Y V whatever the
        loads are, and dS/d|V| = S_i + 2 |V| S_z. Whatever else answers to its own voltage belongs here, too.
        """
        node = self._pattern.node
        own = v[:, node]
        conjugate = -(self._y[node] @ v.T).T / own.conj()
        # d conj(z) of z = x + j y is [[Re d, Im d], [Im d, -Re d]] (x, y)
        blocks = np.stack([conjugate.real, conjugate.imag, conjugate.imag, -conjugate.real], axis=2)
        if following is not None:
            s_i, s_z = (part[:, node] / self._grid.base_mva for part in following)
            magnitude = np.abs(own)
            by_vm = (s_i + 2.0 * magnitude * s_z).conj() / own.conj()
            along = own / magnitude  # d|V| = Re(along) dx + Im(along) dy
            blocks[:, :, 0] += by_vm.real * along.real
            blocks[:, :, 1] += by_vm.real * along.imag
            blocks[:, :, 2] += by_vm.imag * along.real
            blocks[:, :, 3] += by_vm.imag * along.imag
        return blocks


def _slot(pattern: Pattern, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Place of matrix entries in one store: diagonal, then the lower entries, then the upper ones as their mirror image."""
    n = pattern.size
    low, high = np.minimum(row, column), np.maximum(row, column)
    key = np.repeat(np.arange(n), np.diff(pattern.start)) * n + pattern.row
    entry = np.searchsorted(key, low * n + high)
    return np.where(row == column, row, n + entry + np.where(row < column, len(pattern.row), 0))


def _targets(pattern: Pattern) -> tuple[np.ndarray, np.ndarray]:
    """Which slot each product of a column's entries with its mirrored entries reduces, and each column's first product."""
    count = np.diff(pattern.start)
    row = [pattern.row[first : first + n] for first, n in zip(pattern.start, count, strict=False)]
    none = np.zeros(0, dtype=np.int64)
    left = np.concatenate([none, *(np.repeat(found, len(found)) for found in row)])
    right = np.concatenate([none, *(np.tile(found, len(found)) for found in row)])
    return _slot(pattern, left, right), np.concatenate([[0], np.cumsum(count**2)])


def _ahead(pattern: Pattern, position: np.ndarray) -> np.ndarray:
    """What a right-hand side at ``position`` reaches going forward, and a solution there needs going back, dims (position,)."""
    reached = np.zeros(pattern.size, dtype=bool)
    reached[position[position >= 0]] = True
    for k in range(pattern.size):
        if reached[k]:
            reached[pattern.row[pattern.start[k] : pattern.start[k + 1]]] = True
    return reached
