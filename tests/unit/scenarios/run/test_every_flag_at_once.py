"""Every faulty flag of a command is told in one run, and nothing is written."""

import pytest
from typer.testing import CliRunner

from twin.cli import app


@pytest.fixture
def refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()

    def run(*arguments):
        before = sorted(tmp_path.rglob("*"))
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 2
        assert sorted(tmp_path.rglob("*")) == before
        return [line.split(": ")[1] for line in result.stderr.splitlines() if line.startswith("regie: ")]

    return run


def test_of_a_debrief(refused):
    targets = ("--html", "folder", "--pdf", "no/where.pdf", "--replays", "file", "--scenario", "file")
    told = refused("debrief", "none", "--lang", "xx", *targets, "--from", "nope", "--to", "0001-01-01T00:00+14:00")
    assert told == ["--lang", "--html", "--pdf", "--replays", "--scenario", "none", "--from", "--to"]


def test_of_worth(refused):
    assert refused("worth", "nobody", "--start", "2016-01-25T00:07", "--ticks", "0") == ["--ticks", "--start", "BOX"]
    assert refused("worth", "load_town", "--state", "none", "--start", "2016-01-25") == ["--state", "none"]


def test_of_a_replay(refused):
    assert refused("replay", "--state", "none", "--from", "x", "--swap", "y") == ["--from", "--swap y", "none"]


def test_of_a_drill_and_of_its_making(refused):
    assert refused("scenario", "from-journal", "none", "--at", "x", "--hours", "99", "--out", "file") == [
        "--at",
        "--hours",
        "--out file",
        "none",
    ]
    assert refused("drill", "none", "--played", "none") == ["none", "none"]


def test_of_a_preflight(refused):
    told = refused("preflight", "--site", "nosuch", "--port", "0", "--public-port", "99999", "--start", "z")
    assert told == ["--start", "--port", "--public-port", "nosuch"]


def test_of_a_comparison(refused):
    assert refused("compare", "none", "--lang", "q", "--report", "no/x.html") == ["--lang", "--report", "none"]


def test_of_a_run(refused):
    assert refused("run", "none", "--out", "", "--workers", "0") == ["--workers", "--out", "none"]
