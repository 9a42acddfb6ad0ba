"""What the screens read: composed and written tick by tick, rebuilt from the journal after a restart."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from pydantic import ValidationError

from twin.contracts.box import BoxCard
from twin.contracts.diagram import DiagramBus, DiagramEdge, DiagramFacts, DiagramSwitch
from twin.contracts.history_facts import FILE as HISTORY_FILE
from twin.contracts.messages import Alarm
from twin.contracts.privacy import FILE as DISCLOSURE_FILE
from twin.contracts.public_snapshot import PublicSnapshot
from twin.contracts.publication import FILE as PUBLICATION_FILE
from twin.contracts.snapshot import BoxFacts, OnCallView, SiteFacts
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s
from twin.engines.outages.closures import is_permitted
from twin.live.disclosed import disclosure_of
from twin.live.history_labels import history_facts
from twin.live.tariff_file import write_tariff
from twin.origin.meta import from_meta
from twin.origin.traced import Traced
from twin.regie.journal import Journal
from twin.regie.public import PublicComposer
from twin.regie.publish import Host, Publisher, write_atomically
from twin.regie.tick import Tick
from twin.shown_facts import publication_facts
from twin.site import Site
from twin.site.rules import BoxEntry
from twin.wiring import Wired

_LOG = logging.getLogger(__name__)
_CURVE_RECORDS = 96
STORE = "host:store"
"""Key of the alarm of a store that does not acknowledge."""


class Views:
    """Both snapshots of one run.

    The dispatcher's is written after every tick, the citizens' after every regular one: an event meters nothing, so it makes
    none of their figures younger.

    Args:
        speed: grid seconds per wall second, None as fast as possible. ``since``: start of the window.
    """

    def __init__(self, wired: Wired, state: Path, speed: float | None, since: datetime) -> None:
        site = wired.site
        self._wired = wired
        self._speed = speed
        self._public_file = state / "public" / "public.json"
        self._publisher = Publisher(
            state / "snapshots",
            site_facts(site, wired.notes, wired.parts.runner.cards),
            wired.parts.devices,
            site.about.engine,
            _line_switches(wired.net),
            _couplers(wired.net),
            since,
            wired.parts.switches.closed_in_file,
        )
        self._public = PublicComposer(wired.public, _told_last(self._public_file)) if wired.public else None
        self._last: tuple[Tick, Host] | None = None
        self._last_public: PublicSnapshot | None = None
        self._failing: set[str] = set()
        write_atomically(state / "snapshots" / "diagram.json", diagram_of(wired))
        write_atomically(state / "snapshots" / HISTORY_FILE, history_facts(wired))
        if wired.public is not None:
            write_atomically(state / "snapshots" / PUBLICATION_FILE, publication_facts(wired.public, wired.parts.zones))
        write_atomically(state / "snapshots" / DISCLOSURE_FILE, disclosure_of(wired))

    def resume(self, journal: Journal) -> None:
        """Refill the cards' past and the running journal from what was journalled."""
        traced: dict[int, Traced] = {}  # by label; what was told first, whatever was restated since
        silent: dict[int, list[str]] = {}
        for record in journal.records(max(journal.acked - _CURVE_RECORDS, 0)):
            if record.kind == "regular":
                label_s, origin = record.as_of_s - QUARTER_HOUR_S, record.meta["origin"]
                traced[label_s], silent[label_s] = from_meta(origin), origin["silent"]
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
                label_s = frame.start_s + number * QUARTER_HOUR_S
                self._public.remember(from_epoch_s(label_s), signals, flags, traced.get(label_s), silent.get(label_s))
        if self._public is not None and traced:  # else nothing was told yet
            self._public.resumed(from_epoch_s(max(traced) + QUARTER_HOUR_S))

    def publish(
        self, tick: Tick, tick_ms: float, next_at: datetime | None, *, waiting: int, alarms: tuple[Alarm, ...] = ()
    ) -> None:
        """Write the snapshots. One that cannot be made or written does not stop the loop: its screen then calls it stale.

        Args:
            waiting: ticks that the store has not acknowledged. ``alarms``: what else of the host is wrong.
        """
        store = (store_alarm(tick, waiting),) if waiting else ()
        host = Host(datetime.now(UTC), next_at, "live", self._speed, tick_ms, (*store, *alarms))
        regular = tick.moment.event is None
        self._last = (tick, host)
        with self._or_the_old_one("regie"):
            if regular:
                headlines = {name: e.report.headline.value for name, e in tick.envelopes.items()}
                self._publisher.remember(headlines, tick.observation.signals)
            for code, params in tick.lines:
                self._publisher.say(tick.state.as_of, code, params)
            self._publisher.write(tick, self._wired.parts.root, host)
        if regular:
            with self._or_the_old_one("tariff"):
                write_tariff(self._public_file.parent, tick.envelopes.values())
        if regular and self._public is not None:
            with self._or_the_old_one("public"):
                seen = tick.observation
                self._public.remember(
                    tick.state.interval, seen.signals, seen.flags, tick.origin, self._public.facts.silent(seen.raw)
                )
                self._last_public = self._public.compose(tick, host)
                write_atomically(self._public_file, self._last_public)

    def of_host(self, alarms: tuple[Alarm, ...]) -> None:
        """What is wrong with the host changed between two ticks: the last tick's picture says so, still as old as it is."""
        if self._last is not None:
            tick, host = self._last
            kept = tuple(alarm for alarm in host.alarms if alarm.key == STORE)
            self._last = (tick, replace(host, alarms=(*kept, *alarms)))
            with self._or_the_old_one("regie"):
                self._publisher.write(tick, self._wired.parts.root, self._last[1])

    def finish(self) -> None:
        """Say that the run has ended, so that nobody waits for the next tick."""
        if self._last is not None:
            tick, host = self._last
            with self._or_the_old_one("regie"):
                self._publisher.write(tick, self._wired.parts.root, replace(host, next_at=None, mode="finished"))
        if self._last_public is not None:
            with self._or_the_old_one("public"):
                write_atomically(self._public_file, self._last_public.model_copy(update={"next_at": None}))

    @contextmanager
    def _or_the_old_one(self, view: str) -> Iterator[None]:
        """What fails inside costs a snapshot: the file of the tick before stays as it is."""
        try:
            yield
        except OSError:  # a full or read-only disk: the journal's own failure is the alarm
            return
        except Exception as error:  # noqa: BLE001 - whatever composing raises: the run outlives its picture
            if view not in self._failing:
                _LOG.exception("the snapshot %r cannot be composed, the last one stays", view)
                self._tell("snapshot_failed", view, f"{type(error).__name__}: {error}")
            self._failing.add(view)
        else:
            if view in self._failing:
                self._failing.remove(view)
                self._tell("snapshot_recovered", view, "")

    def _tell(self, event: str, view: str, reason: str) -> None:
        self._wired.parts.on_ops({"event": event, "view": view, "reason": reason})


