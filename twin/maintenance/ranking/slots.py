"""When each action may be done: one look at the week per asset, whatever is to be done there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.contracts.ports import Engine, GridLimits
from twin.maintenance.ranking.assess import Assessed
from twin.maintenance.ranking.calendar import (
    Normal,
    OutageHours,
    at_any_hour,
    free_window,
    normal_week,
    outage_hours,
    without_grid,
    working_hours,
)
from twin.maintenance.ranking.outage_effects import branch_of
from twin.maintenance.ranking.rank import Slot
from twin.maintenance.ranking.week import Week
from twin.site import Site
from twin.site.maintenance import Action, Maintenance


@dataclass
class Slots:
    """Finds windows; what it learned of an asset's outage it keeps for the next action there."""

    engine: Engine
    week: Week
    limits: GridLimits
    table: Maintenance
    working: np.ndarray
    normal: Normal
    _hours: dict[str, OutageHours] = field(default_factory=dict)

    @classmethod
    def of(cls, site: Site, table: Maintenance, engine: Engine, week: Week, limits: GridLimits) -> Slots:
        """For one site and week."""
        about = site.about
        working = working_hours(
            week, table.calendar, timezone=site.timezone, country=about.country, subdivision=about.subdivision
        )
        return cls(engine, week, limits, table, working, normal_week(engine, week, limits=limits))

    def __call__(self, one: Assessed, action: Action) -> Slot:
        """When ``action`` may be done at an asset. A single known hour tells of no window."""
        if self.week.hours == 1:
            return Slot(None, (), known=False)
        if not action.outage:
            return Slot(at_any_hour(self.week, self.working, duration_h=action.duration_h), ())
        hours = self._outage_hours(one)
        return Slot(*free_window(hours, self.working, self.week, self.table.calendar, duration_h=action.duration_h))

    def _outage_hours(self, one: Assessed) -> OutageHours:
        asset = one.asset
        if asset.asset not in self._hours:
            outage = branch_of(asset.element) if asset.on_grid else None
            row = self.table.class_of(asset.kind)
            self._hours[asset.asset] = (
                without_grid(self.week.hours)
                if outage is None or one.effect is None
                else outage_hours(
                    self.engine,
                    outage,
                    one.effect.closure,
                    self.week,
                    self.normal,
                    limits=self.limits,
                    at_risk_limit_mw=row.at_risk_limit_mw,
                    # a mobile set stands in for a distribution transformer and for nothing else
                    mobile_mw=self.table.calendar.mobile_supply_mw if asset.kind == "mv_lv_transformer" else 0.0,
                )
            )
        return self._hours[asset.asset]
