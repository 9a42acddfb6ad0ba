"""The site's mail server: greeted, encrypted where the site file asks for it, logged in to where a password is set."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from twin.site.rules import Mail

PASSWORD = "REGIE_MAIL_PASSWORD"  # noqa: S105 - the variable's name
"""Environment variable with the sender's password, where the server asks for one."""
_WAIT_S = 5.0


@contextmanager
def mail_server(table: Mail) -> Iterator[smtplib.SMTP]:
    """A conversation that has come as far as a message may be sent.

    Raises:
        smtplib.SMTPException, OSError: see `failure` for what they mean.
    """
    with smtplib.SMTP(table.host, table.port, timeout=_WAIT_S) as server:
        server.ehlo()
        if table.starttls:
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        password = os.environ.get(PASSWORD)
        if password:
            server.login(table.sender, password)
        yield server


def message(table: Mail, to: Sequence[str], subject: str, text: str, identity: str = "") -> EmailMessage:
    """A message from the site's sender; of two with one ``identity`` mail programs show one."""
    domain = table.sender.partition("@")[2]
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Date"] = table.sender, ", ".join(to), subject, formatdate()
    made["Message-ID"] = f"<{identity}@{domain}>" if identity else make_msgid(domain=domain)
    made.set_content(text)
    return made


def failure(error: Exception) -> tuple[str, str]:
    """What went wrong in a conversation, and what to do."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refuses the password ({_said(error)})", f"correct {PASSWORD}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        remedy = "set starttls = false only where the network is your own, or use a server that encrypts"
        return f"does not offer what is asked of it ({error})", remedy
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or error.reason or error
        return f"its certificate is not trusted ({reason})", "trust its authority (SSL_CERT_FILE)"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        remedy = "correct the address in the site file, or let the server relay for the sender"
        return f"refuses {', '.join(sorted(error.recipients))}", remedy
    return _said(error), "correct [mail] host and port, or start the server"


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    if isinstance(error, TimeoutError | socket.timeout):
        return f"no answer within {_WAIT_S:g} s"
    return str(getattr(error, "strerror", None) or error)
