"""The debrief on paper: the same moments, pictures and tables as the page, as a PDF.

The fonts are DejaVu Sans, which matplotlib brings and which has every sign that the four languages and the units need.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from scenarios.debrief.debrief import Debrief
from scenarios.debrief.page import changes, drawn, lead, span
from scenarios.debrief.picture import LIGHT, Box, Dot, Label, Line, Mark, Picture
from scenarios.debrief.pictures import NUMBERED
from scenarios.debrief.tables import Table, tables
from scenarios.debrief.words import Words

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN, _WIDTH = 15.0, 180.0
_BOTTOM = 280.0
_FONT = "DejaVu"


def write_paper(found: Debrief, path: Path, language: str) -> None:
    """Write A4 pages; the file is there whole or not at all.

    Raises:
        OSError: when it cannot be written.
    """
    words = Words.of(found, language)
    pdf = _sheet(words, words("page.title", site=found.source.title[language]))
    _head(pdf, found, words)
    _moments(pdf, found, words)
    _changes(pdf, found, words)
    for picture, note in drawn(found, words):
        _picture(pdf, picture, note)
    for table in tables(found, words):
        _table(pdf, table)
    partial = path.with_name(f".{path.name}.partial")
    try:
        pdf.output(str(partial))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


# ------------------------------------------------------------------------------------------------------------ inside


def _sheet(words: Words, title: str) -> FPDF:
    import matplotlib as mpl
    from fpdf import FPDF

    class Sheet(FPDF):
        def footer(self) -> None:
            self.set_y(-12.0)
            self.set_font(_FONT, size=8)
            _ink(self, "muted")
            self.cell(0.0, 6.0, f"{title} – {words('page.page', page=self.page_no())}", align="R")

    pdf = Sheet(format="A4")
    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdf.add_font(_FONT, "", str(fonts / "DejaVuSans.ttf"))
    pdf.add_font(_FONT, "B", str(fonts / "DejaVuSans-Bold.ttf"))
    pdf.set_margins(_MARGIN, 15.0, _MARGIN)
    pdf.set_auto_page_break(True, margin=17.0)
    pdf.set_title(title)
    pdf.set_lang(words.language)
    pdf.add_page()
    return pdf


def _head(pdf: FPDF, found: Debrief, words: Words) -> None:
    _text(pdf, words("page.title", site=found.source.title[words.language]), 17.0, bold=True)
    _text(pdf, span(found, words), 9.0, "muted")
    _text(pdf, lead(found, words), 11.0, after=2.0)
    if not found.source.same_site:
        _text(pdf, words("page.changed_site"), 9.0, "warn")


def _moments(pdf: FPDF, found: Debrief, words: Words) -> None:
    _title(pdf, words("page.moments"))
    if not found.moments:
        _text(pdf, words("page.none"), 9.5)
    for number, moment in enumerate(found.moments, 1):
        _room(pdf, 20.0)
        top = pdf.get_y()
        _draw(pdf, Dot(_MARGIN + 3.0, top + 2.6, 2.7, "accent" if number <= NUMBERED else "muted", str(number)), 0.0, 0.0, 1.0)
        pdf.set_xy(_MARGIN + 8.0, top)
        pdf.set_font(_FONT, size=8.5)
        _ink(pdf, "muted")
        pdf.cell(20.0, 5.0, words.moment(moment.at))
        _text(pdf, words.what(moment), 9.5, bold=True, left=_MARGIN + 30.0)
        _text(pdf, words.why(moment), 8.5, left=_MARGIN + 30.0)
        if moment.change:
            _text(pdf, f"→ {words.change(moment)}", 8.5, "accent", left=_MARGIN + 30.0)
        pdf.ln(1.6)


def _changes(pdf: FPDF, found: Debrief, words: Words) -> None:
    _title(pdf, words("page.changes"))
    for text in changes(found, words) or [words("page.nothing")]:
        _room(pdf, 10.0)
        _text(pdf, f"•  {text}", 9.0, after=0.8)


def _picture(pdf: FPDF, picture: Picture, note: str) -> None:
    scale = _WIDTH / picture.width
    _room(pdf, picture.height * scale + 26.0)
    _title(pdf, picture.title)
    top = pdf.get_y()
    for mark in picture.marks:
        _draw(pdf, mark, _MARGIN, top, scale)
    pdf.set_xy(_MARGIN, top + picture.height * scale + 1.0)
    _text(pdf, note, 8.0, "muted")


def _table(pdf: FPDF, table: Table) -> None:
    from fpdf.fonts import FontFace

    _room(pdf, min(28.0 + 6.0 * len(table.rows), 120.0))
    _title(pdf, table.title)
    pdf.set_font(_FONT, size=7.5)
    _ink(pdf, "ink")
    pdf.set_draw_color(*_rgb("grid"))
    pdf.set_fill_color(*_rgb("paper"))
    pdf.set_line_width(0.15)
    align = ["LEFT" if at in table.texts else "RIGHT" for at in range(len(table.head))]
    widths = [max(map(pdf.get_string_width, column)) for column in zip(table.head, *table.rows, strict=True)]
    spare = max(_WIDTH - sum(widths), 0.0) / len(widths)  # what the longest texts leave is shared
    style = FontFace(emphasis="", color=_rgb("muted"))
    with pdf.table(
        borders_layout="HORIZONTAL_LINES",
        text_align=align,
        col_widths=[width + spare for width in widths],
        headings_style=style,
        line_height=4.6,
        padding=0.6,
    ) as drawn_table:
        for row in (table.head, *table.rows):
            drawn_table.row(list(row))
    if table.note:
        _text(pdf, table.note, 7.5, "muted")


def _title(pdf: FPDF, text: str) -> None:
    _room(pdf, 24.0)
    pdf.ln(4.0)
    _text(pdf, text, 12.5, bold=True, after=1.5)


def _text(
    pdf: FPDF, text: str, size: float, colour: str = "ink", *, bold: bool = False, left: float = _MARGIN, after: float = 0.0
) -> None:
    pdf.set_font(_FONT, "B" if bold else "", size)
    _ink(pdf, colour)
    pdf.set_x(left)
    pdf.multi_cell(_MARGIN + _WIDTH - left, 0.5 * size, text, align="L", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(after)


def _room(pdf: FPDF, height: float) -> None:
    """A new page unless that much is left of this one."""
    if pdf.get_y() + height > _BOTTOM:
        pdf.add_page()


def _draw(pdf: FPDF, mark: Mark, left: float, top: float, scale: float) -> None:
    """One mark at its place on the sheet [mm]."""

    def at(x: float, y: float) -> tuple[float, float]:
        return left + scale * x, top + scale * y

    match mark:
        case Line(points, colour, width, dash, fill):
            placed = [at(x, y) for x, y in points]
            pdf.set_draw_color(*_rgb(colour))
            pdf.set_fill_color(*_rgb(colour))
            if fill:
                pdf.polygon(placed, style="F")
                return
            pdf.set_line_width(width * scale)
            if dash:
                pdf.set_dash_pattern(*((0.4, 0.6) if dash == "dot" else (1.2, 0.8)))
            pdf.polyline(placed)
            pdf.set_dash_pattern()
        case Box(x, y, width, height, colour):
            pdf.set_fill_color(*_rgb(colour))
            pdf.rect(*at(x, y), width * scale, height * scale, style="F")
        case Dot(x, y, radius, colour, text):
            pdf.set_fill_color(*_rgb(colour))
            pdf.circle(*at(x, y), radius * scale, style="F")
            if text:
                _write(pdf, text, *at(x, y + 0.42 * radius), "paper", "middle", 7.0, bold=True)
        case Label(x, y, text, colour, anchor, size, bold):
            _write(pdf, text, *at(x, y), colour, anchor, size * scale * 72.0 / 25.4, bold=bold)


def _write(pdf: FPDF, text: str, x: float, y: float, colour: str, anchor: str, size: float, *, bold: bool) -> None:
    pdf.set_font(_FONT, "B" if bold else "", size)
    _ink(pdf, colour)
    pdf.text(x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * pdf.get_string_width(text), y, text)


def _ink(pdf: Any, colour: str) -> None:
    pdf.set_text_color(*_rgb(colour))


def _rgb(colour: str) -> tuple[int, int, int]:
    code = LIGHT[colour].removeprefix("#")
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)
