"""What every meter would show at a state, and how that changes with it: h(x) and its Jacobian H(x).

The state is polar: the angles of all nodes [rad], then their magnitudes [pu]. Every quantity is built from the powers that
enter the branch *ends* (end ``2 b`` is the from side of branch ``b``, ``2 b + 1`` its to side):
S_a = V_a conj(y_aa V_a + y_ab V_b).

Source: A. Abur, A. Gomez Exposito, "Power System State Estimation: Theory and Implementation", 2004, sections 2.5 and 2.7.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain.grid import Grid

VM, VA, P_END, Q_END, I_END, P_NODE, Q_NODE = range(7)
"""Quantities of a row: magnitude and angle of a node; active, reactive power and current of an end; consumption of a node."""
_NO_CURRENT_PU = 1e-9
"""Below it the direction in which a current's magnitude grows is not defined; it is then held still."""


@dataclass(frozen=True)
class Rows:
    """Equations of the estimate, one per row.

    Attributes:
        quantity: one of `VM` to `Q_NODE`, dims (row,).
        at: the node, or for `P_END`, `Q_END` and `I_END` the end, dims (row,).
        value, sigma: in pu on the grid's base (`VA` in rad), consumption positive at a node, dims (row,).
    """

    quantity: np.ndarray
    at: np.ndarray
    value: np.ndarray
    sigma: np.ndarray

    def __len__(self) -> int:
        return len(self.quantity)

    def take(self, chosen: np.ndarray) -> Rows:
        """The chosen rows."""
        return Rows(self.quantity[chosen], self.at[chosen], self.value[chosen], self.sigma[chosen])

    def followed_by(self, others: Rows) -> Rows:
        """These rows, then the others."""
        return Rows(
            np.concatenate([self.quantity, others.quantity]),
            np.concatenate([self.at, others.at]),
            np.concatenate([self.value, others.value]),
            np.concatenate([self.sigma, others.sigma]),
        )


