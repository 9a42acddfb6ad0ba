"""Models kept from run to run: rehearsals that begin alike ask for the same fits, and a model follows from its question.

It also follows from the code that makes it: the question holds a digest of the box's package and of ours, of the libraries'
versions and of the machine. A file that was damaged is no model, and what is not kept is made.
"""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from twin.domain.whole_file import write_whole

KEPT_FILES = 200
"""Of 50 to 550 kB each in the demo, five for each beginning."""
_DIGEST_BYTES = 32


class KeptModels:
    """Models by what they follow from, in a folder of the cache; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, package: str, *question: bytes) -> bytes | None:
        """The model that was made for the question; None where there is none.

        Args:
            package: top-level module of the box. ``question``: all that the model follows from beside code and machine.
        """
        path = self._path(package, question)
        try:
            data = path.read_bytes()
            path.touch()  # what was used last is kept longest
        except OSError:
            return None
        model = data[_DIGEST_BYTES:]
        return model if hashlib.sha256(model).digest() == data[:_DIGEST_BYTES] else None

    def put(self, model: bytes, package: str, *question: bytes) -> None:
        """Keep a model; a disk that does not take it keeps none."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(package, question), hashlib.sha256(model).digest() + model)
            files = sorted(self._folder.glob("[!.]*"), key=lambda file: file.stat().st_mtime)
            for old in files[:-KEPT_FILES]:
                old.unlink(missing_ok=True)

    def _path(self, package: str, question: tuple[bytes, ...]) -> Path:
        name = hashlib.sha256(made_by(package))
        for part in question:
            name.update(hashlib.sha256(part).digest())
        return self._folder / name.hexdigest()


@cache
def made_by(package: str) -> bytes:
    """Digest of what turns a question into a model: the box's package and ours, the libraries' versions, the machine."""
    found = hashlib.sha256("\0".join((sys.version, *platform.uname())).encode())
    for entry in sys.path:
        for installed in sorted(path.name for path in Path(entry).glob("*.dist-info")):
            found.update(installed.encode())
    for name in dict.fromkeys(("twin", "forecasts", package)):
        for file in _files_of(name):
            found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.digest()


def _files_of(module: str) -> list[Path]:
    spec = importlib.util.find_spec(module)
    if spec is None:
        return []
    if spec.submodule_search_locations is None:
        return [Path(spec.origin)] if spec.origin else []
    folders = [Path(place) for place in spec.submodule_search_locations]
    return [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != ".pyc"]
