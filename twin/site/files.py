"""Reading the files that a site is made of: one that cannot be read is a fault of the input, named like every other."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from twin.domain.problems import BadInput, Problem


def read_bytes(path: Path) -> bytes:
    """What the file holds.

    Raises:
        BadInput: when it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        limit, remedy = "a file that can be read", "correct the path, or its permissions"
        raise BadInput([Problem(str(path), error.strerror or str(error), limit, remedy)]) from None


def read_text(path: Path) -> str:
    """What the file says, in UTF-8 with or without a byte order mark.

    Raises:
        BadInput: when it cannot be read, and naming the first byte that is no UTF-8.
    """
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        value = f"byte 0x{error.object[error.start]:02x} at {error.start}"
        raise BadInput([Problem(f"{path}:{line}", value, "text in UTF-8", "save it as UTF-8")]) from None


def read_toml(path: Path) -> tuple[str, dict[str, Any]]:
    """What the file says, and the tables in it.

    Raises:
        BadInput: when it cannot be read, or is no TOML.
    """
    text = read_text(path)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput([Problem(str(path), str(error), "TOML 1.0", "correct the line it names")]) from None
    except RecursionError:
        raise BadInput([Problem(str(path), "brackets too deep", "tables and lists of a few levels", "flatten it")]) from None


def cache_folder() -> Path:
    """``$REGIE_CACHE``, else ``regie`` in the user's cache folder (XDG base directory specification)."""
    own = os.environ.get("REGIE_CACHE")
    if own:
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "regie"
