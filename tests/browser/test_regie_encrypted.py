"""The régie on another address than this machine's own: encrypted, it lets people in by name and takes commands."""

import datetime as dt
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import expect

NAME = "desk.town.example"
ROOT = Path(__file__).parents[2]


def certificate(folder):
    """A certificate of `NAME` that signs itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "chain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    return folder / "chain.pem", folder / "key.pem"


def web(state, *words):
    return [sys.executable, "-m", "twin.web", "--state", str(state), *map(str, words)]


@pytest.fixture(scope="module")
def served(serve_module, tmp_path_factory, factory):
    """A régie on every address of this machine, with a certificate; nobody but its certificate is believed."""
    state = tmp_path_factory.mktemp("encrypted")
    factory.write(state, factory.facts(), "diagram.json")
    factory.write(state, factory.snapshot(interval_s=600.0))
    chain, key = certificate(tmp_path_factory.mktemp("tls"))
    made = serve_module("twin.web", state)  # lets people in, and finds a free port
    process = subprocess.Popen(
        web(state, "--host", "0.0.0.0", "--port", made.port, "--tls-cert", chain, "--tls-key", key), cwd=ROOT
    )
    trust, begun = ssl.create_default_context(cafile=chain), time.monotonic()
    while True:
        try:
            with socket.create_connection(("127.0.0.1", made.port)) as plain, trust.wrap_socket(plain, server_hostname=NAME):
                break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() - begun < 60.0
            time.sleep(0.1)
    made.url = f"https://{NAME}:{made.port}"
    yield made
    process.send_signal(signal.SIGKILL)
    process.wait(30.0)


@pytest.fixture(scope="module")
def browser(launch):
    """Believes every certificate, for the worker that holds the live connection, too: a page's own option leaves it out."""
    chromium = launch("--ignore-certificate-errors")
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def desk(served, keep_page):
    """Somebody logs in by hand."""
    page = keep_page(f"{served.url}/regie/?lang=en", wait_for="form")
    page.get_by_label("Name").fill("dana")
    page.get_by_label("Password").fill("a brook runs under the old mill")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector(".cards .card")
    return page


def test_the_live_screen_follows_the_grid(served, desk, factory):
    factory.write(served.state, factory.snapshot(tick=78, interval_s=600.0))
    expect(desk.locator("#header .state")).to_contain_text("tick 78")


def test_a_command_is_taken(served, desk, factory):
    key = factory.alarms()[0].key
    desk.click(f'[data-do="acknowledge"][data-target="{key}"]')
    expect(desk.locator("#said")).to_contain_text("Sent")
    with sqlite3.connect(served.state / "commands.sqlite") as db:
        assert db.execute("SELECT kind, target, by FROM command").fetchall() == [("acknowledge", key, "dana")]


def test_the_session_never_travels_readable(desk):
    (session,) = desk.context.cookies()
    assert (session["secure"], session["httpOnly"], session["sameSite"]) == (True, True, "Strict")


def test_a_name_that_the_certificate_does_not_bear_is_refused(served, open_page):
    page = open_page(f"https://evil.town.example:{served.port}/regie/login", wait_for=None)
    assert "is not this server" in page.inner_text("body")


@pytest.mark.parametrize("fault", ["no certificate", "another key"])
def test_files_that_do_not_fit_are_refused_with_their_names(tmp_path, fault):
    chain, key = certificate(tmp_path)
    if fault == "no certificate":
        chain.write_text("lost\n")
    else:
        (tmp_path / "other").mkdir()
        _, key = certificate(tmp_path / "other")
    command = web(tmp_path, "--port", "0", "--tls-cert", chain, "--tls-key", key)
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert str(chain) in ended.stderr
    assert "(PEM)" in ended.stderr
