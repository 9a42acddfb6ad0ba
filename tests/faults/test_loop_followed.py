"""Telemetry that comes while the régie is on air: through a kill, and through the loss of its folder."""

import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hamlet import SUMMER, hamlet

from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.chain import verify

pytestmark = pytest.mark.fault

TICKS = 12
SPEED = "900"
KNOWN = SUMMER + 2 * QUARTER_HOUR
"""Until here the folder knows the window when the run starts; the rest comes while it runs."""


def folder_of(place):
    return Path(place.site).parent / "telemetry"


def rest_of(place):
    """Cut the window's file where the run begins; returns the lines that come later, by the instant their quarter hour ends."""
    file = folder_of(place) / "window.csv"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("2") or line < KNOWN.isoformat()))
    return [line for line in lines if line.startswith("2") and line >= KNOWN.isoformat()]


def batch(lines, number):
    label = (KNOWN + number * QUARTER_HOUR).isoformat()
    return "".join(line for line in lines if line.startswith(label))


@pytest.fixture(scope="module")
def followed(settle):
    """A control system writes on, two quarter hours behind the ticks, half lines among them; the run is killed and resumed."""
    place = settle(hamlet(days=0.5), "followed")
    lines = rest_of(place)
    file, run, heads = folder_of(place) / "window.csv", place.start(TICKS, speed=SPEED), []
    for number in range(TICKS - 4):
        run.until(lambda number=number: place.acked >= number + 3)
        text = batch(lines, number)
        with file.open("a") as stream:
            stream.write(text[:-3])
            stream.flush()
            time.sleep(0.1)
            stream.write(text[-3:])
        if number == 3:
            run.kill()
            heads = [record.head for record in place.records]
            run = place.start(TICKS, speed=SPEED)
    ended = run.ended()
    assert ended.code == 0, ended.err
    return SimpleNamespace(place=place, heads=heads, records=place.records, written=lines)


def test_every_row_that_came_is_read_once_through_the_kill(followed):
    read = [int(label) for record in followed.records for label in record.arrays["live.valid_time_s"]]
    for number in range(TICKS - 4):
        label = to_epoch_s(KNOWN + number * QUARTER_HOUR)
        assert read.count(label) == batch(followed.written, number).count("\n")


def test_the_chain_goes_on_from_the_acknowledged_ticks(followed):
    count, _, problems = verify(followed.place.state)
    assert (count, not problems) == (TICKS, True)
    assert [record.head for record in followed.records][: len(followed.heads)] == followed.heads


def test_a_run_whose_folder_is_deleted_goes_on_without_telemetry(settle):
    place = settle(hamlet(days=0.5), "deleted")
    rest_of(place)
    run = place.start(6, speed=SPEED)
    run.until(lambda: place.acked >= 1)
    shutil.rmtree(folder_of(place))
    ended = run.ended()
    assert ended.code == 0, ended.err
    assert ended.figures["ticks"] == 6
    assert place.records[-1].meta["mode"] == "forecast_only"
    assert ended.err.count("cannot be read") == 1
