"""The control room's figures: percentiles, slopes with the bound that 95 of 100 such runs keep, and what is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from regie_sockets import Crowd
from rich.console import Console
from rich.table import Table
from trend import slope

_ASKED = {"lag_p95_ms": 2000.0, "page_bytes": 3_000_000.0, "usable_s": 5.0, "errors": 0.0}


def figures_of(crowd: Crowd, samples: Sequence[tuple[float, float, float]], dispatchers: int, wall_s: float) -> dict[str, Any]:
    """What was measured; None where a run was too short to say it.

    Args:
        samples: wall clock [s], CPU seconds and resident memory [MB] of the web process.
    """
    lags = np.array([arrival.lag_ms for arrival in crowd.arrivals])
    # One tick comes to all screens within moments: by tick there is one lag, or the bound would count each twenty times.
    by_tick: dict[float, list[float]] = {}
    for arrival in crowd.arrivals:
        by_tick.setdefault(arrival.published_ms, []).append(arrival.lag_ms)
    ticks = sorted(by_tick)
    growth, growth_bound = slope([tick / 3.6e6 for tick in ticks], [float(np.median(by_tick[tick])) for tick in ticks])
    rss, rss_bound = slope([at / 3600.0 for at, _, _ in samples], [mb for _, _, mb in samples])
    cpu = (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0]) if len(samples) > 1 else None

    def percentile(level: float) -> float | None:
        return float(np.percentile(lags, level)) if len(lags) else None

    return {
        "dispatchers": dispatchers,
        "minutes": wall_s / 60.0,
        "ticks": len(ticks),
        "arrivals": len(lags),
        "lag_p50_ms": percentile(50.0),
        "lag_p95_ms": percentile(95.0),
        "lag_max_ms": percentile(100.0),
        "lag_growth_ms_per_h": growth,
        "lag_growth_bound_ms_per_h": growth_bound,
        "web_core_share": cpu,
        "rss_mb": samples[-1][2] if samples else None,
        "rss_slope_mb_per_h": rss,
        "rss_slope_bound_mb_per_h": rss_bound,
        "errors": len(crowd.errors),
        "first_errors": sorted(set(crowd.errors))[:5],
    }


def show(figures: dict[str, Any], console: Console) -> None:
    """The figures beside what is asked for."""
    table = Table("figure", "measured", "asked", title="From tick to screen")
    for name, value in figures.items():
        said = "-" if value is None else f"{value:,.2f}" if isinstance(value, float) else str(value)
        table.add_row(name, said, f"<= {_ASKED[name]:,.0f}" if name in _ASKED else "")
    console.print(table)
