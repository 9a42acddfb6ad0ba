"""After a restart: the raw tables as the journalled readings left them, without reading what they have forgotten.

A table moves up as time passes, so the instants alone say where it begins by now; from there on the readings are folded, a day
of them at once, because a fold does not depend on how they are batched.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice

import numpy as np

from twin.contracts.ports import Readings
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s
from twin.regie.journal import Journal
from twin.regie.side import Side, readings_from_arrays

_AT_ONCE = 96


def refold(journal: Journal, sides: Mapping[str, Side]) -> tuple[datetime | None, datetime | None]:
    """Bring preloaded sides, by the name that their readings have in the journal, to where the journal ends.

    Returns:
        Instants of the last record and of the last regular one.

    Raises:
        BadInput: when what the tables keep was expunged while nobody ran the régie.
    """
    instants_s, regular = [], None
    for _, kind, as_of_s in journal.moments():
        as_of = from_epoch_s(as_of_s)
        instants_s.append(as_of_s)
        regular = as_of if kind == "regular" else regular
        for side in sides.values():
            side.extend_to(as_of)
    # Whatever is kept ended after the oldest row began, so no earlier record can hold a reading of it.
    first = bisect_right(instants_s, min(side.start_s for side in sides.values()))
    records = journal.readings(first)
    while batch := list(islice(records, _AT_ONCE)):
        for name, side in sides.items():
            side.fold(_complete(batch, name), from_epoch_s(batch[-1][0]))
    return from_epoch_s(instants_s[-1]) if instants_s else None, regular


def _complete(records: Sequence[tuple[int, Mapping[str, np.ndarray]]], side: str) -> Readings:
    """Readings of several records; a label that was not over when it came was quarantined for good, and is left out."""
    found = []
    for as_of_s, arrays in records:
        readings = readings_from_arrays(arrays, side)
        over = readings.valid_time_s + QUARTER_HOUR_S <= as_of_s
        found.append([column[over] for column in vars(readings).values()])
    return Readings(*(np.concatenate(columns) for columns in zip(*found, strict=True)))
