"""``regie public figures``: drafts beside what is approved, for people and as one line; nothing is changed by looking."""

import json
from datetime import UTC, datetime

import pytest
import typer
from typer.testing import CliRunner

from dashboard.regie.book import Book
from tests.browser import publication_factory
from twin.cli_public_figures import register


@pytest.fixture(scope="session")
def town():
    return publication_factory


@pytest.fixture
def public():
    app, group = typer.Typer(), typer.Typer()
    app.add_typer(group, name="public")
    register(group)
    return lambda *words: CliRunner().invoke(app, ["public", "figures", *map(str, words)])


def approve(state):
    figure = {
        "period": "2016-01",
        "revision": 1,
        "approved_at": "2026-01-01T00:00:00Z",
        "consumption_mwh": 2976.0,
        "share": 0.5,
        "co2_g_per_kwh": 40.0,
        "parts": {"import": 1.0},
        "coverage": 1.0,
    }
    params = {"figure": figure, "hours": None, "licence": "CC-BY-4.0", "attribution": "Town"}
    Book(state).write(datetime(2026, 1, 1, tzinfo=UTC), "paula", "publisher", "publish.approve", "2016-01", **params)


def test_one_line_tells_drafts_and_what_is_approved(tmp_path, town, public):
    town.january(tmp_path)
    approve(tmp_path)
    said = public("--state", tmp_path, "--json")
    assert said.exit_code == 0
    told = json.loads(said.stdout)
    assert [(month["period"], month["share"], month["known"]) for month in told["months"]] == [
        ("2016-01", 0.5, 2976),
        ("2016-02", 0.5, 1),
    ]
    assert [month["approved"] and month["approved"]["revision"] for month in told["months"]] == [1, None]
    assert (told["licence"], told["embargo"], told["corrections"]) == ("CC-BY-4.0", None, [])


def test_people_read_a_table(tmp_path, town, public):
    town.january(tmp_path)
    approve(tmp_path)
    january = next(line for line in public("--state", tmp_path).stdout.splitlines() if line.startswith("2016-01 "))
    assert january.split() == ["2016-01", "50.0", "%", "2976.0", "40.0", "100.0", "%", "50.0", "%", "(revision", "1)"]


def test_looking_approves_nothing(tmp_path, town, public):
    town.january(tmp_path)
    public("--state", tmp_path)
    assert not (tmp_path / "public").exists()
    assert Book(tmp_path).lines() == []


def test_a_folder_without_a_run_is_told_in_plain_words(tmp_path, public):
    said = public("--state", tmp_path)
    assert said.exit_code == 1
    assert "let the loop run on this state" in said.stderr


def test_what_is_no_folder_is_refused_by_name(tmp_path, public):
    (tmp_path / "file").write_text("no state")
    for name in ("nowhere", "file"):
        said = public("--state", tmp_path / name)
        assert said.exit_code == 2
        assert said.stderr.startswith(f"regie: --state {tmp_path / name}: no such directory")
