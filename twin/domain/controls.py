"""What controls itself in a grid: inverters on their curves, transformers with on-load tap changers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from twin.domain.problems import Problems


@dataclass(frozen=True)
class Curve:
    """A piecewise linear characteristic; constant before its first and after its last point.

    Attributes:
        x: the points' inputs, ascending, e.g. vm_pu. ``y``: their outputs.

    Example:
        >>> Curve((0.92, 0.96, 1.05, 1.08), (0.436, 0.0, 0.0, -0.436)).at(1.065).round(3).item()
        -0.218
    """

    x: tuple[float, ...]
    y: tuple[float, ...]

    @classmethod
    def of_corners(cls, vm_pu: tuple[float, float, float, float], cos_phi: float) -> Curve:
        """The Q(U) of four corner voltages (VDE-AR-N 4105:2018-11, 5.7.2.4).

        Overexcited below the first, nothing between the middle two, underexcited above the last, as far as the power factor
        ``cos_phi`` at rated power allows.
        """
        q = float(np.sqrt(1.0 - cos_phi**2))
        if vm_pu[1] == vm_pu[2]:
            return cls((vm_pu[0], vm_pu[1], vm_pu[3]), (q, 0.0, -q))
        return cls(tuple(vm_pu), (q, 0.0, 0.0, -q))

    def at(self, x: np.ndarray | float) -> np.ndarray:
        """The outputs at ``x``, dims of ``x``; NaN gives NaN."""
        return np.asarray(np.interp(x, self.x, self.y))

    def faults(self) -> Iterator[str]:
        """What is wrong with the curve, in words."""
        if len(self.x) != len(self.y) or not self.x:
            yield "as many inputs as outputs, at least one"
        elif not np.isfinite([*self.x, *self.y]).all():
            yield "finite numbers"
        elif (np.diff(self.x) <= 0.0).any():
            yield "ascending inputs"


@dataclass(frozen=True)
class InverterControl:
    """Inverters that follow the same curves, each at its own voltage and power.

    All powers and shares are those of the net's columns, before ``scaling``; reactive power is injection positive
    (overexcited). P(U) acts first, then Q(U) or cos phi(P) on what is left, then the apparent power limit. An inverter that
    draws active power (p_mw < 0) keeps it, and cos phi(P) gives it no reactive power.

    Attributes:
        sgen: indices of the inverters, dims (n,).
        sn_mva: rated power that the curves' shares refer to, dims (n,) [MVA].
        q_of_vm: Q(U): vm_pu -> q_mvar / sn_mva. VDE-AR-N 4105:2018-11, 5.7.2.4; EN 50549-1:2019, 4.7.2.3.3. The largest share
            is sin phi of the power factor that must be reached, 0.436 at 0.90 and 0.312 at 0.95 (units up to 4.6 kVA): 5.7.2.2.
        cos_phi_of_p: cos phi(P): p_mw / sn_mva -> cos phi; negative is underexcited, and a curve passes from one to the other
            through 1, not through 0. VDE-AR-N 4105:2018-11, 5.7.2.4; EN 50549-1:2019, 4.7.2.3.4. Not beside ``q_of_vm``: the
            standards have one mode active at a time.
        p_of_vm: P(U): vm_pu -> largest p_mw / sn_mva. EN 50549-1:2019, 4.7.3; IEEE 1547-2018, 5.4.2.
        s_max_mva: largest apparent power, dims (n,) [MVA]; none without.
        priority: what the apparent power limit keeps: "q" reduces active power, "p" reduces reactive power.
    """

    sgen: tuple[int, ...]
    sn_mva: tuple[float, ...]
    q_of_vm: Curve | None = None
    cos_phi_of_p: Curve | None = None
    p_of_vm: Curve | None = None
    s_max_mva: tuple[float, ...] | None = None
    priority: Literal["p", "q"] = "q"

    def check(self, problems: Problems, place: str) -> None:
        """Note every fault that needs no grid to be seen."""
        self._check_curves(problems, place)
        if self.priority not in ("p", "q"):
            problems.add(f"{place}, priority", repr(self.priority), '"p" or "q"', "correct the priority")
        if all(part is None for part in (self.q_of_vm, self.cos_phi_of_p, self.p_of_vm, self.s_max_mva)):
            problems.add(place, "no curve and no limit", "a curve to follow", "give one, or leave the control out")
        for name in ("sn_mva", "s_max_mva"):
            rating = getattr(self, name)
            if rating is None:
                continue
            if len(rating) != len(self.sgen):
                problems.add(f"{place}, {name}", f"{len(rating)} ratings", f"{len(self.sgen)}", "give one per sgen")
            elif not all(value > 0.0 for value in rating):
                problems.add(f"{place}, {name}", rating, "numbers above 0", "correct the ratings")

    def _check_curves(self, problems: Problems, place: str) -> None:
        for name in ("q_of_vm", "cos_phi_of_p", "p_of_vm"):
            curve = getattr(self, name)
            for limit in curve.faults() if curve is not None else ():
                problems.add(f"{place}, {name}", curve, limit, "correct the curve")
        if self.q_of_vm is not None and self.cos_phi_of_p is not None:
            problems.add(place, "q_of_vm and cos_phi_of_p", "one mode of reactive power", "leave one of them out")
        phi = self.cos_phi_of_p
        if phi is not None and any(not 0.0 < abs(y) <= 1.0 for y in phi.y):
            problems.add(f"{place}, cos_phi_of_p", phi.y, "-1 to 1, not 0", "correct the curve")
        if self.p_of_vm is not None and any(y < 0.0 for y in self.p_of_vm.y):
            problems.add(f"{place}, p_of_vm", self.p_of_vm.y, "shares of at least 0", "correct the curve")


@dataclass(frozen=True)
class TapControl:
    """An on-load tap changer that keeps a voltage within a band, one tap after the other.

    It moves while the voltage is outside the band, until it is inside or the changer stands at its end. With line-drop
    compensation the voltage is not the transformer's own but that at the end of a line of ``r_ohm`` + j ``x_ohm``:
    |U - Z I|, I the current that leaves the transformer on the controlled side, of all parallel units together
    (Kersting, Distribution System Modeling and Analysis, ch. 7: the compensator's R and X settings in volts times the ratio
    of its transformers' ratios are these ohms). Tap limits, step and side are the net's.

    Attributes:
        trafo: index of the transformer.
        side: "hv" or "lv": where the voltage is controlled.
        vm_lower_pu, vm_upper_pu: the band [pu]; a voltage on its edge counts as inside.
        delay_steps: the changer moves only after the voltage has ended so many steps in a row outside the same edge of the
            band; 0 moves at once (right for steps longer than the changer's time delay).
        r_ohm, x_ohm: the compensated line, at the controlled side's voltage [ohm].
    """

    trafo: int
    side: Literal["hv", "lv"]
    vm_lower_pu: float
    vm_upper_pu: float
    delay_steps: int = 0
    r_ohm: float = 0.0
    x_ohm: float = 0.0

    def check(self, problems: Problems, place: str) -> None:
        """Note every fault that needs no grid to be seen."""
        if self.side not in ("hv", "lv"):
            problems.add(f"{place}, side", self.side, '"hv" or "lv"', "correct the side")
        if not 0.0 < self.vm_lower_pu < self.vm_upper_pu:
            band = f"{self.vm_lower_pu} to {self.vm_upper_pu}"
            problems.add(f"{place}, band", band, "vm_lower_pu below vm_upper_pu, both above 0", "correct the band")
        if not (np.isfinite(self.delay_steps) and self.delay_steps >= 0 and self.delay_steps == int(self.delay_steps)):
            problems.add(f"{place}, delay_steps", self.delay_steps, "a whole number, at least 0", "correct the delay")
        if not np.isfinite([self.r_ohm, self.x_ohm]).all():
            problems.add(f"{place}, r_ohm, x_ohm", f"{self.r_ohm}, {self.x_ohm}", "finite numbers", "correct the line")


@dataclass(frozen=True)
class Controls:
    """Everything that controls itself in one grid. Hashable: it keys what is prepared for it.

    Inverters act within seconds, tap changers within tens of seconds: between two moves of a tap the inverters settle.
    """

    inverters: tuple[InverterControl, ...] = field(default=())
    taps: tuple[TapControl, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.inverters or self.taps)

    def check(self, problems: Problems) -> None:
        """Note every fault that needs no grid to be seen: of each control, and what two controls claim."""
        for number, inverter in enumerate(self.inverters):
            inverter.check(problems, f"inverter control {number}")
        for tap in self.taps:
            tap.check(problems, f"tap control of trafo {tap.trafo}")
        claims = (
            ("sgen", [index for inverter in self.inverters for index in inverter.sgen]),
            ("trafo", [tap.trafo for tap in self.taps]),
        )
        for table, indices in claims:
            for index in sorted(index for index, times in Counter(indices).items() if times > 1):
                problems.add(f"controls, {table} {index}", "controlled twice", "one control", "leave one of them out")


NO_CONTROLS = Controls()
