"""Futures of the street as a process of its own, slow enough to be killed in the middle.

    python -c "import sys, futures_driver; sys.exit(futures_driver.run(*sys.argv[1:]))" FOLDER WORKERS SECONDS N [ADDRESS]

Every worker leaves its process id in FOLDER/pids; progress goes to standard output, a line for every chunk.
"""

import sys
from pathlib import Path


class _Told:
    def step(self, name, share):
        sys.stdout.write(f"{name} {share}\n")

    def ticks(self, done, of):
        sys.stdout.write(f"futures {done} {of}\n")
        sys.stdout.flush()


def run(folder, workers, seconds, n, address=None):
    """0 when everything is on disk; 130 when it was interrupted."""
    from small_start import PacedSolver, small_start, small_town

    from scenarios.futures import crew
    from scenarios.futures.chances import Chances
    from scenarios.futures.run import fill
    from scenarios.futures.store import FutureStore

    pids = Path(folder, "pids")
    pids.mkdir(parents=True, exist_ok=True)
    chances = Chances(seed=3, line_per_100km_year=1e6, unavailable_share=0.2, n1_every=4)
    solver = PacedSolver(small_town(), small_start(), chances, seconds=float(seconds), folder=str(pids))
    store = FutureStore(Path(folder), {"n": int(n)})
    try:
        with crew.crew(int(workers), address) as client:
            made = fill(client, solver, store, int(n), _Told(), {"site": "street"})
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(f"made {made}\n")
    return 0


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
