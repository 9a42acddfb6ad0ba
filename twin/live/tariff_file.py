"""The grid tariff as a file for customers' energy managers: ``public/tariff.json``, the VSE's tariff document."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from twin.adapters.tariffs_vse import grid_tariff_document
from twin.contracts.messages import Envelope, Service
from twin.domain.time import from_datetime64

SIGNAL = "grid_tariff_chf_per_kwh"
FILE_NAME = "tariff.json"


def write_tariff(folder: Path, envelopes: Iterable[Envelope]) -> None:
    """Write the tariff from now on, if a box has just stated it.

    A box that did not answer is no tariff: what a fallback shows binds nobody, and the file before it still holds.
    """
    for envelope in envelopes:
        prices = envelope.report.outputs.get(SIGNAL)
        if prices is None or envelope.service is not Service.FRESH or envelope.role != "champion":
            continue
        published_at = envelope.report.params.get("published_at")
        document = grid_tariff_document(
            prices.values,
            start=from_datetime64(prices["time"].values[0]),
            published_at=None if published_at is None else datetime.fromisoformat(str(published_at)),
        )
        folder.mkdir(parents=True, exist_ok=True)
        beside = folder / f".{FILE_NAME}"
        beside.write_text(json.dumps(document, allow_nan=False), encoding="utf-8")
        beside.replace(folder / FILE_NAME)
