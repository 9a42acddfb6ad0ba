"""Two rehearsals at once, each in a process of its own."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1]))
from quiet_town import quiet_town

from twin.cli import app


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("several")
    first = quiet_town(folder)
    second = folder / "second.toml"
    second.write_text(first.read_text().replace('"quiet_evening"', '"second"').replace("line.66", "line.0"))
    words = ["run", str(first), str(second), "--workers", "2", "--out", str(folder / "out"), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    return folder / "out", json.loads(done.stdout)


def test_each_has_its_own_folder_in_the_order_of_asking(both):
    out, told = both
    assert [one["scenario"] for one in told["results"]] == ["quiet_evening", "second"]
    assert sorted(path.name for path in out.iterdir()) == ["quiet_evening", "run.json", "second"]


def test_their_journals_are_apart(both):
    heads = [one["head"] for one in both[1]["results"]]
    assert len(set(heads)) == 2


def test_a_part_of_a_run_leaves_what_the_folder_says_of_the_whole(both):
    out, _ = both
    done = CliRunner().invoke(app, ["run", str(out.parent / "quiet_evening.toml"), "--out", str(out)])
    assert done.exit_code == 0, done.stderr
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["rehearsals"] == ["quiet_evening", "second"]
