"""A year as one page that needs nothing else and sends nothing: no script, pictures inside; a page a language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from dashboard.format import LANGUAGES, number
from twin.national.pictures import production_of_days, share_by_the_hour, share_of_days
from twin.national.words import Words
from twin.national.year import Year

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_BAND = ("residual", "pumped", "unseen", "imports")
_NAMES = {"de": "Deutsch", "fr": "Français", "it": "Italiano", "en": "English"}


def page_name(language: str) -> str:
    """File of a language."""
    return f"year.{language}.html"


def page(year: Year, told: Mapping[str, Any], language: str) -> str:
    """The whole document.

    Args:
        told: of the year (`twin.national.figures.figures`).
    """
    words = Words.of(language, told["timezone"])
    title = words("title", site=told["title"][language], year=str(told["year"]))
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    sections = [
        _lead(told, words),
        _picture(words, "days", share_of_days(year, words)),
        _picture(words, "hours", share_by_the_hour(year, words)),
        _months(told, words),
        _band(told, words),
        _comparison(year, told, words),
        _files(told, words),
    ]
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>'
        f"<body><header>{_languages(language)}<h1>{escape(title)}</h1></header><main>{''.join(sections)}</main></body></html>"
    )


def _languages(own: str) -> str:
    links = (
        f'<a href="{page_name(each)}" lang="{each}" hreflang="{each}"{" aria-current=page" if each == own else ""}>'
        f"{_NAMES[each]}</a>"
        for each in sorted(LANGUAGES)
    )
    return f"<nav>{''.join(links)}</nav>"


def _lead(told: Mapping[str, Any], words: Words) -> str:
    lead = words(
        "lead",
        load=words.amount(told["load_gwh"], "GWh"),
        year=str(told["year"]),
        share=words.percent(told["share"]),
        low=words.percent(told["share_low"]),
        high=words.percent(told["share_high"]),
    )
    ends = {name: told[f"{name}_renewable_hour"] for name in ("least", "most")}
    extremes = words("extremes", **{f"{k}_share": words.percent(v["share"]) for k, v in ends.items()},
                     **{f"{k}_at": words.moment(v["start"]) for k, v in ends.items()})  # fmt: skip
    coverage = words(
        "coverage",
        known=_count(told["hours_known"], words),
        hours=_count(told["hours"], words),
        gaps=_count(told["hours_without_a_station"], words),
    )
    more = (extremes, coverage, words(f"mix.{told['mix_kind']}"), words("not_label"))
    return f"<section><p class='lead'>{escape(lead)}</p>{''.join(f'<p>{escape(each)}</p>' for each in more)}</section>"


def _picture(words: Words, key: str, drawing: str) -> str:
    head = f"<h2>{escape(words(f'section.{key}'))}</h2><p>{escape(words(f'note.{key}'))}</p>"
    return f"<section>{head}{_scroll(drawing)}</section>"


def _months(told: Mapping[str, Any], words: Words) -> str:
    heads = ("month", "load", "share", "bounds", "foreign", "lakes")
    rows = [
        (
            words.months[each["month"] - 1],
            words.amount(each["load_gwh"], "GWh"),
            words.percent(each["share"]),
            words.span(each["share_low"], each["share_high"]),
            words.span(each["foreign_part_low"], each["foreign_part_high"]),
            words.percent(each["lakes_filled"]),
        )
        for each in told["months"]
    ]
    table = _table([words(f"head.{head}") for head in heads], rows)
    return f"<section><h2>{escape(words('section.months'))}</h2>{_scroll(table)}</section>"


def _band(told: Mapping[str, Any], words: Words) -> str:
    facts = {
        "production": words.span(told["production_share_low"], told["production_share_high"]),
        "foreign": words.span(told["foreign_part_low"], told["foreign_part_high"]),
        "outside": _count(told["hours_outside_bounds"], words),
    }
    keys = [*_BAND, "bounds"] if told["hours_outside_bounds"] else _BAND  # of no hour there is nothing to say
    items = "".join(f"<li>{escape(words(f'band.{key}', **facts))}</li>" for key in keys)
    return f"<section><h2>{escape(words('section.band'))}</h2><p>{escape(words('note.band'))}</p><ul>{items}</ul></section>"


def _comparison(year: Year, told: Mapping[str, Any], words: Words) -> str:
    heads = ("what", "ours", "published", "difference", "typical", "days")
    rows = [
        (
            words(f"compared.{row['key']}.name"),
            words.amount(row["ours"], row["unit"]),
            words.amount(row["published"], row["unit"]),
            words.difference(row),
            words.typical(row),
            _count(row["days"], words) if row["days"] else words("whole_year"),
        )
        for row in told["comparison"]
    ]
    table = _table([words(f"head.{head}") for head in heads], rows)
    own = told["own_use_share"]
    why = [(words(f"compared.{row['key']}.name"), words(f"compared.{row['key']}.why")) for row in told["comparison"]]
    if own is not None:
        why.append((words("compared.own_use.name"), words("compared.own_use.why", own=words.percent(own))))
    reasons = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in why)
    picture = f"<p>{escape(words('note.production'))}</p>{_scroll(production_of_days(year, words))}"
    head = f"<h2>{escape(words('section.comparison'))}</h2><p>{escape(words('note.comparison'))}</p>"
    return f"<section>{head}{_scroll(table)}{picture}<h3>{escape(words('section.why'))}</h3><dl>{reasons}</dl></section>"


def _files(told: Mapping[str, Any], words: Words) -> str:
    items = []
    for file in told["files"].values():
        faults = [words(f"fault.{kind}", count=_count(count, words)) for kind, count in sorted(file["faults"].items())]
        said = "; ".join(faults) if faults else words("fault.none")
        items.append(f"<li>{escape(file['source'])} (<code>{escape(file['files'])}</code>): {escape(said)}</li>")
    head = f"<h2>{escape(words('section.files'))}</h2><p>{escape(words('note.files'))}</p>"
    return f"<section>{head}<ul>{''.join(items)}</ul></section>"


def _count(value: int, words: Words) -> str:
    return number(float(value), language=words.language)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th scope=col>{escape(each)}</th>" for each in heads)
    body = "".join(
        f"<tr><th scope=row>{escape(row[0])}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _scroll(inside: str) -> str:
    return f"<div class='scroll' tabindex='0' role='group'>{inside}</div>"
