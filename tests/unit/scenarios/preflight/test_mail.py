"""Mail before air, with a server that speaks SMTP."""

import shutil
import socket
import ssl
import subprocess

import pytest
from aiosmtpd.controller import Controller

from scenarios.preflight.line import Verdict
from scenarios.preflight.mail import mail
from twin.adapters.mail_server import PASSWORD
from twin.site.rules import Mail


class Box:
    """Keeps what it is sent; refuses a recipient named nobody."""

    def __init__(self):
        self.taken = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address.startswith("nobody@"):
            return "550 unknown here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.taken.append(envelope)
        return "250 taken"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def server():
    box = Box()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


def table(port, **changes):
    known = {"host": "127.0.0.1", "port": port, "starttls": False, "sender": "regie@town.ch", "recipients": ("duty@town.ch",)}
    return Mail.model_validate(known | changes)


def test_a_server_that_answers_is_go_and_is_sent_nothing(server):
    box, port = server
    before = len(box.taken)
    assert mail(table(port), "town", send_test=False).verdict is Verdict.GO
    assert len(box.taken) == before


def test_a_test_message_reaches_every_recipient(server):
    box, port = server
    line = mail(table(port, recipients=("duty@town.ch", "lead@town.ch")), "town", send_test=True)
    assert line.verdict is Verdict.GO
    assert box.taken[-1].rcpt_tos == ["duty@town.ch", "lead@town.ch"]
    assert b"test before air" in box.taken[-1].content


def test_encryption_that_is_asked_for_and_not_offered_is_no_go(server):
    line = mail(table(server[1], starttls=True), "town", send_test=False)
    assert line.verdict is Verdict.NO_GO
    assert "STARTTLS" in line.value


@pytest.fixture(scope="module")
def encrypting(tmp_path_factory):
    """A server that insists on STARTTLS, and the file of the certificate that it signed for itself."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which signs the server's certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=town mail"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    box = Box()
    controller = Controller(box, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True)
    controller.start()
    yield box, controller.port, certificate
    controller.stop()


def test_a_certificate_that_is_trusted_is_encrypted_to_and_takes_the_test_message(encrypting, monkeypatch):
    box, port, certificate = encrypting
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    line = mail(table(port, starttls=True), "town", send_test=True)
    assert (line.verdict, "encrypted" in line.value, "not encrypted" in line.value) == (Verdict.GO, True, False)
    assert b"test before air" in box.taken[-1].content


def test_a_certificate_that_nobody_trusts_is_no_go_and_says_how_to_trust_it(encrypting, monkeypatch):
    box, port, _ = encrypting
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    before = len(box.taken)
    line = mail(table(port, starttls=True), "town", send_test=True)
    assert (line.verdict, len(box.taken)) == (Verdict.NO_GO, before)
    assert "SSL_CERT_FILE" in line.remedy


def test_a_recipient_that_is_refused_is_named(server):
    line = mail(table(server[1], recipients=("nobody@town.ch",)), "town", send_test=True)
    assert line.verdict is Verdict.NO_GO
    assert "nobody@town.ch" in line.value


def test_a_server_that_is_not_there_is_no_go():
    port = free_port()
    line = mail(table(port), "town", send_test=False)
    assert line.verdict is Verdict.NO_GO
    assert str(port) in line.value


def test_a_password_for_a_server_that_knows_none_is_no_go(server, monkeypatch):
    monkeypatch.setenv(PASSWORD, "secret")
    line = mail(table(server[1]), "town", send_test=False)
    assert line.verdict is Verdict.NO_GO
    assert "secret" not in line.value
