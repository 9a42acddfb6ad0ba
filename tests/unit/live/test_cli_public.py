"""``regie public``: the two public processes as commands."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

REGIE = str(Path(sys.executable).with_name("regie"))


def regie(*arguments):
    return subprocess.run([REGIE, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("command", [["public"], ["public", "serve"], ["public", "export"], ["bench", "public"]])
def test_the_commands_explain_themselves(command):
    done = regie(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage" in done.stdout


def test_an_export_holds_the_pages_of_four_languages(tmp_path):
    (tmp_path / "public").mkdir()
    done = regie("public", "export", tmp_path / "export", "--from", tmp_path / "public")
    assert (done.returncode, done.stderr) == (0, "")
    for language in ("de", "fr", "it", "en"):
        assert f'lang="{language}"' in (tmp_path / "export" / "current" / language / "index.html").read_text()


@pytest.mark.parametrize("strange", ["--viewers=0", "--minutes=721", "--tick-s=5"])
def test_a_bench_that_cannot_be_is_refused(strange, tmp_path):
    done = regie("bench", "public", strange, "--out", tmp_path / "none.jsonl")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_public_process_serves_a_directory_until_told_to_end(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([REGIE, "public", "serve", "--dir", tmp_path, "--port", str(port)])
    try:
        said = None
        while said is None and process.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10.0) as answer:
                said = json.load(answer)
            time.sleep(0.05)
        assert (said["status"], said["data"]) == ("ok", "starting")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60.0) in {0, -signal.SIGTERM}  # uvicorn raises the signal again when it is done
    finally:
        process.kill()
        process.wait()
