"""Mail before air: a real conversation with the site's server, and on demand a real message."""

from __future__ import annotations

import smtplib

from scenarios.preflight.line import Line, caution, go, no_go
from twin.adapters.mail_server import failure, mail_server, message
from twin.site.rules import Mail

_NAME = "mail"


def mail(table: Mail | None, site: str, *, send_test: bool) -> Line:
    """Connect, greet, encrypt, log in where a password is set, and ask for nothing; with ``send_test`` send a message."""
    if table is None:
        value = "no [mail] in the site file: alarms and debriefs reach nobody who is not at a screen"
        return caution(_NAME, value, "a server that takes mail", "declare [mail] with host, port, sender and recipients")
    place, limit = f"{table.host}:{table.port}", "a server that answers and takes mail"
    try:
        with mail_server(table) as server:
            return _talk(server, table, place, limit, site if send_test else None)
    except (smtplib.SMTPException, OSError) as error:
        value, remedy = failure(error)
        return no_go(_NAME, f"{place}: {value}", limit, remedy)


def _talk(server: smtplib.SMTP, table: Mail, place: str, limit: str, send_to: str | None) -> Line:
    code, text = server.noop()
    if code != 250:
        return no_go(_NAME, f"{place}: {code} {text.decode(errors='replace')}", limit, "ask who runs the server")
    done = f"{place} answers" + (", encrypted" if table.starttls else ", not encrypted")
    if send_to is not None:
        subject, said = f"Régie {send_to}: test before air", "This is a test. Alarms and debriefs will come from this sender.\n"
        refused = server.send_message(message(table, table.recipients, subject, said))
        if refused:
            return no_go(_NAME, f"{done}, refuses {', '.join(sorted(refused))}", limit, "correct [mail] recipients")
        done += f", took a test message for {', '.join(table.recipients)}"
    if not table.starttls and table.host not in {"localhost", "127.0.0.1", "::1"}:
        return caution(_NAME, done, f"{limit}, encrypted", "set starttls = true if the server can")
    return go(_NAME, done, limit)
