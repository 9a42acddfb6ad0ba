"""What is held, as the régie's web process reaches it."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

from twin.contracts.desk_ports import Unavailable
from twin.contracts.privacy import Holdings
from twin.domain.problems import BadInput
from twin.privacy.held import holdings


class HoldingsOfState:
    """Of one state directory (`twin.contracts.desk_ports.Privacy`)."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def holdings(self, now: datetime) -> Holdings:
        """Read anew at every question."""
        try:
            return holdings(self._state, now)
        except (BadInput, sqlite3.Error, OSError, ValueError) as error:
            raise Unavailable(f"a store cannot be read: {error}") from error
