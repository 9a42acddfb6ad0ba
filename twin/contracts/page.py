"""What a third party may add to a box's inside page: sections of figures, curves, tables and texts, as data.

A plug-in is a function in the entry-point group ``regie.pages``, under the name of its box (`BoxCardView.box`)::

    [project.entry-points."regie.pages"]
    heat_pump = "my_boxes.page:sections"

    def sections(card: BoxCardView, snapshot: Snapshot, language: str) -> Page: ...

The régie calls it for boxes that the site names, and for no other. It draws what comes back itself: no markup and no script of
a third party reaches the page, every text is escaped, figures are raw with their unit and formatted by the régie. A plug-in
that raises, takes longer than `DEADLINE_S` or answers anything but a `Page` shows as a section that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from twin.contracts.snapshot import BoxCardView, Snapshot

GROUP = "regie.pages"
"""Entry-point group; a name in it is a box's name, as in ``regie.boxes``."""

DEADLINE_S = 2.0
"""A page waits this long for its plug-in."""

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Value: TypeAlias = float | None
"""Raw; None where it is missing, which is never zero. NaN counts as missing."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Frozen):
    """One figure with its unit as contracts write it ("MW", "degC", "CHF/kWh"), its age and its quality.

    Attributes:
        as_of: what instant it describes; None for a constant. ``quality``: words of `twin.domain.quality.words`.
    """

    label: Label
    value: Value
    unit: str = ""
    as_of: AwareDatetime | None = None
    quality: tuple[str, ...] = ()


class Figures(_Frozen):
    """Several figures beside each other."""

    kind: Literal["figures"] = "figures"
    title: Label
    figures: Annotated[tuple[Figure, ...], Field(min_length=1, max_length=24)]


class Line(_Frozen):
    """One curve: ``forecast`` is drawn dotted, what was measured solid.

    Attributes:
        low, high: edges of its band, as many values; none without a band.
    """

    label: Label
    values: Annotated[tuple[Value, ...], Field(min_length=2, max_length=5000)]
    forecast: bool = False
    low: tuple[Value, ...] = ()
    high: tuple[Value, ...] = ()


class Curves(_Frozen):
    """Curves of one unit over one time axis: steps of ``step_s`` from ``start``.

    Attributes:
        limits: horizontal lines that the curves are held against, each with what it is.
    """

    kind: Literal["curves"] = "curves"
    title: Label
    start: AwareDatetime
    step_s: Annotated[int, Field(gt=0)] = 900
    unit: str = ""
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=6)]
    limits: tuple[tuple[Label, float], ...] = ()

    @model_validator(mode="after")
    def _as_long_as_each_other(self) -> Curves:
        lengths = {len(line.values) for line in self.lines}
        lengths |= {len(edge) for line in self.lines for edge in (line.low, line.high) if line.low or line.high}
        if len(lengths) > 1:
            found = ", ".join(f"{line.label!r} has {len(line.values)}" for line in self.lines)
            raise ValueError(f"curves {self.title!r}: {found} values; one time axis needs as many of each, None where missing")
        return self


class Column(_Frozen):
    """A column of a table; figures in it have ``unit``."""

    title: Label
    unit: str = ""


Cell: TypeAlias = AwareDatetime | float | str | None
"""An instant, a figure or a text; None where it is missing."""


class Table(_Frozen):
    """Rows of as many cells as there are columns."""

    kind: Literal["table"] = "table"
    title: Label
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=12)]
    rows: Annotated[tuple[tuple[Cell, ...], ...], Field(max_length=500)]

    @model_validator(mode="after")
    def _rows_fit_columns(self) -> Table:
        wrong = [number for number, row in enumerate(self.rows, 1) if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"table {self.title!r}: rows {wrong} have not {len(self.columns)} cells; fill with None")
        return self


class Text(_Frozen):
    """Paragraphs."""

    kind: Literal["text"] = "text"
    title: Label
    paragraphs: Annotated[tuple[Prose, ...], Field(min_length=1, max_length=40)]


Section: TypeAlias = Annotated[Figures | Curves | Table | Text, Field(discriminator="kind")]


class Page(_Frozen):
    """The sections that a plug-in adds, in reading order."""

    sections: Annotated[tuple[Section, ...], Field(max_length=20)]


PagePlugin: TypeAlias = Callable[[BoxCardView, Snapshot, str], Page]
"""``(card, snapshot, language)``: the card whose page is opened, and "fr", "de", "it" or "en"."""
