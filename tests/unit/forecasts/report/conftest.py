"""Rehearsals small enough to count by hand."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from forecasts.past import Place
from forecasts.quantiles import LEVELS
from forecasts.series import Series

PLACE = Place("Europe/Zurich", "CH", "ZH", 47.37, 8.54)


@dataclass(frozen=True)
class Recorded:
    """What `forecasts.backtest.record.Record` promises, over forecasts given in advance."""

    series: Series
    plan: SimpleNamespace
    origin: np.ndarray
    scored: np.ndarray
    members: tuple
    weights: np.ndarray
    given: dict

    @property
    def names(self):
        return tuple(self.given)

    def forecast(self, name, origins=None):
        return self.given[name][origins or slice(None)]

    def truth(self, origins=None):
        rows = self.origin[origins or slice(None)][:, None] + np.arange(self.plan.horizon)
        padded = np.concatenate([self.series.values, np.full(self.plan.horizon, np.nan)])
        return padded[rows]


@pytest.fixture
def series():
    def make(values, *, start="2019-07-21T22:00", step_s=3600, kind="load", weather=None, source="none", name="feeder"):
        start_s = int(np.datetime64(start, "s").astype(np.int64))
        values = np.asarray(values, dtype=float)
        quality = np.zeros(len(values), dtype=np.uint8)
        return Series(name, kind, start_s, step_s, values, quality, PLACE, weather or {}, source)

    return make


@pytest.fixture
def record():
    """Rehearsal with an origin every ``every`` rows; ``offsets``: name -> error of that expert [MW], one band of ± ``half``."""

    def make(series, *, horizon, every, first, offsets, warm=0, half=1.0):
        origin = np.arange(first, len(series.values) - horizon + 1, every)
        rows = origin[:, None] + np.arange(horizon)
        spread = half * (np.array(LEVELS) - 0.5) / 0.45
        given = {
            name: np.nan_to_num(series.values[rows])[..., None] + np.broadcast_to(offset, rows.shape)[..., None] + spread
            for name, offset in offsets.items()
        }
        members = tuple(name for name in offsets if name != "champion")
        weights = np.full((len(origin), len(members), len(LEVELS)), 1.0 / max(1, len(members)))
        plan = SimpleNamespace(horizon=horizon, issue_every=every)
        return Recorded(series, plan, origin, np.arange(len(origin)) >= warm, members, weights, given)

    return make


@pytest.fixture
def summary():
    def make(record, **more):
        figures = {"mae": 1.0, "rmse": 1.0, "nmae": 0.1, "crps": 1.0, "fit_s": 0.0, "predict_s": 0.0, "origins": 3}
        experts = {
            name: {**figures, "pinball_10_90": 1.0 + rank, "coverage_90": 0.9, "skill": 0.5 - 0.1 * rank}
            for rank, name in enumerate(record.names)
        }
        base = {
            "series": record.series.name,
            "kind": record.series.kind,
            "unit": "MW",
            "step_s": record.series.step_s,
            "weather": "none",
            "from": "2019-07-23",
            "to": "2019-08-02",
            "origins": int(record.scored.sum()),
            "horizon_h": 24,
            "quality": {"rows": len(record.series.values), "missing": 0},
            "naive": "last_week",
            "champion": "champion",
            "experts": experts,
            "weights": [],
            "problems": [],
        }
        return {**base, **more}

    return make
