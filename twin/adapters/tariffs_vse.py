"""The tariff as Swiss energy managers read it: the VSE dynamic tariff JSON (SmartGridready OpenAPI 1.0.5)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from twin.domain.time import QUARTER_HOUR, require_utc

UNIT = "CHF_kWh"
DIGITS = 6
"""Beyond a ten-thousandth of a centime a price is arithmetic, not tariff."""


def grid_tariff_document(prices_chf_per_kwh: np.ndarray, *, start: datetime, published_at: datetime | None) -> dict[str, Any]:
    """One price item per quarter hour, as the VSE schema wants it; JSON-able.

    Timestamps are UTC with an explicit ``Z``, which every known reader takes and which is unambiguous on both
    clock-change days. A quarter hour without a price (NaN) is left out: readers fall back to the static tariff.

    Args:
        prices_chf_per_kwh: grid-usage tariff, dims (time,).
        start: label of the first quarter hour.
        published_at: when the newest price list became binding; None when only the static tariff applies.
    """
    items = []
    for step in np.flatnonzero(np.isfinite(prices_chf_per_kwh)).tolist():
        label = start + step * QUARTER_HOUR
        value = round(float(prices_chf_per_kwh[step]), DIGITS)
        items.append(
            {
                "start_timestamp": _stamp(label),
                "end_timestamp": _stamp(label + QUARTER_HOUR),
                "grid": [{"unit": UNIT, "value": value}],
            }
        )
    return {"publication_timestamp": None if published_at is None else _stamp(published_at), "prices": items}


def _stamp(instant: datetime) -> str:
    return require_utc(instant).strftime("%Y-%m-%dT%H:%M:%SZ")
