"""Futures on disk: filled chunk by chunk, gone on with after an end, never written over by others."""

import numpy as np
import pytest
import xarray as xr
from made_futures import ELEMENTS, made_futures

from scenarios.futures.store import NAME, FutureStore, Shape, chunked, open_futures
from twin.domain.problems import BadInput

ASKED = {"n": 8, "seed": 1}


@pytest.fixture(scope="module")
def made():
    return made_futures()


def _opened(folder, made):
    store = FutureStore(folder, ASKED)
    shape = Shape(made["time"].values, ELEMENTS, [range(first, first + 2) for first in range(0, 8, 2)])
    store.open(shape, {"price_chf_per_kwh": made["price_chf_per_kwh"].values}, {"site": "made"})
    return store


def _write(store, made, *numbers):
    for number in numbers:
        futures = range(2 * number, 2 * number + 2)
        part = made.isel(future=list(futures), chunk=[number])
        values = {n: v.values for n, v in part.items() if {"future", "chunk"} & set(v.dims)}
        store.write(number, futures, values)


def test_what_was_written_in_chunks_is_read_as_one_data_set(tmp_path, made):
    store = _opened(tmp_path, made)
    _write(store, made, 2, 0, 3, 1)
    found = open_futures(store.finish()).load()
    for name in made.data_vars:
        if name not in ("import_co2_g_per_kwh", "import_renewable_share"):  # nobody wrote these
            xr.testing.assert_equal(found[name], made[name])
    assert found["outage"].values.tolist() == ["", "", "", "line:0", "", "", "", ""]
    assert found.sel(element="line:1")["violating"].sum() == made.sel(element="line:1")["violating"].sum()
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_the_same_run_goes_on_with_the_chunks_that_are_missing(tmp_path, made):
    _write(_opened(tmp_path, made), made, 1, 3)
    again = _opened(tmp_path, made)
    assert again.done() == {1, 3}
    assert not again.finished
    _write(again, made, 0, 2)
    again.finish()
    assert FutureStore(tmp_path, ASKED).finished


@pytest.mark.parametrize("finished", [False, True])
def test_other_futures_in_the_same_place_are_refused_with_both_that_differ(tmp_path, made, finished):
    store = _opened(tmp_path, made)
    if finished:
        _write(store, made, 0, 1, 2, 3)
        store.finish()
    with pytest.raises(BadInput, match=r"seed 1.*seed 2"):
        FutureStore(tmp_path, {**ASKED, "seed": 2})


def test_a_layout_that_was_cut_short_is_made_again(tmp_path, made):
    (tmp_path / f".{NAME}.partial" / NAME / "rest").mkdir(parents=True)
    store = _opened(tmp_path, made)
    assert store.done() == frozenset()
    _write(store, made, 0, 1, 2, 3)
    assert np.isfinite(open_futures(store.finish())["import_p_mw"].values).all()


def test_futures_that_are_not_there_are_named(tmp_path):
    with pytest.raises(BadInput, match="no futures"):
        open_futures(tmp_path / NAME)


@pytest.mark.parametrize(
    ("n", "at_once", "chunks", "largest"), [(1, 25, 1, 1), (20, 25, 7, 3), (1000, 25, 40, 25), (20, 1, 20, 1)]
)
def test_chunks_follow_from_the_number_of_futures_alone(n, at_once, chunks, largest):
    found = chunked(n, at_once)
    assert (len(found), max(map(len, found))) == (chunks, largest)
    assert [number for numbers in found for number in numbers] == list(range(n))


def test_ten_thousand_futures_make_a_hundred_chunks():
    assert {len(numbers) for numbers in chunked(10_000, 25)} == {100}
