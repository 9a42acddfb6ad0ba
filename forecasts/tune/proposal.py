"""A better setup as a shadow box: text that is appended to a site file, whose every other byte stays as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecasts.on_air.setup import KEYS, Setup, read_setup
from forecasts.series import KINDS
from twin.domain.problems import BadInput, Problem, Problems
from twin.site.files import read_bytes
from twin.site.read import load_site
from twin.site.rules import BoxEntry


@dataclass(frozen=True)
class Target:
    """A champion of a site file that is to get a shadow.

    Attributes:
        box: the champion. ``setup``: what its configuration states. ``taken``: names of all boxes.
    """

    path: Path
    box: BoxEntry
    setup: Setup
    taken: frozenset[str]

    @property
    def name(self) -> str:
        """A free name for the shadow."""
        base = f"{self.box.name}_tuned"
        names = (base, *(f"{base}_{number}" for number in range(2, len(self.taken) + 3)))
        return next(name for name in names if name not in self.taken)


def target_of(path: Path, box: str, kind: str, problems: Problems) -> Target | None:
    """The box of a site file that a series of ``kind`` is forecast by; None (and every fault noted) where there is none."""
    if not path.is_file():
        problems.add("--site", path, "a site file", "give its path; a packaged site has to be copied first")
        return None
    try:
        site = load_site(path)
    except BadInput as refused:
        problems.found.extend(refused.problems)
        return None
    if not os.access(path, os.W_OK):
        problems.add("--site", path, "a file that may be written", "check its permissions, or leave --site out")
    champions = {entry.name: entry for entry in site.boxes if entry.role == "champion" and entry.use in KINDS}
    entry = champions.get(box)
    if entry is None:
        problems.add("--box", repr(box), f"a champion that forecasts: {', '.join(champions) or 'there is none'}", "name one")
        return None
    if entry.use != kind:
        problems.add("--kind", kind, f"what box {box!r} forecasts: {entry.use}", "choose another box, or another series")
    setup = read_setup(entry.config, kind, f"{path}: box {box!r}", problems)
    return Target(path, entry, setup, frozenset(entry.name for entry in site.boxes))


def snippet(setup: Setup, *, name: str, use: str, shadows: str, config: Mapping[str, Any], why: Sequence[str]) -> str:
    """The ``[[boxes]]`` entry of a shadow.

    Args:
        config: of the champion; what a setup states is taken from ``setup``. ``why``: lines of comment above it.
    """
    others = {key: value for key, value in config.items() if key not in (*KEYS, "engine")}  # a tuned box weighs its experts
    lines = [
        *(f"# {line}" for line in why),
        "[[boxes]]",
        f"name = {_toml(name)}",
        f"use = {_toml(use)}",
        'role = "shadow"',
        f"shadows = {_toml(shadows)}",
        "",
        "[boxes.config]",
        *(f"{_key(key)} = {_toml(value)}" for key, value in {**others, **setup.to_config()}.items()),
    ]
    return "\n".join(lines) + "\n"


def append(path: Path, text: str) -> None:
    """Append a box to a site file; it is written only if the whole file then reads without a fault.

    Raises:
        BadInput: with every fault of the file as it would be. OSError: when it cannot be written.
    """
    before = read_bytes(path)
    newline = "\r\n" if b"\r\n" in before else "\n"
    gap = newline if before.endswith(b"\n") or not before else 2 * newline
    after = before + (gap + text.replace("\n", newline)).encode()
    draft = path.with_name(f".{path.stem}.proposed.toml")
    try:
        draft.write_bytes(after)
        draft.chmod(path.stat().st_mode & 0o777)
        load_site(draft)
        if read_bytes(path) != before:
            raise BadInput([Problem(str(path), "it was changed meanwhile", "a file that nobody else edits", "run it again")])
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # A string of JSON is one of TOML; so are its numbers and its booleans.
    return json.dumps(value, ensure_ascii=False)


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)
