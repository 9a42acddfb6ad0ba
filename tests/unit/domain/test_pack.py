"""One byte format: canonical, complete, and safe to read."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from twin.domain.pack import UnpackError, digest, pack, unpack

DTYPES = st.sampled_from([np.bool_, np.int8, np.uint8, np.int32, np.int64, np.float32, np.float64, ">f8", ">i4", "M8[ns]"])
ARRAYS = st.dictionaries(
    st.text(max_size=8),
    DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))),
    max_size=4,
)
META = st.dictionaries(
    st.text(max_size=8),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
)


@settings(max_examples=80, deadline=None)
@given(META, ARRAYS)
def test_what_was_packed_comes_back_with_values_shape_and_kind(meta, arrays):
    found_meta, found = unpack(pack(meta, arrays))
    assert found_meta == meta
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].shape == array.shape
        assert found[name].dtype == array.dtype.newbyteorder("<")
        np.testing.assert_array_equal(found[name], array)


@settings(max_examples=30, deadline=None)
@given(META, ARRAYS)
def test_unpacking_and_packing_again_gives_the_same_bytes(meta, arrays):
    data = pack(meta, arrays)
    assert pack(*unpack(data)) == data


def test_a_single_value_stays_a_single_value():
    assert unpack(pack({}, {"loss_mw": np.float64(0.1)}))[1]["loss_mw"].shape == ()


def test_negative_zero_and_zero_have_one_digest():
    assert digest({}, {"p": np.array([-0.0, 1.0])}) == digest({}, {"p": np.array([0.0, 1.0])})


def test_every_nan_has_one_digest():
    payload = np.array([0x7FF8000000000001, 0xFFF0000000000123], dtype=np.uint64).view(np.float64)
    assert np.isnan(payload).all()
    assert digest({}, {"p": payload}) == digest({}, {"p": np.array([np.nan, np.nan])})


def test_byte_order_in_memory_leaves_no_trace():
    values = np.array([1.5, -2.25, np.nan])
    assert pack({}, {"p": values.astype(">f8")}) == pack({}, {"p": values})


def test_layout_in_memory_leaves_no_trace():
    values = np.arange(6.0).reshape(2, 3)
    assert pack({}, {"p": np.asfortranarray(values)}) == pack({}, {"p": values})


def test_the_order_of_names_leaves_no_trace():
    one, two = np.ones(3), np.zeros(2)
    assert pack({"a": 1, "b": 2}, {"x": one, "y": two}) == pack({"b": 2, "a": 1}, {"y": two, "x": one})


def test_packing_leaves_the_original_as_it_is():
    values = np.array([-0.0])
    pack({}, {"p": values})
    assert np.signbit(values[0])


def test_arrays_begin_at_multiples_of_64_bytes():
    data = pack({"site": "demo"}, {"a": np.ones(3, np.uint8), "b": np.ones(5)})
    view = np.frombuffer(data, np.uint8)
    for array in unpack(data)[1].values():
        assert (array.__array_interface__["data"][0] - view.__array_interface__["data"][0]) % 64 == 0


def test_unpacked_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        unpack(pack({}, {"p": np.ones(2)}))[1]["p"][0] = 2.0


@pytest.mark.parametrize("array", [np.array(["text"]), np.array([object()]), np.array([1j])])
def test_text_objects_and_complex_numbers_are_refused_by_name(array):
    with pytest.raises(TypeError, match="'p'"):
        pack({}, {"p": array})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_know_is_refused_in_the_header(value):
    with pytest.raises(ValueError, match="JSON"):
        pack({"p": value})


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 400))
def test_a_message_cut_short_is_no_message(length):
    data = pack({"a": 1}, {"p": np.arange(16.0)})
    if length < len(data):
        with pytest.raises(UnpackError):
            unpack(data[:length])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_garbage_is_no_message(data):
    with pytest.raises(UnpackError):
        unpack(data)


@pytest.mark.parametrize(
    "header",
    [
        [],
        {"meta": {}},
        {"meta": {}, "arrays": []},
        {"meta": {}, "arrays": {"p": ["<f8", [1], -64]}},
        {"meta": {}, "arrays": {"p": ["|O", [1], 0]}},
        {"meta": {}, "arrays": {"p": ["<f8", [2**62, 4], 0]}},
        {"meta": {}, "arrays": {"p": ["<f8", [1], 10**30]}},
        {"meta": {}, "arrays": {"p": ["<f8", "x", 0]}},
        {"meta": {}, "arrays": {"p": 3}},
    ],
)
def test_a_hostile_header_is_no_message(header):
    text = json.dumps(header).encode()
    head = struct.pack("<Q", len(text)) + text
    with pytest.raises(UnpackError):
        unpack(head + b"\0" * (-len(head) % 64) + b"\0" * 64)
