"""The public view under load: viewers who poll as the page does, on real sockets of this machine, while a loop is on air.

Started by ``regie bench public``. With --out the counts are kept, and the same command goes on where it was. Ctrl-C ends it
with the figures so far.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from public_crowd import LANGUAGES
from public_feeder import Feeder
from public_figures import added, figures_of, missed, percentile, show
from public_run import Run, phases
from public_served import behind_nginx, embedded, on_air
from rich.console import Console

LONGEST_MIN = 720.0
RESERVE = 500
"""Files that a server has open besides its connections, generously."""
SPEED = 300.0
"""Grid seconds per second of the town beside it: a tick every three seconds, so that there are enough to compare."""


def main() -> int:
    """Measure and tell. 2 for flags that cannot be, or a file of another run; 1 when something falls, or a figure its limit."""
    parser = argparse.ArgumentParser(prog="regie bench public", description=__doc__)
    parser.add_argument("--viewers", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=3.0, help="of asking, besides joining and the spells without viewers")
    parser.add_argument("--tick-s", type=float, default=60.0, help="between two snapshots; 900 is the pace of a real town")
    parser.add_argument("--nginx", action="store_true", help="exported files behind nginx; default: the public process itself")
    parser.add_argument("--soak", action="store_true", help="half as many viewers more for five minutes in the middle")
    parser.add_argument("--loop", action=argparse.BooleanOptionalAction, default=True, help="the demo town on air beside it")
    parser.add_argument("--out", type=Path, help="file that keeps the counts (JSON lines)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not 1 <= options.viewers <= 20_000 or not 0.0 < options.minutes <= LONGEST_MIN or options.tick_s < 30.0:
        parser.error(f"--viewers: 1 to 20000; --minutes: more than 0, at most {LONGEST_MIN:g}; --tick-s: at least 30")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    peak = options.viewers + (options.viewers // 2 if options.soak else 0)
    if hard != resource.RLIM_INFINITY and peak + RESERVE > hard:
        parser.error(f"--viewers: {peak} at the peak, and {hard} files may be open here; take fewer, or raise it (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # what is started inherits it
    with TemporaryDirectory(prefix="regie-bench-") as scratch:
        out = options.out or Path(scratch) / "run.jsonl"
        kept = Kept(
            out, {"viewers": options.viewers, "server": "nginx" if options.nginx else "embedded", "tick_s": options.tick_s}
        )
        if kept.foreign:
            parser.error(f"--out {out}: holds a run of {kept.head}; give another file, or the same flags")
        try:
            asyncio.run(_measured(options, kept, Path(scratch)))
        except RuntimeError as problem:
            sys.stderr.write(f"regie bench public: {problem}\n")
            return 1
        figures = figures_of(kept.head, kept.lines)
    if options.json:
        sys.stdout.write(json.dumps(figures, separators=(",", ":"), allow_nan=False) + "\n")
    else:
        show(figures, Console())
    return told(missed(figures))


def told(beyond: list[str]) -> int:
    """The exit code; what is beyond its limit is named beside the figures."""
    if beyond:
        sys.stderr.write(f"regie bench public: not kept, or not measured: {', '.join(beyond)}\n")
    return 1 if beyond else 0


class Kept:
    """The lines of a run in a file: its head first, then one for every ten seconds; a torn last one is dropped."""

    def __init__(self, file: Path, asked: dict[str, Any]) -> None:
        self._file = file
        told = list(self._read()) if file.exists() else []
        self.head: dict[str, Any] = told[0] if told else asked
        self.foreign = any(self.head.get(name) != value for name, value in asked.items())
        self.lines = told[1:]

    def _read(self) -> Iterator[dict[str, Any]]:
        for line in self._file.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)

    def begin(self, sizes: tuple[int, int]) -> None:
        """Write anew what is whole, with what the server's answers weigh now."""
        self.head = {**self.head, "snapshot_bytes": sizes[0], "first_load_bytes": sizes[1]}
        whole = "".join(json.dumps(one) + "\n" for one in (self.head, *self.lines))
        draft = self._file.with_name(f"{self._file.name}.new")
        draft.write_text(whole, encoding="utf-8")
        draft.replace(self._file)

    def add(self, line: dict[str, Any]) -> None:
        """Keep one more line."""
        self.lines.append(line)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    @property
    def asked_s(self) -> float:
        """Seconds that are measured already."""
        return float(sum(line["wall_s"] for line in self.lines if line["phase"] in ("steady", "burst")))

    @property
    def starts(self) -> int:
        """How often the run was started before."""
        return len({line["run"] for line in self.lines})


async def _measured(options: argparse.Namespace, kept: Kept, scratch: Path) -> None:
    left_s = 60.0 * options.minutes - kept.asked_s
    if left_s < 1.0:
        return
    console, ended = Console(stderr=True), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    quiet_s = min(max(60.0, left_s / 4.0), 288.0) if options.loop else 0.0  # at most a day of the town's time
    plan = phases(options.viewers, left_s, quiet_s=quiet_s, burst=options.soak)
    total_s = sum(phase.seconds for phase in plan)

    def tell(line: dict[str, Any]) -> None:
        kept.add(line)
        p99 = percentile(added([line], "latency_ms"), 99.0)
        words = f"{line['at_s'] / 60.0:6.1f} of {total_s / 60.0:.1f} min {line['phase']:8}{line['connected']:7} connected"
        words += f", p99 {'-' if p99 is None else f'{p99:.0f} ms'}, {sum(line['errors'].values())} errors"
        words += f", {100.0 * line['cpu_s'] / line['wall_s']:.1f} % of a core, {line['rss_mb']:.0f} MB"
        console.print(words, soft_wrap=True)

    with ExitStack() as stack:
        loop = None
        if options.loop:
            console.print("the demo town goes on air (minutes, when its grid is not prepared yet)")
            loop = await asyncio.to_thread(stack.enter_context, on_air(scratch / "state", SPEED, scratch))
        feeder = Feeder(scratch / "public", options.tick_s, first=1000 * kept.starts)
        feeder.feed(datetime.now(UTC))
        serving = behind_nginx if options.nginx else embedded
        served = await asyncio.to_thread(stack.enter_context, serving(scratch / "public", scratch))
        kept.begin(served.sizes(LANGUAGES))
        await Run(kept.starts, served, feeder, loop, tell, ended).go(plan)


if __name__ == "__main__":
    sys.exit(main())
