"""What the box remembers from tick to tick: its last plan, and every car's visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from twin.boxes.flexibility.tick.sessions import Session
from twin.domain.pack import UnpackError, pack, unpack
from twin.domain.time import to_epoch_s


@dataclass(frozen=True)
class Remembered:
    """The box's state.

    Attributes:
        start_s: when it was written. ``devices``: rows of ``plan_mw``, dims (device, quarter hour).
        sessions: by car; see `Session`.
        asked: by device that was to be moved: power asked for and by itself in the first quarter hour [MW].
        response: by device, the share of what is asked that arrives; absent: all of it.
        owed_mwh: by ripple group, what blocks withheld and was not caught up since.
    """

    start_s: int
    devices: tuple[str, ...] = ()
    plan_mw: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    sessions: Mapping[str, Session] = field(default_factory=dict)
    asked: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    response: Mapping[str, float] = field(default_factory=dict)
    owed_mwh: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def at(cls, as_of: datetime, state: bytes | None) -> Remembered:
        """What ``state`` says; nothing, as of ``as_of``, when there is none or it is unreadable."""
        if state is None:
            return cls(to_epoch_s(as_of))
        try:
            meta, arrays = unpack(state)
            sessions = {name: Session(*row) for name, row in meta["sessions"].items()}
            asked = {name: (float(at), float(own)) for name, (at, own) in meta["asked"].items()}
            return cls(
                int(meta["start_s"]),
                tuple(meta["devices"]),
                arrays["plan_mw"],
                sessions,
                asked,
                meta["response"],
                meta["owed_mwh"],
            )
        except (UnpackError, KeyError, TypeError, ValueError):
            return cls(to_epoch_s(as_of))

    def to_bytes(self) -> bytes:
        """Inverse of `at`."""
        sessions = {name: [s.departure_s, s.wanted_mwh, s.missing_mwh, s.held] for name, s in self.sessions.items()}
        meta = {
            "start_s": self.start_s,
            "devices": list(self.devices),
            "sessions": sessions,
            "asked": {name: list(pair) for name, pair in self.asked.items()},
            "response": dict(self.response),
            "owed_mwh": dict(self.owed_mwh),
        }
        return pack(meta, {"plan_mw": self.plan_mw})
