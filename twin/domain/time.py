"""Time inside the régie: UTC instants and left-labelled quarter hours.

Every interval is labelled by its start: the value at label ``t`` is the mean over ``[t, t + 15 min)``. At the instant
``as_of`` the last complete interval is the one labelled ``as_of - 15 min``. Local time exists only in adapters (coming
in) and in ``dashboard/format.py`` (going out).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

QUARTER_HOUR = timedelta(minutes=15)
QUARTER_HOUR_S = 900
HOURS_PER_STEP = 0.25


def require_utc(instant: datetime, *, what: str = "instant") -> datetime:
    """Return ``instant`` in UTC; a naive one is refused, because nobody can know which clock it shows.

    Raises:
        ValueError: if ``instant`` carries no time zone.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{what} {instant.isoformat()} has no time zone; give an offset, for example +00:00")
    return instant.astimezone(UTC)


def to_epoch_s(instant: datetime) -> int:
    """Whole seconds since 1970-01-01T00:00Z."""
    return int(require_utc(instant).timestamp())


def from_epoch_s(seconds: int) -> datetime:
    """The UTC instant ``seconds`` after 1970-01-01T00:00Z."""
    return datetime.fromtimestamp(int(seconds), tz=UTC)


def floor_quarter(instant: datetime) -> datetime:
    """The start of the quarter hour that holds ``instant``, in UTC."""
    seconds = to_epoch_s(instant)
    return from_epoch_s(seconds - seconds % QUARTER_HOUR_S)


def quarter_hours(start: datetime, steps: int) -> np.ndarray:
    """Labels of ``steps`` quarter hours from ``start``, ``datetime64[ns]`` without zone and in UTC, dims (time,)."""
    first = np.datetime64(to_epoch_s(start), "s")
    return (first + np.arange(steps) * np.timedelta64(QUARTER_HOUR_S, "s")).astype("datetime64[ns]")


def to_datetime64(instant: datetime) -> np.datetime64:
    """``instant`` as ``datetime64[ns]``, UTC."""
    return np.datetime64(to_epoch_s(instant), "s").astype("datetime64[ns]")


def from_datetime64(label: np.datetime64) -> datetime:
    """The UTC instant of a ``datetime64`` label."""
    return from_epoch_s(int(label.astype("datetime64[s]").astype(np.int64)))
