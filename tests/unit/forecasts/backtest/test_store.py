"""Blocks on disk: what was done is found again, what was torn is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecasts.backtest.store import KEPT_RUNS, Store, run_key
from forecasts.past import Place
from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import Block
from forecasts.series import Series

PLAN = Plan(365, 7, 24, 48, 336, 400, 500, ("last_week",))
SERIES = Series("feeder", "load", 0, 3600, np.arange(600.0), np.zeros(600, np.uint8), Place("UTC"), {"temp_c": np.ones(600)})


def block(first=7):
    paths = {"last_week": np.linspace(0, 1, 2 * 2 * 24 * 1, dtype=np.float32).reshape(2, 2, 24, 1)}
    paths["last_week"][0, 0, 3] = np.nan
    return Block(first, 2, paths, {"last_week": 0.5}, {"last_week": 0.25}, [("ridge", "too little")])


def test_a_kept_block_comes_back_as_it_was(tmp_path):
    Store(tmp_path, "a" * 64).keep(3, block())
    found = Store(tmp_path, "a" * 64).blocks()
    assert list(found) == [3]
    back = found[3]
    assert (back.first, back.issues, back.fit_s, back.predict_s, back.problems) == (
        *(7, 2, {"last_week": 0.5}, {"last_week": 0.25}),
        [("ridge", "too little")],
    )
    np.testing.assert_array_equal(back.paths["last_week"], block().paths["last_week"])


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_torn_block_is_not_taken_and_makes_room_for_a_new_one(tmp_path, damage):
    store = Store(tmp_path, "a" * 64)
    store.keep(0, block(0))
    store.keep(1, block(2))
    path = store.folder / "000001.block"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes({"cut": bytes(data[:-9]), "flipped": bytes(data), "empty": b""}[damage])
    assert list(store.blocks()) == [0]
    store.keep(1, block(2))
    assert list(store.blocks()) == [0, 1]


def test_half_a_write_leaves_no_block(tmp_path):
    store = Store(tmp_path, "a" * 64)
    store.keep(0, block(0))
    (store.folder / ".000001.block.123").write_bytes((store.folder / "000000.block").read_bytes()[:40])
    assert list(store.blocks()) == [0]


def changed_values():
    values = SERIES.values.copy()
    values[599] += 1.0
    return replace(SERIES, values=values)


@pytest.mark.parametrize(
    "other",
    [
        (changed_values(), PLAN, 0),
        (replace(SERIES, weather={"temp_c": np.zeros(600)}), PLAN, 0),
        (replace(SERIES, weather={"temp": np.ones(600)}), PLAN, 0),
        (replace(SERIES, start_s=3600), PLAN, 0),
        (replace(SERIES, place=Place("Europe/Zurich")), PLAN, 0),
        (replace(SERIES, weather_source="measured"), PLAN, 0),
        (SERIES, replace(PLAN, train_days=90), 0),
        (SERIES, replace(PLAN, experts=("last_week", "ridge")), 0),
        (SERIES, PLAN, 1),
    ],
)
def test_whatever_the_figures_depend_on_makes_another_run(other):
    assert run_key(*other) != run_key(SERIES, PLAN, 0)


def test_the_same_question_is_the_same_run():
    same = replace(SERIES, values=SERIES.values.copy())
    assert run_key(same, replace(PLAN), 0) == run_key(SERIES, PLAN, 0)


def test_old_runs_make_room(tmp_path):
    for number in range(KEPT_RUNS + 3):
        Store(tmp_path, f"{number:064x}"[::-1])
    assert len(list(tmp_path.iterdir())) == KEPT_RUNS
