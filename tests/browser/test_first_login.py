"""The first person of a new state directory: a way in on a terminal and without one, and then a password of their own."""

import os
import pty
import re
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))
from hamlet import hamlet
from on_air import Place, with_kernels

pytestmark = pytest.mark.slow

OWN = "nine storks over a flat roof"


def screens():
    """Both screens, on ports that nobody has."""
    with socket.socket() as regie, socket.socket() as public:
        regie.bind(("127.0.0.1", 0))
        public.bind(("127.0.0.1", 0))
        return "--web", f"--port={regie.getsockname()[1]}", f"--public-port={public.getsockname()[1]}"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made, folder = hamlet(days=1.0), tmp_path_factory.mktemp("first")
    cache = with_kernels(tmp_path_factory.mktemp("cache"))
    return Place(made.write(folder / "site"), folder / "state", made.start.isoformat(), cache)


@pytest.fixture(scope="module")
def without_a_terminal(place):
    """What a service's log holds after a quarter hour with screens."""
    return place.run(1, *screens())


@pytest.fixture(scope="module")
def on_a_terminal(place):
    """What somebody reads on their terminal who starts a régie by hand, and where its state is."""
    place = replace(place, state=place.state.with_name("by_hand"))
    ours, theirs = pty.openpty()
    run = place.start(1, *screens(), stderr=theirs)
    os.close(theirs)
    read = b""
    while True:  # a terminal must be read, or who writes to it waits
        try:
            part = os.read(ours, 4096)
        except OSError:  # its last writer is gone
            break
        read += part
    assert run.ended().code == 0, read.decode()
    return SimpleNamespace(words=read.decode(), state=place.state)


def test_without_a_terminal_the_log_says_how_and_holds_no_password(without_a_terminal, place):
    assert without_a_terminal.code == 0, without_a_terminal.err
    assert f"nobody can log in yet: regie user add NAME --role admin --state {place.state}" in without_a_terminal.err
    assert "log in as" not in without_a_terminal.err


def test_the_password_of_the_terminal_opens_once_and_asks_for_ones_own(on_a_terminal, serve_module, open_page):
    (once,) = re.findall(r"log in as dispatcher with (\S+) \(once", on_a_terminal.words)
    served = serve_module("twin.web", on_a_terminal.state, path="/regie/login", people=False)
    served.start()
    try:
        page = open_page(f"{served.url}/regie/?lang=en", role=None, wait_for="form")
        page.get_by_label("Name").fill("dispatcher")
        page.get_by_label("Password").fill(once)
        page.get_by_role("button", name="Log in").click()
        page.get_by_label("New password", exact=True).fill(OWN)
        page.get_by_label("New password once more").fill(OWN)
        page.get_by_role("button", name="Keep this password").click()
        page.wait_for_selector(".cards .card")
        again = open_page(f"{served.url}/regie/login?lang=en", role=None, wait_for="form")
        again.get_by_label("Name").fill("dispatcher")
        again.get_by_label("Password").fill(once)
        again.get_by_role("button", name="Log in").click()
        assert "Name or password is not right" in again.inner_text("main")
    finally:
        served.stop(signal.SIGKILL)
