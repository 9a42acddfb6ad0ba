"""A runner on the synthetic site with boxes of tests/boxes, for tests that break them for real."""

import sys
import time
from pathlib import Path

from twin.contracts.synthetic import AS_OF, SyntheticSite
from twin.domain.signals import OUTSIDE_SIGNALS
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.effort import ON_AIR
from twin.regie.runner import BoxInstance, BoxRunner

BOXES = Path(__file__).parent
if str(BOXES) not in sys.path:
    sys.path.insert(0, str(BOXES))  # where "faulty:SteadyBox" is found, by this process and by its workers
SITE = SyntheticSite(rows=2 * 7 * 96)
FIRST_FAULT = AS_OF + QUARTER_HOUR


class Stage:
    """Ticks from ``start`` on; ``ops`` are the operations events so far."""

    def __init__(self, instances, directory: Path, *, start=AS_OF, artifacts=None, outages=None, effort=ON_AIR, after=None):
        self.ops = []
        self.as_of, self.tick = start, 0
        self.runner = BoxRunner(
            instances,
            SITE.context,
            layout=SITE.layout,
            frame_path=directory / "run",
            artifacts=artifacts or directory / "artifacts",
            jobs=directory / "jobs",
            allow={instance.box_ref for instance in instances},
            outlook=OUTSIDE_SIGNALS,
            keep_rows=SITE.rows,
            outages=outages,
            effort=effort,
            on_ops=self.ops.append,
        )
        self.runner.start(after=after)
        self.runner.frame().load(SITE.frame(start))
        self.seconds = 0.0

    def run(self, *, grow=True, **options):
        """One tick; the frame then grows by a row."""
        ahead = {name: signal for name, signal in SITE.ahead(self.as_of).items() if name in OUTSIDE_SIGNALS}
        begun = time.monotonic()
        envelopes = self.runner.run(self.as_of, ahead, tick=self.tick, **options)
        self.seconds = time.monotonic() - begun
        if grow:
            self.grow()
        return envelopes

    def grow(self):
        row = SITE.frame(self.as_of + QUARTER_HOUR)
        self.runner.frame().append(to_epoch_s(self.as_of), row.values[-1], row.quality[-1])
        self.as_of += QUARTER_HOUR
        self.tick += 1


def steady(name="load", role="champion", **config):
    return BoxInstance(name, "faulty:SteadyBox", role, config)


def faulty(fault, role="standby", **config):
    return BoxInstance(fault, "faulty:FaultyBox", role, {"fault": fault, "after_s": to_epoch_s(FIRST_FAULT), **config})


def running(pid: int) -> bool:
    """True while a process does anything; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def descendants(pid: int) -> set[int]:
    found, todo = set(), [pid]
    while todo:
        parent = todo.pop()
        try:
            threads = list(Path(f"/proc/{parent}/task").iterdir())
            children = {int(child) for thread in threads for child in (thread / "children").read_text().split()}
        except OSError:
            continue
        todo += children - found
        found |= children
    return found


def until(condition, seconds: float) -> bool:
    """True as soon as ``condition()`` holds; False when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
