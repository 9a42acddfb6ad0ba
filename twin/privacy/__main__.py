"""``python -m twin.privacy STATE``: one sweep with what has had its time by now, the journal's too where no loop is on air."""

from __future__ import annotations

import os
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from twin.domain.problems import BadInput
from twin.domain.retention import due_before
from twin.privacy.deletion import expunge_journal, sweep
from twin.privacy.measured import clock
from twin.regie.journal import JournalUnavailable
from twin.regie.lock import LOCK, is_held

_NICE = 10


def main(state: str) -> int:
    """0 when all went that was due; 1 with the reason on stderr, for the next sweep to try again."""
    os.nice(_NICE)
    place, now = Path(state), datetime.now(UTC)
    try:
        for _ in sweep(place, now, due_before(now), by="régie"):
            pass
        journal = clock(place, now)
        if journal is not None and not is_held(place / LOCK):
            expunge_journal(place, now, due_before(journal[1]), due_before(now))
    except BadInput as error:
        sys.stderr.writelines(f"{problem}\n" for problem in error.problems)
        return 1
    except (OSError, sqlite3.Error, ValueError, JournalUnavailable) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
