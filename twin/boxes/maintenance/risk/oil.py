"""Oil, dissolved gas and furans as modifiers of a transformer's health score.

Source: CNAIM v2.1, sections 6.11 to 6.13, tables 203 to 207 (oil), 208 to 214 (gas), 215 (furans).

An unknown value never improves a score: its part of the sum is left out, the factor is kept at 1 or above unless every value of
the test is known, and a test of which nothing is known is no factor at all.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.boxes.maintenance.risk.cnaim import NEW
from twin.boxes.maintenance.risk.condition import Factor

_Steps = tuple[tuple[float, float], ...]
# (up to and including, score); the first row that holds counts.
_MOISTURE: dict[str, _Steps] = {  # table 203, ppm
    "mv": ((15, 0), (30, 2), (40, 4), (50, 8), (np.inf, 10)),
    "hv": ((15, 0), (20, 2), (30, 4), (40, 8), (np.inf, 10)),
}
_ACIDITY: dict[str, _Steps] = {  # table 204, mg KOH/g
    "mv": ((0.15, 2), (0.3, 4), (0.5, 8), (np.inf, 10)),
    "hv": ((0.05, 0), (0.1, 2), (0.2, 4), (0.3, 8), (np.inf, 10)),
}
_BREAKDOWN: dict[str, _Steps] = {  # table 205, kV
    "mv": ((30, 10), (40, 4), (50, 2), (np.inf, 0)),
    "hv": ((40, 10), (50, 4), (60, 2), (np.inf, 0)),
}
_OIL_WEIGHTS = (80.0, 125.0, 80.0)  # CNAIM 6.11: moisture, acidity, breakdown strength
_OIL_FACTOR: dict[str, _Steps] = {  # table 206
    "mv": ((250, 1.0), (500, 1.1), (1000, 1.2), (np.inf, 1.4)),
    "hv": ((50, 0.9), (200, 1.0), (500, 1.05), (1000, 1.1), (np.inf, 1.2)),
}
_OIL_COLLAR: _Steps = ((1000, NEW), (np.inf, 5.5))  # table 207
GASES: dict[str, tuple[float, _Steps]] = {  # tables 208 to 212, ppm; weights of CNAIM 6.12
    "h2_ppm": (50.0, ((20, 0), (40, 2), (100, 4), (200, 10), (np.inf, 16))),
    "ch4_ppm": (30.0, ((10, 0), (20, 2), (50, 4), (150, 10), (np.inf, 16))),
    "c2h4_ppm": (30.0, ((10, 0), (20, 2), (50, 4), (150, 10), (np.inf, 16))),
    "c2h6_ppm": (30.0, ((10, 0), (20, 2), (50, 4), (150, 10), (np.inf, 16))),
    "c2h2_ppm": (120.0, ((1, 0), (5, 2), (20, 4), (100, 8), (np.inf, 10))),
}
_GAS_DIVIDER = 220.0
_GAS_COLLARS = (1.0, 7.0)  # CNAIM 6.12: least and greatest collar of the gas test
_GAS_CHANGE: _Steps = ((-5, 0.9), (5, 1.0), (25, 1.1), (100, 1.2), (np.inf, 1.5))  # tables 213 and 214, change in percent
_FURAN: _Steps = ((4, 1.0), (5, 1.1), (6, 1.25), (7, 1.4), (np.inf, 1.6))  # table 215, ppm
_FURAN_COLLAR_MOST = 7.0


def _step(steps: _Steps, value: float) -> float:
    return float(next(score for limit, score in steps if value <= limit))


def oil_factor(*, moisture_ppm: float, acidity_mg_koh_per_g: float, breakdown_kv: float, table: str) -> Factor | None:
    """The oil test as a factor; NaN for a value that was not measured, None where none was.

    Args:
        table: "mv" (primary up to 20 kV) or "hv" (110 kV).
    """
    values = (moisture_ppm, acidity_mg_koh_per_g, breakdown_kv)
    known = [not np.isnan(value) for value in values]
    if not any(known):
        return None
    tables = (_MOISTURE[table], _ACIDITY[table], _BREAKDOWN[table])
    score = sum(
        weight * _step(steps, value)
        for weight, steps, value, there in zip(_OIL_WEIGHTS, tables, values, known, strict=True)
        if there
    )
    factor = _step(_OIL_FACTOR[table], score)
    return Factor(name="oil", factor=factor if all(known) else max(factor, 1.0), collar=_step(_OIL_COLLAR, score))


def gas_score(gases: Mapping[str, float]) -> float:
    """CNAIM's weighted sum over the gases that are known; NaN where none is.

    Args:
        gases: of `GASES` [ppm]; a missing name or NaN is unknown.
    """
    known = {name: gases[name] for name in GASES if not np.isnan(gases.get(name, np.nan))}
    if not known:
        return float("nan")
    return sum(GASES[name][0] * _step(GASES[name][1], value) for name, value in known.items())


def gas_factor(now: Mapping[str, float], before: Mapping[str, float]) -> Factor | None:
    """Dissolved gas as a factor: its collar from the amount, its factor from the change since the sample before.

    Args:
        now, before: `GASES` [ppm] of the last two samples; NaN or absent is unknown. The change counts only gases known in
            both; without a sample before, the factor is 1.
    """
    score = gas_score(now)
    if np.isnan(score):
        return None
    least, most = _GAS_COLLARS
    collar = float(np.clip(score / _GAS_DIVIDER, least, most))
    both = [name for name in GASES if not np.isnan(now.get(name, np.nan)) and not np.isnan(before.get(name, np.nan))]
    if not both:
        return Factor(name="gas", factor=1.0, collar=collar)
    later, earlier = gas_score({name: now[name] for name in both}), gas_score({name: before[name] for name in both})
    # From nothing to something is a large change, from nothing to nothing none.
    change = later / earlier - 1.0 if earlier > 0.0 else np.inf * later if later > 0.0 else 0.0
    factor = _step(_GAS_CHANGE, 100.0 * change)
    return Factor(name="gas", factor=factor if len(both) == len(GASES) else max(factor, 1.0), collar=collar)


def furan_factor(furan_ppm: float) -> Factor | None:
    """2-furfural in the oil, what ageing paper leaves behind, as a factor; None for NaN.

    The collar is 2.33 ppm^0.68, at most 7 (CNAIM 6.13).
    """
    if np.isnan(furan_ppm):
        return None
    collar = float(np.clip(2.33 * furan_ppm**0.68, NEW, _FURAN_COLLAR_MOST))
    return Factor(name="furan", factor=_step(_FURAN, furan_ppm), collar=collar)
