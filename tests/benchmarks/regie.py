"""The control room measured: dispatchers at their screens while a real town runs fast, from tick to screen.

Started by ``regie bench regie``. It puts the demo town on air on a state directory of its own (or takes a running régie by
``--url`` and ``--state``), connects dispatchers as browsers do, each logged in, and tells how long after its publication a tick
arrives, whether that grows, and what the web process takes. Ctrl-C ends it with the figures so far.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from regie_page import page_bytes, usable_s
from regie_sockets import Crowd, log_in, watch
from regie_table import figures_of, show
from rich.console import Console

_READY_S = 600.0
"""Nine weeks of history and the first models of thirteen boxes, on a busy machine."""
_SAMPLE_S = 5.0


@dataclass
class WebProcess:
    """What the web process took: ``samples`` of wall clock [s], CPU seconds and resident memory [MB]."""

    process: psutil.Process
    samples: list[tuple[float, float, float]] = field(default_factory=list)

    def sample(self) -> None:
        """Look now; a process that was started anew goes on elsewhere, and the samples end here."""
        with suppress(psutil.NoSuchProcess):
            times = self.process.cpu_times()
            self.samples.append((time.time(), times.user + times.system, self.process.memory_info().rss / 1e6))


def web_process(state: Path) -> WebProcess:
    """The web process of a state directory.

    Raises:
        SystemExit: when there is none.
    """
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if "twin.web" in words and any(Path(word.removeprefix("--state=")) == state for word in words):
            return WebProcess(process)
    raise SystemExit(f"no web process serves {state}; start regie live on it, or leave --url and --state out")


@contextmanager
def on_air(state: Path, speed: float, port: int) -> Iterator[str]:
    """The demo town on air until left; gives the régie's address."""
    regie, ports = str(Path(sys.executable).with_name("regie")), ["--port", str(port), "--public-port", str(port + 1)]
    command = [regie, "live", "--speed", f"{speed:g}", "--state", str(state), *ports]
    with (state.parent / "live.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(state / "snapshots" / "regie.json", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60.0)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(snapshot: Path, process: subprocess.Popen[bytes]) -> None:
    begun = time.monotonic()
    while not snapshot.exists():
        if process.poll() is not None or time.monotonic() - begun > _READY_S:
            raise SystemExit(
                f"the town did not come on air (exit {process.poll()}); see {snapshot.parents[1].parent / 'live.log'}"
            )
        time.sleep(0.5)


async def measured(
    url: str, state: Path, dispatchers: int, minutes: float, console: Console
) -> tuple[Crowd, WebProcess, float]:
    """Watch for so many minutes; a Ctrl-C ends it early."""
    cookies = [await asyncio.to_thread(log_in, state, url, number) for number in range(dispatchers)]
    web, crowd, begun = web_process(state), Crowd(), time.monotonic()
    until_s = begun + 60.0 * minutes

    async def sampled() -> None:
        while True:
            web.sample()
            await asyncio.sleep(_SAMPLE_S)

    def tell() -> None:
        lags = sorted(arrival.lag_ms for arrival in crowd.arrivals)
        p95 = f"{lags[int(0.95 * (len(lags) - 1))]:.0f} ms" if lags else "-"
        done = (time.monotonic() - begun) / 60.0
        console.print(f"{done:5.1f} of {minutes:g} min: {crowd.connected} connected, {len(lags)} arrivals, p95 {p95}")

    sampling = asyncio.create_task(sampled())
    watching = asyncio.create_task(watch(crowd, url, cookies, until_s, tell))
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, watching.cancel)
    with suppress(asyncio.CancelledError):
        await watching
    sampling.cancel()
    web.sample()
    return crowd, web, time.monotonic() - begun


def main() -> int:
    """Measure and tell; 2 for flags that contradict each other."""
    parser = argparse.ArgumentParser(prog="regie bench regie", description=__doc__)
    parser.add_argument("--dispatchers", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--speed", type=float, default=300.0, help="grid seconds per second of the town that is started")
    parser.add_argument("--port", type=int, default=8060)
    parser.add_argument("--url", help="of a running régie, with its --state")
    parser.add_argument("--state", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if (options.url is None) != (options.state is None) or options.dispatchers < 1 or options.minutes <= 0.0:
        parser.error("--url and --state go together; --dispatchers and --minutes are positive")
    console = Console(stderr=True)
    if options.url is not None:
        figures = _figures(options.url.rstrip("/"), options.state.absolute(), options, console)
    else:
        with (
            TemporaryDirectory(prefix="regie-bench-") as scratch,
            on_air(Path(scratch) / "state", options.speed, options.port) as url,
        ):
            figures = _figures(url, Path(scratch) / "state", options, console)
    if options.json:
        sys.stdout.write(json.dumps(figures, separators=(",", ":"), allow_nan=False) + "\n")
    else:
        show(figures, Console())
    return 0


def _figures(url: str, state: Path, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    first = log_in(state, url, 0)
    page = {"page_bytes": page_bytes(url, first), "usable_s": usable_s(url, first) if shutil.which("chromium") else None}
    crowd, web, wall_s = asyncio.run(measured(url, state, options.dispatchers, options.minutes, console))
    return figures_of(crowd, web.samples, options.dispatchers, wall_s) | page


if __name__ == "__main__":
    sys.exit(main())
