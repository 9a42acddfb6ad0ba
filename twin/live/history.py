"""The history of a state directory for the web process; arrays are loaded by the first question, not by every screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.contracts.desk_ports import Unavailable
from twin.contracts.history_facts import FILE, HistoryFacts

if TYPE_CHECKING:
    import xarray as xr


class JournalHistory:
    """What one state directory's journal holds. Implements `twin.contracts.desk_ports.History`."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def signals(self) -> Mapping[str, Mapping[str, Any]]:
        """Every signal's name -> its unit, dims, elements and meaning.

        Raises:
            Unavailable: while no loop has run here.
        """
        from twin.live.history_arrays import signals_of

        return signals_of(self._facts())

    def read(self, start: datetime, end: datetime, signals: Sequence[str]) -> xr.Dataset:
        """Quarter hours with ``start <= time < end``, as the port says."""
        from twin.live.history_arrays import read

        return read(self._state, self._facts(), start, end, signals)

    def forecasts(self, start: datetime, end: datetime, instance: str) -> xr.Dataset:
        """Forecasts with ``start <= issued_at < end``, as the port says."""
        from twin.live.history_arrays import read_forecasts

        return read_forecasts(self._state, self._facts(), start, end, instance)

    def _facts(self) -> HistoryFacts:
        path = self._state / "snapshots" / FILE
        try:
            return _read_facts(path, path.stat().st_mtime_ns)
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"{path.name}: no history yet ({type(error).__name__}); let the loop run on this state"
            ) from error


@lru_cache(maxsize=4)
def _read_facts(path: Path, _: int) -> HistoryFacts:
    return HistoryFacts.model_validate_json(path.read_bytes())
