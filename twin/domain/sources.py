"""What source files say, as one digest: the key of anything that was computed by them and kept."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from twin.domain.pack import digest


def source_digest(files: Iterable[Path]) -> str:
    """SHA-256 (hex) of Python files by name; comments and layout do not count."""
    return digest({path.name: ast.dump(ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(files)})
