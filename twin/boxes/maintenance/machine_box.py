"""The machine box: vibration zone of hydro units and pumps, and how far they are from what they were when healthy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

import numpy as np
import xarray as xr

from twin.boxes.maintenance.machines.facts import read_machines
from twin.boxes.maintenance.machines.findings import VIBRATION, findings_of, is_fresh
from twin.boxes.maintenance.machines.monitor import REFERENCE_BLOCKS, Settings, observe
from twin.boxes.maintenance.machines.reading import read_rows
from twin.boxes.maintenance.machines.reference import FEATURES, TEMPERATURE
from twin.boxes.maintenance.machines.severity import ZONES, zone_of
from twin.boxes.maintenance.machines.state import Monitor, arranged, new_monitor
from twin.contracts.box import BoxCard, BoxContext, Mode, Need, Provide
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Headline, Report
from twin.domain.pack import pack, unpack
from twin.domain.problems import BadInput, Problem
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_epoch_s, quarter_hours, to_epoch_s

NINE_WEEKS = timedelta(weeks=9)
SETTLE = timedelta(hours=4)
"""What is remembered stays this far behind now, so that telemetry that comes late still counts."""
FALSE_ALARMS_PER_MONTH = 0.1
"""Of one machine, where the box's config says nothing else."""
UNKNOWN_ZONE = 1.0
"""A machine about which nothing is known is taken as fit to run on: zone B."""
SCHEMA = 2


