"""A snapshot that cannot be composed ends no run: the old one stays and ages, and every tick is journalled."""

import json
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest
from hamlet import hamlet

pytestmark = pytest.mark.fault

BLIND, TICKS = 4, 8
"""Records in the journal from which on the dispatcher's snapshot cannot be composed."""


@pytest.fixture(scope="module")
def blind(settle, tmp_path_factory):
    made = hamlet(days=1.0)
    made.site += '\n[public]\nzone = "hamlet"\nresolution_minutes = 60\n'
    place = settle(made, "blind")
    ended = place.drive(TICKS, tmp_path_factory.mktemp("field") / "ledger.sqlite", die="screen", at=BLIND).ended()
    public = json.loads((place.state / "public" / "public.json").read_text())
    return SimpleNamespace(place=place, ended=ended, public=public)


def test_the_run_goes_on_and_journals_every_tick(blind):
    assert blind.ended.code == 0, blind.ended.err
    assert blind.ended.figures["journal"]["acked"] == TICKS


def test_the_last_good_snapshot_stays_and_does_not_pretend_to_be_the_end(blind):
    assert blind.place.snapshot["tick"] == BLIND - 2
    assert blind.place.snapshot["mode"] == "live"


def test_the_citizens_snapshot_goes_on(blind):
    assert blind.public["as_of"] > blind.place.snapshot["as_of"]


def test_the_failure_is_told_once_with_its_cause(blind):
    with closing(sqlite3.connect(blind.place.state / "journal.sqlite")) as db:
        ((detail,),) = db.execute("SELECT detail FROM ops WHERE kind = 'snapshot_failed'").fetchall()
    assert json.loads(detail) == {"view": "regie", "reason": "ValueError: this cannot be shown"}
