"""Newton-Raphson for the few steps that the fixed point does not settle: heavily loaded, close to the nose of the PV curve.

In rectangular coordinates on the current balance Y V - I_source = conj(S / V).

Source: V. M. da Costa et al., "Developments in the Newton Raphson power flow formulation based on current
injections", IEEE Trans. Power Systems 14 (1999).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

TOLERANCE_PU = 1e-10
MAX_ITERATIONS = 20


class Newton:
    """One topology's Newton-Raphson.

    Args:
        y: admittances among the unknown nodes [pu], sparse, dims (position, position).
        source: current that the sources drive into each of them [pu], dims (position,). ``flat``: no-load voltages [pu].
    """

    def __init__(self, y: sparse.csr_matrix, source: np.ndarray, flat: np.ndarray) -> None:
        self._y = y
        self._source = source
        self._flat = flat
        self._block = sparse.csc_matrix(sparse.bmat([[y.real, -y.imag], [y.imag, y.real]]))

    def solve(self, s: np.ndarray, s_i: np.ndarray, s_z: np.ndarray) -> np.ndarray:
        """Voltages [pu], complex, dims (position,); NaN when it does not converge.

        Args:
            s, s_i, s_z: injected power, constant and at 1 pu per |V| and |V|^2 [pu], complex, dims (position,).
        """
        v = self._flat.copy()
        for _ in range(MAX_ITERATIONS):
            magnitude = np.abs(v)
            drawn = s.conj() + s_i.conj() * magnitude + s_z.conj() * magnitude**2
            mismatch = self._y @ v - self._source - drawn / v.conj()
            # d(conj(S)/conj(V)) = -conj(S)/conj(V)^2 conj(dV) + (dS/d|V|) d|V| / conj(V)
            towards = (s_i.conj() + 2.0 * s_z.conj() * magnitude) / v.conj()
            by_re, by_im = towards * (v.real / magnitude), towards * (v.imag / magnitude)
            turned = drawn / v.conj() ** 2
            change = self._step(mismatch, by_re - turned, by_im + 1j * turned)
            v = v + change
            if not np.isfinite(v).all():
                break
            if np.abs(change).max(initial=0.0) < TOLERANCE_PU:
                return v
        return np.full_like(v, np.nan)

    def _step(self, mismatch: np.ndarray, by_re: np.ndarray, by_im: np.ndarray) -> np.ndarray:
        """Newton's change of the voltages; ``by_re``, ``by_im``: derivatives of the injected currents."""
        size = len(mismatch)
        here = np.arange(size)
        rows = np.concatenate([here, here, here + size, here + size])
        columns = np.concatenate([here, here + size, here, here + size])
        data = np.concatenate([by_re.real, by_im.real, by_re.imag, by_im.imag])
        local = sparse.csc_matrix((data, (rows, columns)), shape=(2 * size, 2 * size))
        try:
            step = splu(sparse.csc_matrix(self._block - local)).solve(-np.concatenate([mismatch.real, mismatch.imag]))
        except RuntimeError:  # singular: the nose itself
            return np.full(size, np.nan + 0j)
        return step[:size] + 1j * step[size:]
