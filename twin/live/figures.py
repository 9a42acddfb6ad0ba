"""The JSON line at the end of a run: definitions are KPI.md's."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.domain.finite import finite
from twin.regie.kpi import KpiFacts, kpis
from twin.regie.memory import LoopMemory


def run_figures(
    memory: LoopMemory, facts: KpiFacts, tick_ms: Sequence[float], misses: int, acked: int, head: str
) -> dict[str, Any]:
    """The figures of a window, finite numbers only: what is unknown is absent.

    Args:
        tick_ms: wall time of every tick so far, restarts included. ``acked``: regular ticks that the journal acknowledged.
    """
    statistics = memory.statistics
    counts = memory.decision.order_counts
    figures = {
        "ticks": statistics.ticks,
        "unknown_quarter_hours": memory.ours.missing,
        "events": statistics.events,
        "deadline_misses": misses,
        "fallback_ticks": dict(statistics.fallback_ticks),
        "alarms": dict(memory.decision.book.raised),
        "orders": dict(counts),
        "kpis": {
            name: {
                "value": dict(kpi.value),
                **({"do_nothing": dict(kpi.baseline)} if kpi.baseline is not None else {}),
                **({"difference": dict(kpi.difference)} if kpi.difference is not None else {}),
            }
            for name, kpi in kpis(memory.ours, memory.baseline, facts).items()
        },
        "tick_ms": {
            "p50": round(float(np.percentile(tick_ms, 50)), 2),
            "p99": round(float(np.percentile(tick_ms, 99)), 2),
        }
        if tick_ms
        else {},
        "max_vm_error_pu": statistics.max_vm_error_pu,
        "journal": {"acked": acked, "head": head},
    }
    if statistics.vm_count:
        figures["estimate_vm_rmse_pu"] = math.sqrt(statistics.vm_sq_sum / statistics.vm_count)
    return figures


def one_line(figures: dict[str, Any]) -> str:
    """Compact JSON; a number that is not finite is an error here, never 'NaN' in somebody's parser."""
    return json.dumps(_without_none(finite(figures)), separators=(",", ":"), allow_nan=False)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value
