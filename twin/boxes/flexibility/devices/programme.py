"""A demand-response programme ('effacement'): customers shed part of their load when called, and catch up afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.horizon import step_start_h
from twin.boxes.flexibility.lp.parts import Follow, Link, Parts, PerStep, Run, Store, Unit


@dataclass(frozen=True, kw_only=True)
class Programme:
    """One group that is called together. Its power counts from its base load: a shed of 1 MW is -1 MW.

    Attributes:
        base_mw: what it draws when nobody calls; it stands in the site's net already.
        shed_share: part of the base that a call can shed, 0..1. ``all_or_nothing``: a call sheds all of it (ripple control).
        rebound_share: energy that comes back per shed energy. ``rebound_within_h``: by when. ``rebound_max_mw``: more than the
            base that the group can draw at all.
        rebound_h: time constant of a rebound that nobody chooses (buildings that warm up again, first order); None: customers
            catch up when they are asked to, within ``rebound_within_h``.
        calls_max: calls that are left in the plan, None for any number. ``longest_h``: of a call. ``rest_h``: between two.
        notice_h: nothing can be called sooner. ``called``: a call is running.
        owed_mwh: what earlier calls still have to catch up.
        shed_chf_per_mwh: what customers earn per MWh shed. ``movable``: 0 where nobody may be called.
    """

    id: str
    base_mw: PerStep
    shed_share: PerStep
    shed_chf_per_mwh: float
    rebound_share: float = 0.0
    rebound_within_h: float = 24.0
    rebound_max_mw: PerStep | None = None
    rebound_h: float | None = None
    all_or_nothing: bool = False
    calls_max: int | None = None
    longest_h: float | None = None
    rest_h: float = 0.0
    notice_h: float = 0.0
    called: bool = False
    owed_mwh: float = 0.0
    movable: PerStep = 1.0

    def parts(self, hours: tuple[float, ...]) -> Parts:
        """One unit that sheds (feeds) and catches up (draws), and the energy that is owed."""
        room = np.asarray(self.shed_share) * np.asarray(self.base_mw) * np.ones(len(hours))
        open_ = (step_start_h(hours) >= self.notice_h - 1e-9) & (np.asarray(self.movable) > 0.5)
        strongest = float(np.max(room, initial=0.0))
        unit = Unit(
            id=self.id,
            draw_max_mw=self._rebound_max(strongest, float(sum(hours))),
            feed_max_mw=np.where(open_, room, 0.0),
            less_chf_per_mwh=self.shed_chf_per_mwh,
            run=self._run(room, open_),
            follow=self._follow(np.asarray(hours), self._rebound_max(strongest, float(sum(hours)))),
        )
        within = self.rebound_within_h if self.rebound_h is None else None
        debt = Store(id=self.id, level0=self.owed_mwh, cleared_within_h=within)
        link = Link(unit=self.id, store=self.id, per_draw=-1.0, per_feed=self.rebound_share)
        return Parts((unit,), (debt,), (link,))

    def _rebound_max(self, strongest: float, plan_h: float) -> PerStep:
        if self.rebound_h is not None:
            # It comes as it comes: no more than all that can ever be owed, at once.
            calls = plan_h / max(self.longest_h or plan_h, 1e-9) if self.calls_max is None else self.calls_max + 1
            owed = self.owed_mwh + self.rebound_share * strongest * min(calls * (self.longest_h or plan_h), plan_h)
            return owed / self.rebound_h
        return strongest if self.rebound_max_mw is None else self.rebound_max_mw

    def _follow(self, hours: np.ndarray, most: PerStep) -> Follow | None:
        """What a first-order rebound draws in a step, from what is owed at its start."""
        if self.rebound_h is None:
            return None
        return Follow(store=self.id, mw_per_level=-np.expm1(-hours / self.rebound_h) / hours, most_mw=float(np.max(most)))

    def _run(self, room: np.ndarray, open_: np.ndarray) -> Run | None:
        limited = self.calls_max is not None or self.longest_h is not None or self.rest_h > 0.0
        if not limited and not self.all_or_nothing:
            return None
        return Run(
            side="feed",
            min_mw=room if self.all_or_nothing else 0.0,
            max_mw=room,
            starts_max=self.calls_max,
            rest_h=self.rest_h,
            longest_h=self.longest_h,
            allowed=open_.astype(float),
            was_on=self.called,
        )
