"""The open data: what stands ready, as its own ``datapackage.json`` says (Frictionless Data Package v1), and the files."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from dashboard.public import shelf
from dashboard.public.shelf import MINUTE, Answer

DATA_PACKAGE = "open/datapackage.json"
LARGEST_BYTES = 16 * 1024 * 1024  # a year of hours is below 2 MB
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_TYPES = {".csv": "text/csv", ".json": shelf.JSON}
_WITHOUT_FIGURES = re.compile(r"(datapackage|schema-[a-z]+)\.json")

FileName = Annotated[str, StringConstraints(pattern=_NAME, max_length=100)]
"""A file beside the package's own: no folder, no scheme, nothing hidden."""


class Resource(BaseModel):
    """One table.

    Attributes:
        path: of its file. ``bytes``: its size, where the package tells it.
        alternatives: files with the same content in other formats.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    path: FileName
    title: str = ""
    bytes: int | None = None
    alternatives: tuple[FileName, ...] = ()


class Withheld(BaseModel):
    """That the tables are under an embargo, as the package itself says."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    since: datetime


class DataPackage(BaseModel):
    """What this page needs of a data package."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    resources: tuple[Resource, ...]
    embargo: Withheld | None = None


class OpenFolder:
    """The files themselves, each compressed once for as long as it stays the same. Pages of any origin may read them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, tuple[tuple[int, int, int], Answer]] = {}

    def names(self, *, withheld: bool) -> list[str]:
        """Files that are handed out now; during an embargo none with figures."""
        found = sorted(path.name for path in self._folder.glob("*"))
        return [name for name in found if self.answer(name, withheld=withheld) is not None]

    def answer(self, name: str, *, withheld: bool) -> Answer | None:
        """One file; None where there is none to hand out."""
        media_type = _TYPES.get(Path(name).suffix)
        if media_type is None or re.match(_NAME, name) is None or (withheld and not _WITHOUT_FIGURES.fullmatch(name)):
            return None
        path = self._folder / name
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
            if name not in self._made or self._made[name][0] != stamp:
                if stat.st_size > LARGEST_BYTES:
                    return None
                self._made[name] = stamp, shelf.answer(path.read_bytes(), media_type, cache=MINUTE, shared=True)
        except OSError:  # there is none, or no longer
            self._made.pop(name, None)
            return None
        return self._made[name][1]
