"""Reconcile a traced allocation with what meters say, keeping its pattern.

Biproportional fitting scales rows and columns in turn until both sums are those metered; it changes the allocation least in
relative entropy. What the pattern cannot carry (a source that the estimate had at nothing and a meter has not) is shared over
all in proportion to what is missing: the one-node pool, for that remainder alone.

Source: W. Deming, F. Stephan, Ann. Math. Statist. 11 (1940) 427-444; the last step is algorithm 2 of J. Altschuler, J. Weed,
P. Rigollet, NeurIPS 2017.
"""

from __future__ import annotations

import numpy as np

SWEEPS = 60
ENOUGH = 1e-12
"""Of the whole power: where the sweeps may stop, the last step makes the sums exact."""
DUST = 1e-15
"""Of the whole power."""


def fitted(taken_mw: np.ndarray, drawn_mw: np.ndarray, injected_mw: np.ndarray) -> np.ndarray:
    """The allocation nearest to ``taken_mw`` with the given sums, dims (sink, source), >= 0.

    Args:
        taken_mw: traced, >= 0, dims (sink, source). ``drawn_mw``: by sink, dims (sink,). ``injected_mw``: by source, dims
            (source,); both >= 0 and of one sum.
    """
    total = float(injected_mw.sum())
    # A part that the sums drive to nothing is nothing before the arithmetic runs out of it.
    dust = DUST * total
    found = taken_mw * _ratio(np.array(total), np.array(taken_mw.sum()), 0.0)
    for _ in range(SWEEPS):
        found *= _ratio(drawn_mw, found.sum(axis=1), dust)[:, None]
        columns = found.sum(axis=0)
        if np.abs(columns - injected_mw).max(initial=0.0) <= ENOUGH * total:
            break
        found *= _ratio(injected_mw, columns, dust)
    found *= np.minimum(_ratio(drawn_mw, found.sum(axis=1), dust), 1.0)[:, None]
    found *= np.minimum(_ratio(injected_mw, found.sum(axis=0), dust), 1.0)
    short, missing = np.maximum(drawn_mw - found.sum(axis=1), 0.0), np.maximum(injected_mw - found.sum(axis=0), 0.0)
    if missing.sum() > 0.0:
        found += np.outer(short, missing / missing.sum())
    return found


def _ratio(wanted: np.ndarray, there: np.ndarray, dust: float) -> np.ndarray:
    """``wanted / there``, 0 where no more than dust is there: scaling cannot bring it back."""
    return np.divide(wanted, there, out=np.zeros_like(wanted, dtype=float), where=there > dust)
