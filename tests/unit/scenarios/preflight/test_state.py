"""The state directory before air: a real journal, whole, altered, of another site, or on air."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hamlet import SUMMER, hamlet

from scenarios.preflight.journal import held, journal_lines
from scenarios.preflight.line import Verdict
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.journal import Journal
from twin.site import load_site
from twin.wiring import Window, identity

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def state(tmp_path):
    """A hamlet's journal of two ticks, the open journal, and the site."""
    site = load_site(hamlet(days=0.1, weeks=1).write(tmp_path / "site"))
    journal = Journal(tmp_path / "state", identity(site, Window(SUMMER, None)))
    fit = {"artifact": "abc123", "effect_as_of": SUMMER.isoformat()}
    for number, fits in ((1, {"load": fit}), (2, {})):
        meta = {"fits": fits, "boxes": {"load": {"artifact": "abc123"}, "tariff": {"artifact": None}}}
        journal.commit("regular", to_epoch_s(SUMMER + number * QUARTER_HOUR), meta, {}, {}, {})
    yield tmp_path / "state", journal, site
    journal.close()


def test_a_whole_journal_is_go_with_its_last_tick(state):
    folder, _, site = state
    (line,) = journal_lines(folder, site, held(folder), NOW)
    assert line.verdict is Verdict.GO
    assert (SUMMER + 2 * QUARTER_HOUR).isoformat() in line.value


def test_an_altered_record_is_no_go_and_named(state):
    folder, journal, site = state
    journal.close()
    with sqlite3.connect(folder / "journal.sqlite") as db:
        db.execute("UPDATE tick SET as_of_s = as_of_s + 1 WHERE seq = 1")
    (line,) = journal_lines(folder, site, held(folder), NOW)
    assert line.verdict is Verdict.NO_GO
    assert "tick 1" in line.value


def test_a_journal_of_another_site_file_is_no_go(state):
    folder, _, site = state
    other = site.model_copy(update={"about": site.about.model_copy(update={"seed": site.seed + 1})})
    (line,) = journal_lines(folder, other, held(folder), NOW)
    assert line.verdict is Verdict.NO_GO


def test_a_state_is_on_air_as_long_as_its_writer_lives(state):
    folder, journal, _ = state
    assert held(folder).on_air
    journal.close()
    assert not held(folder).on_air


def test_a_model_whose_file_is_gone_is_known_with_its_age(state):
    folder, _, _ = state
    (name,) = held(folder).models
    model = held(folder).models[name]
    assert (name, model.artifact, model.there) == ("load", "abc123", False)
    assert held(folder).last - model.since == timedelta(minutes=30)
    (folder / "artifacts").mkdir()
    (folder / "artifacts" / "abc123").write_bytes(b"model")
    assert held(folder).models["load"].there
