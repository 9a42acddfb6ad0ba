"""Which hours of a run to practise: from an hour before a moment, while something can still be decided, until it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from scenarios.debrief.moment import Moment
from scenarios.debrief.tape import Tape
from twin.domain.time import QUARTER_HOUR, floor_quarter

BEFORE, AFTER = timedelta(hours=1), timedelta(minutes=30)
LONGEST = timedelta(hours=3)
"""A moment that lasts longer is practised around its worst quarter hour."""


def practice_hours(moment: Moment, tape: Tape) -> tuple[datetime, float]:
    """First quarter hour and length [h], whole quarter hours within the window."""
    begin, end = floor_quarter(moment.begin) - BEFORE, floor_quarter(moment.end) + AFTER
    if end - begin > LONGEST:
        begin, end = floor_quarter(moment.at) - BEFORE, floor_quarter(moment.at) - BEFORE + LONGEST
    begin = min(max(begin, tape.start), tape.end - QUARTER_HOUR)
    end = max(min(end, tape.end), begin + QUARTER_HOUR)
    return begin, (end - begin).total_seconds() / 3600.0
