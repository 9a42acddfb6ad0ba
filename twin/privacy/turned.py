"""Logs that are written for as long as a régie runs are put aside day by day, so that old lines go although new ones come."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

_ENDLESS = ("logs/*.log", "jobs/work.log")
"""Both are written at their end (``O_APPEND``), so whoever has one open writes on when it was emptied."""


def turn(state: Path, now: datetime) -> None:
    """Move what stands in a log to the file of the day beside it, which is as old as the last line moved there.

    A kill in between leaves lines in both.

    Raises:
        OSError: when the disk does not take it; the log keeps what it says.
    """
    for pattern in _ENDLESS:
        for log in sorted(state.glob(pattern)):
            with log.open("r+b") as said:
                lines, written = said.read(), os.fstat(said.fileno()).st_mtime
                if not lines:
                    continue
                aside = log.with_name(f"{log.name}.{now:%Y%m%d}")
                with aside.open("ab") as kept:
                    kept.write(lines)
                    kept.flush()
                    os.fsync(kept.fileno())
                os.utime(aside, (written, written))
                said.truncate(0)
