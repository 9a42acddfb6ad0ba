"""A circuit breaker that counts ticks, so that a replay opens and closes it at the same ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

OPENS_AFTER = 3
FIRST_PAUSE = 4
LONGEST_PAUSE = 32


@dataclass(frozen=True)
class Breaker:
    """Closed while ``retry_tick`` is None; otherwise open until that tick, where one try is allowed (half open).

    Attributes:
        failures: consecutive failures so far. ``pause``: ticks that it stays open the next time.
    """

    failures: int = 0
    pause: int = FIRST_PAUSE
    retry_tick: int | None = None

    def allows(self, tick: int) -> bool:
        """True when the box may be asked at ``tick``."""
        return self.retry_tick is None or tick >= self.retry_tick

    def succeeded(self) -> Breaker:
        """Closed, everything forgotten."""
        return Breaker()

    def failed(self, tick: int) -> Breaker:
        """One failure more: opens at the third in a row; a failed half-open try doubles the pause up to 32 ticks."""
        failures = self.failures + 1
        if self.retry_tick is None and failures < OPENS_AFTER:
            return replace(self, failures=failures)
        return Breaker(failures, min(2 * self.pause, LONGEST_PAUSE), tick + self.pause)
