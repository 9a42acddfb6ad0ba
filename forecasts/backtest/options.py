"""How a series is to be rehearsed: the flags of ``regie backtest`` that are not about the file itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from twin.domain.problems import Problems

DAY_S = 86_400
_UNIT_S = {"min": 60, "h": 3600, "d": DAY_S}
_LONGEST_DAYS = 7
_SHORTEST_TRAINING_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class BacktestOptions:
    """Flags of a rehearsal.

    Attributes:
        train_days: days that an expert may learn from; what there is where there are fewer.
        refit_days: days between two trainings.
        start, end: local dates; origins from the midnight of the first up to, not including, that of the last are scored.
            None: the last quarter of the series, ninety days at most.
        issue_every: time between two issues, such as "24h" or "15min"; the first is at local midnight.
        horizon: reach of an issue, such as "48h"; None: 24 h for pv, else 48 h.
        experts: "all", or names with commas between.
        peers: also run the peers, which are scored and never aggregated.
        seed: of everything that is drawn.
    """

    train_days: int = 365
    refit_days: int = 7
    start: str | None = None
    end: str | None = None
    issue_every: str = "24h"
    horizon: str | None = None
    experts: str = "all"
    peers: bool = False
    seed: int = 0

    def check(self, problems: Problems) -> None:
        """Note every flag that no series could be rehearsed with."""
        if self.train_days < _SHORTEST_TRAINING_DAYS:
            problems.add("--train-days", self.train_days, f"{_SHORTEST_TRAINING_DAYS} days or more", "365 is a year")
        if not 1 <= self.refit_days <= 365:
            problems.add("--refit-days", self.refit_days, "1 to 365 days", "7 trains once a week")
        if self.seed < 0:
            problems.add("--seed", self.seed, "0 or more", "0 is as good as any")
        every = _check_duration("--issue-every", self.issue_every, problems)
        if every is not None and DAY_S % every:
            problems.add("--issue-every", self.issue_every, "a part of a day", "write 24h, 6h, 1h or 15min")
        if self.horizon is not None:
            reach = _check_duration("--horizon", self.horizon, problems)
            if reach is not None and reach > _LONGEST_DAYS * DAY_S:
                problems.add("--horizon", self.horizon, f"at most {_LONGEST_DAYS}d", "write 48h")
        first, last = _check_day("--from", self.start, problems), _check_day("--to", self.end, problems)
        if first is not None and last is not None and last <= first:
            problems.add("--to", self.end, f"a day after --from {self.start}", "the last origin lies before --to")
        if not self.names and self.experts != "all":
            problems.add("--experts", repr(self.experts), "all, or names with commas between", "write ridge,last_week")

    @property
    def names(self) -> tuple[str, ...]:
        """Names asked for; empty for all."""
        return () if self.experts == "all" else tuple(name.strip() for name in self.experts.split(",") if name.strip())

    @property
    def issue_every_s(self) -> int:
        """Seconds between two issues."""
        return _seconds(self.issue_every)

    def horizon_s(self, kind: str) -> int:
        """Seconds that an issue reaches for a series of ``kind``."""
        return _seconds(self.horizon or ("24h" if kind == "pv" else "48h"))


def day_of(text: str) -> date:
    """The local day that ``--from`` or ``--to`` names.

    Raises:
        ValueError: for anything but a date, or a midnight without offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is not None or (instant.hour, instant.minute, instant.second, instant.microsecond) != (0, 0, 0, 0):
        raise ValueError("not a local midnight")
    return instant.date()


def _check_day(flag: str, text: str | None, problems: Problems) -> date | None:
    if text is None:
        return None
    try:
        return day_of(text)
    except ValueError:
        problems.add(flag, text, "a local date", "write it like 2019-10-01")
        return None


def _check_duration(flag: str, text: str, problems: Problems) -> int | None:
    try:
        return _seconds(text)
    except ValueError:
        problems.add(flag, repr(text), "a whole number of min, h or d above 0", "write 15min, 1h or 2d")
        return None


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6})\s*(min|h|d)", text.strip())
    if not found or not int(found[1]):
        raise ValueError(text)
    return int(found[1]) * _UNIT_S[found[2]]
