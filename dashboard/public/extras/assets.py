"""Styles and scripts of the small pages, at addresses that change with their content, so that they may be kept for a year."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from dashboard.public.polling import polling

_FOLDER = Path(__file__).parent / "assets"
_NAMES = ("board.css", "embed.css", "embed.js", "install.js", "tv.css", "tv.js")


def _tag(*bodies: bytes) -> str:
    return hashlib.sha256(b"".join(bodies)).hexdigest()[:16]


_BODIES = {name: (_FOLDER / name).read_bytes() for name in _NAMES} | {"board.js": polling(_FOLDER / "board.js")}
_PATHS = {name: f"assets/{_tag(body)}.{name}" for name, body in _BODIES.items()}

ASSETS: Mapping[str, bytes] = {_PATHS[name]: body for name, body in _BODIES.items()}
"""Path below the public root -> content."""

BUILD = _tag(*_BODIES.values())
"""Names all of them together."""


def path_of(name: str) -> str:
    """Path of a style or script below the public root."""
    return _PATHS[name]


def linked(root: str, *names: str) -> str:
    """The links to styles and scripts in a page's head; ``root``: the way from the page to the public root."""
    return "".join(
        f'<link rel="stylesheet" href="{root}{_PATHS[name]}">'
        if name.endswith(".css")
        else f'<script src="{root}{_PATHS[name]}" defer></script>'
        for name in names
    )


def source(name: str) -> str:
    """A script that is completed before it is served."""
    return (_FOLDER / name).read_text(encoding="utf-8")
