"""The live feed: one watcher reads the snapshot files for all clients, every client is told what changed for it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from dashboard.format import choose_language
from dashboard.regie.access.roles import Deed
from dashboard.regie.desk import Look, Room, Screen
from dashboard.regie.diagram import Diagram
from dashboard.regie.markup import tag
from dashboard.regie.screen import look_at, screen, waiting
from twin.contracts.diagram import DiagramFacts
from twin.contracts.snapshot import SCHEMA_VERSION, Snapshot

_LOG = logging.getLogger(__name__)

POLL_S = 0.2
BEAT_S = 1.0
"""A client that hears nothing for longer knows that the connection or this process is gone."""

Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Files:
    """Where the loop writes what this process shows."""

    state: Path

    @property
    def snapshot(self) -> Path:
        """Renamed into place once a tick."""
        return self.state / "snapshots" / "regie.json"

    @property
    def diagram(self) -> Path:
        """Written once at start."""
        return self.state / "snapshots" / "diagram.json"


class Watcher:
    """Holds the newest snapshot and draws the screen of each language and set of rights once, however many look at it."""

    def __init__(self, files: Files, *, read_only: bool) -> None:
        self._files = files
        self._read_only = read_only
        self._rooms: Sequence[Room] = ()
        self._stamp: Stamp | None = None
        self._diagram_stamp: Stamp | None = None
        self._room_stamps: tuple[Hashable, ...] = ()
        self._screens: dict[tuple[str, frozenset[Deed]], Screen] = {}
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pen = ThreadPoolExecutor(1, "pen")
        self.snapshot: Snapshot | None = None
        self.diagram: Diagram | None = None
        self.readable = True
        self.version = 0
        self.followers = 0

    def open(self, rooms: Sequence[Room]) -> None:
        """Take these rooms' panels onto the screen."""
        self._rooms = rooms

    async def run(self) -> None:
        """Poll for ever.

        One thread looks and draws: rooms need no locks, and a screen that takes long to draw holds up nobody's beat.
        """
        self._loop = asyncio.get_running_loop()
        while True:
            await self._loop.run_in_executor(self._pen, self.look)
            await asyncio.sleep(POLL_S)

    def look(self) -> bool:
        """Take over what is new on disk; True when the screen changed.

        A file that cannot be read leaves the last good screen, which then says so.
        """
        stamp, diagram_stamp = _stamp(self._files.snapshot), _stamp(self._files.diagram)
        room_stamps = tuple(map(self._stamp_of, self._rooms))
        unchanged = stamp == self._stamp and diagram_stamp == self._diagram_stamp
        if (stamp is None or unchanged) and room_stamps == self._room_stamps:
            return False
        self._room_stamps = room_stamps
        if stamp is not None and not unchanged:
            self._take(stamp, diagram_stamp)
        self._screens = {}
        self.version += 1
        changed, self._changed = self._changed, asyncio.Event()
        if self._loop is None:
            changed.set()
        else:
            self._loop.call_soon_threadsafe(changed.set)
        return True

    def _take(self, stamp: Stamp, diagram_stamp: Stamp | None) -> None:
        # Remembered before reading: a file that is no snapshot is reported once, not five times a second.
        self._stamp, before = stamp, self._diagram_stamp
        self._diagram_stamp = diagram_stamp
        try:
            self.snapshot = _read(self._files.snapshot)
            self.readable = True
        except (OSError, ValueError) as error:
            _LOG.warning("snapshot not taken over: %s", str(error).splitlines()[0])
            self.readable = False
        if self.snapshot is not None and diagram_stamp is not None and (self.diagram is None or diagram_stamp != before):
            self.diagram = self._draw(self.snapshot)

    def _stamp_of(self, room: Room) -> Hashable:
        try:
            return room.stamp()
        except Exception as error:  # noqa: BLE001 - a room that fails must not stop the screen
            told = f"{type(room).__name__}: {error}"
            if told not in self._room_stamps:  # once while it fails
                _LOG.exception("what %s shows cannot be looked at", type(room).__name__)
            return told

    def _draw(self, snapshot: Snapshot) -> Diagram | None:
        try:
            facts = DiagramFacts.model_validate_json(self._files.diagram.read_bytes())
            return Diagram(facts, snapshot.grid.open_lines)
        except Exception:  # noqa: BLE001 - a grid that cannot be drawn must not take alarms and figures off the screen
            _LOG.exception("the diagram of %s cannot be drawn", self._files.diagram)
            return None

    def screen(self, language: str, deeds: frozenset[Deed]) -> Screen:
        """The screen in one language for these rights, drawn at most once per change."""
        key = (language, deeds)
        if key not in self._screens:
            self._screens[key] = self._screen(language, deeds)
        return self._screens[key]

    async def drawn(self, language: str, deeds: frozenset[Deed]) -> Screen:
        """`screen`, drawn beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pen, self.screen, language, deeds)

    def _screen(self, language: str, deeds: frozenset[Deed]) -> Screen:
        if self.snapshot is None or Deed.SEE not in deeds:
            empty = waiting(language, readable=self.readable)
            return empty if Deed.SEE in deeds else {"pulse": empty["pulse"]}
        look = look_at(self.snapshot, self.diagram, language, deeds, read_only=self._read_only)
        drawn = screen(look, readable=self.readable)
        for room in self._rooms:
            drawn |= self._panels_of(room, look)
        return drawn

    def _panels_of(self, room: Room, look: Look) -> Screen:
        try:
            return room.draw(look)
        except Exception:  # noqa: BLE001 - one room that fails must not take alarms and figures off the screen
            _LOG.exception("the panels of %s cannot be drawn", type(room).__name__)
            failed = tag("p", "▲ ", look.words("ui.room_failed"), class_="warn")
            return {panel: {"markup": failed} for panel in room.panels}

    async def wait(self, seen: int, timeout_s: float) -> None:
        """Until there is something newer than version ``seen``, or the time is over."""
        changed = self._changed  # before the version: what changes in between has set it
        if self.version != seen:
            return
        try:
            await asyncio.wait_for(changed.wait(), timeout_s)
        except TimeoutError:
            return


def language_of(search: str | None) -> str:
    """The language that the page's address asks for ("?lang=fr")."""
    asked = parse_qs((search or "").lstrip("?")).get("lang", [""])[0]
    return choose_language(asked, None)


