import json
import sqlite3
from contextlib import closing

import pytest

from twin.domain.problems import BadInput
from twin.maintenance.ranking.run_site import site_of


@pytest.fixture
def run_of(tmp_path):
    """A state directory whose journal says which site it is of."""

    def make(site):
        with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db, db:
            db.execute("CREATE TABLE meta (key TEXT, value TEXT)")
            meta = {"identity": {"site": site}, "schema_version": 2}
            db.executemany("INSERT INTO meta VALUES (?, ?)", [(key, json.dumps(value)) for key, value in meta.items()])
        return tmp_path

    return make


def test_without_a_name_the_site_is_that_of_the_run(run_of) -> None:
    assert site_of(None, run_of("demo")).name == "demo"


def test_a_run_of_another_site_is_refused(run_of) -> None:
    with pytest.raises(BadInput, match="'elsewhere', which the run of"):
        site_of("demo", run_of("elsewhere"))


def test_a_run_of_a_site_that_is_not_packaged_asks_for_its_file(run_of) -> None:
    with pytest.raises(BadInput, match="name its site file"):
        site_of(None, run_of("elsewhere"))
