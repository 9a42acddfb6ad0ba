"""Thirty days of the demo town at full speed: no tick late, hardly a fallback, memory that does not grow."""

import json
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))
from on_air import Place

pytestmark = pytest.mark.soak

TICKS = 2880
SETTLE = 480
"""Ticks left out of the slope: nine weeks of frames fill up, models are trained for the first time, caches warm."""
SLOPE_MB_PER_DAY = 1.0
MEDIAN_MS, P99_MS = 500.0, 5000.0


def resident_mb(pid: int) -> float:
    """Memory that a process wrote and shares with nobody [MB]; mapped profile files do not count. NaN once it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return float("nan")
    kib = [int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_Dirty")]
    return sum(kib) / 1024.0


def test_thirty_days(tmp_path, capsys):
    place = Place("demo", tmp_path / "state", "2016-06-01")
    run = place.start(TICKS)
    ticks, memory, ended = [], [], threading.Event()

    def watch():
        while not ended.wait(2.0):
            ticks.append(place.acked)
            memory.append(resident_mb(run.process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = run.ended(limit_s=5400.0)
    finally:
        ended.set()
        watcher.join()
    assert result.code == 0, result.err
    figures = result.figures
    at, mb = np.array(ticks, dtype=float), np.array(memory)
    use = (at >= SETTLE) & np.isfinite(mb)
    slope, level = np.polyfit(at[use] / 96.0, mb[use], 1)
    with capsys.disabled():
        shown = {name: figures[name] for name in ("ticks", "deadline_misses", "fallback_ticks", "tick_ms", "alarms", "orders")}
        sys.stdout.write(f"\n{json.dumps(shown)}\nresident {level:.0f} MB, {slope:+.2f} MB a day\n")
    assert figures["ticks"] == figures["journal"]["acked"] == TICKS
    assert figures["deadline_misses"] == 0
    assert figures["tick_ms"]["p50"] <= MEDIAN_MS
    assert figures["tick_ms"]["p99"] <= P99_MS
    assert max(figures["fallback_ticks"].values()) <= 2
    assert slope < SLOPE_MB_PER_DAY
