"""A comparison as one page that needs nothing else and sends nothing: no script, pictures inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from dashboard.format import MISSING
from scenarios.compare.picture import margins
from scenarios.compare.words import Words
from twin.domain.whole_file import write_whole

ROWS = {
    "economic": ("total_chf", "energy_chf", "peak_chf", "flexibility_chf", "energy_not_served_chf"),
    "grid": (
        "losses_mwh", "overload_percent_h", "voltage_violation_pu_h", "max_loading_percent", "energy_not_served_mwh",
        "peak_import_kw", "saidi_planned_min", "saidi_unplanned_min", "saifi_planned", "saifi_unplanned", "n1_margin_percent",
        "n1_unsupplied_after_mw",
    ),
    "climate": ("co2_t", "renewable_share"),
    "operator": ("losses_chf", "peak_chf", "payments_chf", "total_chf"),
}  # fmt: skip
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_MOST = 12


def write_page(comparisons: Sequence[Mapping[str, Any]], path: Path, language: str) -> None:
    """Write one self-contained HTML file; it works offline, in light and in dark. It is there whole or not at all.

    Raises:
        OSError: when it cannot be written.
    """
    write_whole(path, page(comparisons, language).encode())


def page(comparisons: Sequence[Mapping[str, Any]], language: str) -> str:
    """The whole document."""
    words = [Words.of(language, one["runs"][0]["timezone"] or "UTC") for one in comparisons]
    title = words[0]("title")
    parts = [_comparison(one, say, alone=len(comparisons) == 1) for one, say in zip(comparisons, words, strict=True)]
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f"<body><header><h1>{escape(title)}</h1></header><main>{''.join(parts)}</main></body></html>"
    )


def _comparison(one: Mapping[str, Any], words: Words, *, alone: bool) -> str:
    heading = "" if alone else f"<h2>{escape(words.title(one['runs'][0]))}</h2>"
    sections = [_runs(one, words, heading), _figures(one, words), _risk(one, words), _margins(one, words)]
    return "".join([*sections, _violations(one, words), _orders(one, words), _versions(one, words)])


def _runs(one: Mapping[str, Any], words: Words, heading: str) -> str:
    rows = []
    for run in one["runs"]:
        mode = words(f"mode.{run['mode']}")
        cells = (words.title(run), run["site"], words.window(run), mode, run["folder"])
        rows.append([f"<b>{run['letter']}</b>", *map(escape, map(str, cells))])
    said = [_badge(words, letter, why) for letter, why in one["incomparable"].items()]
    if any("benchmark_town" in run["notes"] for run in one["runs"]):
        said.append(f"<p class='muted'>{escape(words('benchmark'))}</p>")
    body = "".join(f"<tr><th>{row[0]}</th>{''.join(f'<td class=text>{cell}</td>' for cell in row[1:])}</tr>" for row in rows)
    return f"<section>{heading}{_scroll(f'<table><tbody>{body}</tbody></table>', words('run'))}{''.join(said)}</section>"


def _badge(words: Words, letter: str, why: Sequence[str]) -> str:
    what = words("and").join(words(f"other.{name}") for name in why)
    return f"<p><span class='badge'>{escape(words('incomparable', letter=letter, what=what))}</span></p>"


# ------------------------------------------------------------------------------------------------------------ figures


def _figures(one: Mapping[str, Any], words: Words) -> str:
    letters = [run["letter"] for run in one["runs"]]
    tables = {**one["kpis"], "operator": one["operator_view"]}
    if not any(tables.values()):
        return ""
    body = []
    for group, names in ROWS.items():
        known = [name for name in names if name in (tables.get(group) or {})]
        if known:
            body.append(f"<tr class=group><th colspan={len(letters) + 1}>{escape(words(f'group.{group}'))}</th></tr>")
        body += [_figure_row(group, name, tables[group][name], words) for name in known]
    heads = "".join(
        f"<th><b>{letter}</b> {escape(words.title(run))}</th>" for letter, run in zip(letters, one["runs"], strict=True)
    )
    table = f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    title, note = words("figures"), f"<p class='muted'>{escape(words('figures_note'))}</p>"
    return f"<section><h2>{escape(title)}</h2>{note}{_scroll(table, title)}</section>"


def _risk(one: Mapping[str, Any], words: Words) -> str:
    if not one["risk"]:
        return ""
    heads = "".join(f"<th><b>{run['letter']}</b> {escape(words.title(run))}</th>" for run in one["runs"])
    body = []
    for side, figures in one["risk"].items():
        body.append(f"<tr class=group><th colspan={len(one['runs']) + 1}>{escape(words(f'side.{side}'))}</th></tr>")
        body += [_risk_row(name, row, words) for name, row in figures.items()]
    table = f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    title, note = words("risk_title"), f"<p class='muted'>{escape(words('risk_note'))}</p>"
    return f"<section><h2>{escape(title)}</h2>{note}{_scroll(table, title)}</section>"


def _risk_row(name: str, row: Mapping[str, list[Any]], words: Words) -> str:
    cells = []
    for at, bounds in enumerate(zip(row["value"], row["low"], row["high"], strict=True)):
        less = row["to_first"][at] if at else None
        to_first = "" if less is None else f"{words.chance(name, less, signed=True)} {words('to_first')}"
        below = f"<small class=first>{escape(to_first)}</small>" if to_first else ""
        cells.append(f"<td>{escape(words.bounds(name, *bounds))}{below}</td>")
    return f"<tr><th>{escape(words(f'risk.{name}'))}</th>{''.join(cells)}</tr>"


def _figure_row(group: str, name: str, row: Mapping[str, list[Any]], words: Words) -> str:
    cells = []
    for at, value in enumerate(row["value"]):
        below = ""
        if at and row["to_first"][at] is not None:
            below += f"<small class=first>{escape(words.to_first(name, row['to_first'][at]))}</small>"
        if row["difference"][at]:
            shown = words.figure(name, row["difference"][at], signed=True)
            below += f"<small>{escape(shown)} {escape(words('to_do_nothing'))}</small>"
        cells.append(f"<td>{escape(words.figure(name, value))}{below}</td>")
    return f"<tr><th>{escape(words.label(group, name))}</th>{''.join(cells)}</tr>"


def _margins(one: Mapping[str, Any], words: Words) -> str:
    n1, letters = one["n1"], [run["letter"] for run in one["runs"]]
    rows = [(letter, row) for letter, row in zip(letters, n1["margin_percent"], strict=True) if any(v is not None for v in row)]
    if not rows:
        return ""
    days = [words.day(hour) for hour in n1["hour"]]
    new = [True, *(a != b for a, b in pairwise(days))]
    several = len(set(days)) > 2
    hours = [day if several and first else words.clock(hour) for hour, day, first in zip(n1["hour"], days, new, strict=True)]
    title = words("n1")
    svg = margins(hours, [row for _, row in rows], [letter for letter, _ in rows], title)
    note = f"{words('n1_note')} ({words('clock')}, {words.timezone})"
    return f"<section><h2>{escape(title)}</h2>{_scroll(svg, title)}<p class='muted'>{escape(note)}</p></section>"


# ------------------------------------------------------------------------------------------------------------ violations


def _violations(one: Mapping[str, Any], words: Words) -> str:
    first = one["runs"][0]
    parts = []
    for letter, found in one["violations"].items():
        listed = [(name, spans) for name, spans in found.items() if spans]
        parts += [
            _spans(words(name, letter=letter), spans, words, first["titles"], changed=name == "changed")
            for name, spans in listed
        ]
        if not listed:
            parts.append(f"<p>{escape(words('no_violations' if first['violations'] else 'none_at_all', letter=letter))}</p>")
    return f"<section><h2>{escape(words('violations'))}</h2>{''.join(parts)}</section>" if parts else ""


def _spans(title: str, spans: Sequence[Mapping[str, Any]], words: Words, titles: Mapping[str, Any], *, changed: bool) -> str:
    names = ["kind", "element", "span", "worst", "integral", *(["before"] if changed else [])]
    head = "".join(
        f"<th{' class=text' if at < 3 else ''}>{escape(words(f'head.{name}'))}</th>" for at, name in enumerate(names)
    )
    rows = []
    for span in sorted(spans, key=lambda one: -one["integral"])[:_MOST]:
        worst = f"{words.amount(span['worst'], span['unit'])} ({words.amount(span['limit'], span['unit'])})"
        texts = (words.element(span, titles), words.span(span["from"], span["until"]))
        figures = [worst, words.amount(span["integral"], span["integral_unit"])]
        figures += [words.amount(span["integral_first"], span["integral_unit"])] if changed else []
        cells = [f"<td class=text>{escape(text)}</td>" for text in texts] + [f"<td>{escape(text)}</td>" for text in figures]
        rows.append(_row(words, span, cells))
    more = f"<p class='muted'>+ {len(spans) - _MOST}</p>" if len(spans) > _MOST else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f"<h3>{escape(title)}</h3>{_scroll(table, title)}{more}"


def _row(words: Words, span: Mapping[str, Any], cells: Sequence[str]) -> str:
    kind = words(f"kind.{span['kind']}")
    return f"<tr><th>{escape(kind)}</th>{''.join(cells)}</tr>"


# ------------------------------------------------------------------------------------------------------------ the rest


def _orders(one: Mapping[str, Any], words: Words) -> str:
    rows = [(words(f"state.{state}"), counts) for state, counts in one["orders"].items()]
    return _plain(one, words, "orders", "state", rows)


def _versions(one: Mapping[str, Any], words: Words) -> str:
    return _plain(one, words, "versions", "part", list(one["versions"].items()), note=words("versions_note"))


def _plain(
    one: Mapping[str, Any], words: Words, title: str, head: str, rows: Sequence[tuple[str, Sequence[Any]]], note: str = ""
) -> str:
    """A section with a table of one row a name and one column a run; nothing without rows."""
    if not rows:
        return ""
    letters = "".join(f"<th><b>{run['letter']}</b></th>" for run in one["runs"])
    body = "".join(
        f"<tr><th>{escape(name)}</th>{''.join(f'<td>{escape(_shown(value))}</td>' for value in values)}</tr>"
        for name, values in rows
    )
    table = f"<table><thead><tr><th>{escape(words(f'head.{head}'))}</th>{letters}</tr></thead><tbody>{body}</tbody></table>"
    said = f"<p class='muted'>{escape(note)}</p>" if note else ""
    return f"<section><h2>{escape(words(title))}</h2>{said}{_scroll(table, words(title))}</section>"


def _shown(value: Any) -> str:
    return MISSING if value is None else str(value)


def _scroll(table: str, label: str) -> str:
    return f"<div class='scroll' tabindex='0' role='region' aria-label='{escape(label)}'>{table}</div>"
