"""Quality of a value: how far it can be trusted, and where it came from when not from a sensor.

The validity names follow IEC 61850-7-3 (good, questionable, invalid) and its source flag (substituted), extended by what
a twin adds: estimated, forecast, stale. A value may carry several flags; missing is NaN with INVALID, never zero.
"""

from __future__ import annotations

from enum import IntFlag

import numpy as np


class Quality(IntFlag):
    """Bit flags, stored as uint8 beside every value. GOOD is the absence of every flag."""

    GOOD = 0
    QUESTIONABLE = 1
    INVALID = 2
    SUBSTITUTED = 4
    ESTIMATED = 8
    FORECAST = 16
    STALE = 32


def worst(flags: np.ndarray | list[int] | tuple[int, ...]) -> Quality:
    """The union of several values' flags: an aggregate is as doubtful as its most doubtful part."""
    array = np.asarray(flags, dtype=np.uint8)
    return Quality(int(np.bitwise_or.reduce(array.ravel()))) if array.size else Quality.INVALID


def is_doubtful(flags: Quality | int) -> bool:
    """Whether a state is no figure of its quarter hour: it is of an older one, or there is none."""
    return bool(int(flags) & (Quality.STALE | Quality.INVALID))


def words(quality: Quality | int) -> tuple[str, ...]:
    """The flags as lower-case words, for messages and for the screens' translation keys: ``("good",)`` when none is set."""
    flags = Quality(int(quality))
    return tuple(flag.name.lower() for flag in Quality if flag and flag in flags and flag.name) or ("good",)
