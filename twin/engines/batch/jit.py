"""numba's compiler for the engine's kernels: compiled code is kept, and thrown away with any change to their sources.

numba alone looks at the time stamp of the file a function stands in, and would go on running old code after a
change to a function that was inlined from another file. Here all kernels share one cache folder, named after a
hash of their sources and of numba's version: a second process starts without compiling. Compiled functions carry no
annotations (``type: ignore[no-untyped-def]``): numba types what it compiles, and its lanes are no Python numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from numba import njit
from numba.core import config as _config

from twin.site.files import cache_folder


def _folder() -> Path:
    digest = hashlib.sha256(version("numba").encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        source = path.read_bytes()
        if b"@jit" in source or b"@intrinsic" in source:
            digest.update(source)
    return cache_folder() / f"kernels-{digest.hexdigest()[:16]}"


_FOLDER = str(_folder())
_numba: Any = _config  # its settings come from the environment, and no stub names them


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """``numba.njit`` with the kernels' cache, without Python's lock, and with IEEE division (1/0 is infinite)."""
    before = _numba.CACHE_DIR
    _numba.CACHE_DIR = _FOLDER
    try:
        compiled: Callable[..., Any] = njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        _numba.CACHE_DIR = before
    return compiled
