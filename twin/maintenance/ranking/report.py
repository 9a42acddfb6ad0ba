"""The ranking as a page: one HTML file that needs nothing else, and sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from forecasts.report.page import page, picture
from twin.maintenance.ranking import drawings
from twin.maintenance.ranking.ranked import Item, Ranked
from twin.maintenance.ranking.words import Words


def write_report(ranked: Ranked, path: Path, language: str) -> None:
    """Write one self-contained HTML file (about 5 MB, plotly.js included). It is there whole or not at all.

    Raises:
        OSError: when it cannot be written.
    """
    words = Words.of(ranked, language)
    text = page(words.title(), _head(words), [_pictures(words), _tables(words)])
    text = text.replace('<html lang="en">', f'<html lang="{language}">', 1)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _head(words: Words) -> str:
    ranked = words.ranked
    lead = words(
        "report.lead",
        count=len(ranked.chosen),
        of=len(ranked.items),
        cost_chf=sum(item.cost_chf for item in ranked.chosen),
        avoided_chf=sum(item.risk_avoided_chf for item in ranked.chosen),
        years=ranked.horizon_years,
    )
    lines = [f"<h1>{escape(words.title())}</h1>", f"<p class='lead'>{escape(lead)}</p>"]
    lines += [f"<p class='muted'>{escape(line)}</p>" for line in words.basis()]
    faults = [*words.left(), *ranked.problems]
    if faults:
        lines.append(f"<ul class='faults'>{''.join(f'<li>{escape(line)}</li>' for line in faults)}</ul>")
    return "".join(lines)


def _pictures(words: Words) -> str:
    drawn = [
        picture(words("report.worth"), drawings.risk_against_cost(words), words("report.worth_note")),
        picture(words("report.matrix"), drawings.health_matrix(words), words("report.matrix_note")),
        picture(words("report.windows"), drawings.windows(words), words("report.windows_note")),
    ]
    if words.ranked.years:
        drawn.append(picture(words("report.years"), drawings.years(words), words("report.years_note")))
    return f"<section class='series'>{''.join(drawn)}</section>"


def _tables(words: Words) -> str:
    names = ("asset", "action", "cause", "cost", "avoided", "ratio", "confidence", "window", "plan")
    head = ["", *(words(f"head.{name}") for name in names)]
    items = _table(words("report.proposals"), head, [_row(item, words) for item in words.ranked.items], texts=(1, 2, 3, 8, 9))
    titles = [words(f"head.{name}") for name in ("asset", "health", "pof", "failure", "risk", "confidence", "unknown")]
    rows = [
        [
            words.named(asset),
            words.figure(asset.health, "", 1),
            words.figure(100.0 * asset.pof_per_year, "%", 2),
            (words("lower_bound", chf=asset.failure_chf) if asset.lower_bound else words.money(asset.failure_chf)),
            words.money(asset.risk_chf),
            words.share(asset.confidence),
            words.unknown(asset.unknown),
        ]
        for asset in words.ranked.assets
    ]
    return f"<section class='series'>{items}{_table(words('report.assets'), titles, rows, texts=(6,))}</section>"


def _row(item: Item, words: Words) -> list[str]:
    return [
        str(item.rank),
        words.named(item),
        words.action(item),
        words.said(item.cause),
        words.money(item.cost_chf),
        words.money(item.risk_avoided_chf),
        words.figure(item.ratio, "", 2),
        words.share(item.confidence),
        words.window(item.window),
        words.plan(item),
    ]


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, texts: Sequence[int]) -> str:
    def cell(tag: str, at: int, text: str) -> str:
        kind = ' class="text"' if at in texts else ""
        return f"<{tag}{kind}>{escape(text)}</{tag}>"

    top = "".join(cell("th", at, text) for at, text in enumerate(head))
    body = "".join(
        f"<tr><th>{escape(row[0])}</th>{''.join(cell('td', at, text) for at, text in enumerate(row[1:], 1))}</tr>"
        for row in rows
    )
    return (
        f"<h3>{escape(title)}</h3><div class='scroll' tabindex='0' role='region' aria-label='{escape(title)}'>"
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )
