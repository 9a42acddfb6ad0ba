"""The script of a page that renews itself: the poll that all of them share, and behind it what this page does beside."""

from __future__ import annotations

import re
from pathlib import Path

_POLL = Path(__file__).parent / "assets" / "live.js"
_COMMENT = re.compile(rb"^ *//.*\n", re.MULTILINE)


def polling(own: Path) -> bytes:
    """The poll and a page's own script in one file, so that a browser asks once for both; it needs none of their comments."""
    return _COMMENT.sub(b"", _POLL.read_bytes() + own.read_bytes())
