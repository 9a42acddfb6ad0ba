"""What one failure costs, in CHF, by part.

Every unit value is the site's own configuration: none has a default here, and none is taken from another country. A part whose
inputs are unknown is NaN; the total then counts the others and says that it is a lower bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

NAN = float("nan")
HOURS_PER_YEAR = 8766.0


@dataclass(frozen=True, kw_only=True)
class UnitValues:
    """What the site holds things to be worth.

    Attributes:
        lost_load_chf_per_mwh: energy that is not served [CHF/MWh].
        interruption_chf: one customer interrupted, however briefly [CHF].
        safety_chf: one failure that endangers people [CHF].
        oil_chf_per_kg: oil in the ground, cleaned up [CHF/kg]. ``pcb_chf_per_kg``: with PCB in it, disposal within.
        gas_chf_per_kg: SF6 let out [CHF/kg].
    """

    lost_load_chf_per_mwh: float
    interruption_chf: float
    safety_chf: float
    oil_chf_per_kg: float
    pcb_chf_per_kg: float
    gas_chf_per_kg: float


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What happens when the asset fails; NaN is unknown, and 0 must be said.

    Attributes:
        customers: interrupted at first.
        unsupplied_before_mw: mean load without supply until switching has brought back what it can, ``switching_h`` [h].
        unsupplied_after_mw: still without supply then, until the repair or a mobile supply ends it, ``restoring_h`` [h] from
            the failure.
        repair_h: until the asset is back [h].
        second_mw: load that the worst further failure would leave dark during the repair [MW], beyond what it would with the
            asset in service. ``second_per_year``: how often such a further failure happens [1/year]. ``second_h``: how long it
            lasts [h].
        repair_chf: repair or replacement after the failure, urgency within [CHF].
        dangerous_share: share of failures that endanger people, 0 to 1.
        oil_kg: that may leak. ``oil_share``: of it that reaches the ground in a failure, 0 to 1.
        pcb: whether the oil holds PCB: 1 yes, 0 no; NaN unknown, which counts as yes.
        gas_kg: of SF6 that may be let out.
    """

    customers: float = NAN
    unsupplied_before_mw: float = NAN
    switching_h: float = NAN
    unsupplied_after_mw: float = NAN
    restoring_h: float = NAN
    repair_h: float = NAN
    second_mw: float = NAN
    second_per_year: float = NAN
    second_h: float = NAN
    repair_chf: float = NAN
    dangerous_share: float = NAN
    oil_kg: float = NAN
    oil_share: float = NAN
    pcb: float = NAN
    gas_kg: float = NAN


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """Cost of one failure by part [CHF]; NaN where its inputs are unknown.

    Attributes:
        customers_chf: interruptions. ``energy_chf``: energy not served. ``security_chf``: N-1 relief lost until the repair.
        repair_chf, safety_chf, environment_chf: as they say.
        energy_mwh: energy not served, behind ``energy_chf``.
        assumptions: codes of what stood in for an unknown: "pcb" (counted as oil with PCB).
    """

    customers_chf: float
    energy_chf: float
    security_chf: float
    repair_chf: float
    safety_chf: float
    environment_chf: float
    energy_mwh: float
    assumptions: tuple[str, ...] = ()

    @property
    def parts(self) -> dict[str, float]:
        """Part -> CHF."""
        names = ("customers_chf", "energy_chf", "security_chf", "repair_chf", "safety_chf", "environment_chf")
        return {name: getattr(self, name) for name in names}

    @property
    def unknown(self) -> tuple[str, ...]:
        """Parts that are NaN; with any, the total is a lower bound."""
        return tuple(name for name, value in self.parts.items() if math.isnan(value))

    @property
    def total_chf(self) -> float:
        """Sum of the known parts [CHF]; NaN if none is."""
        known = [value for value in self.parts.values() if not math.isnan(value)]
        return math.fsum(known) if known else NAN


def consequence(failure: Failure, values: UnitValues) -> Consequence:
    """Cost of one ``failure`` at the site's ``values``.

    Energy not served = before x switching time + after x the rest until supply is back. N-1 relief lost = repair time as a
    share of the year x further failures per year x what the worst would leave dark x how long.
    """
    after_h = max(failure.restoring_h - failure.switching_h, 0.0) if not math.isnan(failure.restoring_h) else NAN
    energy_mwh = _of(failure.unsupplied_before_mw, failure.switching_h) + _of(failure.unsupplied_after_mw, after_h)
    second_mwh = _of(failure.second_mw, failure.second_h)
    second = failure.repair_h / HOURS_PER_YEAR * failure.second_per_year * second_mwh if second_mwh else second_mwh
    assumed = ("pcb",) if failure.oil_kg > 0.0 and math.isnan(failure.pcb) else ()
    oil_chf_per_kg = values.oil_chf_per_kg if failure.pcb == 0.0 else max(values.oil_chf_per_kg, values.pcb_chf_per_kg)
    return Consequence(
        customers_chf=failure.customers * values.interruption_chf,
        energy_chf=energy_mwh * values.lost_load_chf_per_mwh,
        security_chf=second * values.lost_load_chf_per_mwh,
        repair_chf=failure.repair_chf,
        safety_chf=failure.dangerous_share * values.safety_chf,
        environment_chf=_of(failure.oil_kg, failure.oil_share) * oil_chf_per_kg + failure.gas_kg * values.gas_chf_per_kg,
        energy_mwh=energy_mwh,
        assumptions=assumed,
    )


def _of(amount: float, factor: float) -> float:
    """Product, in which nothing of an unknown is nothing."""
    return 0.0 if amount == 0.0 else amount * factor
