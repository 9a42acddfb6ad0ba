"""Mail before air: a real conversation with the site's server, and on demand a real message."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from scenarios.preflight.line import Line, caution, go, no_go
from twin.site.rules import Mail

PASSWORD = "REGIE_MAIL_PASSWORD"  # noqa: S105 - the variable's name
"""Environment variable with the sender's password, where the server asks for one."""
_WAIT_S = 5.0
_NAME = "mail"


def mail(table: Mail | None, site: str, *, send_test: bool) -> Line:
    """Connect, greet, encrypt, log in where a password is set, and ask for nothing; with ``send_test`` send a message."""
    if table is None:
        value = "no [mail] in the site file: alarms and debriefs reach nobody who is not at a screen"
        return caution(_NAME, value, "a server that takes mail", "declare [mail] with host, port, sender and recipients")
    place, limit = f"{table.host}:{table.port}", "a server that answers and takes mail"
    try:
        with smtplib.SMTP(table.host, table.port, timeout=_WAIT_S) as server:
            return _talk(server, table, place, limit, site if send_test else None)
    except (smtplib.SMTPException, OSError) as error:
        value, remedy = _failure(error)
        return no_go(_NAME, f"{place}: {value}", limit, remedy)


def _failure(error: Exception) -> tuple[str, str]:
    """What went wrong, and what to do."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refuses the password ({_said(error)})", f"correct {PASSWORD}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        remedy = "set starttls = false only where the network is your own, or use a server that encrypts"
        return f"does not offer what is asked of it ({error})", remedy
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or error.reason or error
        return f"its certificate is not trusted ({reason})", "trust its authority (SSL_CERT_FILE)"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"refuses {', '.join(sorted(error.recipients))}", "correct [mail] recipients, or let it relay for the sender"
    return _said(error), "correct [mail] host and port, or start the server"


def _talk(server: smtplib.SMTP, table: Mail, place: str, limit: str, send_to: str | None) -> Line:
    server.ehlo()
    if table.starttls:
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    password = os.environ.get(PASSWORD)
    if password:
        server.login(table.sender, password)
    code, text = server.noop()
    if code != 250:
        return no_go(_NAME, f"{place}: {code} {text.decode(errors='replace')}", limit, "ask who runs the server")
    done = f"{place} answers" + (", encrypted" if table.starttls else ", not encrypted")
    if send_to is not None:
        refused = server.send_message(_message(table, send_to))
        if refused:
            return no_go(_NAME, f"{done}, refuses {', '.join(sorted(refused))}", limit, "correct [mail] recipients")
        done += f", took a test message for {', '.join(table.recipients)}"
    if not table.starttls and table.host not in {"localhost", "127.0.0.1", "::1"}:
        return caution(_NAME, done, f"{limit}, encrypted", "set starttls = true if the server can")
    return go(_NAME, done, limit)


def _message(table: Mail, site: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = table.sender, ", ".join(table.recipients)
    message["Subject"] = f"Régie {site}: test before air"
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=table.sender.partition("@")[2])
    message.set_content("This is a test. Alarms and debriefs will come from this sender.\n")
    return message


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    if isinstance(error, TimeoutError | socket.timeout):
        return f"no answer within {_WAIT_S:g} s"
    return str(getattr(error, "strerror", None) or error)
