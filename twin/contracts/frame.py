"""The as-of frame: what was known at an instant, and an error for whoever asks for more.

One `Layout` names the columns once per run; a `Frame` is rows of those columns (a ring that the loop appends to and boxes
map read-only); an `AsOfView` is the only way a box, a backtest or the loop reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import xarray as xr

from twin.domain.quality import Quality
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, from_epoch_s, quarter_hours, to_epoch_s


class FutureReadError(LookupError):
    """Somebody asked for a value that was not known at ``as_of``, or of which nobody can say when it became known."""


class MissingSignalError(LookupError):
    """The frame holds no such signal or element."""


@dataclass(frozen=True)
class Layout:
    """Columns of a frame: (signal, element) pairs in order; element "" for signals without element dimension."""

    columns: tuple[tuple[str, str], ...]
    index: Mapping[tuple[str, str], int] = field(init=False, repr=False, compare=False)
    _elements: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", {column: i for i, column in enumerate(self.columns)})
        elements: dict[str, tuple[str, ...]] = {}
        for signal, element in self.columns:
            elements[signal] = (*elements.get(signal, ()), element)
        object.__setattr__(self, "_elements", elements)

    def elements(self, signal: str) -> tuple[str, ...]:
        """Elements of ``signal`` in column order; none when the frame does not have it."""
        return self._elements.get(signal, ())

    def positions(self, signal: str, elements: Sequence[str] = ()) -> list[int]:
        """Column positions of ``signal`` for ``elements`` (all when empty).

        Raises:
            MissingSignalError: naming the signal and element that the frame does not have.
        """
        wanted = tuple(elements) or self.elements(signal)
        if not wanted:
            raise MissingSignalError(f"signal {signal!r} is not in the frame; it has {sorted({s for s, _ in self.columns})}")
        try:
            return [self.index[signal, element] for element in wanted]
        except KeyError as error:
            raise MissingSignalError(
                f"signal {signal!r} has no element {error.args[0][1]!r}; it has {list(self.elements(signal))}"
            ) from None


@dataclass(frozen=True)
class Frame:
    """Rows of quarter hours.

    Attributes:
        start_s: label of row 0, epoch seconds. ``values``: float64, dims (time, column), NaN = missing.
        quality: uint8 flags, same shape.
    """

    layout: Layout
    start_s: int
    values: np.ndarray
    quality: np.ndarray


@dataclass(frozen=True)
class AsOfView:
    """What was known at ``as_of``. Row labels run up to the last complete quarter hour; asking for anything later raises.

    Attributes:
        ahead: signals known ahead of time: (time, ...) arrays from ``as_of`` on (weather forecast, published prices, other
            boxes' forecasts), each with ``issued_at`` and ``source`` in attrs.
    """

    as_of: datetime
    frame: Frame
    ahead: Mapping[str, xr.DataArray] = field(default_factory=dict)

    def history(
        self,
        signal: str,
        elements: Sequence[str] = (),
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        with_quality: bool = False,
    ) -> xr.DataArray:
        """Past values, dims (time, <element dim>) or (time,); ``quality`` rides along as a coordinate when asked for.

        Args:
            elements: subset of elements; empty = all, in layout order.
            start, end: only quarter hours that lie wholly between the two; default is everything up to ``as_of``.

        Raises:
            FutureReadError: when ``end`` lies after ``as_of``, or ``start`` not before the quarter hour that is running.
            MissingSignalError: for an unknown signal or element.
        """
        rows = self._rows(signal, start, end)
        return self._array(signal, elements, rows, with_quality)

    def past(
        self, signal: str, elements: Sequence[str] = (), *, start: datetime | None = None, end: datetime | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and quality flags of `history` without its labels, dims (time, element) each: for the inside of a box.

        Raises:
            FutureReadError, MissingSignalError: as `history`.
        """
        rows, positions = self._rows(signal, start, end), self.frame.layout.positions(signal, elements)
        return self.frame.values[rows][:, positions], self.frame.quality[rows][:, positions]

    def last(self, signal: str, elements: Sequence[str] = ()) -> xr.DataArray:
        """Values of the last complete interval, dims (<element dim>,) or ().

        Raises:
            MissingSignalError: when the frame has no such signal, or does not reach up to that interval.
        """
        newest = self.history(signal, elements, start=floor_quarter(self.as_of) - QUARTER_HOUR)
        if not newest.sizes["time"]:
            raise MissingSignalError(
                f"signal {signal!r} has no row of the last complete interval before {self.as_of.isoformat()}"
            )
        return newest.isel(time=-1)

    def age(self, signal: str, element: str = "") -> timedelta | None:
        """Time since the end of the newest interval with a valid value; None when there is none."""
        position = self.frame.layout.positions(signal, (element,))[0]
        rows = self._rows(signal, None, None)
        valid = np.isfinite(self.frame.values[rows, position])
        valid &= (self.frame.quality[rows, position] & int(Quality.INVALID)) == 0
        found = np.flatnonzero(valid)
        if not found.size:
            return None
        expected = (to_epoch_s(self.as_of) - self.frame.start_s) // QUARTER_HOUR_S  # also rows that the frame has not got yet
        return QUARTER_HOUR * (expected - 1 - int(found[-1]))

    def outlook(self, signal: str, *, steps: int | None = None) -> xr.DataArray:
        """What is known ahead, from ``as_of`` on: dims (time, ...).

        Raises:
            MissingSignalError: when nobody provides it.
            FutureReadError: when it was issued after ``as_of`` (a forecast from the future), or does not say when.
        """
        if signal not in self.ahead:
            raise MissingSignalError(f"nobody provides {signal!r} ahead of time; known: {sorted(self.ahead)}")
        array = self.ahead[signal]
        issued = array.attrs.get("issued_at")
        if issued is None:
            raise FutureReadError(f"signal {signal!r} has no issued_at, so it may be later than as_of; let its source say when")
        if datetime.fromisoformat(issued) > self.as_of:
            raise FutureReadError(f"signal {signal!r} was issued at {issued}, after as_of {self.as_of.isoformat()}")
        return array if steps is None else array.isel(time=slice(0, steps))

    def band(self, signal: str, element: str, labels: np.ndarray) -> np.ndarray:
        """Lowest, middle and highest quantile of an element's forecast, dims (time, 3); NaN where nobody forecasts.

        Args:
            labels: quarter hours, dims (time,).

        Raises:
            FutureReadError: as for `outlook`.
        """
        dim = SIGNALS[signal].dim
        if signal not in self.ahead or element not in self.ahead[signal][dim].values:
            return np.full((len(labels), 3), np.nan)
        ours = self.outlook(signal).sel({dim: element}).reindex(time=labels).sortby("quantile")
        middle = int(np.abs(ours["quantile"].values - 0.5).argmin())
        return ours.transpose("time", "quantile").values[:, [0, middle, -1]].astype(np.float64)

    def _rows(self, signal: str, start: datetime | None, end: datetime | None) -> slice:
        if end is not None and end > self.as_of:
            raise FutureReadError(
                f"signal {signal!r} asked up to {end.isoformat()}, which is after as_of {self.as_of.isoformat()}"
            )
        if start is not None and start >= floor_quarter(self.as_of):
            raise FutureReadError(
                f"signal {signal!r} asked from {start.isoformat()}, which is not before the quarter hour that is running "
                f"at as_of {self.as_of.isoformat()}"
            )
        last = (to_epoch_s(self.as_of if end is None else end) - self.frame.start_s) // QUARTER_HOUR_S
        # Rounded up: the quarter hour that a start divides began before it.
        first = 0 if start is None else max(0, -((self.frame.start_s - to_epoch_s(start)) // QUARTER_HOUR_S))
        return slice(first, max(first, min(last, len(self.frame.values))))

    def _array(self, signal: str, elements: Sequence[str], rows: slice, with_quality: bool) -> xr.DataArray:
        positions = self.frame.layout.positions(signal, elements)
        spec = SIGNALS[signal]
        values = self.frame.values[rows][:, positions]
        times = quarter_hours(from_epoch_s(self.frame.start_s + rows.start * QUARTER_HOUR_S), len(values))
        coords: dict[str, object] = {"time": times}
        if spec.dim:
            dims: tuple[str, ...] = ("time", spec.dim)
            coords[spec.dim] = list(elements or self.frame.layout.elements(signal))
        else:
            dims, values = ("time",), values[:, 0]
        if with_quality:
            flags = self.frame.quality[rows][:, positions]
            coords["quality"] = (dims, flags if spec.dim else flags[:, 0])
        return xr.DataArray(values, dims=dims, coords=coords, name=signal, attrs={"units": spec.unit})
