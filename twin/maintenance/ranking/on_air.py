"""What a running history says of the assets: the boxes' figures and the alarms of a state directory, read and never written.

Everything here is a help: without a state directory, a snapshot or a field in it, the ranking rests on the register alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from twin.domain.problems import Problem
from twin.domain.time import require_utc

SENSOR, VIBRATION = "sensor", "vibration"
_SEVERE = ("machine_vibration_damage", "machine_bearing_trip")
_OVERLOADS = ("transformer_overload", "line_overload", "line_limit", "overload_now")
_TEMPERATURES = ("transformer_hot_spot_limit", "transformer_top_oil_limit")


@dataclass(frozen=True)
class Seen:
    """A finding on air.

    Attributes:
        cause: "cooling", "overload", "temperature", "contact", "sensor" or "vibration". ``detail``: of a machine, what its
            pattern looks like. ``size_k``: excess over the model [K], NaN if unknown. ``severe``: beyond a limit of damage.
    """

    cause: str
    code: str
    size_k: float
    confidence: float
    since: str
    detail: str = ""
    severe: bool = False


@dataclass(frozen=True)
class OnAir:
    """What is known of the assets by element ("trafo.2"), or by their own name where they have none.

    Attributes:
        as_of: of the snapshot; None without a history.
        life_lost_h, life_observed_h: insulation life used and over how long [h].
        problems: why a history that is there could not be read.
    """

    as_of: datetime | None = None
    seen: Mapping[str, tuple[Seen, ...]] = field(default_factory=dict)
    life_lost_h: Mapping[str, float] = field(default_factory=dict)
    life_observed_h: Mapping[str, float] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def read_on_air(state: Path, names: Mapping[str, str]) -> OnAir:
    """The last snapshot of a run; empty where there is none, and with its fault where it cannot be read.

    Args:
        names: name of a watched transformer, line or machine -> its element.
    """
    path = state / "snapshots" / "regie.json"
    if not path.exists():
        return OnAir()
    try:
        snapshot = json.loads(path.read_text(encoding="utf-8"))
        as_of = require_utc(datetime.fromisoformat(snapshot["as_of"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        limit, remedy = "a snapshot of the régie", "run the régie for a tick; the ranking goes on without what is on air"
        return OnAir(problems=(Problem(str(path), f"{type(error).__name__}: {error}", limit, remedy),))
    lost, observed = {}, {}
    for name, facts in _facts(snapshot.get("boxes", ())):
        since = _instant(facts.get("lost_life_since"))
        hours = facts.get("lost_life_h")
        if since is not None and isinstance(hours, int | float) and as_of > since:
            element = names.get(name, name)
            lost[element], observed[element] = float(hours), (as_of - since).total_seconds() / 3600.0
    seen: dict[str, list[Seen]] = {}
    for alarm in snapshot.get("alarms", ()):
        found = _seen(alarm)
        if found is not None and alarm.get("cleared_at") is None:
            # sensors that are swapped, and what else concerns several, names all of them
            of = str((alarm.get("params") or {}).get("trafos") or alarm.get("element", ""))
            for named in of.split("+"):
                seen.setdefault(_element(named, names), []).append(found)
    return OnAir(as_of, {element: tuple(found) for element, found in seen.items()}, lost, observed)


def _element(named: str, names: Mapping[str, str]) -> str:
    return names.get(named, named.replace(":", "."))


def _facts(boxes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every (name, figures) that a card holds: of its one transformer, or of each in a mapping by name."""
    for box in boxes:
        params = box.get("params") or {}
        if "lost_life_h" in params and not isinstance(params["lost_life_h"], Mapping):
            yield str(params.get("trafo", box.get("instance", ""))), params
        for value in params.values():
            if isinstance(value, Mapping):
                yield from ((str(name), one) for name, one in value.items() if isinstance(one, Mapping))
            elif isinstance(value, list):
                yield from ((str(one["trafo"]), one) for one in value if isinstance(one, Mapping) and "trafo" in one)


def _seen(alarm: Mapping[str, Any]) -> Seen | None:
    """A finding that says something of the asset itself."""
    code, params = str(alarm.get("code", "")), alarm.get("params") or {}
    proposed = str(params.get("proposed_cause") or params.get("cause") or "")
    cause = _cause_of(code, proposed)
    if not cause:
        return None
    size_k = next((params[name] for name in ("excess_k", "size_k") if isinstance(params.get(name), int | float)), math.nan)
    confidence = params.get("confidence")
    sure = float(confidence) if isinstance(confidence, int | float) else 1.0
    return Seen(
        cause=cause,
        code=code,
        size_k=float(size_k),
        confidence=min(max(sure, 0.0), 1.0),
        since=str(alarm.get("since") or alarm.get("at") or ""),
        detail=proposed if cause == VIBRATION else "",
        severe=code in _SEVERE,
    )


def _cause_of(code: str, proposed: str) -> str:
    """The cause as a site file's actions name it; "" for what says nothing of the asset."""
    if proposed.startswith(SENSOR) or "sensor" in code:
        return SENSOR
    if code.startswith("machine_"):
        return VIBRATION
    if proposed:
        return "" if proposed == "unknown" else proposed
    if code in _TEMPERATURES:
        return "temperature"
    return "overload" if code.startswith(_OVERLOADS) else ""


def _instant(text: Any) -> datetime | None:
    try:
        return require_utc(datetime.fromisoformat(text))
    except (ValueError, TypeError):
        return None