def _told_last(file: Path) -> PublicSnapshot | None:
    """What the public was told last; None where nothing was, or where nobody can read it any more."""
    try:
        return PublicSnapshot.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def site_facts(site: Site, notes: tuple[str, ...], cards: Mapping[str, BoxCard] = MappingProxyType({})) -> SiteFacts:
    """What the screens call the site and its parts; what a box declares, where its card has been read."""
    titles = {f"zone:{zone.name}": zone.title.model_dump() for zone in site.zones}
    titles |= {f"trafo:{trafo.index}": trafo.title.model_dump() for trafo in site.trafos}
    titles |= {f"line:{line.index}": line.title.model_dump() for line in site.lines}
    titles |= {f"machine:{machine.name}": machine.title.model_dump() for machine in site.machines}
    titles |= {f"group:{group.group}": group.title.model_dump() for group in site.device_groups if group.title}
    trafos = {trafo.name: trafo.index for trafo in site.trafos}
    return SiteFacts(
        name=site.name,
        title=site.about.title.model_dump(),
        timezone=site.timezone,
        notes=notes,
        titles=titles,
        trafos=trafos,
        boxes={box.name: _box_facts(box, trafos, cards.get(box.name)) for box in site.boxes},
        devices={device.id: device.group for device in site.dispatchable},
        roster=tuple(OnCallView(**step.model_dump(exclude={"mail", "language"})) for step in site.roster),
    )


