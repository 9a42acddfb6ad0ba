"""The hours of approved months, kept as they were approved: the book names them by their hash, and the files lie beside it.

A later record may tell a quarter hour that was unknown; nobody has approved that. So an approval keeps its hours, and what
was lost is made anew from the journal only where it is the same to the last digit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from twin.contracts.publication import HourFigure
from twin.domain.whole_file import write_whole

_HOURS: TypeAdapter[tuple[HourFigure, ...]] = TypeAdapter(tuple[HourFigure, ...])


class KeptHours:
    """The files below ``folder``, each named by the hash of what it holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, hours: Sequence[HourFigure]) -> str:
        """Keep them durably; returns their hash.

        Raises:
            OSError: when the disk does not take them.
        """
        name, data = _packed(hours)
        if self._read(name) is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / f"{name}.json", data)
        return name

    def find(self, name: str, again: Callable[[], Sequence[HourFigure]]) -> tuple[HourFigure, ...] | None:
        """The hours of that hash; None where they are lost.

        Args:
            again: the same month's hours as the journal tells them now; asked only where the file is lost or torn.
        """
        data = self._read(name)
        if data is not None:
            return _HOURS.validate_json(data)
        hours = tuple(again())
        if _packed(hours)[0] != name:
            return None
        self.keep(hours)
        return hours

    def _read(self, name: str) -> bytes | None:
        try:
            data = (self._folder / f"{name}.json").read_bytes()
        except FileNotFoundError:
            return None
        return data if hashlib.sha256(data).hexdigest() == name else None


def _packed(hours: Sequence[HourFigure]) -> tuple[str, bytes]:
    """Hash and content of a file."""
    data = _HOURS.dump_json(tuple(hours))
    return hashlib.sha256(data).hexdigest(), data
