"""A process that must run sometime: in one piece with its own profile, or in parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.lp.parts import Parts, PerStep, Run, Unit


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process.

    Attributes:
        profile_mw: power quarter hour by quarter hour of a process that cannot be broken; empty for one that can.
        p_mw, run_hours: of one that can be broken: power while it runs, and for how long altogether.
        allowed: 0 in hours that are blocked. ``start_chf``: price of a start in each step.
        own_p_mw: what it would do by itself. ``was_on``: it ran just before the plan.
        moving_chf_per_mwh: what its owner earns per MWh that does not run when it would by itself.
    """

    id: str
    profile_mw: tuple[float, ...] = ()
    p_mw: float = 0.0
    run_hours: float = 0.0
    allowed: PerStep = 1.0
    start_chf: PerStep = 0.0
    own_p_mw: PerStep = 0.0
    movable: PerStep = 1.0
    moving_chf_per_mwh: float = 0.0
    was_on: bool = False

    def parts(self, hours: tuple[float, ...]) -> Parts:  # noqa: ARG002 - the devices' common signature
        """One unit that runs or stands still."""
        power = max(self.profile_mw, default=self.p_mw)
        whole = bool(self.profile_mw)
        run = Run(
            side="draw",
            min_mw=0.0 if whole else self.p_mw,
            max_mw=power,
            profile_mw=self.profile_mw,
            hours=None if whole else self.run_hours,
            allowed=self.allowed,
            start_chf=self.start_chf,
            was_on=self.was_on,
        )
        free = bool(np.all(np.asarray(self.movable) > 0.5))
        unit = Unit(
            id=self.id,
            draw_max_mw=power,
            own_p_mw=self.own_p_mw,
            movable=self.movable,
            less_chf_per_mwh=self.moving_chf_per_mwh,
            # One that must not be moved does what it would do by itself, and nothing is switched.
            run=run if free else None,
        )
        return Parts((unit,))
