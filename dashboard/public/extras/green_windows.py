"""Every run of green hours with its band: what calendar and news announce."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.public.green_window import HOUR, Window, green_windows
from twin.contracts.public_snapshot import ComingHour


@dataclass(frozen=True)
class BandedWindow(Window):
    """``low``, ``high``: the lowest 5 % and the highest 95 % quantile of its hours; None where an hour has none."""

    low: float | None
    high: float | None


def banded_windows(hours: Sequence[ComingHour]) -> tuple[BandedWindow, ...]:
    """All windows of the hours, in order. ``hours``: in order, as `dashboard.public.green_window.coming` gives them."""
    return tuple(map(_window, green_windows(hours)))


def _window(run: Sequence[ComingHour]) -> BandedWindow:
    shares = [hour.share for hour in run if hour.share is not None]
    lows = [hour.low for hour in run if hour.low is not None]
    highs = [hour.high for hour in run if hour.high is not None]
    banded = len(lows) == len(highs) == len(run)
    return BandedWindow(
        start=run[0].start,
        end=run[-1].start + HOUR,
        share=sum(shares) / len(shares),
        low=min(lows) if banded else None,
        high=max(highs) if banded else None,
    )
