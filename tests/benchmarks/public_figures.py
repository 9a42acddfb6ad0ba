"""The figures of the public view under load: from the lines of a run, however often it was taken up again.

A line is what one span of some seconds brought: counts, histograms, processor time. Adding lines up gives the figures, so that
a run of twelve hours can be stopped and taken up, and its figures told at any time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from trend import common_slope

Line = Mapping[str, Any]
STEP = 1.05
"""Edges of the histograms are 5 % apart, so that a percentile is told at most 5 % too high."""
SHORTEST_MIN = 10
"""Steady minutes below which nothing is said of memory over time: a single large page would look like a leak."""
ASKED: Mapping[str, Mapping[str, float]] = {
    "embedded": {"core_share": 0.15, "burst_core_share": 0.15, "rss_mb": 200.0},
    "nginx": {"core_share": 0.10, "burst_core_share": 0.10},
    "both": {
        "errors": 0.0,
        "p99_ms": 100.0,
        "fresh_p99_s": 20.0,
        "rss_slope_upper_mb_h": 1.0,
        "tick_ratio": 1.1,
        "snapshot_bytes": 4096.0,
        "first_load_bytes": 15360.0,
    },
}

NEEDS_MIN: Mapping[str, tuple[str, float]] = {
    "core_share": ("steady_minutes", 0.0),
    "burst_core_share": ("burst_minutes", 0.0),
    "tick_ratio": ("quiet_minutes", 0.0),  # only where a loop is on air
    "rss_slope_upper_mb_h": ("steady_minutes", SHORTEST_MIN),
}
"""Figure -> in which minutes it is measured, and beyond how many of them a run must have it; every other one always."""


def bucket(value: float) -> int:
    """Number of the histogram's bucket that holds a positive value."""
    return math.ceil(math.log(max(value, 1e-6)) / math.log(STEP))


def percentile(histogram: Mapping[int, int], level: float) -> float | None:
    """Upper edge of the bucket that holds the percentile (0-100); None of nothing."""
    total = sum(histogram.values())
    seen = 0
    for number in sorted(histogram):
        seen += histogram[number]
        if seen >= level / 100.0 * total:
            return STEP**number
    return None


def added(lines: Iterable[Line], name: str) -> Counter[int]:
    """One histogram of all lines. JSON has made words of the buckets' numbers."""
    total: Counter[int] = Counter()
    for line in lines:
        total.update({int(number): count for number, count in line[name].items()})
    return total


def figures_of(head: Line, lines: Sequence[Line]) -> dict[str, Any]:
    """What a run has shown so far; None where it was too short to say it.

    Args:
        head: ``viewers``, ``tick_s``, ``server`` ("embedded" or "nginx"), ``snapshot_bytes``, ``first_load_bytes``.
        lines: in order. ``run``: number of the start it belongs to; ``phase``: "quiet" (nobody asks), "joining", "steady" or
            "burst"; ``wall_s`` and what passed in them: ``cpu_s`` of the server, ``client_cpu_s``, ``export_cpu_s``, ``asked``,
            ``errors``, ``reconnects``, ``latency_ms`` and ``fresh_s`` (histograms), ``ticks_ms``, ``misses`` (of the loop's
            deadline); at its end ``rss_mb``, ``connected``; ``client_late_ms``: how late the clients' own timers were at most.
    """
    steady = [line for line in lines if line["phase"] == "steady"]
    burst = [line for line in lines if line["phase"] == "burst"]
    asking = [line for line in lines if line["phase"] != "quiet"]
    stretches = _stretches(lines)
    long_enough = sum(len(hours) for hours, _ in stretches) >= SHORTEST_MIN
    slope, upper = common_slope(stretches) if long_enough else (None, None)
    said: Counter[str] = Counter()
    for line in lines:
        said.update(line["errors"])
    return {
        "viewers": head["viewers"],
        "tick_s": head["tick_s"],
        "errors": sum(said.values()),
        "p99_ms": percentile(added(asking, "latency_ms"), 99.0),
        "core_share": _share(steady, "cpu_s"),
        "rss_mb": max((line["rss_mb"] for line in asking), default=None),
        "rss_slope_mb_h": slope,
        "tick_ratio": tick_ratio(lines),
        "snapshot_bytes": head["snapshot_bytes"],
        "first_load_bytes": head["first_load_bytes"],
        "fresh_p99_s": percentile(added(asking, "fresh_s"), 99.0),
        "rss_slope_upper_mb_h": upper,
        "server": head["server"],
        "minutes": sum(line["wall_s"] for line in asking) / 60.0,
        "steady_minutes": sum(line["wall_s"] for line in steady) / 60.0,
        "burst_minutes": sum(line["wall_s"] for line in burst) / 60.0,
        "quiet_minutes": sum(line["wall_s"] for line in lines if line["phase"] == "quiet") / 60.0,
        "starts": len({line["run"] for line in lines}),
        "asked": sum(line["asked"] for line in lines),
        "said": dict(said),
        "reconnects": sum(line["reconnects"] for line in lines),
        "connected": max((line["connected"] for line in lines), default=0),
        "burst_core_share": _share(burst, "cpu_s"),
        "burst_p99_ms": percentile(added(burst, "latency_ms"), 99.0),
        "client_core_share": _share(steady, "client_cpu_s"),
        "client_late_ms": max((line["client_late_ms"] for line in asking), default=None),
        "export_core_share": _share(steady, "export_cpu_s"),
        "ticks": sum(len(line["ticks_ms"]) for line in lines),
        "deadline_misses": sum(line["misses"] for line in lines),
        "load_average": median([line["load"] for line in lines]) if lines else None,
    }


