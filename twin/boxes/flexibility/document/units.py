"""A document's units in those of the model."""

from __future__ import annotations

from math import sqrt

import numpy as np

from twin.boxes.flexibility.document.tables import Inverter
from twin.boxes.flexibility.lp.parts import Reactive
from twin.site.tables import Table


def mw(kw: object) -> np.ndarray:
    """[kW] -> [MW] of a resolved value: a number, or a list per step.

    Raises:
        TypeError: for a column, which must be resolved first.
    """
    if isinstance(kw, Table):
        raise TypeError("a document's values are resolved before it is built")
    return 1e-3 * np.asarray(kw, dtype=float)


def reactive_of(entry: Inverter) -> Reactive | None:
    """What the inverter may do; None for nothing."""
    if entry.q_max_kvar <= 0.0:
        return None
    cos_phi = entry.cos_phi_min
    return Reactive(
        max_mvar=1e-3 * entry.q_max_kvar,
        tan_phi=None if cos_phi is None else sqrt(1.0 - cos_phi**2) / cos_phi,
        s_max_mva=None if entry.s_max_kva is None else 1e-3 * entry.s_max_kva,
    )
