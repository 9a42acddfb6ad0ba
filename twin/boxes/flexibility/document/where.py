"""Where things stand in a document, for messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twin.site.locate import Keys, child, line_of


@dataclass(frozen=True)
class Where:
    """Names places in a document: file, line, and the path with the device's own id.

    Attributes:
        file: its name. ``content``: as it was read. ``lines``: of its tables and keys, empty where the format has none.
    """

    file: str
    content: Any
    lines: Mapping[Keys, int] = field(default_factory=dict)

    def __call__(self, *keys: str | int) -> str:
        """``village.toml:41 battery 'B1' e0_kwh``; an entry without an id is told by its number, from 1."""
        line = line_of(self.lines, keys)
        words, node = [f"{self.file}{'' if line is None else f':{line}'}"], self.content
        for key in keys:
            node = child(node, key)
            words.append(str(key) if isinstance(key, str) else _entry(node, key))
        return " ".join(words)

    def to_json(self) -> list[Any]:
        """Lines as JSON can carry them."""
        return [[list(path), line] for path, line in self.lines.items()]

    @classmethod
    def from_json(cls, file: str, content: Any, lines: Sequence[Any]) -> Where:
        """Inverse of `to_json`."""
        return cls(file, content, {tuple(path): line for path, line in lines})


def _entry(node: Any, at: int) -> str:
    own = node.get("id") if isinstance(node, Mapping) else None
    return repr(own) if isinstance(own, str) and own else str(at + 1)
