"""Time left until something must be done, in the grid's time: made here once a tick, counted on by the page between two."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dashboard.regie.markup import Markup, tag
from dashboard.regie.words import Words
from twin.contracts.snapshot import Snapshot

_HOURS_FROM = timedelta(hours=2)
"""Below, minutes are counted."""
_LONGEST_TICK = timedelta(minutes=15)
"""The page counts no further than the next tick: what the grid's time is then, the next snapshot says."""
_FORMS = ("min", "h", "over_min", "over_h")


def time_left(until: datetime, words: Words) -> Markup:
    """What is left of the time from the grid's now; ``assets/37_countdown.js`` keeps it."""
    left = until - words.now if words.now is not None else timedelta(0)
    over = left < timedelta(0)
    size = abs(left)
    unit, n = ("h", size // timedelta(hours=1)) if size >= _HOURS_FROM else ("min", size // timedelta(minutes=1))
    text = words(f"left.{'over_' if over else ''}{unit}", n=n)
    return tag("span", text, class_="left over" if over else "left", data_until=round(1000.0 * until.timestamp()))


def clock(snapshot: Snapshot, words: Words) -> dict[str, Any]:
    """What the page needs to know of the grid's time [ms since 1970], and the words in which it counts.

    ``rate``: grid seconds per wall second, 0 where nobody knows how the time runs: at full speed, and after the end.
    """
    try:
        rate = float(snapshot.speed.lstrip("x×")) if snapshot.mode == "live" else 0.0
    except ValueError:  # "max"
        rate = 0.0
    return {
        "as_of_ms": round(1000.0 * snapshot.as_of.timestamp()),
        "published_ms": round(1000.0 * snapshot.published_at.timestamp()),
        "most_ms": round(1000.0 * _LONGEST_TICK.total_seconds()),
        "rate": rate,
        "texts": {form: words(f"left.{form}", n="{n}") for form in _FORMS},
    }
