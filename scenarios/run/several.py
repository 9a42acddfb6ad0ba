"""Several rehearsals at once: each in a process of its own, which ends with this one; told to end, all of them are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from scenarios.run.asked import Asked, Job, jobs_of
from scenarios.run.board import Boards, Line
from scenarios.run.make import make
from twin.domain.problems import BadInput, Problem
from twin.regie.forkserver import child_environment
from twin.regie.processes import die_with_parent

_MAIN = "from scenarios.run.several import main; main()"
_GRACE_S = 30.0
"""For a rehearsal that was told to end, before it is killed: it is no loss, its journal goes on where it was."""


class RunFailed(RuntimeError):
    """A rehearsal's process that ended without results; says which and what it said last."""


def make_all(jobs: Sequence[Job], asked: Asked, boards: Boards) -> list[Path]:
    """Folders of results, in order; as many at once as there are workers.

    Raises:
        BadInput, RunFailed: the first that a rehearsal ends with; the others are ended too.
    """
    lines = {job.rehearsal.name: boards.of(job.rehearsal.name) for job in jobs}
    if asked.workers == 1 or len(jobs) == 1 or asked.futures is not None:
        return [make(job, asked, lines[job.rehearsal.name]) for job in jobs]
    waiting = [job for job in jobs if not job.target.finished]
    with TemporaryDirectory(prefix="regie-run-") as scratch, _Crew.at_work(asked, Path(scratch), lines) as crew:
        while waiting or crew.running:
            while waiting and len(crew.running) < asked.workers:
                crew.start(waiting.pop(0))
            crew.wait()
    return [job.target.final for job in jobs]


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[str]
    line: Line
    last: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def listen(self, stream: IO[str]) -> None:
        """Show what the process tells, until it ends."""
        for text in stream:
            self.last = json.loads(text)
            if "step" in self.last:
                self.line.step(*self.last["step"])
            elif "ticks" in self.last:
                self.line.ticks(*self.last["ticks"])

    def overhear(self, stream: IO[str]) -> None:
        """Keep what it says on standard error."""
        for text in stream:
            self.errors = [*self.errors[-9:], text.rstrip()]


@dataclass
class _Crew:
    """The processes at work. ``scratch``: for their temporary files."""

    asked: Asked
    scratch: Path
    lines: Mapping[str, Line]
    running: dict[int, tuple[_Child, list[threading.Thread]]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def at_work(cls, asked: Asked, scratch: Path, lines: Mapping[str, Line]) -> Iterator[_Crew]:
        """On leaving, nobody is at work any more."""
        crew = cls(asked, scratch, lines)
        try:
            yield crew
        finally:
            crew.end()

    def start(self, job: Job) -> None:
        """One more."""
        name = job.rehearsal.name
        asked = replace(self.asked, scenarios=(job.scenario,), workers=1, out=str(job.target.out))
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, json.dumps({"asked": asdict(asked), "name": name, "parent": os.getpid()})],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(self.scratch),
            start_new_session=True,  # Ctrl-C on the terminal is for the parent, which tells everybody
        )
        child = _Child(name, process, self.lines[name])
        assert process.stdout is not None
        assert process.stderr is not None
        heard = [(child.listen, process.stdout), (child.overhear, process.stderr)]
        threads = [threading.Thread(target=hear, args=(stream,), daemon=True) for hear, stream in heard]
        for thread in threads:
            thread.start()
        self.running[process.pid] = (child, threads)

    def wait(self) -> None:
        """Until one of them has ended.

        Raises:
            BadInput, RunFailed: when that was without results.
        """
        pid = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        if pid is None or pid.si_pid not in self.running:
            return
        child, threads = self.running.pop(pid.si_pid)
        code = child.process.wait()
        for thread in threads:
            thread.join()
        if code:
            problems = child.last.get("problems")
            if problems:
                raise BadInput([Problem(**problem) for problem in problems])
            raise RunFailed(f"{child.name} ended with {code}: {' '.join(child.errors[-3:]) or 'no word'}; start it again")

    def end(self) -> None:
        """Tell everybody to end, and wait."""
        for child, _ in self.running.values():
            child.process.terminate()
        for child, _ in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(_GRACE_S)
            child.process.kill()
            child.process.wait()
        self.running.clear()


# ------------------------------------------------------------------------------------------ in a process of its own


class _Teller:
    """Progress as lines of JSON on standard output."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def tell(self, **line: Any) -> None:
        """One line."""
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()

    def step(self, name: str, share: float) -> None:
        """A step of the preparation."""
        self.tell(step=[name, share])

    def ticks(self, done: int, total: int | None) -> None:
        """Quarter hours that are done."""
        self.tell(ticks=[done, total])


def main() -> None:
    """Entry of ``python -c``: make one rehearsal of what was asked, and leave with the exit code of ``regie run``."""
    told = json.loads(sys.argv[1])
    die_with_parent(signal.SIGTERM, told["parent"])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    teller = _Teller(os.fdopen(os.dup(sys.stdout.fileno()), "w"))
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whoever prints must not speak into the progress
    asked = Asked(**{**told["asked"], "scenarios": tuple(told["asked"]["scenarios"])})
    try:
        (job,) = [job for job in jobs_of(asked, teller.step) if job.rehearsal.name == told["name"]]
        make(job, asked, teller)
    except BadInput as refused:
        teller.tell(problems=[vars(problem) for problem in refused.problems])
        sys.exit(refused.exit_code)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGTERM)