def difference(before: Screen, after: Screen) -> Screen:
    """What a client that has ``before`` must be told; panels that are gone are emptied."""
    told: Screen = {}
    for panel in {**after, **before}:
        old, new = before.get(panel, {}), after.get(panel, {})
        props = {name: value for name, value in new.items() if old.get(name) != value}
        props.update({name: None for name in old if name not in new})
        if props:
            told[panel] = props
    return told


async def follow(
    watcher: Watcher,
    language: str,
    deeds: Callable[[], frozenset[Deed]],
    tell: Callable[[str, dict[str, Any]], None],
    is_gone: Callable[[], bool],
) -> None:
    """Serve one client until it is gone: changes at once, a beat with this machine's time [ms since 1970] every second.

    Args:
        deeds: what the client may do now; asked at every beat, for a session may time out or be ended.
    """
    shown: Screen = {}
    seen, held = -1, frozenset[Deed]()
    watcher.followers += 1
    try:
        while not is_gone():
            allowed = deeds()
            if watcher.version != seen or allowed != held:
                seen, held = watcher.version, allowed
                now = await watcher.drawn(language, allowed)
                for panel, props in difference(shown, now).items():
                    tell(panel, props)
                shown = now
            tell("beat", {"payload": round(1000.0 * time.time())})
            await watcher.wait(seen, BEAT_S)
    finally:
        watcher.followers -= 1


def _read(path: Path) -> Snapshot:
    snapshot = Snapshot.model_validate_json(path.read_bytes())
    if snapshot.schema_version != SCHEMA_VERSION:
        raise ValueError(f"{path}: schema_version={snapshot.schema_version}, this screen reads {SCHEMA_VERSION}")
    return snapshot


def _stamp(path: Path) -> Stamp | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino, stat.st_size
