"""A crew's report is kept once it was answered, whatever is killed a moment later."""

import hashlib
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.regie.work.store import OrderStore

pytestmark = pytest.mark.fault

BROWSER = Path(__file__).parents[1] / "browser"
REPORTER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from work_order_factory import JPEG, change, order
from dashboard.regie.work.store import OrderStore
store, number = OrderStore(Path(sys.argv[1])), 0
# every photo is another one, large enough to be torn
while True:
    issued = store.issue([order(intervention=f"asset_{number}:replace")])[0].kept.order
    photo = JPEG[:-2] + bytes(400_000) + number.to_bytes(4, "big").replace(b"\\xff", b"\\xfe") + JPEG[-2:]
    store.report(change(issued.id, "done"), [("photo.jpg", photo)])
    print(issued.id, flush=True)
    number += 1
"""


@pytest.fixture
def reporter(tmp_path):
    """A process that issues and reports orders one after the other, and says which were answered."""
    command = [sys.executable, "-c", REPORTER, str(tmp_path), str(BROWSER)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait(10.0)


@pytest.mark.parametrize("after_s", [0.05, 0.21, 0.4])
def test_every_report_that_was_answered_is_there_after_a_kill_and_its_photo_is_whole(tmp_path, reporter, after_s):
    first = reporter.stdout.readline()
    assert first
    time.sleep(after_s)
    reporter.send_signal(signal.SIGKILL)
    answered = [line.strip() for line in [first, *reporter.stdout] if line.endswith("\n")]
    reporter.wait(10.0)
    store = OrderStore(tmp_path)
    kept = {one.order.id: one for one in store.all()}
    for order in answered:
        assert kept[order].state == "done"
    for one in kept.values():
        for name in one.changes[-1].photos:
            assert hashlib.sha256(store.photo(name).read_bytes()).hexdigest() == name.partition(".")[0]
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_after_a_kill_the_next_order_follows_on(tmp_path, reporter):
    assert reporter.stdout.readline()
    reporter.send_signal(signal.SIGKILL)
    reporter.wait(10.0)
    sys.path.insert(0, str(BROWSER))
    from work_order_factory import order

    store = OrderStore(tmp_path)
    before = len(store.all())
    assert store.issue([order(intervention="afterwards:replace")])[0].kept.order.id == f"WO-{before + 1:04d}"
