"""The systemd units of deploy/systemd: systemd takes them, they start what there is, and towns are closed to each other."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

UNITS = Path(__file__).parents[3] / "deploy" / "systemd"
NAMES = ("loop", "web", "public", "export")


def unit(name):
    parsed = configparser.ConfigParser(strict=True, interpolation=None, delimiters=("=",))
    parsed.optionxform = str
    parsed.read_string((UNITS / f"regie-{name}@.service").read_text(encoding="utf-8"))
    return parsed["Service"]


@pytest.fixture(scope="module")
def analyze(tmp_path_factory):
    """Runs systemd-analyze on a town "demo" whose programs are those of this environment."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine")
    folder = tmp_path_factory.mktemp("units")
    shutil.copytree(UNITS, folder, dirs_exist_ok=True)
    for path in [*folder.glob("*@.service"), folder / "regie@.target"]:
        path.write_text(path.read_text(encoding="utf-8").replace("/opt/regie/.venv/bin", str(Path(sys.executable).parent)))
        (folder / path.name.replace("@", "@demo")).symlink_to(path.name)

    def run(*arguments):
        paths = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}
        return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, env=paths, timeout=120)

    return run


def test_systemd_finds_no_fault_in_the_units(analyze):
    done = analyze("verify", "--man=no", "regie@demo.target", *(f"regie-{name}@demo.service" for name in NAMES))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_little_of_the_machine_is_exposed_to_a_unit(analyze, name):
    done = analyze("security", "--offline=yes", "--threshold=20", f"regie-{name}@demo.service")  # of 100
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["loop", "public", "export"])
def test_a_unit_starts_a_command_that_exists_with_options_that_it_knows(name):
    from twin.cli import app

    words = unit(name)["ExecStart"].split()
    commands = [word for word in words[1:3] if re.fullmatch("[a-z]+", word)]
    told = CliRunner().invoke(app, [*commands, "--help"], env={"COLUMNS": "200"})
    assert told.exit_code == 0
    for option in (word for word in words if word.startswith("--")):
        assert option in told.output


@pytest.mark.parametrize("name", ["public", "export"])
def test_the_public_units_see_nothing_of_a_town_but_what_is_public(name):
    service = unit(name)
    assert service["TemporaryFileSystem"] == "/var/lib/regie:ro"
    assert service["BindReadOnlyPaths"] == "/var/lib/regie/%i/public"
    assert "/var/lib" not in service.get("ReadWritePaths", "")


def test_who_faces_the_world_is_another_user_than_the_loop_and_in_no_group_of_it():
    drop_ins = [path.read_text(encoding="utf-8") for path in UNITS.glob("*.d/*.conf")]
    assert not any(re.search(r"^(User|Group|SupplementaryGroups)=", text, re.MULTILINE) for text in drop_ins)  # they would win
    for name in NAMES:
        own = "regie-public-%i" if name in ("public", "export") else "regie-%i"
        assert (unit(name)["User"], unit(name)["Group"]) == (own, own)
        assert "SupplementaryGroups" not in unit(name)


def test_a_public_process_may_hold_a_connection_for_each_viewer():
    assert int(unit("public")["LimitNOFILE"]) > 15_000
