"""Faults of a refused command, as its log names them: ``regie: PLACE: VALUE; expected LIMIT; REMEDY``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FAULT = re.compile(r"^regie: (?P<place>.+?): (?P<value>.+); expected (?P<limit>.+); (?P<remedy>[^;]+)$")
_SAID = "regie: "


@dataclass(frozen=True)
class Fault:
    """One fault; a line that follows no form is all value."""

    place: str
    value: str
    limit: str = ""
    remedy: str = ""


def faults_of(log: str, folder: str) -> Sequence[Fault]:
    """Every fault of the log's last attempt, in its order. ``folder``: left out of places, for it says nothing to people."""
    found: list[Fault] = []
    for line in log.splitlines():
        if not line.startswith(_SAID):
            found = []  # progress: what was said before belongs to an earlier attempt
            continue
        said = line.replace(f"{folder}/", "")
        match = _FAULT.match(said)
        found.append(Fault(**match.groupdict()) if match else Fault("", said.removeprefix(_SAID)))
    return list(dict.fromkeys(found))
