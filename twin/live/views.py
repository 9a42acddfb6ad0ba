"""What the screens read: composed and written after every tick, rebuilt from the journal after a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from twin.contracts.messages import Alarm
from twin.contracts.snapshot import DiagramBus, DiagramEdge, DiagramFacts, SiteFacts
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s
from twin.regie.journal import Journal
from twin.regie.public import PublicComposer
from twin.regie.publish import Host, Publisher, write_atomically
from twin.regie.tick import Tick
from twin.wiring import Wired

_CURVE_RECORDS = 96


class Views:
    """Both snapshots of one run."""

    def __init__(self, wired: Wired, state: Path, speed: str) -> None:
        site = wired.site
        self._wired = wired
        self._speed = speed
        self._public_file = state / "public" / "public.json"
        facts = SiteFacts(name=site.name, title=site.about.title.model_dump(), timezone=site.timezone, notes=wired.notes)
        self._publisher = Publisher(
            state / "snapshots", facts, wired.parts.devices, site.about.engine, _line_switches(wired.net)
        )
        self._public = PublicComposer(wired.public) if wired.public is not None else None
        self._last: tuple[Tick, float] | None = None
        self._waiting = 0
        write_atomically(state / "snapshots" / "diagram.json", diagram_of(wired))

    def resume(self, journal: Journal) -> None:
        """Refill the cards' past and the running journal from what was journalled."""
        for record in journal.records(max(journal.acked - _CURVE_RECORDS, 0)):
            if record.kind == "regular":
                headlines = {name: _number(box["headline"][1]) for name, box in record.meta["boxes"].items()}
                self._publisher.remember(headlines, {})
            for code, params in record.meta["lines"]:
                self._publisher.say(from_epoch_s(record.as_of_s), code, params)
        frame = self._wired.parts.runner.frame().frame()
        first = max(len(frame.values) - _CURVE_RECORDS, 0)
        for number in range(first, len(frame.values)):
            signals, flags = (
                dict(zip(frame.layout.columns, rows[number].tolist(), strict=True)) for rows in (frame.values, frame.quality)
            )
            self._publisher.remember({}, signals)
            if self._public is not None:
                self._public.remember(from_epoch_s(frame.start_s + number * QUARTER_HOUR_S), signals, flags)

    def publish(self, tick: Tick, tick_ms: float, next_at: datetime | None, *, waiting: int) -> None:
        """Write both snapshots. A disk that takes no snapshot does not stop the loop: the screens then call theirs stale."""
        if tick.moment.event is None:
            headlines = {name: e.report.headline.value for name, e in tick.envelopes.items()}
            self._publisher.remember(headlines, tick.observation.signals)
            if self._public is not None:
                self._public.remember(tick.state.interval, tick.observation.signals, tick.observation.flags)
        for code, params in tick.lines:
            self._publisher.say(tick.state.as_of, code, params)
        self._waiting = waiting
        alarms = (store_alarm(tick, waiting),) if waiting else ()
        self._write(tick, Host(datetime.now(UTC), next_at, "live", self._speed, tick_ms, alarms))
        self._last = (tick, tick_ms)

    def finish(self) -> None:
        """Say that the run has ended, so that nobody waits for the next tick."""
        if self._last is not None:
            tick, tick_ms = self._last
            alarms = (store_alarm(tick, self._waiting),) if self._waiting else ()
            self._write(tick, Host(datetime.now(UTC), None, "finished", self._speed, tick_ms, alarms))

    def _write(self, tick: Tick, host: Host) -> None:
        parts = self._wired.parts
        try:
            self._publisher.write(tick, parts.root, host)
            if self._public is not None:
                write_atomically(self._public_file, self._public.compose(tick, host))
        except OSError:
            return  # disk full or read-only: the journal's own failure is the alarm, and the old files stay whole


def store_alarm(tick: Tick, waiting: int) -> Alarm:
    """The host's alarm for a store that does not acknowledge; it is no part of the chain."""
    as_of = tick.state.as_of
    return Alarm(
        key="host:store",
        priority=1,
        code="journal_unavailable",
        params={"waiting": waiting},
        element="journal",
        since=as_of,
        at=as_of,
        act_before=as_of + timedelta(minutes=15),
        owner="system_operation",
        parent=None,
        acknowledged_by=None,
        acknowledged_at=None,
        cleared_at=None,
    )


@dataclass(frozen=True)
class _Place:
    x: float | None
    y: float | None


def diagram_of(wired: Wired) -> DiagramFacts:
    """What the diagram draws, from the net and the site's limits."""
    net, limits, parts = wired.net, wired.limits, wired.parts
    grid = parts.engine.model(parts.live.telemetry.topology(datetime.now(UTC))).grid
    low = dict(zip(grid.bus.tolist(), limits.bus_low_pu.tolist(), strict=True))
    high = dict(zip(grid.bus.tolist(), limits.bus_high_pu.tolist(), strict=True))
    names = wired.names
    couplers = net.switch[net.switch["et"] == "b"]
    titles = {trafo.index: trafo.title.model_dump() for trafo in wired.site.trafos}
    return DiagramFacts(
        buses=tuple(
            DiagramBus(
                index=int(bus),
                name=names.get(f"bus:{bus}", str(bus)),
                vn_kv=float(vn),
                low_pu=low[int(bus)],
                high_pu=high[int(bus)],
            )
            for bus, vn in net.bus["vn_kv"].items()
        ),
        lines=_edges(net.line, "from_bus", "to_bus", "line", names, limits.line_percent),
        trafos=tuple(
            edge.model_copy(update={"titles": titles.get(edge.index, {})})
            for edge in _edges(net.trafo, "hv_bus", "lv_bus", "trafo", names, limits.trafo_percent)
        ),
        couplers=tuple((int(i), int(s.bus), int(s.element), bool(s.closed)) for i, s in couplers.iterrows()),
        sources=tuple(int(bus) for bus in net.ext_grid["bus"]),
        devices={device.id: device.bus for device in parts.devices if device.dispatchable},
    )


def _line_switches(net: Any) -> dict[int, list[tuple[int, bool]]]:
    """Switches of every line that has some, with their position in the grid file."""
    found: dict[int, list[tuple[int, bool]]] = {}
    for index, switch in net.switch[net.switch["et"] == "l"].iterrows():
        found.setdefault(int(switch["element"]), []).append((int(index), bool(switch["closed"])))
    return found


def _edges(table: Any, begin: str, end: str, name: str, names: dict[str, str], limit: float) -> tuple[DiagramEdge, ...]:
    return tuple(
        DiagramEdge(
            index=int(i),
            name=names.get(f"{name}:{i}", str(i)),
            from_bus=int(row[begin]),
            to_bus=int(row[end]),
            limit_percent=limit,
        )
        for i, row in table.iterrows()
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(np.float64(value))