def _box_facts(box: BoxEntry, trafos: Mapping[str, int], card: BoxCard | None) -> BoxFacts:
    facts = BoxFacts(kind=box.use, role=box.role, subject=_subject(box, trafos), shadows=box.shadows)
    if card is None:
        return facts
    declared = {
        "needs": tuple(sorted({need.signal for need in card.needs})),
        "provides": tuple(sorted({provide.signal for provide in card.provides})),
        "cadence_s": card.cadence.total_seconds(),
        "deadline_s": card.deadline_s,
        "fallbacks": card.fallbacks,
    }
    return facts.model_copy(update=declared)


def _subject(box: BoxEntry, trafos: Mapping[str, int]) -> str | None:
    if "zone" in box.config:
        return f"zone:{box.config['zone']}"
    return f"trafo:{trafos[box.config['trafo']]}" if box.config.get("trafo") in trafos else None


def store_alarm(tick: Tick, waiting: int) -> Alarm:
    """The host's alarm for a store that does not acknowledge; it is no part of the chain."""
    as_of = tick.state.as_of
    return Alarm(
        key=STORE,
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


def diagram_of(wired: Wired) -> DiagramFacts:
    """What the diagram draws, from the net and the site's limits."""
    net, limits, parts = wired.net, wired.limits, wired.parts
    grid = parts.engine.model(parts.live.telemetry.topology(datetime.now(UTC))).grid
    low = dict(zip(grid.bus.tolist(), limits.bus_low_pu.tolist(), strict=True))
    high = dict(zip(grid.bus.tolist(), limits.bus_high_pu.tolist(), strict=True))
    names = wired.names
    couplers = net.switch[net.switch["et"] == "b"]
    places = _places(net)
    return DiagramFacts(
        buses=tuple(
            DiagramBus(
                index=int(bus),
                name=names.get(f"bus:{bus}", str(bus)),
                vn_kv=float(vn),
                low_pu=low[int(bus)],
                high_pu=high[int(bus)],
                x=places.get(int(bus), (None, None))[0],
                y=places.get(int(bus), (None, None))[1],
            )
            for bus, vn in net.bus["vn_kv"].items()
        ),
        lines=_edges(net.line, "from_bus", "to_bus", "line", names, limits.line_percent),
        trafos=_edges(net.trafo, "hv_bus", "lv_bus", "trafo", names, limits.trafo_percent),
        couplers=tuple((int(i), int(s.bus), int(s.element)) for i, s in couplers.iterrows()),
        sources=tuple(int(bus) for bus in net.ext_grid["bus"]),
        devices={device.id: device.bus for device in parts.devices if device.dispatchable},
        switches=_switches(net, parts.switches.remote),
    )


def _places(net: Any) -> dict[int, tuple[float, float]]:
    """Coordinates of the buses that the grid file places (GeoJSON points)."""
    found = {}
    for bus, geo in net.bus["geo"].items() if "geo" in net.bus else ():
        x, y = json.loads(geo)["coordinates"][:2] if isinstance(geo, str) and geo else (math.nan, math.nan)
        if math.isfinite(x) and math.isfinite(y):
            found[int(bus)] = (float(x), float(y))
    return found


def _switches(net: Any, remote: Collection[int]) -> tuple[DiagramSwitch, ...]:
    """Every switch of the grid file, and who may move it."""
    tables = {"b": "bus", "l": "line", "t": "trafo"}
    return tuple(
        DiagramSwitch(
            index=int(i),
            name=_text(switch.get("name")) or str(i),
            bus=int(switch["bus"]),
            table=tables[switch["et"]],
            element=int(switch["element"]),
            type=_text(switch.get("type")),
            closed_in_file=bool(switch["closed"]),
            remote=int(i) in remote,
            permitted=is_permitted(net.switch, int(i)),
        )
        for i, switch in net.switch.iterrows()
        if switch["et"] in tables
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) and value not in ("nan", "None") else ""


def _line_switches(net: Any) -> dict[int, list[tuple[int, bool]]]:
    """Switches of every line that has some, with their position in the grid file."""
    found: dict[int, list[tuple[int, bool]]] = {}
    for index, switch in net.switch[net.switch["et"] == "l"].iterrows():
        found.setdefault(int(switch["element"]), []).append((int(index), bool(switch["closed"])))
    return found


def _couplers(net: Any) -> dict[int, bool]:
    """Bus couplers with their position in the grid file."""
    couplers = net.switch[net.switch["et"] == "b"]
    return {int(index): bool(closed) for index, closed in couplers["closed"].items()}


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
