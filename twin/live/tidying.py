"""What has had its time goes while the régie is on air: of the journal by the loop, between ticks; the rest by a daily sweep.

The journal has one writer, so the loop expunges it: a slice at each look of a day's first ones, until nothing is due.
Grid time counts there, because it is the records' own time; everything else grows old by the wall clock, and the journal too
once it is of the present: measured quarter hours in it were younger than twelve months while they were on air. The sweep is a
niced process of its own, because a tick may not wait for it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from twin.domain.retention import due_before
from twin.domain.time import to_epoch_s
from twin.privacy.deletion import SLICE
from twin.regie.chain import JournalDamaged
from twin.regie.expunge import ages_by
from twin.regie.journal import Journal, JournalUnavailable

FIRST_S = 120.0
"""After going on air, until the first sweep: what comes up first has the machine to itself."""
AGAIN_S = 600.0
"""After a sweep or a slice that failed."""
DAY_S = 86_400.0
_READER_S = 1.0


class Tidying:
    """Both, of one run. ``measured``: its telemetry is no simulated plant's."""

    def __init__(self, state: Path, *, measured: bool) -> None:
        self._measured = measured
        self._words = [sys.executable, "-m", "twin.privacy", str(state)]
        self._clean: tuple[datetime, datetime] | None = None
        self._slice_at = 0.0
        self._sweep_at = time.monotonic() + FIRST_S
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None

    def look(self, journal: Journal, grid: datetime) -> list[dict[str, Any]]:
        """One slice, and a sweep begun or ended; never waits. What failed, for the notes."""
        found = self._swept()
        if time.monotonic() >= self._slice_at:
            try:
                self._slice(journal, grid, datetime.now(UTC))
            except (JournalUnavailable, JournalDamaged) as error:
                self._slice_at = time.monotonic() + AGAIN_S
                found.append({"of": "journal", "reason": str(error)})
        return found

    def stop(self) -> None:
        """End a sweep under way: the next one goes on with what is left."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _slice(self, journal: Journal, grid: datetime, now: datetime) -> None:
        if not journal.keeps:
            return
        # What is measured is not ahead of the wall: then that clock is not set yet, and says nothing of the data.
        if self._measured and not journal.present and due_before(now) <= grid < now + timedelta(days=1):
            journal.mark_present()
        before = due_before(ages_by(grid, now, present=journal.present)), due_before(now)
        if before != self._clean:
            gone = journal.expunge(to_epoch_s(before[0]), before[1].isoformat(), SLICE, at=now.isoformat())
            self._clean = before if gone.clean else None
            if not gone.any and not gone.clean:  # somebody reads the log
                self._slice_at = time.monotonic() + _READER_S

    def _swept(self) -> list[dict[str, Any]]:
        if self._process is None:
            return self._begun() if time.monotonic() >= self._sweep_at else []
        if self._process.poll() is None or self._said is None:
            return []
        failed = self._process.returncode != 0
        self._said.seek(0)
        reason = self._said.read().decode(errors="replace").strip()
        self._said.close()
        self._process = self._said = None
        self._sweep_at = time.monotonic() + (AGAIN_S if failed else DAY_S)
        return [{"of": "sweep", "reason": reason}] if failed else []

    def _begun(self) -> list[dict[str, Any]]:
        """A sweep begun; no room or no process to be had costs this one, not the run."""
        try:
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - read when the process has ended, and closed there
            self._process = subprocess.Popen(
                self._words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._said, start_new_session=True
            )
        except OSError as error:
            if self._said is not None:
                self._said.close()
            self._said, self._sweep_at = None, time.monotonic() + AGAIN_S
            return [{"of": "sweep", "reason": str(error)}]
        return []
