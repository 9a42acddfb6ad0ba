"""The choice of a language, for a host that cannot read which one the browser prefers."""

from __future__ import annotations

from html import escape

from dashboard import format as fmt
from dashboard.public.pages.document import LANGUAGE_NAMES, Assets


def front_door(assets: Assets) -> bytes:
    """A page with one link a language, in that language; without words of its own it needs no language itself."""
    links = "".join(
        f'<li><a href="{code}/" hreflang="{code}" lang="{code}">'
        f"{LANGUAGE_NAMES[code]}: {escape(fmt.texts(code, 'public').get('page.brand'))}</a></li>"
        for code in fmt.LANGUAGES
    )
    head = (
        '<meta charset="utf-8"><title>Régie</title><meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="icon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="{assets.style}">'
    )
    body = f'<main class="page"><section class="card text"><h1>Régie</h1><ul class="files">{links}</ul></section></main>'
    return f'<!doctype html><html lang="{fmt.DEFAULT_LANGUAGE}"><head>{head}</head><body>{body}</body></html>'.encode()
