"""A worker is killed, the client is killed, somebody interrupts: a chunk is all that it costs, and nothing is left running."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import xarray as xr

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "scenarios" / "futures"))

from scenarios.futures import crew
from scenarios.futures.store import NAME, open_futures
from twin.domain.problems import BadInput

N, CHUNKS = 16, 8
PACE_S = 0.25
PATIENCE_S = 120.0
_RUN = "import sys, futures_driver; sys.exit(futures_driver.run(*sys.argv[1:]))"


@contextmanager
def running(folder, workers, *, pace_s=PACE_S, n=N):
    """The driver as a process; whatever a failed test leaves of it is killed."""
    paths = [str(Path(__file__).parent), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    arguments = [sys.executable, "-c", _RUN, str(folder), str(workers), str(pace_s), str(n)]
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        for pid in worker_pids(folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def worker_pids(folder):
    return [int(path.name) for path in Path(folder, "pids").glob("[0-9]*")]


def on_disk(folder):
    """Numbers of the chunks that an unfinished run has kept."""
    return [int(path.name) for path in (folder / f".{NAME}.partial" / "done").glob("[0-9]*")]


def await_futures(process, at_least):
    """Reads the driver's lines until so many futures are on disk."""
    for line in process.stdout:
        if line.startswith("futures") and int(line.split()[1]) >= at_least:
            return
    pytest.fail("the run ended before that")


def ended(pid):
    """Gone, or a zombie that nobody has fetched yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def await_end(pids):
    until = time.monotonic() + PATIENCE_S
    while not all(map(ended, pids)):
        assert time.monotonic() < until, f"still running: {[pid for pid in pids if not ended(pid)]}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def one_worker(tmp_path_factory):
    """The futures as one undisturbed worker makes them."""
    folder = tmp_path_factory.mktemp("one")
    with running(folder, 1, pace_s=0.0) as process:
        assert process.wait(PATIENCE_S) == 0
    return open_futures(folder / NAME).load()


def test_three_workers_one_of_them_killed_make_what_one_makes_and_nothing_twice_that_was_on_disk(tmp_path, one_worker):
    with running(tmp_path, 3) as process:
        await_futures(process, 4)
        os.kill(worker_pids(tmp_path)[0], signal.SIGKILL)
        kept = on_disk(tmp_path)
        told, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    assert f"made {CHUNKS}" in told
    begun = [int(line) for path in Path(tmp_path, "pids").iterdir() for line in path.read_text(encoding="ascii").split()]
    assert len(kept) >= 2
    assert all(begun.count(chunk * N // CHUNKS) == 1 for chunk in kept)
    xr.testing.assert_identical(open_futures(tmp_path / NAME).load(), one_worker)


def test_a_client_killed_over_two_workers_leaves_no_process_and_the_same_command_makes_what_is_missing(tmp_path, one_worker):
    with running(tmp_path, 2) as process:
        await_futures(process, 6)
        process.kill()
        process.wait()
        await_end(worker_pids(tmp_path))
    assert not (tmp_path / NAME).exists()
    done = len(on_disk(tmp_path))
    assert 3 <= done < CHUNKS
    with running(tmp_path, 1, pace_s=0.0) as process:
        told, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
    assert f"made {CHUNKS - done}" in told
    # two workers made the first of them, one the rest
    xr.testing.assert_identical(open_futures(tmp_path / NAME).load(), one_worker)


def test_an_interrupted_run_waits_for_no_chunk_in_line_and_keeps_what_is_done(tmp_path):
    with running(tmp_path, 1, pace_s=0.5, n=64) as process:
        await_futures(process, 8)
        kept = on_disk(tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 130
        await_end(worker_pids(tmp_path))
    assert not (tmp_path / NAME).exists()
    # the chunk under way is let go, not waited for with the six others that stand in line; the worker may end two meanwhile
    assert 1 <= len(kept) <= len(on_disk(tmp_path)) <= len(kept) + 2


def test_a_cluster_that_does_not_answer_is_named_within_seconds():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    began = time.monotonic()
    with pytest.raises(BadInput, match="does not answer") as refused, crew.crew(1, address):
        pass
    assert address in str(refused.value)
    assert time.monotonic() - began < 3.0 * crew.ANSWER_S
