"""The book of the desk under kill -9: what was acknowledged is there, and the chain holds."""

import signal
import subprocess
import sys
import time

import pytest

from dashboard.regie.book import Book

pytestmark = pytest.mark.fault

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from dashboard.regie.book import Book
book = Book(Path(sys.argv[1]))
while True:
    print(book.write(datetime.now(UTC), "anna", "dispatcher", "log.write", "x").id, flush=True)
"""


def test_a_writer_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    acknowledged = [int(writer.stdout.readline()) for writer in writers]
    time.sleep(1.0)
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
    for writer in writers:
        rest, _ = writer.communicate(timeout=30.0)
        acknowledged += [int(line) for line in rest.splitlines() if line.strip()]
    lines, _ = Book(tmp_path).verify()
    assert len(acknowledged) == len(set(acknowledged)) > 2
    assert lines >= max(acknowledged)
    assert {line.id for line in Book(tmp_path).lines()} >= set(acknowledged)
