"""What only a fresh process shows: the memory of a year, and a second start that compiles nothing.

python fresh.py year GRID        one JSON line: seconds, peak memory
python fresh.py start GRID       one JSON line: seconds to the first solved step, functions that numba compiled
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from twin.site.files import cache_folder

FOLDER = Path(__file__).resolve().parent
_TIMEOUT_S = 900.0


def in_fresh_process(what: str, grid: str) -> dict[str, Any]:
    """Run that part alone; a failure comes back as ``skipped`` with its last line."""
    command = [sys.executable, str(FOLDER / "fresh.py"), what, grid]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return {"skipped": f"took more than {_TIMEOUT_S:.0f} s"}
    if done.returncode:
        return {"skipped": (done.stderr.strip().splitlines() or ["died without a word"])[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def second_start(grid: str) -> dict[str, Any]:
    """Two starts after each other: the first may compile, the second must not, nor write to numba's cache."""
    first = in_fresh_process("start", grid)
    before = _cache_files()
    second = in_fresh_process("start", grid)
    return {"first": first, "second": second, "cache_changed": _cache_files() != before}


def _cache_files() -> dict[str, tuple[int, int]]:
    """Size and time of every file of numba's caches."""
    folders = [Path(FOLDER.parents[1], "twin"), cache_folder()]
    if own := os.environ.get("NUMBA_CACHE_DIR"):
        folders.append(Path(own))
    files = [file for folder in folders for pattern in ("*.nbi", "*.nbc") for file in folder.rglob(pattern)]
    return {str(file): (file.stat().st_size, file.stat().st_mtime_ns) for file in files}


def _year(grid: str) -> dict[str, Any]:
    from nets import load_case
    from own import Replay

    case = load_case(grid)
    replay = Replay(case, quantiles=True)
    replay.statistics(case.injections(slice(0, 64)))  # compiled: the compiler's memory is no year's
    base = _peak_mb()
    cpu = time.process_time()
    replay.statistics(case.lazy_year())
    return {"seconds": time.process_time() - cpu, "peak_mb": _peak_mb(), "before_mb": base}


def _peak_mb() -> float:
    """Largest resident memory so far; Linux's ru_maxrss would begin with that of the process that started this one."""
    status = Path("/proc/self/status")
    if status.is_file():
        peak = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
        return float(peak.split()[1]) / 1024.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _start(grid: str) -> dict[str, Any]:
    from numba.core import event

    with event.install_recorder("numba:compile") as recorder:
        begin = time.perf_counter()
        from nets import load_case
        from own import own_model

        case = load_case(grid)
        loaded = time.perf_counter()
        model = own_model(case, "solve")
        model.solve(case.injections(slice(0, 1)))
        solved = time.perf_counter()
    compiled = sum(1 for _, record in recorder.buffer if record.is_start)
    return {"load_s": loaded - begin, "first_solve_s": solved - loaded, "compiled": compiled}


if __name__ == "__main__":
    part = {"year": _year, "start": _start}[sys.argv[1]]
    try:
        sys.stdout.write(json.dumps(part(sys.argv[2])) + "\n")
    except Exception as error:  # noqa: BLE001 - the caller shows the reason
        sys.exit(f"{type(error).__name__}: {error}")
