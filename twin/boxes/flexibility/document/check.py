"""What must hold between the keys of a document; each fault with place, value, limit and remedy."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from twin.boxes.flexibility.document.clock import Clock
from twin.boxes.flexibility.document.document import DEVICE_TABLES, Document
from twin.boxes.flexibility.document.partial import Partial
from twin.boxes.flexibility.document.tables import (
    Battery,
    Buffer,
    Car,
    CarPool,
    Chp,
    Flexible,
    Heater,
    HeatPump,
    Hydro,
    Process,
)
from twin.boxes.flexibility.document.where import Where
from twin.contracts.devices import Right
from twin.domain.problems import Problems

NO_BUS = ("missing", "a bus of the grid", "name the bus that it stands at")
_SWITCHABLE = ("car", "heat_pump", "heater", "programme", "process")
"""What a relay of the ripple control can switch."""


def check(document: Document, places: Where, *, unread: set[str], partial: Partial = (), timed: bool = True) -> Problems:
    """Faults between keys.

    Args:
        unread: ids of devices with faults of their own: what refers to them is no fault.
        partial: what can be read of these devices, with their places (see `partial.partly`).
        timed: False where nobody knows the plan's start or steps: then nothing is said about times.
    """
    problems = Problems()
    _clock(document, places, problems)
    if problems:
        return problems
    looked = _Look(document, places, problems, Clock.of(document.start, document.timezone, document.hours), timed)
    looked.ids(unread)
    if document.grid is not None and document.net is not None:
        looked.fault(("net",), "beside grid", "one of them", "leave it out: the base is the net's own loads and generators")
    looked.paths()
    for table in DEVICE_TABLES:
        for at, entry in enumerate(getattr(document, table)):
            looked.entry((table, at), entry)
    for here, broken in partial:
        looked.between(here, broken)
    return problems


def _clock(document: Document, places: Where, problems: Problems) -> None:
    try:
        ZoneInfo(document.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        problems.add(places("timezone"), document.timezone, "an IANA name", "such as Europe/Zurich or UTC")


def missing_buses(document: Document, places: Where, problems: Problems) -> None:
    """Note devices that name no bus. Where nothing else is wrong the grid says so, beside buses that it does not have."""
    if document.grid is None:
        return
    for table, at, entry in document.devices():
        if entry.bus is None:
            problems.add(places(table, at, "bus"), *NO_BUS)


@dataclass
class _Look:
    document: Document
    places: Where
    problems: Problems
    clock: Clock
    timed: bool

    def fault(self, keys: tuple[str | int, ...], value: object, limit: str, remedy: str) -> None:
        self.problems.add(self.places(*keys), f"{value:g}" if isinstance(value, float) else value, limit, remedy)

    def ids(self, unread: set[str]) -> None:
        named = [(table, at, e) for table in DEVICE_TABLES for at, e in enumerate(getattr(self.document, table))]
        count = Counter(entry.id for _, _, entry in named)
        seen: set[str] = set()
        for table, at, entry in named:
            if entry.id in seen:
                self.fault((table, at, "id"), entry.id, "a name of its own", f"{count[entry.id]} devices bear it: rename one")
            seen.add(entry.id)
        buffers = [buffer.id for buffer in self.document.buffer]
        for table, at, entry in named:
            if isinstance(entry, Heater | Chp) and entry.into not in {*buffers, *unread}:
                known = ", ".join(buffers) or "none is declared"
                self.fault((table, at, "into"), entry.into, "the id of a buffer", f"buffers: {known}")

    def paths(self) -> None:
        """Probabilities of all paths, or of none."""
        given = [] if self.document.net is None else [path.probability for path in self.document.net.path]
        stated = [value for value in given if value is not None]
        if stated and (len(stated) < len(given) or abs(sum(stated) - 1.0) > 1e-6):
            value = f"{len(stated)} of {len(given)} probabilities, sum {sum(stated):g}"
            self.fault(("net", "path"), value, "one for each path, summing to 1", "state all, or none")

    def entry(self, here: tuple[str, int], entry: object) -> None:
        if isinstance(entry, Flexible):
            self._right(here, entry)
        if isinstance(entry, Process):
            self._process(here, entry)
        self.between(here, entry)

    def between(self, here: tuple[str, int], entry: object) -> None:
        """Keys of one entry against each other; those with faults of their own may be NaN."""
        match entry:
            case Battery() | Hydro():
                self._within(here, "e_min_kwh", entry.e_min_kwh, 0.0, entry.e_max_kwh, "e_max_kwh")
                least = entry.e_min_kwh if entry.e_min_kwh <= entry.e_max_kwh else 0.0
                self._within(here, "e0_kwh", entry.e0_kwh, least, entry.e_max_kwh, "e_min_kwh", "e_max_kwh")
            case Car():
                self._car(here, entry)
            case CarPool():
                for at, session in enumerate(entry.session):
                    self._stay((*here, "session", at), session.arrival, session.departure)
            case Buffer():
                self._within(here, "e_min_kwh", entry.e_min_kwh, 0.0, entry.capacity_kwh, "capacity_kwh")
                self._within(here, "e0_kwh", entry.e0_kwh, 0.0, entry.capacity_kwh, "capacity_kwh")
            case HeatPump():
                self._within(here, "least_kw", entry.least_kw, 0.0, entry.p_max_kw, "p_max_kw")

    def _right(self, here: tuple[str, int], entry: Flexible) -> None:
        table = here[0]
        if entry.right is Right.GUARANTEED and table != "plant":
            self.fault(
                (*here, "right"), "guaranteed", "own, contract, emergency or none", "guaranteed curtailment is for plants"
            )
        if (free := getattr(entry, "free_kwh", 0.0)) and entry.right is not Right.GUARANTEED:
            self.fault((*here, "free_kwh"), free, "0 without right guaranteed", "state the right, or leave it out")
        switched = table in _SWITCHABLE and not getattr(entry, "discharge_kw", 0.0)
        if entry.channel == "ripple" and not switched:
            self.fault((*here, "channel"), "ripple", "direct", "a relay can only switch what draws power")
        if self.document.grid is None and entry.bus is not None and "grid" not in self.places.content:
            self.fault((*here, "bus"), repr(entry.bus), "no bus without [grid]", "leave it out, or name the grid's file")

    def _within(self, here: tuple[str, int], key: str, value: float, low: float, high: float, *names: str) -> None:
        if value < low or value > high:  # NaN, of a key with a fault of its own, is neither
            said = ", ".join(names)
            self.fault((*here, key), value, f"{low:g} to {high:g} ({said})", "give a value within, or correct the limit")

    def _car(self, here: tuple[str, int], car: Car) -> None:
        self._stay(here, car.arrival, car.departure)
        self._within(here, "e_min_kwh", car.e_min_kwh, 0.0, car.e_max_kwh, "e_max_kwh")
        lowest = car.e_min_kwh if car.discharge_kw > 0.0 else 0.0
        self._within(here, "e0_kwh", car.e0_kwh, lowest, car.e_max_kwh, "e_max_kwh")
        self._within(here, "target_kwh", car.target_kwh, lowest, car.e_max_kwh, "e_max_kwh")
        self._within(here, "least_kw", car.least_kw, 0.0, car.charge_kw, "charge_kw")
        if car.least_kw > 0.0 and car.discharge_kw > 0.0:
            self.fault((*here, "least_kw"), car.least_kw, "0 for a car that feeds back", "leave one of them out")

    def _stay(self, here: tuple[str | int, ...], arrival: str, departure: str) -> None:
        come, leave = self._hour((*here, "arrival"), arrival), self._hour((*here, "departure"), departure)
        if come is None or leave is None or not self.timed:
            return
        if come >= self.clock.end_h:
            self.fault(
                (*here, "arrival"), arrival, f"before the plan's end ({self.clock.end_h:g} h)", "leave it out of this plan"
            )
        if leave <= max(come, 0.0):
            self.fault((*here, "departure"), departure, f"after arrival and start ({max(come, 0.0):g} h)", "correct the times")

    def _hour(self, keys: tuple[str | int, ...], instant: str | float) -> float | None:
        if not isinstance(instant, str):
            return None
        try:
            return self.clock.hour(instant)
        except ValueError:
            self.fault(keys, instant, 'an instant like "2026-01-25T18:00", or "+3h"', "write it like one of these")
            return None

    def _process(self, here: tuple[str, int], process: Process) -> None:
        whole, parts = bool(process.profile_kw), bool(process.p_kw or process.run_h)
        if whole == parts or (parts and not (process.p_kw and process.run_h)):
            given = f"profile_kw of {len(process.profile_kw)}, p_kw = {process.p_kw:g}, run_h = {process.run_h:g}"
            self.problems.add(self.places(*here), given, "profile_kw, or p_kw and run_h", "give one of the two")
        first = self._hour((*here, "earliest"), process.earliest)
        last = self.clock.end_h if process.latest is None else self._hour((*here, "latest"), process.latest)
        own = None if process.own_start is None else self._hour((*here, "own_start"), process.own_start)
        for at, (begin, end) in enumerate(process.blocked):
            from_h, to_h = (self._hour((*here, "blocked", at), instant) for instant in (begin, end))
            if from_h is not None and to_h is not None and from_h >= to_h:
                self.problems.add(self.places(*here, "blocked"), f"{begin} to {end}", "from before to", "correct the times")
        needed = len(process.profile_kw) / 4.0 if whole else process.run_h
        if self.timed and first is not None and last is not None:
            self._runs(here, needed, own, max(first, 0.0), last)

    def _runs(self, here: tuple[str, int], needed_h: float, own: float | None, first: float, last: float) -> None:
        if last - first < needed_h - 1e-9:
            room = f"{max(last - first, 0.0):g} h between earliest and latest"
            self.problems.add(self.places(*here), room, f"at least {needed_h:g} h", "move one of them")
            return
        end = min(last, self.clock.end_h) - needed_h
        if own is not None and not first - 1e-9 <= own <= end + 1e-9:
            limit = f"+{first:g}h to +{end:g}h, so that it is done by latest and by the plan's end"
            self.fault((*here, "own_start"), f"+{own:g}h" if own >= 0.0 else f"{own:g} h", limit, "correct it, or leave it out")
