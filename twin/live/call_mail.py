"""The process of one call's mail: what to say and to whom comes on standard input; exit 0 once the server has taken it."""

from __future__ import annotations

import hashlib
import json
import smtplib
import sys
from pathlib import Path
from typing import Any

from dashboard.regie.called import call_text
from twin.adapters.mail_server import failure, mail_server, message
from twin.contracts.diagram import DiagramFacts
from twin.contracts.snapshot import Snapshot
from twin.site.rules import Mail


def send(asked: dict[str, Any]) -> str:
    """Send it; returns why the server did not take it, empty when it did."""
    table = Mail.model_validate(asked["mail"])
    snapshots = Path(asked["state"]) / "snapshots"
    snapshot = Snapshot.model_validate_json((snapshots / "regie.json").read_bytes())
    diagram = DiagramFacts.model_validate_json((snapshots / "diagram.json").read_bytes())
    said = {name: asked[name] for name in ("key", "who", "level", "others")}
    subject, text = call_text(snapshot, diagram, asked["language"], **said)
    of = f"{snapshot.site.name} {asked['at']} {asked['who']} {asked['level']}"
    identity = hashlib.sha256(of.encode()).hexdigest()[:32]
    try:
        with mail_server(table) as server:
            server.send_message(message(table, [asked["to"]], subject, text, identity))
    except (smtplib.SMTPException, OSError) as error:
        return f"{table.host}:{table.port}: {failure(error)[0]}"
    return ""


def main() -> int:
    """Exit code 1 with the reason on standard output."""
    reason = send(json.load(sys.stdin))
    sys.stdout.write(reason)
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