class MachineBox:
    """Vibration severity by ISO 20816 and a watch on deviations from a frozen reference, for all machines at once.

    ``config``: ``machines``, names in ``context.machines`` (all without it); ``false_alarms_per_month`` of one machine.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        self.machines = read_machines(config, context.machines)
        budget = config.get("false_alarms_per_month", FALSE_ALARMS_PER_MONTH)
        if isinstance(budget, bool) or not isinstance(budget, int | float) or not 0.0 < budget <= 10.0:
            place, limit = "machine box, config 'false_alarms_per_month'", "above 0, at most 10"
            raise BadInput([Problem(place, repr(budget), limit, "correct the budget")])
        self.names = tuple(machine.name for machine in self.machines)
        since_s = zip_longest(*(machine.reference_since_s for machine in self.machines), fillvalue=0)
        self.settings = Settings(
            np.array([machine.rated_mw for machine in self.machines]),
            float(budget),
            np.array(list(since_s), dtype=np.float64).reshape(-1, len(self.machines)),
        )
        self.boundaries = np.stack([machine.boundaries.as_array for machine in self.machines])
        self.card = _card(self.names)

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """Nothing is trained: the watch learns its reference in ``step``, and it lives in the state.

        Raises:
            TypeError: always; the card announces no training.
        """
        raise TypeError(f"machine box {', '.join(self.names)} is not trained ({view.as_of}, seed {seed})")

    def step(
        self,
        view: AsOfView,
        artifact: bytes | None,  # noqa: ARG002 - the Box contract hands one to every box; this one has none
        state: bytes | None,
    ) -> tuple[Report, bytes | None]:
        """Every machine at ``view.as_of``.

        Raises:
            ValueError: when no machine's vibration was ever read under steady load.
        """
        as_of = floor_quarter(view.as_of)
        remembered = self._remembered(state)
        start = max(as_of - NINE_WEEKS, from_epoch_s(remembered.at_s))
        rows = read_rows(view, self.names, start=start)
        remembered = observe(remembered, rows.until(to_epoch_s(as_of - SETTLE)), self.settings)
        monitor = observe(remembered, rows.since(remembered.at_s), self.settings)
        packed = pack({"schema": SCHEMA, "machines": list(self.names)}, remembered.to_arrays())
        return self._report(monitor, as_of), packed

    def _remembered(self, state: bytes | None) -> Monitor:
        """What the state holds: machines that were not there begin anew; so does everything in another form."""
        if state is not None:
            meta, arrays = unpack(state)
            if meta["schema"] == SCHEMA:
                old = list(meta["machines"])
                places = np.array([old.index(name) if name in old else -1 for name in self.names])
                return arranged(Monitor.from_arrays(arrays), places)
        return new_monitor(len(self.names))

    def _report(self, monitor: Monitor, as_of: datetime) -> Report:
        vibration = monitor.recent[:, 1, VIBRATION]
        zones = zone_of(vibration, self.boundaries)
        if np.isnan(zones).all():
            raise ValueError(f"machine_vibration_mm_s of {', '.join(self.names)}: no steady reading under load in nine weeks")
        zones = np.where(np.isnan(zones), UNKNOWN_ZONE, zones)
        worst = int(np.lexsort((np.nan_to_num(vibration), monitor.deviation, zones))[-1])
        values = {"machine_severity": zones, "machine_deviation": np.minimum(monitor.deviation, 1e6)}
        found = [f for i, machine in enumerate(self.machines) for f in findings_of(monitor, i, machine, as_of)]
        return Report(
            outputs={name: self._output(name, value, as_of) for name, value in values.items()},
            headline=Headline("machine_vibration", float(np.nan_to_num(vibration[worst])), "mm/s"),
            findings=tuple(found),
            reason="machines_learning" if (monitor.reference.blocks == 0.0).any() else "ok",
            params=self._params(monitor, worst, str(ZONES[int(zones[worst])]), as_of),
        )

    def _params(self, monitor: Monitor, worst: int, zone: str, as_of: datetime) -> dict[str, Any]:
        facts = self.machines[worst]
        bearing_c = float(monitor.recent[worst, 1, TEMPERATURE])
        learnt = np.where(monitor.reference.blocks > 0.0, 1.0, monitor.learnt / REFERENCE_BLOCKS)
        return {
            "line": "machine_zone",
            "machine": facts.name,
            "zone": zone,
            "limit_mm_s": facts.boundaries.bc,
            "source": facts.boundaries.source,
            "bearing_c": bearing_c if np.isfinite(bearing_c) else None,
            "bearing_limit_c": facts.warn_c,
            "deviation": float(monitor.deviation[worst]),
            "features": [FEATURES[i] for i in np.flatnonzero(monitor.reference.active[worst])],
            "steady": int(is_fresh(monitor.recent_s[:, VIBRATION], as_of).sum()),
            "machines": len(self.names),
            "learnt_percent": 100.0 * float(learnt.min()),
            "unfamiliar_blocks": int(monitor.unknown[worst]),
            "false_alarms_per_month": self.settings.alarms_per_month,
        }

    def _output(self, name: str, values: np.ndarray, as_of: datetime) -> xr.DataArray:
        return xr.DataArray(
            values[None, :],
            dims=("time", "machine"),
            coords={"time": quarter_hours(as_of - QUARTER_HOUR, 1), "machine": list(self.names)},
            name=name,
            attrs={"units": SIGNALS[name].unit, "issued_at": as_of.isoformat(), "source": "machine"},
        )


def _card(names: tuple[str, ...]) -> BoxCard:
    day = timedelta(days=1)
    needs = [
        Need(name, names, history=NINE_WEEKS, max_age=day, mode=Mode.LAST_GOOD)
        for name in ("machine_vibration_mm_s", "machine_p_mw")
    ]
    needs.append(Need("temp_c", history=NINE_WEEKS, mode=Mode.OPTIONAL))
    others = (f"machine_{feature}" for feature in FEATURES if feature != "vibration_mm_s")
    needs += [Need(name, history=NINE_WEEKS, mode=Mode.OPTIONAL) for name in others]
    return BoxCard(
        name="machine",
        version="1.0.0",
        owner="maintenance",
        needs=tuple(needs),
        provides=tuple(Provide(name, names) for name in ("machine_severity", "machine_deviation")),
        constants={"machine_severity": UNKNOWN_ZONE, "machine_deviation": 0.0},
        deadline_s=4.0,
        catch_up_s=20.0,  # the first tick lives through nine weeks, half a second on an idle core
        memory_mb=256,
        params={"machines": list(names)},
    )
