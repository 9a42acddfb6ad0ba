"""How a customer baseline is made: which days, which of them, and how the day itself moves it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from twin.domain.problems import Problems

Adjustment = Literal["additive", "multiplicative", "none"]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A 'high X of Y' baseline with a same-day adjustment.

    High 4 of 5 with an additive adjustment is known from PJM's market; 10 of 10 with a same-day adjustment of at most 20 % is
    what the California ISO settled by ("Baseline Accuracy Work Group Proposal", draft of 4 April 2017, section 1).

    Attributes:
        highest, of: of the last ``of`` days of the same type without an event, the ``highest`` ones with the highest mean
            power in the called hours.
        adjustment: what the hours before the call do to the mean of those days: shift it by their difference, scale it by
            their ratio, or nothing.
        cap_percent: most that it may do, in percent of the unadjusted baseline (its mean over the called hours, where it
            shifts). None: 20 where it scales, no cap where it shifts.
        from_h, to_h: the adjustment's window in hours before the notice; before the start where the notice came on another
            local day or none is known. It ends before the notice, so that nobody can raise a baseline once called.
        rebound_h: hours after the call in which energy above the baseline counts as rebound.
        lookback_days: how many calendar days back a day may lie: one from last season says nothing about today.
    """

    highest: int = 4
    of: int = 5
    adjustment: Adjustment = "additive"
    cap_percent: float | None = None
    from_h: float = 4.0
    to_h: float = 2.0
    rebound_h: float = 4.0
    lookback_days: int = 45

    @property
    def cap(self) -> float:
        """The cap as a share of the unadjusted baseline; infinite for none."""
        if self.cap_percent is not None:
            return self.cap_percent / 100.0
        return 0.2 if self.adjustment == "multiplicative" else math.inf

    def check(self, problems: Problems) -> None:
        """Note what cannot be."""
        if not 1 <= self.highest <= self.of:
            problems.add("baseline rule", f"high {self.highest} of {self.of}", "1 <= X <= Y", "write it as 4 of 5")
        if self.adjustment not in {"additive", "multiplicative", "none"}:
            known = "additive, multiplicative or none"
            problems.add("baseline rule: adjustment", repr(self.adjustment), known, "choose one of them")
        if not 0 <= self.to_h < self.from_h <= 24:
            value = f"from {self.from_h:g} h to {self.to_h:g} h before the notice"
            problems.add("baseline rule: adjustment window", value, "0 <= to < from <= 24", "for example from 4 h to 2 h")
        if not 0 < self.rebound_h <= 24:
            problems.add("baseline rule: rebound", f"{self.rebound_h:g} h", "above 0 and up to 24 h", "for example 4 h")
        if self.cap_percent is not None and not 0 <= self.cap_percent <= 100:
            problems.add("baseline rule: cap", f"{self.cap_percent:g} %", "0 to 100 %", "20 is usual")
        if self.lookback_days < self.of:
            value = f"{self.lookback_days} days for the last {self.of}"
            problems.add("baseline rule: days looked back", value, f"at least {self.of}", "45 is usual")
