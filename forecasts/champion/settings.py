"""What an analyst may tune of the champion, with the range in which each figure makes sense."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ChampionSettings:
    """How experts are weighed and bands are made.

    Attributes:
        window_days: days of errors that make the bands. ``eta``: learning rate on relative pinball. ``share``: of all weight
            that is spread anew each day. ``parts``: parts of the day with weights of their own.
        recent_issues: issues that the band's width is judged on; ``half_life``: of an issue among them; ``strength``: share of
            the correction that is applied.
    """

    window_days: int = 56
    eta: float = 0.5
    share: float = 0.01
    parts: int = 4
    recent_issues: int = 20
    half_life: float = 6.0
    strength: float = 0.9


RANGES = {
    "window_days": (21, 112),
    "eta": (0.1, 4.0),
    "share": (0.001, 0.1),
    "parts": (1, 8),
    "recent_issues": (8, 40),
    "half_life": (2.0, 20.0),
    "strength": (0.0, 1.0),
}
"""Lowest and highest sensible value of each setting."""
