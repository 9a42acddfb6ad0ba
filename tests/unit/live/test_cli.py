"""The command line: fast help, light imports, exit codes 0, 1 and 2, and no traceback for a mistake."""

import json
import resource
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scenarios"))
import on_air

from twin.domain.pack import pack
from twin.regie.journal import Journal

REGIE = str(Path(sys.executable).with_name("regie"))
IDENTITY = {"site": "demo", "start": "2016-06-15T00:00:00+00:00", "ticks": 96}


def regie(*arguments, **options):
    return subprocess.run([REGIE, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300, **options)


def here(*arguments):
    """The same within this process: quicker, where nothing is started."""
    done = on_air.here(*arguments)
    return subprocess.CompletedProcess(arguments, done.code, done.out, done.err)


def clear_refusal(done) -> str:
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def state(tmp_path):
    journal = Journal(tmp_path / "state", IDENTITY)
    for number in range(3):
        journal.commit("regular", 900 * number, {}, {}, {"n": number}, {})
    journal.close()
    return tmp_path / "state"


def test_help_takes_less_than_a_second_of_computing(slower):
    regie("--help")  # warm the disk cache
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert regie("--help").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / slower() < 1.0


@pytest.mark.parametrize(
    "command",
    [
        ["live"],
        ["status"],
        ["site", "check"],
        ["site", "map"],
        ["box", "list"],
        ["box", "check"],
        ["dispatch", "plan"],
        ["dispatch", "schema"],
        ["dispatch", "verify"],
    ],
)
def test_every_command_explains_itself(command):
    done = here(*command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_the_command_line_and_the_help_of_a_command_import_nothing_heavy():
    code = (
        "import sys, twin.cli; from typer.testing import CliRunner;"
        "assert CliRunner().invoke(twin.cli.app, ['dispatch', 'plan', '--help']).exit_code == 0;"
        "heavy = {'pandapower', 'xarray', 'numpy', 'prophet', 'pyomo', 'highspy', 'dash', 'pandas'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_command_is_refused():
    clear_refusal(here("broadcast"))


def test_faulty_options_are_all_told_and_refused():
    text = clear_refusal(regie("live", "--speed", "0", "--ticks", "0", "--start", "x"))
    assert [line.split(":")[1].strip() for line in text.splitlines()] == ["--speed", "--ticks", "--start"]


def test_a_site_that_does_not_exist_is_refused(tmp_path):
    clear_refusal(here("site", "check", tmp_path / "nowhere.toml"))


def test_a_state_that_does_not_exist_is_refused(tmp_path):
    assert "no journal.sqlite" in clear_refusal(here("status", "--state", tmp_path))
    assert "no journal.sqlite" in clear_refusal(here("journal", "verify", "--state", tmp_path))


def test_status_prints_one_json_line(state):
    done = here("status", "--state", state, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["acked"] == 3


def test_an_intact_journal_verifies_with_exit_0(state):
    done = here("journal", "verify", "--state", state)
    assert done.returncode == 0
    assert "3 records" in done.stdout
    assert "intact" in done.stdout


def test_an_altered_journal_exits_with_1_and_names_the_tick(state):
    with sqlite3.connect(state / "journal.sqlite") as db:
        db.execute("UPDATE tick SET record = ? WHERE seq = 1", [zlib.compress(pack({"resume": ""}))])
    db.close()
    done = here("journal", "verify", "--state", state, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["problems"][0]["place"] == "tick 1"


def test_installed_boxes_are_listed():
    done = here("box", "list", "--json")
    assert done.returncode == 0
    assert {"load", "pv", "transformer", "flexibility", "tariff"} <= set(json.loads(done.stdout)["boxes"])


@pytest.mark.parametrize("config", ["{", "[1]", "3"])
def test_a_box_config_that_is_no_json_object_is_refused(config):
    clear_refusal(here("box", "check", "load", "--config", config))


@pytest.mark.parametrize("box", ["nosuch", "no.such:Box", "twin.domain.pack:pack"])
def test_a_box_that_is_none_is_refused_or_broken_without_a_traceback(box):
    done = here("box", "check", box)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def _broken_identity(state):
    with sqlite3.connect(state / "journal.sqlite") as db:
        db.execute("UPDATE meta SET value = '{\"site' WHERE key = 'identity'")
    db.close()


def _garbage(state):
    (state / "journal.sqlite").write_bytes(b"not a database at all" * 400)
    for suffix in ("-wal", "-shm"):
        (state / f"journal.sqlite{suffix}").unlink(missing_ok=True)


@pytest.mark.parametrize("damage", [_broken_identity, _garbage])
def test_a_damaged_journal_is_told_in_one_line_with_exit_1(state, damage):
    damage(state)
    for done in (
        here("status", "--state", state),
        here("journal", "verify", "--state", state),
        here("live", "--state", state, "--no-web"),
        here("live", "--state", state, "--no-web", "--start", "2016-06-15", "--ticks", "1"),
    ):
        assert done.returncode == 1, done
        assert "Traceback" not in done.stderr
        assert "from a backup" in done.stderr
        assert "cannot be written" not in done.stderr


def test_a_state_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    done = here("live", "--state", tmp_path / "file", "--no-web", "--ticks", "1")
    assert "--state" in clear_refusal(done)
