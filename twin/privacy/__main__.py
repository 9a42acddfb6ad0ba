"""``python -m twin.privacy STATE``: one sweep, of a régie on air or not, with what has had its time by now."""

from __future__ import annotations

import os
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from twin.domain.retention import due_before
from twin.privacy.deletion import sweep

_NICE = 10


def main(state: str) -> int:
    """0 when all went that was due; 1 with the reason on stderr, for the next sweep to try again."""
    os.nice(_NICE)
    now = datetime.now(UTC)
    try:
        for _ in sweep(Path(state), now, due_before(now), by="régie"):
            pass
    except (OSError, sqlite3.Error, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
