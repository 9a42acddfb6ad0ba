"""Workers on Dask: processes on this machine, or a cluster by its address; what they all need is handed to each once.

A local worker is a process without threads of its own work, on the loopback, without a dashboard. It ends when the process that
started it ends, however that ends: the kernel sees to it.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from twin.domain.problems import BadInput, Problem

if TYPE_CHECKING:
    from distributed import Client

    from scenarios.futures.chances import Chances
    from scenarios.futures.start import Start
    from scenarios.futures.town import Town

ANSWER_S = 3.0
"""A cluster that does not answer within this time is not there."""
_RETRIES = 3
"""Workers that may be lost under one chunk before it is told to be the chunk's fault."""
_MEMORY = "2GiB"
_AHEAD = 3
"""Chunks under way for each worker: one in the work, the next one there already."""


class Work(Protocol):
    """What makes futures; every worker keeps one.

    Attributes:
        mode: "futures" or "closed_loop". ``at_once``: futures to a chunk, at most while there are not thousands of them.
        figures: names of a played future's figures.
    """

    mode: ClassVar[str]
    at_once: ClassVar[int]
    figures: Sequence[str]

    @property
    def start(self) -> Start:
        """Of all futures."""
        ...

    @property
    def town(self) -> Town:
        """Where they take place."""
        ...

    @property
    def chances(self) -> Chances:
        """What is drawn."""
        ...

    def solve(self, numbers: range) -> Mapping[str, Any]:
        """One chunk, by variable of the data set."""
        ...


class Lost(ChildProcessError):
    """A chunk that no worker could finish; for callers a failure of the machine, like a full disk."""


_kept: dict[str, Any] = {}
"""In a worker: the work of the newest run, by its key."""


@contextmanager
def crew(workers: int, cluster: str | None) -> Iterator[Client]:
    """A connected client; on leaving, whatever was started here is gone.

    Raises:
        BadInput: for a cluster that does not answer, and for less than one worker.
    """
    if workers < 1:
        raise BadInput([Problem("--workers", str(workers), "at least 1", "ask for one or more")])
    with _quiet():
        if cluster is not None:
            with _connected(cluster) as client:
                yield client
            return
        from distributed import Client, LocalCluster

        with TemporaryDirectory(prefix="regie-crew-", ignore_cleanup_errors=True) as scratch:
            local = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                # Nobody looks at a dashboard; its server starts all the same, and on a fixed port would meet another run's.
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                memory_limit=_MEMORY,
                local_directory=scratch,
                silence_logs=logging.CRITICAL,
            )
            with local, Client(local) as client:
                client.register_plugin(_bound_to(os.getpid()))
                yield client


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    from distributed import Client

    try:
        client = Client(address, timeout=ANSWER_S, set_as_default=False)
    except (OSError, ValueError) as error:
        value = f"does not answer ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        remedy = "start a scheduler there (dask scheduler), or leave --cluster out"
        raise BadInput([Problem(f"--cluster {address}", value, f"an answer within {ANSWER_S:g} s", remedy)]) from error
    try:
        if not client.scheduler_info()["workers"]:
            value, remedy = "has no worker", "start some (dask worker ADDRESS)"
            raise BadInput([Problem(f"--cluster {address}", value, "at least one worker", remedy)])
        yield client
    finally:
        client.close()


def warm_up(client: Client, town: Town) -> None:
    """Let every worker import and compile what it will need, and do not wait for it: that takes some seconds of each."""
    from distributed import fire_and_forget

    packed = pickle.dumps(town)
    for worker in client.scheduler_info(n_workers=-1)["workers"]:
        fire_and_forget(client.submit(_warmed, packed, workers=[worker], pure=False))


def _warmed(packed: bytes) -> None:
    """In a worker."""
    pickle.loads(packed).warm()


def results(client: Client, work: Work, chunks: Mapping[int, range], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The chunks as they become ready, in no order; only a few more than there are workers are under way at a time.

    Leaving the loop early cancels what is under way.

    Args:
        work: pickled once and handed to every worker, also to those that come later or again. ``key``: of its content.

    Raises:
        Lost: when a chunk fails, or worker after worker is lost under it.
    """
    from distributed import KilledWorker, as_completed

    packed = pickle.dumps(work)
    client.register_plugin(_handed(packed, key), name="regie-work")
    waiting = sorted(chunks, reverse=True)
    ahead = _AHEAD * max(1, len(client.scheduler_info()["workers"]))
    under_way = as_completed([], with_results=False)
    open_tasks: dict[Any, int] = {}

    def put() -> None:
        while waiting and len(open_tasks) < ahead:
            number = waiting.pop()
            task = client.submit(_solve, key, chunks[number], key=f"chunk-{key[:12]}-{number}", retries=_RETRIES, pure=False)
            open_tasks[task] = number
            under_way.add(task)

    try:
        put()
        for task in under_way:
            number = open_tasks.pop(task)
            try:
                found = task.result()
            except KilledWorker as error:
                raise Lost(f"chunk {number}: worker after worker was lost under it; give it more memory") from error
            except Exception as error:  # whatever a worker's code raises comes here, and names the chunk
                raise Lost(f"chunk {number}: {type(error).__name__}: {error}") from error
            task.release()
            put()
            yield number, found
    finally:
        with suppress(Exception):  # a scheduler that is gone has nothing to cancel
            client.cancel(list(open_tasks), force=True)


def _solve(key: str, numbers: range) -> Mapping[str, Any]:
    """In a worker: one chunk."""
    found: Mapping[str, Any] = _kept[key].solve(numbers)
    return found


def _handed(packed: bytes, key: str) -> Any:
    """Gives a worker its work when it starts, and whenever it starts again."""
    from distributed import WorkerPlugin

    class Handed(WorkerPlugin):
        idempotent = False

        def setup(self, worker: Any) -> None:  # noqa: ARG002 - Dask's signature
            hand_over(packed, key)

    return Handed()


def hand_over(packed: bytes, key: str) -> None:
    """In a worker: the work of this run takes the place of an earlier one's."""
    _kept.clear()
    _kept[key] = pickle.loads(packed)


def _bound_to(client: int) -> Any:
    """A local worker ends with the process that started it."""
    from distributed import WorkerPlugin

    class Bound(WorkerPlugin):
        def setup(self, worker: Any) -> None:  # noqa: ARG002 - Dask's signature
            from twin.regie.processes import die_with_parent

            if os.getppid() == client:
                die_with_parent(signal.SIGKILL, client)

    return Bound()


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask says what matters by exceptions; its logs are for its own people."""
    import dask
    import distributed  # noqa: F401 - its own settings come with it, and are not to go with ours

    settings: Mapping[str, Callable[[], Any] | Any] = {
        "distributed.worker.daemon": False,  # a played future has children of its own
        "distributed.admin.tick.limit": "1h",
        "distributed.scheduler.allowed-failures": _RETRIES,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.target": False,
        "distributed.comm.timeouts.connect": "10s",
    }
    logger = logging.getLogger("distributed")
    level = logger.level
    with dask.config.set(settings):
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)
