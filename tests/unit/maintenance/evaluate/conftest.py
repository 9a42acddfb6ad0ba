from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twin.maintenance.evaluate.faults import Fault, inject
from twin.maintenance.evaluate.flags import EvaluateFlags
from twin.maintenance.evaluate.simulated import SimulatedFleet, simulated_fleet

HOUR_ROWS = 4
START = datetime(2023, 9, 5, tzinfo=UTC)
NAMES = ("north", "south", "mill")


@pytest.fixture(scope="session")
def healthy() -> SimulatedFleet:
    """Three transformers over ten weeks that hold Auckland's spring and Zurich's autumn clock change."""
    return simulated_fleet(seed=77, assets=3, days=70, start_s=int(START.timestamp()))


@pytest.fixture(scope="module")
def write(tmp_path_factory, healthy):
    """Writes the fleet, by the hour, as a user would export it; returns the flags that read it."""

    def _write(
        faults: Sequence[Fault] = (),
        *,
        zone: str = "UTC",
        oil=lambda c: c,
        air=lambda c: c,
        drop: Sequence[str] = (),
        extra_rows: Sequence[str] = (),
        **more,
    ) -> EvaluateFlags:
        told = healthy.telemetry
        oil_c = inject(
            told.top_oil_c, tuple(faults), labels_s=told.labels_s, rise_k=healthy.rise_k, load_factor=told.load_factor
        )
        lines = ["time,asset,load,air,oil"]
        hours = told.labels_s[::HOUR_ROWS]
        with np.errstate(invalid="ignore"):
            means = [_by_hour(values) for values in (100.0 * told.load_factor, air(told.ambient_c), oil(oil_c))]
        for row, at_s in enumerate(hours.tolist()):
            stamp = datetime.fromtimestamp(at_s, tz=ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
            for asset, name in enumerate(NAMES):
                cells = ["" if np.isnan(mean[row, asset]) else f"{mean[row, asset]:.2f}" for mean in means]
                lines.append(",".join([stamp, name, *cells]))
        path = tmp_path_factory.mktemp("history") / "history.csv"
        path.write_text("\n".join([*lines, *extra_rows]) + "\n", encoding="utf-8")
        return flags(path, timezone=zone, ambient_column=None if "air" in drop else "air", **more)

    return _write


def _by_hour(values: np.ndarray) -> np.ndarray:
    parts = values.reshape(-1, HOUR_ROWS, values.shape[1])
    known = np.isfinite(parts).any(axis=1)
    sums, counts = np.nansum(parts, axis=1), np.isfinite(parts).sum(axis=1)
    return np.where(known, sums / np.maximum(1, counts), np.nan)


def flags(path: Path, **more) -> EvaluateFlags:
    known = {
        "time_column": "time",
        "asset_column": "asset",
        "load_column": "load",
        "load_unit": "percent",
        "ambient_column": "air",
        "top_oil_column": "oil",
        "timezone": "UTC",
        "label": "start",
    }
    return EvaluateFlags(files=(str(path),), **{**known, **more})
