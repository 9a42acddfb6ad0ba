"""The HTML that widget and screen have in common: head, places, the strip of hours, and what the script needs."""

from __future__ import annotations

import json
from html import escape

from dashboard import format as fmt
from dashboard.public.extras.assets import BUILD
from dashboard.public.extras.board import BAR_HEIGHT, Board, script_words
from dashboard.public.extras.plain_text import printable
from dashboard.public.green_window import SHOWN_HOURS
from dashboard.public.pages.live import AGES_S
from dashboard.public.pages.places import Places, attributes


def places(made: Board) -> Places:
    """The writer of a board's places."""
    return Places(made.told.language, made.text, made.attributes)


def text(words: str) -> str:
    """Words as HTML."""
    return escape(printable(words))


def main_element(made: Board, content: str, *, stale: bool) -> str:
    """The element that the script keeps true: its words, its clock and its build travel with it."""
    language = made.told.language
    ages = [fmt.age(seconds, language=language) for seconds in AGES_S]
    data = {
        "id": "main",
        "data-board": "../board.json",
        "data-build": BUILD,
        "data-clock": json.dumps(made.clock, separators=(",", ":")),
        "data-words": script_words(language, ages),
        **({"class": "stale"} if stale else {}),
    }
    return f"<main{attributes(data)}>{content}</main>"


def stale_line(put: Places, *, stale: bool) -> str:
    """The line that says since when nothing new has come."""
    return put("p", "stale", id="stale", class_="notice", **({} if stale else {"hidden": ""}))


def strip(put: Places) -> str:
    """Twelve bars: drawn for the eye, a sentence each for the ear."""
    hours = "".join(_hour(put, f"h{index}") for index in range(SHOWN_HOURS))
    return put("ol", "strip", inner=hours, class_="strip", aria_label=put.words("green.list"))


def _hour(put: Places, place: str) -> str:
    size = f"0 0 10 {BAR_HEIGHT}"
    bar = put("rect", f"{place}_bar", width="10")
    drawing = f'<svg viewBox="{size}" preserveAspectRatio="none" aria-hidden="true">{bar}</svg>'
    label = put("span", f"{place}_label", aria_hidden="true", class_="label")
    return put("li", place, inner=drawing + label + put("span", f"{place}_words", class_="aside"))


def document(language: str, *, title: str, kind: str, head: str, body: str) -> bytes:
    """A page in a folder below a language's; ``kind`` is its class, by which the style tells widget, screen and page apart."""
    meta = (
        f'<meta charset="utf-8"><title>{text(title)}</title><meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="../../icon.svg" type="image/svg+xml">'
    )
    opening = f'<!doctype html><html lang="{language}" class="{kind}">'
    return f"{opening}<head>{meta}{head}</head><body>{body}</body></html>".encode()
