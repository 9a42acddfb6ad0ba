"""The debrief as one page that needs nothing else and sends nothing; and its replays as pages of their own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from scenarios.debrief import pictures
from scenarios.debrief.debrief import Debrief
from scenarios.debrief.moment import Moment
from scenarios.debrief.picture import Picture
from scenarios.debrief.pictures import NUMBERED, biggest
from scenarios.debrief.replay import fragment, replayed
from scenarios.debrief.tables import Table, tables
from scenarios.debrief.words import Words

_HERE = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def write_page(found: Debrief, path: Path, language: str) -> None:
    """Write one self-contained HTML file; it works offline, in light and dark, and on paper without its replays.

    The file is there whole or not at all.

    Raises:
        OSError: when it cannot be written.
    """
    _write(path, page(found, language))


def write_replays(found: Debrief, folder: Path, language: str) -> list[Path]:
    """Write each of the top moments as a small page: ``replay-1.html`` ...

    Raises:
        OSError: when they cannot be written.
    """
    words = Words.of(found, language)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, moment in enumerate(replayed(found), 1):
        path = folder / f"replay-{number}.html"
        head = f"<h1>{escape(words.what(moment))}</h1><p class='muted'>{escape(span(found, words))}</p>"
        body = f"<section><p>{escape(words.why(moment))}</p><p class='muted'>{escape(words('page.replay_note'))}</p>"
        body += f"{_key(words)}{fragment(found, moment, words)}</section>"
        _write(path, _document(words.what(moment), head, body, language))
        written.append(path)
    return written


def page(found: Debrief, language: str) -> str:
    """The whole document."""
    words = Words.of(found, language)
    sections = [_moments(found, words), _changes(found, words), *_pictures(found, words), _replays(found, words)]
    sections.append(f"<section><div class='tables'>{''.join(_table(table) for table in tables(found, words))}</div></section>")
    title = f"{words('page.title', site=found.source.title[language])} – {words.day()}"
    return _document(title, _head(found, words), "".join(sections), language)


def lead(found: Debrief, words: Words) -> str:
    """The one sentence: what it brought against doing nothing, and how many moments follow."""
    count = len(found.moments)
    if "difference" not in found.figures["economic"]:
        return words("page.lead_alone", moments=count)
    difference = found.figures["economic"]["difference"]["total_chf"]
    code = "page.lead_saves" if difference <= 0.0 else "page.lead_costs"
    return words(code, saving=abs(difference), moments=count)


def changes(found: Debrief, words: Words) -> list[str]:
    """What to change, in the order of the moments that ask for it."""
    return list(dict.fromkeys(words.change(moment) for moment in found.moments if moment.change))


def drawn(found: Debrief, words: Words) -> list[tuple[Picture, str]]:
    """Every picture that there is something to draw for, with its note."""
    miss = biggest(found)
    fan_note = "" if miss is None else words("page.fan_note", at=miss.issued_at, error=miss.error_percent)
    made = [
        (pictures.day(found, words), words("page.day_note")),
        (pictures.actions(found, words), words("page.actions_note")),
        (pictures.security(found, words), words("page.n1_note")),
        (pictures.fan(found, words), fan_note),
        (pictures.raster(found, words), words("page.raster_note")),
    ]
    return [(picture, note) for picture, note in made if picture is not None]


# ------------------------------------------------------------------------------------------------------------ inside


def _document(title: str, head: str, body: str, language: str) -> str:
    style, script = ((_HERE / name).read_text(encoding="utf-8") for name in ("page.css", "replay.js"))
    return (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style></head><body><header>{head}</header><main>{body}</main><script>{script}</script></body></html>"
    )


def span(found: Debrief, words: Words) -> str:
    """From when to when, on which clock."""
    begin = f"{words.day()} {words.clock(found.tape.start)}"
    params = {"from": begin, "to": words.moment(found.tape.end), "timezone": words.timezone, "ticks": len(found.tape.regular)}
    return words("page.span", **params)


def _head(found: Debrief, words: Words) -> str:
    lines = [
        f"<h1>{escape(words('page.title', site=found.source.title[words.language]))}</h1>",
        f"<p class='muted'>{escape(span(found, words))}</p>",
        f"<p class='lead'>{escape(lead(found, words))}</p>",
    ]
    if not found.source.same_site:
        lines.append(f"<p><span class='badge'>{escape(words('page.changed_site'))}</span></p>")
    return "".join(lines)


def _moments(found: Debrief, words: Words) -> str:
    items = "".join(_moment(number, moment, words) for number, moment in enumerate(found.moments, 1))
    empty = f"<p>{escape(words('page.none'))}</p>"
    return (
        f"<section><h2>{escape(words('page.moments'))}</h2><ol class='moments'>{items}</ol>{'' if items else empty}</section>"
    )


def _moment(number: int, moment: Moment, words: Words) -> str:
    change = f"<p class='change'>{escape(words.change(moment))}</p>" if moment.change else ""
    badge = f"<span class='number'>{number}</span>" if number <= NUMBERED else f"<span>{number}</span>"
    return (
        f"<li>{badge}<time datetime='{moment.at.isoformat()}'>{escape(words.moment(moment.at))}</time>"
        f"<div><p class='what'>{escape(words.what(moment))}</p><p>{escape(words.why(moment))}</p>{change}</div></li>"
    )


def _changes(found: Debrief, words: Words) -> str:
    asked = changes(found, words)
    items = "".join(f"<li>{escape(text)}</li>" for text in asked)
    body = f"<ul class='changes'>{items}</ul>" if asked else f"<p>{escape(words('page.nothing'))}</p>"
    return f"<section><h2>{escape(words('page.changes'))}</h2>{body}</section>"


def _pictures(found: Debrief, words: Words) -> list[str]:
    return [
        f"<section><h2>{escape(picture.title)}</h2><figure>{picture.svg()}<figcaption>{escape(note)}</figcaption></figure></section>"
        for picture, note in drawn(found, words)
    ]


def _replays(found: Debrief, words: Words) -> str:
    played = "".join(fragment(found, moment, words, number) for number, moment in enumerate(replayed(found), 1))
    note = f"<p class='muted'>{escape(words('page.replay_note'))}</p>"
    title = f"<h2>{escape(words('page.replays'))}</h2>"
    return f"<section class='replays'>{title}{note}{_key(words)}{played}</section>" if played else ""


def _key(words: Words) -> str:
    """What solid, dotted and dashed stand for."""
    entries: Sequence[tuple[str, str, str]] = (
        ("side.run", "s-ink", ""),
        ("side.alone", "s-c0", "2 3"),
        ("side.limit", "s-accent", "6 4"),
    )
    shown = "".join(
        f'<svg viewBox="0 0 30 10" style="width:30px;display:inline-block;vertical-align:middle" aria-hidden="true">'
        f'<polyline points="0,5 30,5" class="{colour}" stroke-width="2.4" stroke-dasharray="{dash or "none"}"/></svg> '
        f"{escape(words(code))} &nbsp; "
        for code, colour, dash in entries
    )
    return f"<p class='muted'>{shown}</p>"


def _table(table: Table) -> str:
    def cell(tag: str, at: int, text: str) -> str:
        kind = ' class="text"' if at in table.texts else ""
        return f"<{tag}{kind}>{escape(text)}</{tag}>"

    head = "".join(cell("th", at, text) for at, text in enumerate(table.head))
    body = "".join(f"<tr>{''.join(cell('td', at, text) for at, text in enumerate(row))}</tr>" for row in table.rows)
    note = f"<p class='muted'><small>{escape(table.note)}</small></p>" if table.note else ""
    name = f"tabindex='0' role='region' aria-label='{escape(table.title)}'"
    return (
        f"<div{' class=wide' if table.wide else ''}><div class='scroll' {name}><table>"
        f"<caption>{escape(table.title)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}</div>"
    )


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
