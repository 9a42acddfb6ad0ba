"""The public process: one clear line when it cannot start, and nothing private or heavy in it."""

import os
import subprocess
import sys


def test_port_in_use_gives_one_clear_line(tmp_path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "dashboard.public", "--dir", str(tmp_path), "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "choose another --port" in done.stderr


def test_public_address_that_is_none_gives_one_clear_line(tmp_path):
    command = [sys.executable, "-m", "dashboard.public", "--dir", str(tmp_path)]
    environment = os.environ | {"REGIE_PUBLIC_URL": "strom.town.example"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 2
    assert "$REGIE_PUBLIC_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_public_process_loads_neither_private_contracts_nor_solvers():
    code = "import sys, dashboard.public.__main__; print([m for m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True).stdout
    for private in (
        "twin.contracts.snapshot",
        "twin.contracts.messages",
        "twin.boxes",
        "pandapower",
        "pandas",
        "numpy",
        "dash.",
    ):
        assert f"'{private}" not in loaded
