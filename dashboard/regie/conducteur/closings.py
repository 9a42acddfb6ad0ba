"""When markets close, as ``closings.toml`` states it with its sources."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Closing:
    """One closing of every day. ``at``: local time of day, "11:00". ``source``, ``url``: who says so."""

    code: str
    at: str
    source: str
    url: str


@lru_cache(maxsize=1)
def closings() -> tuple[Closing, ...]:
    """In the order of the day."""
    with (Path(__file__).parent / "closings.toml").open("rb") as file:
        told = tomllib.load(file)["closing"]
    return tuple(sorted((Closing(**each) for each in told), key=lambda closing: closing.at))
