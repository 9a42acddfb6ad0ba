"""The screens' processes beside the loop: started with it, restarted when they fall, gone when it goes."""

from __future__ import annotations

import ctypes
import logging
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from twin.live.options import Options

_LOG = logging.getLogger(__name__)
_PR_SET_PDEATHSIG = 1
_RESTART_PAUSE_S = 2.0
_END_S = 3.0


def _die_with_parent() -> None:
    """In the child, before exec: SIGTERM when the loop's thread that started it is gone (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Screens:
    """Two processes: the régie and the public view."""

    commands: dict[str, list[str]]
    log: Path
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, options: Options, state: Path) -> Screens:
        """The screens of a state directory. Their output goes to ``<state>/logs``."""

        def command(module: str, folder: str, host: str, port: int) -> list[str]:
            return [sys.executable, "-m", module, folder, "--host", host, "--port", str(port)]

        tls = [f"--tls-cert={options.tls_cert}", f"--tls-key={options.tls_key}"] if options.tls_cert else []
        commands = {
            "regie": command("twin.web", f"--state={state}", options.host, options.port) + tls,
            "public": command("dashboard.public", f"--dir={state / 'public'}", options.public_host, options.public_port),
        }
        return cls(commands, state / "logs")

    def start(self) -> None:
        """Start both; returns at once."""
        self.log.mkdir(parents=True, exist_ok=True)
        for name in self.commands:
            self._start(name)

    def look_after(self) -> list[str]:
        """Restart what fell, not more often than every two seconds; returns the names."""
        fallen = [
            name
            for name, process in self._running.items()
            if process.poll() is not None and time.monotonic() - self._started[name] > _RESTART_PAUSE_S
        ]
        for name in fallen:
            _LOG.warning("screen %s ended with %s; starting it again", name, self._running[name].returncode)
            self._start(name)
        return fallen

    def stop(self) -> None:
        """SIGTERM, a moment, SIGKILL."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, name: str) -> None:
        with (self.log / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self.commands[name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one thread here, and only prctl runs between fork and exec
            )
        self._started[name] = time.monotonic()
