"""Gas ratios of IEC 60599: fault codes of table 1, families of table 2, and hints on paper, air and tap changer.

Zero denominators: something over nothing is infinite (and meets a limit '> x'); nothing over nothing, like a gas that was not
measured, is NaN and meets no limit. Where table 1 prints 'NS' (not significant whatever the value), any value passes, NaN too.

Sources: IEC 60599:2015, clause 5, tables 1 and 2; the 2022 edition prints the same limits in both tables.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from twin.boxes.maintenance.gas.sample import Sample

RatioCode = Literal["PD", "D1", "D2", "T1", "T2", "T3"]
Family = Literal["PD", "D", "T"]
Paper = Literal["possible carbonisation", "mild overheating", "no hint", "not measured"]

CARBONISED_CO_PPM, CARBONISED_RATIO = 1000.0, 3.0
"""Paper may be carbonised above the one and below the other (clause 5: example values, to be confirmed by furans)."""
MILD_CO2_PPM, MILD_RATIO = 10_000.0, 20.0
"""Paper may be overheated mildly, below 160 degC, above both (as above)."""
OXYGEN_USED_UP = 0.3
"""O2/N2 below this: oxygen is consumed faster than air brings it, heating of oil or a sealed tank (clause 5)."""
TAP_CHANGER_LEAK = 2.0
"""C2H2/H2 above 2 to 3: gas of the tap changer's compartment reached the main tank (clause 5); the lower end."""


@dataclass(frozen=True)
class Ratios:
    """Ratios of one sample and what they say.

    Attributes:
        c2h2_c2h4, ch4_h2, c2h4_c2h6: basic ratios. ``co2_co``, ``o2_n2``, ``c2h2_h2``: auxiliary ones; NaN when unknown.
        codes: rows of table 1 that fit; D1 and D2 overlap and may both fit; empty when none does (then it is undetermined by
            ratios, and the triangle still answers).
        families: rows of the simplified table 2 that fit: PD, D (discharge), T (thermal).
        paper: hint from the carbon oxides, never a proof.
        oxygen_used_up, tap_changer_leak: whether the ratio passes the limit; None when not measured.
    """

    c2h2_c2h4: float
    ch4_h2: float
    c2h4_c2h6: float
    co2_co: float
    o2_n2: float
    c2h2_h2: float
    codes: tuple[RatioCode, ...]
    families: tuple[Family, ...]
    paper: Paper
    oxygen_used_up: bool | None
    tap_changer_leak: bool | None


def ratio(numerator_ppm: float, denominator_ppm: float) -> float:
    """Quotient with the zero rule of this module."""
    if math.isnan(numerator_ppm) or math.isnan(denominator_ppm):
        return math.nan
    if denominator_ppm == 0.0:
        return math.inf if numerator_ppm > 0.0 else math.nan
    return numerator_ppm / denominator_ppm


def table_1(*, c2h2_c2h4: float, ch4_h2: float, c2h4_c2h6: float) -> tuple[RatioCode, ...]:
    """Every row of table 1 that the three ratios meet; limits of printed ranges belong to the range."""
    acetylene, methane, ethylene = c2h2_c2h4, ch4_h2, c2h4_c2h6
    rows: Mapping[RatioCode, bool] = {
        "PD": methane < 0.1 and ethylene < 0.2,
        "D1": acetylene > 1.0 and 0.1 <= methane <= 0.5 and ethylene > 1.0,
        "D2": 0.6 <= acetylene <= 2.5 and 0.1 <= methane <= 1.0 and ethylene > 2.0,
        "T1": methane > 1.0 and ethylene < 1.0,
        "T2": acetylene < 0.1 and methane > 1.0 and 1.0 <= ethylene <= 4.0,
        "T3": acetylene < 0.2 and methane > 1.0 and ethylene > 4.0,
    }
    return tuple(code for code, fits in rows.items() if fits)


def table_2(*, c2h2_c2h4: float, ch4_h2: float) -> tuple[Family, ...]:
    """Rows of the simplified table: PD for CH4/H2 < 0.2, D for C2H2/C2H4 > 0.2, T below it; PD may fit besides another."""
    rows: Mapping[Family, bool] = {"PD": ch4_h2 < 0.2, "D": c2h2_c2h4 > 0.2, "T": c2h2_c2h4 < 0.2}
    return tuple(family for family, fits in rows.items() if fits)


def read_ratios(sample: Sample) -> Ratios:
    """Ratios of ``sample``, codes and hints. Meaningful only for a gated sample: see `diagnosis.diagnose`."""
    acetylene = ratio(sample.c2h2_ppm, sample.c2h4_ppm)
    methane = ratio(sample.ch4_ppm, sample.h2_ppm)
    ethylene = ratio(sample.c2h4_ppm, sample.c2h6_ppm)
    o2_n2, c2h2_h2 = ratio(sample.o2_ppm, sample.n2_ppm), ratio(sample.c2h2_ppm, sample.h2_ppm)
    return Ratios(
        c2h2_c2h4=acetylene,
        ch4_h2=methane,
        c2h4_c2h6=ethylene,
        co2_co=ratio(sample.co2_ppm, sample.co_ppm),
        o2_n2=o2_n2,
        c2h2_h2=c2h2_h2,
        codes=table_1(c2h2_c2h4=acetylene, ch4_h2=methane, c2h4_c2h6=ethylene),
        families=table_2(c2h2_c2h4=acetylene, ch4_h2=methane),
        paper=_paper(sample),
        oxygen_used_up=None if math.isnan(o2_n2) else o2_n2 < OXYGEN_USED_UP,
        tap_changer_leak=None if math.isnan(c2h2_h2) else c2h2_h2 > TAP_CHANGER_LEAK,
    )


def _paper(sample: Sample) -> Paper:
    co2_co = ratio(sample.co2_ppm, sample.co_ppm)
    if math.isnan(co2_co):
        return "not measured"
    if sample.co_ppm > CARBONISED_CO_PPM and co2_co < CARBONISED_RATIO:
        return "possible carbonisation"
    if sample.co2_ppm > MILD_CO2_PPM and co2_co > MILD_RATIO:
        return "mild overheating"
    return "no hint"