class Equations:
    """h(x) and H(x) of any rows on one grid."""

    def __init__(self, grid: Grid) -> None:
        self.nodes = grid.nodes
        self._shunt = grid.node_shunt
        self.own = np.stack([grid.branch_from, grid.branch_to], axis=1).reshape(-1)
        self.other = np.stack([grid.branch_to, grid.branch_from], axis=1).reshape(-1)
        self._own_y = np.stack([grid.branch_yff, grid.branch_ytt], axis=1).reshape(-1)
        self._other_y = np.stack([grid.branch_yft, grid.branch_ytf], axis=1).reshape(-1)
        self.ends = len(self.own)
        self._order = np.argsort(self.own, kind="stable")
        self._first = np.searchsorted(self.own[self._order], np.arange(grid.nodes + 1))

    def layout(self, rows: Rows) -> Layout:
        """Where the entries of H stand; it holds as long as ``quantity`` and ``at`` do, whatever is measured."""
        row, col, source, sign = self._entries(rows)
        n = 2 * self.nodes
        key, slot = np.unique(row * n + col, return_inverse=True)
        indptr = np.searchsorted(key, np.arange(len(rows) + 1) * n)
        return Layout(self, rows.quantity, rows.at, source, sign, slot, key % n, indptr)

    def _entries(self, rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Row, column, place in `derivatives` and sign of every term of H, dims (term,)."""
        ends, nodes, q, at = self.ends, self.nodes, rows.quantity, rows.at
        parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, float]] = []
        currents = np.flatnonzero(q == I_END)
        for kind, base in ((P_END, 0), (Q_END, 4 * ends), (I_END, None)):
            row = np.flatnonzero(q == kind)
            for k, col in enumerate(self._columns(at[row])):
                place = base + k * ends + at[row] if base is not None else self._size + k * len(currents) + np.arange(len(row))
                parts.append((row, col, place, 1.0))
        for kind, imaginary in ((P_NODE, 0), (Q_NODE, 1)):
            row = np.flatnonzero(q == kind)
            count = self._first[at[row] + 1] - self._first[at[row]]
            start = np.repeat(self._first[at[row]] - np.concatenate([[0], np.cumsum(count)[:-1]]), count) if len(row) else row
            end = self._order[start + np.arange(int(count.sum()))]
            many = np.repeat(row, count)
            for k, col in enumerate(self._columns(end)):
                parts.append((many, col, 4 * ends * imaginary + k * ends + end, -1.0))
            parts.append((row, nodes + at[row], 8 * ends + imaginary * nodes + at[row], -1.0))
        for kind, shift in ((VM, nodes), (VA, 0)):
            row = np.flatnonzero(q == kind)
            parts.append((row, shift + at[row], np.full(len(row), self._size - 1), 1.0))
        sign = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])
        row, col, place = (np.concatenate([part[i] for part in parts]).astype(np.int64) for i in range(3))
        return row, col, place, sign

    def _columns(self, end: np.ndarray) -> tuple[np.ndarray, ...]:
        own, other = self.own[end], self.other[end]
        return own, other, self.nodes + own, self.nodes + other

    @property
    def _size(self) -> int:
        return 8 * self.ends + 2 * self.nodes + 1

    def end_power(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Power entering every end and the current's conjugate [pu], complex, dims (end,)."""
        current = (self._own_y * v[self.own] + self._other_y * v[self.other]).conj()
        return v[self.own] * current, current

    def node_power(self, v: np.ndarray, end_power: np.ndarray) -> np.ndarray:
        """Power that branches and shunts take from every node [pu], complex, dims (node,)."""
        real = np.bincount(self.own, end_power.real, self.nodes)
        imaginary = np.bincount(self.own, end_power.imag, self.nodes)
        return real + 1j * imaginary + np.abs(v) ** 2 * self._shunt.conj()

    def derivatives(self, v: np.ndarray, current: np.ndarray, current_ends: np.ndarray) -> np.ndarray:
        """All terms that H can need, flat: dP of the ends by the four states, dQ, dP and dQ of the shunts, 1, d|I|."""
        vm = np.abs(v)
        own, other = v[self.own], v[self.other]
        turn_own, turn_other = own / vm[self.own], other / vm[self.other]
        by_own, by_other = own * (self._own_y * turn_own).conj(), own * (self._other_y * turn_other).conj()
        ds = np.concatenate(
            [
                1j * (own * current - by_own * vm[self.own]),
                -1j * by_other * vm[self.other],
                turn_own * current + by_own,
                by_other,
            ]
        )
        shunt = 2.0 * vm * self._shunt.conj()
        i_own, i_other = self._own_y[current_ends], self._other_y[current_ends]
        e_own, e_other = turn_own[current_ends], turn_other[current_ends]
        m_own, m_other = vm[self.own[current_ends]], vm[self.other[current_ends]]
        di = np.concatenate([1j * i_own * e_own * m_own, 1j * i_other * e_other * m_other, i_own * e_own, i_other * e_other])
        flow = np.tile(current[current_ends], 4)
        grows = (flow * di).real / np.maximum(np.abs(flow), _NO_CURRENT_PU)
        return np.concatenate([ds.real, ds.imag, shunt.real, shunt.imag, [1.0], grows])


@dataclass(frozen=True)
class Layout:
    """The pattern of H for one set of rows (compressed rows: ``indptr``, ``indices``); made by `Equations.layout`."""

    equations: Equations
    quantity: np.ndarray
    at: np.ndarray
    source: np.ndarray
    sign: np.ndarray
    slot: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray

    def evaluate(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """h(x), dims (row,), and the entries of H(x), dims (entry,), at complex node voltages [pu], dims (node,)."""
        eq = self.equations
        power, current = eq.end_power(v)
        flat = eq.derivatives(v, current, self.at[self.quantity == I_END])
        entries = np.bincount(self.slot, flat[self.source] * self.sign, len(self.indices))
        return self._values(v, power, current), entries

    def _values(self, v: np.ndarray, power: np.ndarray, current: np.ndarray) -> np.ndarray:
        drawn = -self.equations.node_power(v, power)
        shown = np.empty(len(self.quantity))
        for kind, values in (
            (VM, np.abs(v)), (VA, np.angle(v)), (P_END, power.real), (Q_END, power.imag), (I_END, np.abs(current)),
            (P_NODE, drawn.real), (Q_NODE, drawn.imag),
        ):  # fmt: skip
            rows = self.quantity == kind
            if rows.any():
                shown[rows] = values[self.at[rows]]
        return shown
