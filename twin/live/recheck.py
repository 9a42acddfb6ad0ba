"""SIGHUP: the files of what is on air are checked beside the running régie, which goes on as it is.

A state directory belongs to one site, so nothing is taken over while on air; what a change would meet at the next start is
said now. The check runs in a process of its own: it loads the grid, and a tick may not wait for that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import IO

_NICE = 10
_HERE = "; this run goes on as it was started"


@dataclass(frozen=True)
class Found:
    """What the check says. ``verdict``: "refused", "changed", "unchanged" or "unknown" (the check itself failed)."""

    verdict: str
    problems: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """For people, one line a fact."""
        words = {
            "refused": f"{len(self.problems)} faults in the files{_HERE}",
            "changed": f"the files have changed, without fault: that takes effect at the next start, on a new --state{_HERE}",
            "unchanged": "the files are those of what is on air",
            "unknown": f"the files could not be checked{_HERE}",
        }
        return (*self.problems, words[self.verdict])


class Recheck:
    """At most one check at a time.

    Args:
        module: whose ``main`` is the check. ``asked``: its one argument. ``running_sha256``: of what is on air.
    """

    def __init__(self, module: str, asked: str, running_sha256: str) -> None:
        self._words = [sys.executable, "-c", f"from {module} import main; main()", asked]
        self._running = running_sha256
        self._asked = False
        self._process: subprocess.Popen[bytes] | None = None
        self._answer: IO[bytes] | None = None

    def ask(self) -> None:
        """The check begins with the next `look`."""
        self._asked = True

    def look(self) -> Found | None:
        """Begin what was asked for; the result once it is there. Never waits."""
        if self._process is None:
            if self._asked:
                self._asked = False
                self._begin()
            return None
        if self._process.poll() is None or self._answer is None:
            return None
        self._answer.seek(0)
        text = self._answer.read()
        self._answer.close()
        self._process = self._answer = None
        try:
            answer = json.loads(text)
        except ValueError:
            return Found("unknown")
        if answer["problems"]:
            return Found("refused", tuple(answer["problems"]))
        return Found("unchanged" if answer["sha256"] == self._running else "changed")

    def stop(self) -> None:
        """End a check that still runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _begin(self) -> None:
        self._answer = tempfile.TemporaryFile()  # noqa: SIM115 - read when the process has ended, and closed there
        self._process = subprocess.Popen(
            self._words,
            stdin=subprocess.DEVNULL,
            stdout=self._answer,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def main() -> None:
    """The check's own process; the site is its argument, JSON its answer."""
    os.nice(_NICE)
    from twin.check import check_whole_site
    from twin.wiring import site_sha256

    site, problems = check_whole_site(sys.argv[1], rows=False)
    answer = {"problems": [str(problem) for problem in problems], "sha256": None if site is None else site_sha256(site)}
    sys.stdout.write(json.dumps(answer))
