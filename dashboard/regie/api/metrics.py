"""``/metrics``: the state of the régie in Prometheus' text format 0.0.4, base units, one family below the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from twin.contracts.snapshot import Snapshot

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_STATES = ("standing", "acknowledged", "cleared")
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Family:
    """One metric: samples without a value are left out, which Prometheus reads as unknown."""

    name: str
    kind: str
    help: str
    samples: Sequence[tuple[Labels, float | None]]

    def text(self) -> str:
        """As Prometheus scrapes it."""
        lines = [f"# HELP {self.name} {self.help}", f"# TYPE {self.name} {self.kind}"]
        lines += [f"{self.name}{_labelled(labels)} {value!r}" for labels, value in self.samples if value is not None]
        return "\n".join(lines)


def exposition(snapshot: Snapshot | None, at: datetime, *, readable: bool, dispatchers: int) -> str:
    """Every metric at wall clock ``at``."""
    families = [
        _gauge("regie_snapshot_readable", "1 while the newest snapshot file can be read, else 0.", float(readable)),
        _gauge("regie_dispatchers_connected", "Live connections to the screen.", float(dispatchers)),
        *(() if snapshot is None else _families(snapshot, at)),
    ]
    return "\n".join(family.text() for family in families) + "\n"


def _families(now: Snapshot, at: datetime) -> Iterable[Family]:
    yield _gauge("regie_tick_age_seconds", "Since the newest snapshot was published.", (at - now.published_at).total_seconds())
    yield _gauge("regie_tick_duration_seconds", "Wall time of the newest tick.", now.tick_ms / 1000.0)
    yield _gauge("regie_tick_number", "Regular ticks since the window began.", float(now.tick))
    yield _gauge("regie_grid_time_seconds", "Grid time of the newest tick, Unix time.", now.as_of.timestamp())
    yield _gauge("regie_telemetry_coverage_ratio", "Share of telemetry channels that spoke, 0 to 1.", now.coverage)
    yield _gauge("regie_renewable_share_ratio", "Renewable share of the town's electricity, 0 to 1.", now.renewable_share)
    yield _gauge("regie_import_megawatts", "Active power entering at the grid connection.", now.import_p_mw)
    yield Family(
        "regie_loading_max_percent",
        "gauge",
        "Highest loading by kind of element.",
        [
            ({"element": "line"}, _most(now.grid.line_loading_percent)),
            ({"element": "trafo"}, _most(now.grid.trafo_loading_percent)),
        ],
    )
    voltages = [value for value in now.grid.vm_pu if value is not None]
    yield _gauge("regie_voltage_min_per_unit", "Lowest bus voltage.", min(voltages, default=None))
    yield _gauge("regie_voltage_max_per_unit", "Highest bus voltage.", max(voltages, default=None))
    yield _alarms(now)
    yield _counted("regie_boxes", "Boxes by how they were served and by role.", [(b.service, b.role) for b in now.boxes])
    states = Counter(item.state for item in now.recommendations)
    yield _by_state("regie_recommendations", "gauge", "Recommendations on the screen by state.", states)
    yield _by_state("regie_orders_total", "counter", "Orders of this run by state reached.", now.order_counts)
    info = {"site": now.site.name, "head": now.head, "engine": now.engine, "mode": now.mode}
    yield Family(
        "regie_journal_head_info", "gauge", "Chain value of the journal after the newest tick, as a label.", [(info, 1.0)]
    )


def _alarms(now: Snapshot) -> Family:
    """Every priority and state, zeros included: a counter that vanishes raises no alert."""
    found = Counter(
        (alarm.priority, "cleared" if alarm.cleared_at else "acknowledged" if alarm.acknowledged_by else "standing")
        for alarm in now.alarms
    )
    samples = [
        ({"priority": f"P{priority}", "state": state}, float(found[priority, state]))
        for priority in (1, 2, 3, 4)
        for state in _STATES
    ]
    return Family("regie_alarms", "gauge", "Alarms by priority and state; standing ones nobody has acknowledged.", samples)


def _counted(name: str, about: str, found: Iterable[tuple[str, str]]) -> Family:
    samples = [({"service": service, "role": role}, float(n)) for (service, role), n in sorted(Counter(found).items())]
    return Family(name, "gauge", about, samples)


def _by_state(name: str, kind: str, about: str, counts: Mapping[str, int]) -> Family:
    return Family(name, kind, about, [({"state": state}, float(count)) for state, count in sorted(counts.items())])


def _gauge(name: str, about: str, value: float | None) -> Family:
    return Family(name, "gauge", about, [({}, value)])


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _labelled(labels: Labels) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")

    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""
