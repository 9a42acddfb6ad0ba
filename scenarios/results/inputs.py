"""What a result follows from, as digests: results of other inputs are never taken for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def file_sha256(path: Path) -> str:
    """Digest of a file's content; of a folder's, of all files below it with their names."""
    if not path.is_dir():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    listed = {str(each.relative_to(path)): file_sha256(each) for each in sorted(path.rglob("*")) if each.is_file()}
    return value_sha256(listed)


def value_sha256(value: Any) -> str:
    """Digest of JSON values; the order of keys does not count."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def together(inputs: Mapping[str, Any]) -> str:
    """One digest of all inputs: what a results folder is known by."""
    return value_sha256(dict(inputs))
