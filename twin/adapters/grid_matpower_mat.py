"""The numbers of a MATPOWER case saved as a .mat file, after a look at how large it becomes when it is unpacked."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from twin.domain.problems import BadInput, Problem

MAX_BYTES = 200_000_000
"""Of a .mat file, packed or unpacked: a case of 70,000 buses takes some 20 MB."""

_HEADER_BYTES = 128
_COMPRESSED = 15  # miCOMPRESSED: MathWorks, MAT-File Format, data types of level 5
_STEP = 1 << 20
_TABLES = ("bus", "gen", "branch")
_REMEDY = "write it with MATPOWER's savecase, or with save(..., 'mpc', '-v7')"


def matpower_mat_fields(path: Path) -> dict[str, Any]:
    """Every field of the case in a .mat file of version 4 to 7: a number, a str, an array with dims (row, column), or a list.

    The case is the struct ``mpc``, or the only struct with tables bus, gen and branch, or these as variables of their own.

    Raises:
        BadInput: for a file that is no such .mat file, that unpacks to more than `MAX_BYTES`, or that holds no case.
    """
    import scipy.io

    place = f"grid file {path}"
    with path.open("rb") as file:
        _check_size(file, place)
    try:
        content = scipy.io.loadmat(str(path), squeeze_me=False, struct_as_record=True, chars_as_strings=True)
    except Exception as error:  # whatever scipy trips over, the file is what it cannot read
        found = f"{type(error).__name__}: {error}"
        raise BadInput([Problem(place, found, "a .mat file of version 4 to 7", _REMEDY)]) from error
    structs = {name: value for name, value in content.items() if _is_case(value)}
    chosen = structs.get("mpc", next(iter(structs.values())) if len(structs) == 1 else None)
    if chosen is not None:
        record = chosen.flat[0]
        return {name: _plain(record[name]) for name in chosen.dtype.names}
    if all(name in content for name in _TABLES):
        return {name: _plain(value) for name, value in content.items() if not name.startswith("__")}
    found = ", ".join(sorted(structs) or sorted(name for name in content if not name.startswith("__"))) or "nothing"
    raise BadInput([Problem(place, found, "one case: a struct mpc with bus, gen and branch", _REMEDY)])


def _is_case(value: Any) -> bool:
    names = getattr(getattr(value, "dtype", None), "names", None) or ()
    return getattr(value, "size", 0) == 1 and all(name in names for name in _TABLES)


def _plain(value: Any) -> Any:
    """MATLAB's 1 x 1 arrays as the number or text that they hold, cell arrays as a list."""
    array = np.asarray(value)
    if array.dtype.kind in "US":
        return str(array.flat[0]) if array.size == 1 else [str(item) for item in array.flat]
    if array.dtype.kind == "O":
        return [_plain(item) for item in array.flat]
    if array.dtype.kind in "biuf":
        return float(array.flat[0]) if array.size == 1 else np.atleast_2d(array).astype(float)
    return array


def _check_size(file: BinaryIO, place: str) -> None:
    """Refuse a file whose packed elements grow beyond `MAX_BYTES`; nothing that is unpacked here is kept."""
    total = file.seek(0, 2)
    file.seek(0)
    header = file.read(_HEADER_BYTES)
    if total > MAX_BYTES:
        raise _too_large(place, total)
    if not header.startswith(b"MATLAB 5.0"):
        return  # version 4 is not packed, 7.3 is another format: scipy reads the one and refuses the other
    order = "<" if header[126:128] == b"IM" else ">"
    unpacked = 0
    while len(tag := file.read(8)) == 8:
        kind, size = struct.unpack(f"{order}II", tag)
        if kind == _COMPRESSED:
            unpacked += _unpacked_size(file, size, MAX_BYTES - unpacked)
            if unpacked > MAX_BYTES:
                raise _too_large(place, unpacked)
        else:
            file.seek(size, 1)


def _unpacked_size(file: BinaryIO, size: int, limit: int) -> int:
    """Bytes that the next ``size`` bytes of the file unpack to; counting stops above ``limit``."""
    unpack, total = zlib.decompressobj(), 0
    rest = file.read(size)
    try:
        while rest and total <= limit:
            total += len(unpack.decompress(rest, _STEP))
            rest = unpack.unconsumed_tail
    except zlib.error:
        return total  # damaged: scipy says so in its own words
    return total


def _too_large(place: str, size: int) -> BadInput:
    return BadInput([Problem(place, f"{size} bytes or more", f"at most {MAX_BYTES}", "leave results and other data out")])
