"""The frame in shared memory: the loop appends and corrects rows between ticks, boxes map the same pages read-only.

An anonymous file (memfd) holds it: no name, so nothing is left behind whatever kills the loop. Its pages are reserved at
the start, so that a full machine is an error there and never a SIGBUS in a box. Rows stay contiguous: when the end is
reached the last ``keep_rows`` move to the front, once a week of ticks.

``digest`` is the sum of all rows' hashes modulo 2**256: appending, correcting and forgetting a row each cost one hash, and
the same rows give the same digest after a resume, whatever the way there.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import struct

import numpy as np

from twin.contracts.frame import Frame, Layout
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s

_SLACK_ROWS = 672
_MODULUS = 1 << 256
_PAGE = mmap.PAGESIZE


def quality_offset(rows: int, columns: int) -> int:
    """Where the flags begin: the next page after ``rows x columns`` float64 values."""
    size = rows * columns * 8
    return size + (-size % _PAGE)


class SharedFrame:
    """Writable rows of one `Layout`; see the module. Labels are consecutive quarter hours.

    Args:
        keep_rows: how many rows boxes can see (6,048 = nine weeks).
    """

    def __init__(self, layout: Layout, keep_rows: int) -> None:
        self.layout = layout
        self.keep_rows = keep_rows
        self.capacity = keep_rows + _SLACK_ROWS
        columns = len(layout.columns)
        offset = quality_offset(self.capacity, columns)
        size = max(offset + self.capacity * columns, _PAGE)
        writer = os.memfd_create("regie-frame")
        os.posix_fallocate(writer, 0, size)
        self._map = mmap.mmap(writer, size)
        # Boxes get a descriptor that cannot be written through, so not even a hostile cast changes what others read.
        self.fd = os.open(f"/proc/self/fd/{writer}", os.O_RDONLY | os.O_CLOEXEC)
        os.close(writer)
        shape = (self.capacity, columns)
        self._values = np.frombuffer(self._map, np.float64, self.capacity * columns).reshape(shape)
        self._quality = np.frombuffer(self._map, np.uint8, self.capacity * columns, offset).reshape(shape)
        self._hashes: list[int] = []
        self._sum = 0
        self._start_s = 0
        self._first = 0
        self._rows = 0

    @property
    def rows(self) -> int:
        """Rows that boxes can see."""
        return self._rows

    @property
    def first(self) -> int:
        """Position of the oldest visible row in the shared pages."""
        return self._first

    @property
    def start_s(self) -> int:
        """Label of the oldest visible row, epoch seconds."""
        return self._start_s

    @property
    def end_s(self) -> int:
        """End of the newest interval, epoch seconds: the label that the next `append` expects."""
        return self._start_s + self._rows * QUARTER_HOUR_S

    @property
    def digest(self) -> str:
        """Hash (hex) of every visible row with its label."""
        return f"{self._sum:064x}"

    def load(self, frame: Frame) -> None:
        """Replace everything by ``frame`` (the newest ``keep_rows`` of it).

        Raises:
            ValueError: when its layout is another one.
        """
        if frame.layout.columns != self.layout.columns:
            raise ValueError("the frame to load has other columns than the shared one")
        rows = min(len(frame.values), self.keep_rows)
        skip = len(frame.values) - rows
        self._first, self._rows, self._start_s = 0, rows, frame.start_s + skip * QUARTER_HOUR_S
        self._values[:rows] = frame.values[skip:]
        self._quality[:rows] = frame.quality[skip:]
        self._hashes = [self._hash(row) for row in range(rows)]
        self._sum = sum(self._hashes) % _MODULUS

    def append(self, label_s: int, values: np.ndarray, quality: np.ndarray) -> None:
        """Add the next quarter hour; the oldest leaves when ``keep_rows`` are there.

        Args:
            label_s: label of the row, epoch seconds. ``values``, ``quality``: dims (column,).

        Raises:
            ValueError: when the label is not the next quarter hour.
        """
        if self._rows and label_s != self.end_s:
            raise ValueError(
                f"row {from_epoch_s(label_s).isoformat()} appended where {from_epoch_s(self.end_s).isoformat()} comes next"
            )
        if not self._rows:
            self._start_s = label_s
        if self._first + self._rows == self.capacity:
            self._compact()
        position = self._first + self._rows
        self._write(position, values, quality)
        self._rows += 1
        self._hashes.append(self._hash(self._rows - 1))
        self._sum = (self._sum + self._hashes[-1]) % _MODULUS
        if self._rows > self.keep_rows:
            self._sum = (self._sum - self._hashes.pop(0)) % _MODULUS
            self._first += 1
            self._rows -= 1
            self._start_s += QUARTER_HOUR_S

    def replace(self, label_s: int, values: np.ndarray, quality: np.ndarray) -> bool:
        """Correct a row that is still visible (late or revised data); False when it has left already."""
        row = (label_s - self._start_s) // QUARTER_HOUR_S
        if not 0 <= row < self._rows:
            return False
        self._write(self._first + row, values, quality)
        changed = self._hash(row)
        self._sum = (self._sum - self._hashes[row] + changed) % _MODULUS
        self._hashes[row] = changed
        return True

    def frame(self) -> Frame:
        """The visible rows, read-only and without a copy: valid until the next change."""
        rows = slice(self._first, self._first + self._rows)
        values, quality = self._values[rows].view(), self._quality[rows].view()
        values.flags.writeable = quality.flags.writeable = False
        return Frame(self.layout, self._start_s, values, quality)

    def close(self) -> None:
        """Give the memory back (once no view of it is held)."""
        os.close(self.fd)
        del self._values, self._quality

    def _write(self, position: int, values: np.ndarray, quality: np.ndarray) -> None:
        self._values[position] = values
        self._quality[position] = quality
        missing = np.isnan(self._values[position])
        self._quality[position][missing] |= int(Quality.INVALID)

    def _hash(self, row: int) -> int:
        position = self._first + row
        label = struct.pack("<q", self._start_s + row * QUARTER_HOUR_S)
        # -0.0 and 0.0, and all NaN, are one value each: as in twin.domain.pack.
        values = self._values[position] + 0.0
        values[np.isnan(values)] = np.nan
        digest = hashlib.sha256(label)
        digest.update(values.tobytes())
        digest.update(self._quality[position].tobytes())
        return int.from_bytes(digest.digest(), "little")

    def _compact(self) -> None:
        rows = slice(self._first, self._first + self._rows)
        self._values[: self._rows] = self._values[rows]
        self._quality[: self._rows] = self._quality[rows]
        self._first = 0
