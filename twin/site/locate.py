"""Line numbers in a TOML file, for messages: tomllib gives none, and whoever repairs a file wants to go there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ARRAY = re.compile(r"^\s*\[\[\s*([^\]]+?)\s*\]\]")
_TABLE = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\s*=""")

Keys = tuple[str | int, ...]


def key_lines(text: str) -> dict[Keys, int]:
    """Path of every table and key -> line number, counted from 1.

    Reads what site files are made of: tables, arrays of tables and keys at the start of a line. A key inside
    an inline table is found at the line of the key that holds it.
    """
    lines: dict[Keys, int] = {}
    counts: dict[str, int] = {}
    here: Keys = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _ARRAY.match(line):
            name = found[1]
            counts[name] = counts.get(name, -1) + 1
            here = (*_resolve(name.split(".")[:-1], counts), name.split(".")[-1], counts[name])
            lines[here] = number
            for length in range(1, len(here)):
                lines.setdefault(here[:length], number)
        elif found := _TABLE.match(line):
            here = _resolve(found[1].split("."), counts)
            lines.setdefault(here, number)
        elif found := _KEY.match(line):
            key = found[1]
            parts = (key[1:-1],) if key[0] in "\"'" else tuple(key.split("."))
            lines.setdefault((*here, *parts), number)
    return lines


def line_of(lines: Mapping[Keys, int], path: Sequence[str | int]) -> int | None:
    """Line of ``path``, or of the nearest table or key that holds it."""
    for length in range(len(path), 0, -1):
        if (found := lines.get(tuple(path[:length]))) is not None:
            return found
    return None


def _resolve(names: Sequence[str], counts: dict[str, int]) -> Keys:
    """A table path with the running index after each array of tables."""
    path: list[str | int] = []
    for depth, name in enumerate(names, start=1):
        path.append(name)
        array = ".".join(names[:depth])
        if array in counts:
            path.append(counts[array])
    return tuple(path)


@dataclass(frozen=True)
class Places:
    """Where things stand in a site file, for messages."""

    file: str
    lines: Mapping[Keys, int]
    content: Any

    def __call__(self, *keys: str | int) -> str:
        """``demo.toml:41 devices[2] "ev" p_kw``: file, line, and the path with the entry's own name if it has one."""
        line = line_of(self.lines, keys)
        words: list[str] = []
        node = self.content
        for key in keys:
            node = child(node, key)
            if isinstance(key, int):
                words[-1] += f"[{key}]"
                named = _own_name(node)
                words += [f'"{named}"'] if named else []
            else:
                words.append(key)
        return f"{self.file}{'' if line is None else f':{line}'} {' '.join(words)}"


def child(node: Any, key: str | int) -> Any:
    """What ``node`` holds under ``key``, or None."""
    try:
        return node[key]
    except (KeyError, IndexError, TypeError):
        return None


def _own_name(node: Any) -> str | None:
    if not isinstance(node, Mapping):
        return None
    name = node.get("name") or node.get("group")
    return name if isinstance(name, str) else None
