"""The fork server: one warm process that has imported the boxes' heavy libraries and forks a worker in milliseconds.

It is our own and not multiprocessing's, because that one's workers outlive a killed parent, re-import ``__main__``, are
told what to do by pickle, and leave grandchildren behind. This one

- dies with the loop: the kernel kills it while it imports; afterwards it notices the loop's end by its closed channel (or
  by a signal of the kernel, which also comes when only the *thread* that started it ends, so the parent's id decides), ends
  every worker and every process they started, and leaves;
- adopts what a box leaves behind (it is a subreaper): a grandchild that made its own session escapes the kill of its
  process group, comes here as an orphan and is ended here;
- keeps its standard streams on /dev/null, so that no orphan holds the terminal or a pipe.

``OMP_NUM_THREADS=1`` and its sisters are in its environment before numpy loads. pandapower cannot be imported below it: a
box reads the compiled grid, and 136 MB a worker would buy nothing. Nor can dask: see `twin.domain.lean`.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from types import FrameType

from twin.regie import worker_main
from twin.regie.processes import adopt_orphans, children, die_with_parent, end_children, kill

FORBIDDEN = ("pandapower", "simbench")
_MAX_REQUEST = 65536


def main() -> None:
    """Entry of ``python -c``; the channel's descriptor, the loop's process id and the modules are its JSON argument."""
    order = json.loads(sys.argv[1])
    die_with_parent(signal.SIGKILL, order["parent"])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for name in FORBIDDEN:
        # None in sys.modules makes ``import`` raise; typeshed does not know the idiom.
        sys.modules[name] = None  # type: ignore[assignment]
    failed = _import_all(order["modules"])
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=order["channel"]) as channel:
        channel.send(json.dumps({"ready": True, "failed": failed}).encode())
        _Server(channel, order["parent"]).serve()


def _import_all(names: list[str]) -> dict[str, str]:
    failed = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the box that needs it will say so
            failed[name] = f"{type(error).__name__}: {error}"[:500]
    return failed


class _Server:
    def __init__(self, channel: socket.socket, parent: int) -> None:
        self.channel = channel
        self.parent = parent
        self.pid = os.getpid()
        self.workers: set[int] = set()
        self.wake, self._wake_writer = socket.socketpair()
        self.wake.setblocking(False)
        self._wake_writer.setblocking(False)
        adopt_orphans()
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _noticed)
        signal.signal(signal.SIGUSR1, _noticed)
        die_with_parent(signal.SIGUSR1, parent)

    def serve(self) -> None:
        while os.getppid() == self.parent:
            readable, _, _ = select.select([self.channel, self.wake], [], [])
            if self.wake in readable:
                with contextlib.suppress(BlockingIOError):
                    self.wake.recv(4096)
                self.reap()
            if self.channel in readable:
                data, descriptors, _, _ = socket.recv_fds(self.channel, _MAX_REQUEST, 8)
                if not data:
                    break
                self.fork(json.loads(data), descriptors)
        end_children()

    def fork(self, order: dict[str, object], descriptors: list[int]) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_worker(order, descriptors)
        self.workers.add(pid)
        pidfd = os.pidfd_open(pid)
        try:
            socket.send_fds(self.channel, [json.dumps({"pid": pid}).encode()], [pidfd])
        finally:
            for descriptor in (pidfd, *descriptors):
                os.close(descriptor)

    def _become_worker(self, order: dict[str, object], descriptors: list[int]) -> None:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGUSR1, signal.SIG_DFL)
            os.setsid()
            die_with_parent(signal.SIGKILL, self.pid)
            for ours in (self.channel, self.wake, self._wake_writer):
                ours.close()
            worker_main.serve(order, descriptors)
            status = 0
        finally:
            # Never back into the server's loop, and no atexit handler of the server's libraries.
            os._exit(status)

    def reap(self) -> None:
        """Collect the dead; a dead worker's group is killed while its id is still held, orphans right after."""
        dead = False
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                break
            if found is None:
                break
            if found.si_pid in self.workers:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(found.si_pid, signal.SIGKILL)
                self.workers.discard(found.si_pid)
            os.waitpid(found.si_pid, 0)
            dead = True
        if dead:
            for pid in children() - self.workers:
                kill(pid)


def _noticed(_number: int, _frame: FrameType | None) -> None:
    """Wakes the server through its wake-up descriptor; nothing else happens in a signal handler."""
