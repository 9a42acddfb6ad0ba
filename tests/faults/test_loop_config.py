"""Row 34 of the fault table: a start that cannot be right is refused, every fault at once, exit 2, and nothing is written."""

import json
import shutil
import socket
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from hamlet import hamlet

pytestmark = pytest.mark.fault


def lines(ended):
    assert "Traceback" not in ended.err, ended.err
    return [line for line in ended.err.splitlines() if line.startswith("regie:")]


def refused(*runs):
    """The lines of refusals out of (place, ticks, more arguments); nothing was written."""
    found = []
    for place, ticks, *arguments in runs:
        before = tree(place.state)
        ended = place.refused(ticks, *arguments)
        assert (ended.code, ended.out) == (2, ""), ended.err
        assert tree(place.state) == before
        found.append(lines(ended))
    return found


def tree(folder):
    """Files and sizes, without SQLite's index of readers, which a reader makes too."""
    return {path: path.stat().st_size for path in folder.rglob("*") if not path.name.endswith(("-shm", "-wal"))}


@pytest.fixture(scope="module")
def wrong(settle):
    """What is said to a site file with five faults, and to one with two boxes that cannot be made."""
    made, boxes = hamlet(days=0.25), hamlet(days=0.25)
    for right, fault in (
        ("seed = 7", 'seed = 7\ncolour = "red"'),
        ('file = "grid.json"', 'file = "missing.json"'),
        ('quantities = ["temp_c"]', 'quantities = ["temp_c"]\nunit = "K"'),
        ('name = "tariff"\nuse', 'name = "pv"\nuse'),
        ('folder = "telemetry"', 'folder = "nowhere"'),
    ):
        assert right in made.site
        made.site = made.site.replace(right, fault)
    boxes.site = boxes.site.replace('engine = "day_type"', 'engine = "oracle"').replace('trafo = "station"', 'trafo = "moon"')
    places = settle(made, "faulty"), settle(boxes, "boxes")
    found = refused(*((place, 4) for place in places))
    assert not any(place.state.exists() for place in places)
    return ["\n".join(said) for said in found]


@pytest.mark.parametrize("words", ["colour", "missing.json", "temp_c in K", "'pv' 2 times", "nowhere"])
def test_every_fault_of_a_site_file_is_listed_at_once(wrong, words):
    assert words in wrong[0]


@pytest.mark.parametrize("words", ["oracle", "moon"])
def test_every_faulty_box_is_listed_before_anything_is_written(wrong, words):
    assert words in wrong[1]


def test_a_state_of_another_window_or_of_another_schema_is_refused_in_one_line(clean, tmp_path):
    state = tmp_path / "newer"
    shutil.copytree(clean.place.state, state)
    with closing(sqlite3.connect(state / "journal.sqlite")) as db, db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", (json.dumps(99),))
    (window,), (schema,) = refused((clean.place, 31), (replace(clean.place, state=state), 30))
    assert "ticks: the state has 30; expected 31 as asked" in window
    assert "schema 99" in schema
    assert "the release that wrote it" in schema


def test_a_port_in_use_is_refused_in_one_line(clean):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ((line,),) = refused((clean.place, 30, "--web", "--port", str(port)))
    assert f"127.0.0.1:{port} cannot be used" in line


def test_a_second_loop_on_the_same_state_is_refused_and_the_first_goes_on(settle):
    place = settle(hamlet(days=1.0), "twice")
    run = place.start(90, speed="1800")
    run.until(lambda: place.acked >= 2)
    second = place.refused(90)
    assert second.code == 2
    (line,) = lines(second)
    assert "in use by another régie" in line
    acked = place.acked
    run.until(lambda: place.acked > acked)
    assert run.term().code == 0
