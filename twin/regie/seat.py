"""What the régie remembers of one box instance from tick to tick, and how that travels through the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from twin.contracts.box import BoxCard
from twin.contracts.report_codec import report_from_bytes
from twin.domain.quality import Quality
from twin.regie.breaker import Breaker
from twin.regie.fallback import Remembered


@dataclass(frozen=True)
class BoxInstance:
    """A box as the site file declares it.

    Attributes:
        name: unique in the site. ``box_ref``: entry-point name or "module:Class".
        role: "champion" (its outputs are used), "standby" (asked like a champion, used only as a fallback), "shadow" (asked
            last, only compared with a champion) or "reserve" (not asked). People change it while on air.
        config: what the box is made with; plain values only.
        shadows: of a shadow or a reserve, the champion that it is compared with.
    """

    name: str
    box_ref: str
    role: str
    config: Mapping[str, Any] = field(default_factory=dict)
    shadows: str | None = None


@dataclass
class Seat:
    """One instance at work.

    Attributes:
        state: what the box asked to remember after its last valid answer. ``artifact``: hash of the model in force.
        good: last valid answer that nobody doubted. ``failing``: it was not served fresh when last asked.
    """

    instance: BoxInstance
    card: BoxCard
    breaker: Breaker = field(default_factory=Breaker)
    state: bytes | None = None
    artifact: str | None = None
    good: Remembered | None = None
    failing: bool = False
    good_bytes: bytes = b""
    state_hash: str = ""

    @property
    def name(self) -> str:
        """The instance's name."""
        return self.instance.name

    @property
    def champion(self) -> bool:
        """True when others read its outputs."""
        return self.instance.role == "champion"

    @property
    def shadow(self) -> bool:
        """True when nobody reads its outputs: it is only compared with a champion."""
        return self.instance.role == "shadow"

    @property
    def idle(self) -> bool:
        """True when it is not asked at all."""
        return self.instance.role == "reserve"

    def remember(self, good: Remembered, data: bytes) -> None:
        """Keep a valid answer; ``data`` are its canonical bytes."""
        self.good, self.good_bytes = good, data

    def keep_state(self, state: bytes | None) -> None:
        """Keep what the box wants to remember."""
        self.state = state
        self.state_hash = "" if state is None else hashlib.sha256(state).hexdigest()


def seats_to_parts(seats: Mapping[str, Seat]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Everything of the seats that a resume needs, for `twin.domain.pack.pack`."""
    meta: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for name, seat in seats.items():
        breaker = seat.breaker
        meta[name] = {
            "breaker": [breaker.failures, breaker.pause, breaker.retry_tick],
            "artifact": seat.artifact,
            "failing": seat.failing,
            "role": [seat.instance.role, seat.instance.shadows],
            "good": None if seat.good is None else [seat.good.as_of.isoformat(), int(seat.good.quality)],
            "state": seat.state is not None,
        }
        if seat.good is not None:
            arrays[f"{name}/good"] = np.frombuffer(seat.good_bytes, np.uint8)
        if seat.state is not None:
            arrays[f"{name}/state"] = np.frombuffer(seat.state, np.uint8)
    return meta, arrays


def seats_from_parts(seats: Mapping[str, Seat], meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Put seats back to what `seats_to_parts` said; an instance that is new since then starts afresh."""
    for name, facts in meta.items():
        if name not in seats:
            continue
        seat = seats[name]
        seat.breaker = Breaker(*facts["breaker"])
        seat.artifact = facts["artifact"]
        seat.failing = facts["failing"]
        role, shadows = facts["role"]
        seat.instance = replace(seat.instance, role=role, shadows=shadows)
        seat.keep_state(arrays[f"{name}/state"].tobytes() if facts["state"] else None)
        seat.good, seat.good_bytes = None, b""
        if facts["good"] is not None:
            data = arrays[f"{name}/good"].tobytes()
            as_of, quality = facts["good"]
            report = report_from_bytes(data)
            seat.remember(Remembered(report, datetime.fromisoformat(as_of), Quality(quality)), data)
