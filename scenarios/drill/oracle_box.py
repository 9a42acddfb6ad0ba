"""A box that knows what came: the forecast of another one, with the truth in its place wherever a file tells it.

It is what perfect hindsight is played with, and nothing else: on air nobody has such a file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from twin.contracts.box import Box, BoxContext
from twin.contracts.frame import AsOfView
from twin.contracts.messages import Report
from twin.contracts.resolve import import_box
from twin.domain.problems import BadInput, Problem
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s

REFERENCE = "scenarios.drill.oracle_box:OracleBox"
FORETELLS = {
    "load_forecast_p_mw": "zone_load_p_mw",
    "load_paths_p_mw": "zone_load_p_mw",
    "pv_forecast_p_mw": "zone_pv_p_mw",
    "pv_paths_p_mw": "zone_pv_p_mw",
}
"""What is foretold, and what it is the forecast of."""


class OracleBox:
    """Another forecast box that cannot be wrong: its quantiles and paths all say what came.

    Args:
        config: ``box``, the other one as "module:Class", and its ``config``; ``truth``, path of a file (`truth_text`).
        context: the site.

    Raises:
        BadInput: for a file that cannot be read, and with every fault of the other box.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        self._start_s, self._truth = _read(Path(config["truth"]))
        self._box: Box = import_box(config["box"])(config["config"], context)
        card = self._box.card
        self.card = replace(card, name="oracle", version=f"{card.version}+truth", owner="rehearsal")

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """The other box's model: it answers where the truth is not known."""
        return self._box.fit(view, seed=seed)

    def step(self, view: AsOfView, artifact: bytes | None, state: bytes | None) -> tuple[Report, bytes | None]:
        """The other box's report, with what came in place of what it foretells."""
        report, state = self._box.step(view, artifact, state)
        outputs = {signal: self._corrected(signal, output) for signal, output in report.outputs.items()}
        return replace(report, outputs=outputs), state

    def _corrected(self, signal: str, output: xr.DataArray) -> xr.DataArray:
        truth = self._truth.get(FORETELLS.get(signal, ""), {})
        dim = SIGNALS[signal].dim if truth else ""
        if not truth or "time" not in output.dims:
            return output
        found = output.transpose("time", ..., dim).copy()
        labels_s = output["time"].values.astype("datetime64[s]").astype(np.int64)
        for place, element in enumerate(found[dim].values.tolist()):
            path = truth.get(element, np.empty(0))
            rows = (labels_s - self._start_s) // QUARTER_HOUR_S
            known = (rows >= 0) & (rows < len(path))
            came = path[np.where(known, rows, 0)] if len(path) else np.full(len(rows), np.nan)
            shape = (-1, *[1] * (found.ndim - 2))
            told = (known & np.isfinite(came)).reshape(shape)
            found.values[..., place] = np.where(told, came.reshape(shape), found.values[..., place])
        return found.transpose(*output.dims)


def truth_text(start: datetime, signals: Mapping[str, Mapping[str, np.ndarray]]) -> str:
    """The file of an oracle: by signal and element, one value [MW] a quarter hour from ``start`` on; null where unknown."""
    listed = {
        signal: {name: [None if np.isnan(value) else float(value) for value in path] for name, path in elements.items()}
        for signal, elements in signals.items()
    }
    return json.dumps({"start": start.isoformat(), "signals": listed}, allow_nan=False)


def _read(path: Path) -> tuple[int, dict[str, dict[str, np.ndarray]]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        signals = {
            signal: {name: np.array(values, dtype=float) for name, values in elements.items()}
            for signal, elements in content["signals"].items()
        }
        return to_epoch_s(datetime.fromisoformat(content["start"])), signals
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        place, value = f"truth {path}", f"{type(error).__name__}: {error}"
        raise BadInput([Problem(place, value, "what regie drill writes for an oracle", "let regie drill write it")]) from None
