"""Engines taking turns: what one of them trips over becomes its result, and the others go on."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from clock import Span
from states import Skipped

_Given = TypeVar("_Given")
_LONGEST = 160
"""Characters of a reason: it must fit a table."""


def attempt(found: dict[str, Any], call: Callable[[], _Given]) -> _Given | None:
    """What ``call`` gives; None when it fails, with the reason noted as ``skipped`` in ``found``."""
    try:
        return call()
    except Skipped as reason:
        found["skipped"] = str(reason)
    except Exception as error:  # noqa: BLE001 - a peer may trip over anything; it is shown, not hidden
        lines = str(error).strip().splitlines() or [""]
        found["skipped"] = f"{type(error).__name__}: {lines[0]}"[:_LONGEST]
    return None


def take_turns(
    runs: Mapping[str, Callable[[], Span]], found: Mapping[str, dict[str, Any]], *, rounds: int, unit: str, per_s: float
) -> None:
    """Note the median of ``rounds`` turns of every run as ``unit`` (CPU) and ``unit``_wall, in 1/``per_s`` seconds.

    Every run has its turn in every round, so that a slow minute of the machine hits all of them alike.
    """
    spans: dict[str, list[Span]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            if "skipped" not in found[name] and (span := attempt(found[name], run)) is not None:
                spans[name].append(span)
    for name, taken in spans.items():
        if "skipped" not in found[name]:
            found[name][unit] = per_s * statistics.median(span.cpu_s for span in taken)
            found[name][f"{unit}_wall"] = per_s * statistics.median(span.wall_s for span in taken)
