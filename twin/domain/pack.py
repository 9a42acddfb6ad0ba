"""One byte format for arrays and small values: shared frames, box results, journal blobs, checkpoints, hashes.

A packed message is an 8-byte length, a JSON header and the arrays' bytes, each aligned to 64. It is canonical: equal
content gives equal bytes (sorted keys, little-endian, ``-0.0`` and every NaN written one way), so a hash of it is a hash of
the content. It holds no code: reading a hostile message can fail but not run anything.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

_ALIGN = 64
_KINDS = "biufM"


class UnpackError(ValueError):
    """The bytes are no packed message, or were cut short."""


def pack(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> bytes:
    """Bytes of a JSON-able ``meta`` and named numeric arrays.

    NaN and infinities are welcome in arrays and refused in ``meta`` (JSON knows none).

    Raises:
        TypeError: for an array that is not boolean, integer, float or datetime64.
        ValueError: for a non-finite number in ``meta``.
    """
    entries: dict[str, list[Any]] = {}
    parts: list[bytes] = []
    offset = 0
    for name in sorted(arrays or {}):
        array = _canonical((arrays or {})[name], name)
        data = array.tobytes()
        entries[name] = [array.dtype.str, list(array.shape), offset]
        padding = -len(data) % _ALIGN
        parts += [data, b"\0" * padding]
        offset += len(data) + padding
    header = json.dumps({"meta": meta, "arrays": entries}, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    head = struct.pack("<Q", len(header)) + header
    return b"".join([head, b"\0" * (-len(head) % _ALIGN), *parts])


def unpack(buffer: bytes | memoryview) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """``(meta, arrays)`` of a packed message; the arrays are read-only views into ``buffer``.

    Raises:
        UnpackError: if the bytes are no packed message.
    """
    view = memoryview(buffer).toreadonly()
    try:
        (length,) = struct.unpack_from("<Q", view)
        header = json.loads(bytes(view[8 : 8 + length]))
        base = 8 + length + (-(8 + length) % _ALIGN)
        arrays = {}
        for name, (dtype, shape, offset) in header["arrays"].items():
            kind = np.dtype(dtype)
            if kind.kind not in _KINDS:
                raise UnpackError(f"array {name!r} has dtype {dtype}")
            if offset < 0 or any(side < 0 for side in shape):
                raise UnpackError(f"array {name!r} has offset {offset} and shape {shape}")
            count = math.prod(shape)
            arrays[name] = np.frombuffer(view, dtype=kind, count=count, offset=base + offset).reshape(shape)
        return header["meta"], arrays
    except (struct.error, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise UnpackError(f"not a packed message: {error}") from error


def digest(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> str:
    """SHA-256 (hex) of the canonical bytes."""
    return hashlib.sha256(pack(meta, arrays)).hexdigest()


def _canonical(value: np.ndarray, name: str) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"array {name!r} has dtype {array.dtype}; expected boolean, integer, float or datetime64")
    if array.dtype.kind == "f":
        with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one, which is all that is wanted
            array = np.array(array + 0.0)
        array[np.isnan(array)] = np.nan
    # Not np.ascontiguousarray, which would turn a single value into a vector of one.
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
