"""The processes under load: the public view, embedded or as files behind nginx, and a loop on air beside it."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import psutil
import public_nginx

from twin.domain.problems import BadInput
from twin.regie.chain import open_readonly

TOWN = "demo"
_UP_S = 60.0
_ON_AIR_S = 600.0
"""Nine weeks of history and the first models of all boxes, on a busy machine."""
_TAG = re.compile(r"<(?:link|script)\b[^>]*>")
_ATTRIBUTE = re.compile(r'\b(rel|src|href)="([^"]*)"')
_FETCHED = {"stylesheet", "icon", "manifest"}
"""Links that a browser follows by itself; the touch icon only when somebody puts the page on a home screen, feeds never."""


@dataclass(frozen=True)
class Served:
    """What answers, at which port, under which name; ``export``: what writes the files for nginx."""

    port: int
    host: str
    processes: Sequence[psutil.Process]
    export: Sequence[psutil.Process] = ()

    def cpu_s(self) -> float:
        """Processor time of what answers."""
        return _cpu_s(self.processes)

    def export_cpu_s(self) -> float:
        """Processor time of the exporter."""
        return _cpu_s(self.export)

    def rss_mb(self) -> float:
        """Resident memory of what answers; what workers share counts for each of them."""
        return sum(float(process.memory_info().rss) for process in self.processes) / 1e6

    def body(self, path: str) -> tuple[bytes, int]:
        """A body as a browser gets it, decompressed, and its length on the wire."""
        import gzip

        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        request.add_header("Host", self.host)
        request.add_header("Accept-Encoding", "gzip")
        with urllib.request.urlopen(request, timeout=_UP_S) as answer:
            raw = bytes(answer.read())
        return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw), len(raw)

    def assets(self, page: str = "/de/") -> list[str]:
        """Style, scripts, icon and manifest of a page."""
        return linked(self.body(page)[0].decode(), page)

    def sizes(self, languages: Sequence[str]) -> tuple[int, int]:
        """Bytes of the largest snapshot, and of the largest first load, as bodies on the wire.

        A first load is the page, all that it links for the browser to fetch, and the snapshot. The offline worker is fetched
        later, when the page is loaded and the browser idle.
        """
        snapshots = [self.body(f"/{language}/live.json")[1] for language in languages]
        pages = [
            sum(self.body(path)[1] for path in (page, *self.assets(page)))
            for page in (f"/{language}/" for language in languages)
        ]
        return max(snapshots), max(page + live for page, live in zip(pages, snapshots, strict=True))


def linked(html: str, page: str) -> list[str]:
    """Addresses that a browser fetches by itself for a page at ``page``."""
    tags = [dict(_ATTRIBUTE.findall(tag)) for tag in _TAG.findall(html)]
    found = [tag.get("src") or tag["href"] for tag in tags if "src" in tag or tag.get("rel") in _FETCHED]
    return sorted({urljoin(page, address) for address in found})


def _cpu_s(processes: Sequence[psutil.Process]) -> float:
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


@contextmanager
def embedded(feed: Path, log: Path) -> Iterator[Served]:
    """The public process itself."""
    port = _free_port()
    command = [sys.executable, "-m", "dashboard.public", "--dir", str(feed), "--port", str(port)]
    with _process(command, log / "public.log") as process:
        _answering(port, process)
        yield Served(port, f"127.0.0.1:{port}", [psutil.Process(process.pid)])


@contextmanager
def behind_nginx(feed: Path, log: Path) -> Iterator[Served]:
    """Files that follow the feed, served by nginx under the configuration of deploy/."""
    port = _free_port()
    command = [sys.executable, "-m", "dashboard.public.export", str(log / "export"), "--from", str(feed), "--follow"]
    with ExitStack() as stack:
        export = stack.enter_context(_process(command, log / "export.log"))
        until = time.monotonic() + _UP_S
        while not (log / "export" / "current" / "de" / "live.json").exists():
            _still_there(export, until, log / "export.log")
        master = stack.enter_context(public_nginx.running(log / "nginx", {TOWN: log / "export" / "current"}, port))
        nginx = psutil.Process(master)
        yield Served(port, f"{TOWN}.example", [nginx, *nginx.children()], [psutil.Process(export.pid)])


@dataclass
class Loop:
    """A town on air, without screens; ``since``: the last of its notes that was read."""

    state: Path
    since: int = field(default=0)

    def ticks(self) -> list[tuple[float, bool]]:
        """Time [ms] of each tick since the last look, and whether it missed its deadline."""
        with closing(open_readonly(self.state)) as db:
            rows = db.execute("SELECT id, detail FROM ops WHERE kind = 'tick' AND id > ? ORDER BY id", (self.since,)).fetchall()
        self.since = rows[-1][0] if rows else self.since
        told = [json.loads(detail) for _, detail in rows]
        return [(one["ms"], one["ms"] > one["limit_ms"]) for one in told]


@contextmanager
def on_air(state: Path, speed: float, log: Path) -> Iterator[Loop]:
    """The demo town's loop until left; given once five ticks are done, because the first ones compile and fill caches."""
    regie = str(Path(sys.executable).with_name("regie"))
    command = [regie, "live", "--site", "demo", "--no-web", "--speed", f"{speed:g}", "--state", str(state)]
    with _process(command, log / "loop.log") as process:
        until, loop = time.monotonic() + _ON_AIR_S, Loop(state)
        done = 0
        while done < 5:
            _still_there(process, until, log / "loop.log")
            with suppress(BadInput, sqlite3.OperationalError):  # there is no journal yet, or no table in it
                done += len(loop.ticks())
        yield loop


@contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is told to end when the block is left; a terminal's Ctrl-C reaches only who started it."""
    with log.open("ab") as words:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_UP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _still_there(process: subprocess.Popen[bytes], until: float, log: Path) -> None:
    if process.poll() is not None or time.monotonic() > until:
        raise RuntimeError(f"it did not come up (exit {process.poll()}): {log.read_text(encoding='utf-8')[-2000:]}")
    time.sleep(0.2)


def _answering(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _UP_S
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the public process does not answer on port {port} (exit {process.poll()})")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
