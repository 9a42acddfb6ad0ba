"""What became of every order of a played run: when it reached which state, as its journal saw it."""

from __future__ import annotations

from typing import Any

from scenarios.play.tape import Tape
from twin.domain.time import from_epoch_s


def order_list(tape: Tape) -> list[dict[str, Any]]:
    """Orders by their first instant and device.

    Returns:
        ``key``, ``device``, ``p_mw``, ``start``, ``expires``, ``recommendation``, ``payment_chf``, its last ``state``, and
        ``life``: (state, ISO 8601 instant) of everything that was seen of it.
    """
    found: dict[str, dict[str, Any]] = {}
    before = ""
    for record in tape.records():
        at = from_epoch_s(record.as_of_s).isoformat()
        for key in record.meta["sent"]:  # as soon as the tick before was journalled
            _reached(found[key], "sent", before)
        for order in record.meta["orders"]:
            _reached(found.setdefault(order["key"], {**order, "life": []}), order["state"], at)
        before = at
    return sorted(found.values(), key=lambda order: (order["start"], order["device"], order["key"]))


def _reached(order: dict[str, Any], state: str, at: str) -> None:
    life = order["life"]
    if not life or life[-1][0] != state:
        life.append([state, at])
        order["state"] = state
