"""An evaluation as a page: one HTML file that needs nothing else, and sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from forecasts.report.page import page, picture
from twin.domain.time import from_epoch_s
from twin.maintenance.evaluate import drawings
from twin.maintenance.evaluate.answer import Evaluated
from twin.maintenance.evaluate.assess import Assessed
from twin.maintenance.evaluate.words import Words

MOST_DRAWN = 24
"""Assets with a picture, those with most alarms first; the tables name all."""


def write_report(found: Evaluated, path: Path, language: str) -> None:
    """Write one self-contained HTML file (about 5 MB, plotly.js included); it is there whole or not at all.

    Raises:
        OSError: when it cannot be written.
    """
    words = Words.of(found, language)
    title = words("report.title")
    text = page(title, _head(words, title), [_curves(words), _assets(words), _tables(words)])
    text = text.replace('<html lang="en">', f'<html lang="{language}">', 1)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _head(words: Words, title: str) -> str:
    lines = [f"<h1>{escape(title)}</h1>"]
    if words.found.reduced:
        lines.append(f'<p><span class="badge">{escape(words("confidence_reduced"))}</span></p>')
    lines += [f"<p>{escape(line)}</p>" for line in words.summary()]
    left = words.left()
    if left:
        lines.append(f"<ul class='faults'>{''.join(f'<li>{escape(line)}</li>' for line in left)}</ul>")
    return "".join(lines)


def _curves(words: Words) -> str:
    curve = words.figures["precision_recall"]
    if not curve:
        return ""
    titles = words("report.recall"), words("report.precision")
    first = drawings.precision_recall(curve, titles=titles, name=words("report.budget"))
    axes = words("report.false_alarms"), words("report.recall")
    second = drawings.cost_of_recall(
        curve, words.figures["budget_alarms_asset_month"], titles=axes, name=words("report.budget")
    )
    pictures = [
        picture(words("report.curve"), first, words("report.curve_note")),
        picture(words("report.cost"), second, words("report.cost_note")),
    ]
    return f"<section class='series'><div class='grid'>{''.join(pictures)}</div></section>"


def _assets(words: Words) -> str:
    drawn = sorted(words.found.assessed, key=lambda each: -len(each.alarms))[:MOST_DRAWN]
    return f"<section class='series'>{''.join(_picture(each, words) for each in drawn)}</section>"


def _picture(each: Assessed, words: Words) -> str:
    zone = ZoneInfo(words.timezone)

    def local(at_s: int) -> np.datetime64:
        return np.datetime64(from_epoch_s(at_s).astimezone(zone).replace(tzinfo=None), "s")

    figure = drawings.excess(
        np.array([local(at) for at in each.labels_s.tolist()]),
        each.excess_k,
        each.peaks,
        [local(alarm.raised_s) for alarm in each.alarms],
        [(local(label.start_s), local(label.end_s)) for label in words.found.labels if label.asset == each.name],
        names=(words("report.excess"), words("report.sum")),
        clock=f"{words('report.clock')}, {words.timezone}",
    )
    said = " ".join([f"[{words.confidence(each)}]", *words.notes(each), words("report.excess_note")])
    return picture(each.name, figure, said, below=_table(words, [words.alarm_cells(alarm) for alarm in each.alarms]))


def _tables(words: Words) -> str:
    rows = [(each.name, *words.alarm_cells(alarm)) for each in words.found.assessed for alarm in each.alarms]
    title = words("report.alarms")
    return f"<section class='series'><h3>{escape(title)}</h3>{_table(words, rows, named=True)}</section>"


def _table(words: Words, rows: Sequence[Sequence[str]], *, named: bool = False) -> str:
    if not rows:
        return f"<p>{escape(words('no_alarm'))}</p>"
    heads = [words(f"head.{name}") for name in ("raised", "cause", "size", "confidence")]
    heads = [words("head.asset"), *heads] if named else heads
    top = "".join(f'<th class="text">{escape(head)}</th>' for head in heads)
    body = "".join(
        f"<tr><th>{escape(row[0])}</th>{''.join(f'<td class=text>{escape(cell)}</td>' for cell in row[1:])}</tr>"
        for row in rows
    )
    return f"<div class='scroll' tabindex='0'><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
