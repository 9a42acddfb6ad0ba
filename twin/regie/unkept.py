"""No journal: for a run that nobody resumes, replays or debriefs, played by the dozen for what its ticks say."""

from __future__ import annotations

from typing import Any

from twin.regie.journal import Journal


class Unkept(Journal):
    """What the loop asks of a journal; everything is acknowledged, and nothing is there afterwards."""

    keeps = False

    def __init__(self) -> None:
        """No directory is made, and nobody is locked out."""

    @property
    def head(self) -> str:
        """As before the first tick."""
        return ""

    @property
    def acked(self) -> int:
        """As before the first tick."""
        return 0

    def resume_state(self) -> None:
        """Nothing to resume from."""

    def commit(self, **_tick: Any) -> str:  # type: ignore[override]  # it does not look at what it is given
        """Nothing is written."""
        return ""

    def close(self) -> None:
        """Nothing is open."""
