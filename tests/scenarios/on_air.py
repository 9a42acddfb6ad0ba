"""Runs of the ``regie`` command in processes of their own, as a dispatcher starts, watches and kills them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from typer.testing import CliRunner

from twin.live.options import Options
from twin.regie.chain import Record, open_readonly, read_records

HERE = Path(__file__).parent
_CALL = "import sys; from twin.cli import main; sys.argv[0] = 'regie'; main()"
_DRIVE = "import sys, driver; sys.exit(driver.run(*sys.argv[1:]))"


@dataclass(frozen=True)
class Ended:
    """What a run left: exit code, words on standard error, and the figures of its JSON line."""

    code: int
    out: str
    err: str

    @property
    def figures(self) -> dict:
        return json.loads(self.out.splitlines()[-1])


class Run:
    """A run under way."""

    def __init__(self, process: subprocess.Popen):
        self.process = process

    def ended(self, limit_s: float = 900.0) -> Ended:
        try:
            out, err = self.process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return Ended(self.process.returncode, out, err)

    def kill(self) -> Ended:
        """kill -9, and everything that hung on its output is gone with it."""
        self.process.kill()
        return self.ended(60.0)

    def term(self) -> Ended:
        self.process.send_signal(signal.SIGTERM)
        return self.ended(300.0)

    def until(self, condition, limit_s: float = 600.0, poll_s: float = 0.02):
        """The condition's value once it is true; fails when the run ends or takes too long before."""
        deadline = time.monotonic() + limit_s
        while True:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None:
                ended = self.ended()
                raise AssertionError(f"the run ended with {ended.code}: {ended.err[-2000:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"not within {limit_s:g} s")
            time.sleep(poll_s)


def regie(*arguments: str, limit_s: float = 900.0, **environment: str) -> Ended:
    """Run the command to its end."""
    return launch([sys.executable, "-c", _CALL, *arguments], environment).ended(limit_s)


def here(*arguments: str, **environment: str) -> Ended:
    """The command within this process, ``live`` too: for what is refused, where a fresh interpreter only costs its start."""
    from twin.cli import app
    from twin.live.on_air import main

    def same_interpreter(_executable, command):
        raise SystemExit(main(command[-1]))

    before = signal.getsignal(signal.SIGTERM)
    with patch("os.execv", same_interpreter):
        done = CliRunner().invoke(app, list(map(str, arguments)), env=environment)
    signal.signal(signal.SIGTERM, before)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


def launch(command: Sequence[str], environment: Mapping[str, str] | None = None, stderr: int = subprocess.PIPE) -> Run:
    """Start a process in a session of its own, that finds the tests' boxes."""
    paths = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={**os.environ, "PYTHONPATH": paths, **(environment or {})},
        start_new_session=True,
    )
    return Run(process)


def with_kernels(cache: Path) -> Path:
    """``cache`` with the engine's compiled code in it, which this process has or makes: no run compiles for itself."""
    from twin.engines.batch import jit

    kernels = Path(jit._FOLDER)
    kernels.mkdir(parents=True, exist_ok=True)
    (cache / kernels.name).symlink_to(kernels)
    return cache


@dataclass(frozen=True)
class Place:
    """A site, its state directory, and the first quarter hour of its window."""

    site: str | Path
    state: Path
    begin: str
    cache: Path | None = None

    def start(self, ticks: int, *extra: str, speed: str = "max", stderr: int = subprocess.PIPE) -> Run:
        """A run without screens that ends in a JSON line."""
        return launch([sys.executable, "-c", _CALL, *self._words(ticks, speed), *extra], self._environment, stderr)

    def refused(self, ticks: int, *extra: str) -> Ended:
        """The same command where it must be refused: it starts nothing, so it runs within this process."""
        return here(*self._words(ticks, "max"), *extra, **self._environment)

    def _words(self, ticks: int, speed: str) -> list[str]:
        words = ["live", "--site", str(self.site), "--start", self.begin, "--ticks", str(ticks), "--speed", speed]
        return [*words, "--state", str(self.state), "--no-web", "--json"]

    def drive(self, ticks: int, ledger: Path, *, die: str = "nowhere", at: int = -1, speed: str = "max") -> Run:
        """A run with a field that takes orders, which kills itself at a place (see ``driver.py``)."""
        words = [str(ledger), die, str(at), self.options(ticks, speed)]
        return launch([sys.executable, "-c", _DRIVE, *words], self._environment)

    def options(self, ticks: int, speed: str = "max") -> str:
        """As they travel to a process that runs without screens."""
        here = "127.0.0.1"
        return Options(str(self.site), self.begin, ticks, speed, False, here, 8050, here, 8080, str(self.state), True).to_text()

    def run(self, ticks: int, *extra: str, **options) -> Ended:
        """A run to its end."""
        return self.start(ticks, *extra, **options).ended()

    @property
    def _environment(self) -> dict[str, str]:
        return {} if self.cache is None else {"REGIE_CACHE": str(self.cache)}

    @property
    def records(self) -> list[Record]:
        """Every acknowledged record."""
        return records(self.state)

    @property
    def acked(self) -> int:
        """Ticks that the journal has acknowledged so far."""
        return acked(self.state)

    @property
    def snapshot(self) -> dict:
        """What the régie's screen reads now, {} before the first."""
        path = self.state / "snapshots" / "regie.json"
        return json.loads(path.read_text()) if path.exists() else {}


def acked(state: Path) -> int:
    """Ticks that the journal has acknowledged."""
    if not (state / "journal.sqlite").exists():
        return 0
    with closing(open_readonly(state)) as db:
        return db.execute("SELECT count(*) FROM tick").fetchone()[0]


def records(state: Path) -> list[Record]:
    """Every acknowledged record."""
    db = open_readonly(state)
    try:
        return list(read_records(db))
    finally:
        db.close()
