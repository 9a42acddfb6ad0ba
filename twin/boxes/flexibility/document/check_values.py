"""What must hold between values that change from step to step, once every one of them is known."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.document.document import Document
from twin.boxes.flexibility.document.tables import HeatPump
from twin.boxes.flexibility.document.where import Where
from twin.domain.problems import Problems


def check_values(document: Document, places: Where, problems: Problems) -> None:
    """Note faults between the values of a resolved document; a value with a fault of its own is NaN and no other's fault."""
    for at, pump in enumerate(document.heat_pump):
        _comfort(pump, ("heat_pump", at), places, problems)
    if document.net is None or document.grid is not None:
        return
    load = np.asarray(document.net.load_kw, dtype=float)
    for at, programme in enumerate(document.programme):
        base = np.asarray(programme.base_kw, dtype=float)
        # A base above the load in a few steps is an error of forecasts; in all of them it is none of this load.
        if (base > load + 1e-6).all():
            value = f"{np.min(base):g} kW or more, above load_kw (at most {np.max(load):g} kW) in every step"
            problems.add(
                places("programme", at, "base_kw"), value, "a part of [net] load_kw", "add it to load_kw, or correct it"
            )


def _comfort(pump: HeatPump, here: tuple[str, int], places: Where, problems: Problems) -> None:
    low, high = np.broadcast_arrays(np.asarray(pump.temp_min_c, dtype=float), np.asarray(pump.temp_max_c, dtype=float))
    crossed = np.atleast_1d(low > high)
    if crossed.any():
        step = int(np.argmax(crossed))
        value = f"{np.atleast_1d(low)[step]:g}{f' in step {step}' if crossed.size > 1 else ''}"
        limit = f"at most temp_max_c = {np.atleast_1d(high)[step]:g} degC"
        problems.add(places(*here, "temp_min_c"), value, limit, "swap or correct the two")
