"""How forecast errors hang together: over time as each box learnt it, between series as the past weeks moved together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from forecasts.futures.dependence import Dependence
from forecasts.on_air.reconcile import correlation_of, covariance_of
from forecasts.quantiles import LEVELS
from twin.contracts.frame import Frame
from twin.domain.pack import UnpackError, unpack
from twin.domain.time import QUARTER_HOUR_S
from twin.regie.shadow import measured

STEPS = 288
"""From a day's midnight to the end of a forecast issued on its last tick: as far as a trained box knows its errors."""
_WEEK = 672
_MEASURED = {"load": "zone_load_p_mw", "pv": "zone_pv_p_mw"}
_PREFIX = "dependence."


def of_artifact(artifact: Path | None, zone: str) -> Dependence:
    """What the training of the box that forecasts ``zone`` learnt of its errors.

    A box without training, or of another kind than ours, has nothing to tell: its errors then forget within some hours (the law
    that `forecasts.futures.dependence` begins with).

    Args:
        artifact: file of the trained model, see `forecasts.on_air.zone_tree` and `forecasts.champion.champion`.
    """
    unknown = Dependence.fit(np.empty((0, STEPS)), step_s=QUARTER_HOUR_S)
    if artifact is None:
        return unknown
    try:
        _, zones = unpack(artifact.read_bytes())
        _, arrays = unpack(zones[zone].tobytes())
        found = {name.removeprefix(_PREFIX): array for name, array in arrays.items() if name.startswith(_PREFIX)}
        learnt = Dependence.from_arrays(found)
    except (UnpackError, KeyError, OSError, TypeError):
        return unknown
    return learnt if (learnt.steps, learnt.step_s, learnt.series) == (STEPS, QUARTER_HOUR_S, 1) else unknown


def between_series(frame: Frame, series: Sequence[tuple[str, str]]) -> np.ndarray:
    """Correlation of the series' errors at the same quarter hour, dims (series, series).

    Before anything was issued nobody knows how errors go together. What moved together against the same quarter hour of the
    week before is taken for it, shrunk as `forecasts.on_air.reconcile` does: one sky over all roofs, one cold over all heaters.

    Args:
        series: (kind, zone).
    """
    columns = tuple((_MEASURED[kind], zone) for kind, zone in series)
    values = measured(frame, columns, frame.start_s, len(frame.values))
    changes = values[_WEEK:] - values[:-_WEEK] if len(values) > _WEEK else np.empty((0, len(series)))
    narrow = np.zeros((len(series), 1, len(LEVELS)))
    return correlation_of(covariance_of(changes, narrow + np.arange(len(LEVELS))))
