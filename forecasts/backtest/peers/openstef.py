"""OpenSTEF 4's preset ``lgbm`` with its own features, checks and defaults, as its own backtest runs it.

Trained anew every week on the last 90 days, given the last 14 days at each forecast: the cadence and the lengths of
OpenSTEF's own backtest. It needs Python 3.12; where it is not installed, the other peers run without it.

Source: OpenSTEF 4.7, presets `ForecastingWorkflowConfig` and `create_forecasting_workflow`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import numpy as np

from forecasts.backtest.peers.window import last_days
from forecasts.expert import NotEnoughHistory
from forecasts.past import Past
from forecasts.quantiles import LEVELS
from forecasts.series import KINDS
from twin.domain.pack import UnpackError, pack, unpack

# OpenSTEF's names for what its features are made of; every other column is a feature under the name it has here.
_NAMES = {
    "temp_c": "temperature",
    "ghi_w_m2": "radiation",
    "wind_m_s": "windspeed",
    "pressure_hpa": "pressure",
    "humidity_percent": "relative_humidity",
}
_CONTEXT_DAYS = 14  # its longest lag


class OpenStef:
    """OpenSTEF 4 with LightGBM."""

    name: ClassVar[str] = "openstef"
    kinds: ClassVar[frozenset[str]] = frozenset(KINDS)
    window_days: ClassVar[int] = 90
    refit_days: ClassVar[int] = 7

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> FittedOpenStef:  # noqa: ARG002 - the preset draws nothing
        """Train on the last 90 days.

        Raises:
            NotEnoughHistory: below two weeks, or where OpenSTEF itself finds its input too poor to train on.
        """
        window = last_days(past, self.window_days)
        place = (past.place.timezone, past.place.country, past.place.latitude, past.place.longitude)
        meta = {
            "days_ahead": days_ahead,
            "place": place,
            "start_s": past.start_s + window.first * past.step_s,
            "step_s": past.step_s,
        }
        return _train(meta, {"load": window.values, **window.weather})

    def load(self, data: bytes) -> FittedOpenStef:
        """Inverse of `FittedOpenStef.to_bytes`."""
        meta, arrays = unpack(data)
        if "load" not in arrays or set(meta) != {"days_ahead", "place", "start_s", "step_s"}:
            raise UnpackError("no window of OpenSTEF's")
        return _train(meta, arrays)


@dataclass(frozen=True)
class FittedOpenStef:
    """A trained workflow, and the window (``meta``, ``columns``) that it was trained on."""

    meta: dict[str, Any]
    columns: dict[str, np.ndarray]
    workflow: Any

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """The workflow's own quantiles [MW], dims (time, quantile); NaN where it refuses to forecast."""
        from openstef_core.exceptions import FlatlinerDetectedError, InsufficientlyCompleteError

        first = max(0, past.rows - _CONTEXT_DAYS * past.slots_per_day)
        columns = {"load": np.concatenate([past.values[first:], np.full(steps, np.nan)])}
        for name in self.columns:
            if name != "load":
                columns[name] = np.concatenate([past.weather[name][first : past.rows], past.ahead(name, steps)])
        data = _dataset(past.start_s + first * past.step_s, past.step_s, columns)
        start = data.data.index[past.rows - first]
        with _silence():
            try:
                found = self.workflow.predict(data, forecast_start=start.to_pydatetime()).quantiles_data
            except (FlatlinerDetectedError, InsufficientlyCompleteError):
                return np.full((steps, len(LEVELS)), np.nan)
        return found.reindex(data.data.index[past.rows - first :]).to_numpy(dtype=float)

    def to_bytes(self) -> bytes:
        """The window: training on it again gives the same trees."""
        return pack(self.meta, self.columns)


def _train(meta: dict[str, Any], columns: dict[str, np.ndarray]) -> FittedOpenStef:
    from openstef_core.exceptions import FlatlinerDetectedError, InsufficientlyCompleteError
    from openstef_models.presets import create_forecasting_workflow

    workflow = create_forecasting_workflow(_config(meta))
    with _silence():
        try:
            workflow.fit(_dataset(meta["start_s"], meta["step_s"], columns))
        except (FlatlinerDetectedError, InsufficientlyCompleteError) as error:
            raise NotEnoughHistory(f"OpenSTEF: {error}") from error
    return FittedOpenStef(meta, columns, workflow)


def _config(meta: dict[str, Any]) -> Any:
    from openstef_core.types import LeadTime, Q
    from openstef_models.presets import ForecastingWorkflowConfig
    from openstef_models.presets.forecasting_workflow import LocationConfig

    _, country, latitude, longitude = meta["place"]
    where: dict[str, Any] = {"name": "series"}
    if country:
        where["country_code"] = country
    if latitude is not None and longitude is not None:
        where["coordinate"] = {"latitude": latitude, "longitude": longitude}
    return ForecastingWorkflowConfig(
        model_id="regie",
        model="lgbm",
        quantiles=[Q(level) for level in LEVELS],
        horizons=[LeadTime(timedelta(days=meta["days_ahead"]))],
        sample_interval=timedelta(seconds=meta["step_s"]),
        location=LocationConfig(**where),
        mlflow_storage=None,
    )


def _dataset(start_s: int, step_s: int, columns: dict[str, np.ndarray]) -> Any:
    import pandas as pd
    from openstef_core.datasets import TimeSeriesDataset

    rows = len(columns["load"])
    index = pd.to_datetime(start_s + np.arange(rows) * step_s, unit="s", utc=True)
    index.name = "timestamp"
    table = pd.DataFrame({_NAMES.get(name, name): values for name, values in columns.items()}, index=index)
    return TimeSeriesDataset(table, sample_interval=timedelta(seconds=step_s))


@contextmanager
def _silence() -> Iterator[None]:
    """OpenSTEF warns of every training and of every column that it does not have."""
    import warnings

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
