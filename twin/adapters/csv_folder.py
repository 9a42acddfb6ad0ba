"""A folder of CSV files that somebody else writes into, followed by whole lines.

A look costs one stat per file. Of a file that grew, only what is new is read, and a last line without its end waits for it. A
file whose beginning is no longer what was read (it shrank, or another took its name) is read anew.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mark:
    """How far a file was read: whole lines, their bytes, and the checksum of these."""

    lines: int = 0
    size: int = 0
    crc: int = 0


@dataclass
class CsvFile:
    """One file and how far it was read.

    Attributes:
        columns: of its first line; None before that was read, () for a file that is refused.
        anew: the last `changed` found another file under the name.
    """

    path: Path
    columns: tuple[str, ...] | None = None
    mark: Mark = Mark()
    anew: bool = False
    _last: bytes = b""
    _inode: int = 0
    _size: int = 0
    _mtime_ns: int = 0

    def changed(self) -> bool:
        """Whether the file is not as it was the last time; one that is another by now is read from its beginning again.

        Raises:
            OSError: when it cannot be looked at.
        """
        self.anew = False
        stat = self.path.stat()
        if (stat.st_ino, stat.st_size, stat.st_mtime_ns) == (self._inode, self._size, self._mtime_ns):
            return False
        if not self._continues(stat):
            self.columns, self.mark, self._last, self.anew = None, Mark(), b"", True
        self._inode, self._size, self._mtime_ns = stat.st_ino, stat.st_size, stat.st_mtime_ns
        return True

    def go_back(self, mark: Mark) -> None:
        """Have what lies behind ``mark`` read again, whatever the file system says; everything where that is no mark of it."""
        try:
            self.mark = mark if self._begins_with(mark) else Mark()
        except OSError:  # gone since it was listed: the next look sees that
            self.mark = Mark()
        self.columns = self.columns if self.mark.lines else None
        self.look_again()

    def look_again(self) -> None:
        """Have the next `changed` be true, whatever the file system says."""
        self._inode, self._last = 0, b""

    def lines(self) -> Iterator[str]:
        """Whole lines behind the mark, which moves with them.

        What is no UTF-8 stands as escapes in its own line, so that this row is refused and the others are read.
        """
        with self.path.open("rb") as file:
            file.seek(self.mark.size)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                codec = "utf-8" if self.mark.size else "utf-8-sig"
                self._last = line
                self.mark = Mark(self.mark.lines + 1, self.mark.size + len(line), zlib.crc32(line, self.mark.crc))
                yield line.decode(codec, errors="backslashreplace")

    @property
    def waiting(self) -> bool:
        """Whether a line without its end stood behind the mark."""
        return self._size > self.mark.size

    def _begins_with(self, mark: Mark) -> bool:
        """Whether the file's beginning is what was read up to ``mark``."""
        left, crc = mark.size, 0
        with self.path.open("rb") as file:
            while left and (block := file.read(min(left, 1 << 20))):
                left, crc = left - len(block), zlib.crc32(block, crc)
        return not left and crc == mark.crc

    def _continues(self, stat: os.stat_result) -> bool:
        if stat.st_ino == self._inode and stat.st_size > self._size:
            # Appended to, as nearly always: the last line that was read answers for all before it.
            with self.path.open("rb") as file:
                file.seek(self.mark.size - len(self._last))
                return file.read(len(self._last)) == self._last
        return self._begins_with(self.mark)


class CsvFolder:
    """The folder's files, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, CsvFile] = {}

    def __iter__(self) -> Iterator[CsvFile]:
        """Every file in order of name; one that has gone is forgotten, unless all have: that is an outage of the folder.

        Raises:
            OSError: when there is no folder, or no file in it.
        """
        paths = csv_files(self._folder)
        if not paths:
            raise FileNotFoundError(f"no CSV file in {self._folder}")
        self._files = {path.name: self._files.get(path.name) or CsvFile(path) for path in paths}
        return iter(tuple(self._files.values()))

    @property
    def marks(self) -> dict[str, Mark]:
        """File -> how far it was read."""
        return {name: file.mark for name, file in self._files.items()}

    def go_back(self, marks: Mapping[str, Mark]) -> None:
        """Have what lies behind ``marks`` read again: all of a file that has none, or that was another then."""
        for name, file in self._files.items():
            file.go_back(marks.get(name, Mark()))


def csv_files(folder: Path) -> list[Path]:
    """In order of name; none where there is no such folder."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv") if folder.is_dir() else []
