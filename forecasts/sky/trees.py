"""Trees on clear-sky ratios: settings, how many are good, and trees as text.

Hours of one day are alike, so a year holds hundreds of days rather than thousands of rows, and without weather ahead there is
little to learn: how many trees are good is read off weeks left out, never assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts.sky.training import RatioRows

if TYPE_CHECKING:
    import lightgbm as lgb

_MOST_ROUNDS, _FEWEST_ROUNDS, _PATIENCE = 200, 10, 40
_FOREST_TREES = 100
_LEFT_OUT = 4  # every fourth week
_WEEK = 7  # days
_SETTINGS = {
    "learning_rate": 0.05,
    "num_leaves": 16,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 127,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
_FOREST = {
    "objective": "regression",
    "boosting": "rf",
    "num_leaves": 255,
    "min_data_in_leaf": 10,
    "bagging_fraction": 0.63,  # as many different rows as a bootstrap sample has
    "feature_fraction_bynode": 0.5,
}


@dataclass(frozen=True)
class Trial:
    """What rows left out say about one objective.

    Attributes:
        rounds: how many trees are good.
        left_out: what trees that never saw them say of the rows in `left_out_rows`, dims (row,).
    """

    rounds: int
    left_out: np.ndarray


def left_out_rows(rows: RatioRows) -> np.ndarray:
    """True for the rows of every fourth week (of shorter spells while there are few days), dims (row,)."""
    days = int(rows.origin.max()) + 1
    spell = int(np.clip(days // (2 * _LEFT_OUT), 1, _WEEK))
    return rows.origin // spell % _LEFT_OUT == _LEFT_OUT - 1


def try_out(rows: RatioRows, *, seed: int, objective: dict[str, Any]) -> Trial:
    """Boosted trees judged on weeks left out."""
    import lightgbm as lgb

    settings = _boosting(rows, objective, seed)
    out = left_out_rows(rows)
    data = _dataset(rows, settings)
    kept, judge = (data.subset(np.flatnonzero(which).tolist()) for which in (~out, out))
    trees = lgb.train(
        settings, kept, _MOST_ROUNDS, valid_sets=[judge], callbacks=[lgb.early_stopping(_PATIENCE, verbose=False)]
    )
    rounds = max(_FEWEST_ROUNDS, trees.best_iteration)
    return Trial(rounds, np.asarray(trees.predict(rows.x[out], num_iteration=rounds, num_threads=1)))


def grow(rows: RatioRows, *, seed: int, objective: dict[str, Any], rounds: int) -> lgb.Booster:
    """Boosted trees of the ratio."""
    import lightgbm as lgb

    settings = _boosting(rows, objective, seed)
    return lgb.train(settings, _dataset(rows, settings), rounds)


def grow_forest(rows: RatioRows, *, seed: int) -> lgb.Booster:
    """A random forest of the ratio; its leaves, not its mean, are what is wanted."""
    import lightgbm as lgb

    settings = {**_SETTINGS, **_FOREST, "seed": seed}
    return lgb.train(settings, _dataset(rows, settings), _FOREST_TREES)


def ask_trees(trees: lgb.Booster, x: np.ndarray) -> np.ndarray:
    """What trees say of features (row, feature), dims (row,)."""
    return np.asarray(trees.predict(x, num_threads=1))


def reach_leaves(trees: lgb.Booster, x: np.ndarray) -> np.ndarray:
    """Number of the leaf that each row reaches in each tree, dims (row, tree)."""
    return np.asarray(trees.predict(x, pred_leaf=True, num_threads=1)).astype(np.int64).reshape(len(x), -1)


def read_trees(text: str) -> lgb.Booster:
    """Trees from their text.

    Raises:
        lightgbm.basic.LightGBMError: when the text holds no trees.
    """
    import lightgbm as lgb

    return lgb.Booster(model_str=text)


def _boosting(rows: RatioRows, objective: dict[str, Any], seed: int) -> dict[str, Any]:
    return {**_SETTINGS, **objective, "seed": seed, "min_data_in_leaf": int(np.clip(len(rows.ratio) // 200, 10, 60))}


def _dataset(rows: RatioRows, settings: dict[str, Any]) -> lgb.Dataset:
    import lightgbm as lgb

    return lgb.Dataset(rows.x, rows.ratio, weight=rows.weight / rows.weight.mean(), params=settings, free_raw_data=False)