def tick_ratio(lines: Sequence[Line]) -> float | None:
    """Median time of the loop's ticks while people ask over that while nobody does, in the same run."""
    asked = [ms for line in lines if line["phase"] in ("steady", "burst") for ms in line["ticks_ms"]]
    quiet = [ms for line in lines if line["phase"] == "quiet" for ms in line["ticks_ms"]]
    return median(asked) / median(quiet) if asked and quiet else None


def _share(lines: Sequence[Line], name: str) -> float | None:
    wall_s = sum(line["wall_s"] for line in lines)
    return sum(line[name] for line in lines) / wall_s if wall_s else None


def _stretches(lines: Sequence[Line]) -> list[tuple[list[float], list[float]]]:
    """Resident memory [MB] against hours, a median a minute, for each stretch between starts and bursts.

    A burst needs memory for its connections and an allocator keeps some of it: that is a step, no slope. Neighbouring samples
    are nearly the same, and would make the bound look surer than it is; minutes are more their own.
    """
    found = []
    for (_, phase), group in groupby(lines, key=lambda line: (line["run"], line["phase"])):
        if phase == "steady":
            minutes: dict[int, list[tuple[float, float]]] = {}
            for line in group:
                minutes.setdefault(int(line["at_s"] // 60.0), []).append((line["at_s"] / 3600.0, line["rss_mb"]))
            points = [(median([x for x, _ in some]), median([y for _, y in some])) for some in minutes.values()]
            found.append(([x for x, _ in points], [y for _, y in points]))
    return found


def missed(figures: Mapping[str, Any]) -> list[str]:
    """Names of the figures that do not keep what is asked for, or that are absent though the run was long enough for them."""
    asked = {**ASKED["both"], **ASKED[figures["server"]]}
    return [name for name, limit in asked.items() if (_due(figures, name) if figures[name] is None else figures[name] > limit)]


def _due(figures: Mapping[str, Any], name: str) -> bool:
    between = {"fresh_p99_s": ("minutes", 2.0 * figures["tick_s"] / 60.0)}  # by then one has come after the first
    minutes, beyond = {**NEEDS_MIN, **between}.get(name, ("minutes", 0.0))
    return bool(figures[minutes] > beyond)


def show(figures: Mapping[str, Any], console: Console) -> None:
    """The figures beside what is asked for."""
    asked = {**ASKED["both"], **ASKED[figures["server"]]}
    table = Table("figure", "measured", "asked", title=f"The public view, {figures['server']}")
    for name, value in figures.items():
        said = "-" if value is None else f"{value:,.3f}" if isinstance(value, float) else str(value)
        table.add_row(name, said, f"<= {asked[name]:,.10g}" if name in asked else "")
    console.print(table)
