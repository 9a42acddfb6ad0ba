"""The page as HTML: places with their words in them, so that it can be read before, or without, any script."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from dashboard import format as fmt
from dashboard.public.green_window import SHOWN_HOURS
from dashboard.public.sources import KINDS
from dashboard.public.view import ADVICE, NOTE_PLACES, STRIP_HEIGHT, View

HOW_SECTIONS = ("pool", "count", "import", "storage", "undefined", "estimated", "green", "label", "privacy", "limits")
LANGUAGE_NAMES = {"fr": "Français", "de": "Deutsch", "it": "Italiano", "en": "English"}
AGES_S = (1, 2, 120, 7200, 172800)
"""Ages whose words the script takes as patterns: one and more seconds, minutes, hours, days."""


@dataclass(frozen=True)
class Assets:
    """Addresses of style and script; they change with the content, so that a browser may keep them for a year."""

    style: str
    script: str


class _Places:
    """Writes elements whose words and attributes come from the view; empty ones wait for the script to fill them."""

    def __init__(self, view: View) -> None:
        self._view = view

    def __call__(self, tag: str, place: str, *, inner: str | None = None, **fixed: str) -> str:
        attributes = {"data-k": place, **{name.rstrip("_").replace("_", "-"): value for name, value in fixed.items()}}
        attributes |= {name: value for name, value in self._view.attributes.get(place, {}).items() if value is not None}
        words = escape(self._view.text.get(place, "")) if inner is None else inner
        return f"<{tag}{_attributes(attributes)}>{words}</{tag}>"


def _attributes(attributes: dict[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' if value else f" {name}" for name, value in attributes.items())


def live_page(view: View, assets: Assets, *, stale: bool) -> bytes:
    """The page of live values in the view's language.

    Args:
        stale: whether the values were already too old when the page was made.
    """
    put, words = _Places(view), fmt.texts(view.language, "public")
    say = words.get
    content = "".join(
        [
            put("p", "notice", class_="notice"),
            put("p", "demo", class_="demo"),
            put("p", "stale", id="stale", class_="notice", **({} if stale else {"hidden": ""})),
            '<p id="paused" class="notice" hidden></p><p id="say" class="aside" role="status"></p>',
            f'<noscript><p class="notice">{escape(say("page.noscript"))}</p></noscript>',
            put("div", "cards", class_="cards", inner=_cards(put, say)),
        ]
    )
    script_words = {
        "ages": [fmt.age(seconds, language=view.language) for seconds in AGES_S],
        "pause": say("page.pause"),
        "resume": say("page.resume"),
        "paused": say("page.paused"),
        "resumed": say("page.resumed"),
        "fresh": say("page.fresh_again"),
    }
    main = f'<main id="main"{_attributes({"data-words": json.dumps(script_words, ensure_ascii=False)})}'
    main += f"{' class=stale' if stale else ''}>{content}</main>"
    button = f'<button id="pause" type="button" hidden>{escape(say("page.pause"))}</button>'
    brand = f"<h1>{escape(say('page.brand'))}</h1>{put('p', 'title', class_='town')}"
    return _document(view.language, assets, title=say("page.brand"), body=_header(view.language, brand, "") + main, foot=button)


def _cards(put: _Places, say: Callable[[str], str]) -> str:
    def card(name: str, heading: str, content: str, card_place: str = "") -> str:
        body = f"{heading}{content}"
        if card_place:
            return put("section", card_place, inner=body, class_=f"card {name}", aria_labelledby=f"t-{name}")
        return f'<section class="card {name}" aria-labelledby="t-{name}">{body}</section>'

    def title(name: str) -> str:
        return f'<h2 id="t-{name}">{escape(say(f"card.{name}"))}</h2>'

    share = (
        put("p", "share", class_="big")
        + put("p", "made", class_="lead")
        + put("p", "interval", class_="muted")
        + f'<p class="muted">{put("span", "updated")} <span id="age"></span></p>'
        + put("p", "quality", class_="chip")
        + put("p", "meaning")
        + f'<p class="label">{escape(say("share.label"))}</p>'
        + f'<p class="muted">{escape(say("share.declared"))}</p>'
        + put("p", "co2", class_="muted")
    )
    hours = "".join(_hour(put, f"h{index}") for index in range(SHOWN_HOURS))
    green = put("p", "best", class_="lead")
    green += put("ol", "strip", inner=hours, class_="strip", aria_label=say("green.list"))
    green += put("p", "legend", inner=escape(say("green.legend")), class_="muted")
    roof = put("p", "roof", class_="lead")
    bars = f'<rect class="back" width="100" height="4"/>{put("rect", "roof_bar", class_="fill", height="4")}'
    roof += _picture(put, "roof_picture", bars, view_box="0 0 100 4", label=say("roof.picture"), shape="bar")
    roof += put("p", "roof_when", class_="muted") + put("p", "roof_quality", class_="chip")
    group = put("p", "group_load", class_="lead") + put("p", "group_pv")
    group += put("p", "group_when", class_="muted") + put("p", "group_customers", class_="muted")
    group += put("p", "group_quality", class_="chip")
    advice = "".join(put("li", f"advice_{kind}") for kind in ADVICE)
    notes = "".join(put("li", f"note{index}") for index in range(NOTE_PLACES))
    return "".join(
        [
            card("share", title("share"), share),
            card("green", title("green"), green),
            card("roof", put("h2", "roof_title", id="t-roof"), roof, "roof_card"),
            card("neighbourhood", put("h2", "group_title", id="t-neighbourhood"), group),
            card("sources", title("sources"), _sources(put, say), "sources_card"),
            card("advice", title("advice"), f"<ul>{advice}</ul>"),
            f'<p class="more"><a href="how">{escape(say("card.how"))}</a></p>',
            card("notes", title("notes"), f"<ul>{notes}</ul>"),
        ]
    )


def _picture(put: _Places, place: str, drawing: str, *, view_box: str, label: str, shape: str) -> str:
    """A drawing that says in words what it shows; its place may hide it."""
    return put(
        "svg",
        place,
        inner=drawing,
        class_=shape,
        viewBox=view_box,
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )


def _hour(put: _Places, place: str) -> str:
    """One hour of the strip: a drawn bar with its label for the eye, a sentence for the ear."""
    size = f"0 0 10 {STRIP_HEIGHT}"
    drawing = (
        f'<svg viewBox="{size}" preserveAspectRatio="none" aria-hidden="true">{put("rect", f"{place}_bar", width="10")}</svg>'
    )
    top = put("span", f"{place}_top", aria_hidden="true", class_="top")
    label = put("span", f"{place}_label", aria_hidden="true", class_="label")
    return put("li", place, inner=top + drawing + label + put("span", f"{place}_words", class_="aside"))


def _sources(put: _Places, say: Callable[[str], str]) -> str:
    bars = "".join(put("rect", f"source_{kind}_bar", class_=kind, height="10") for kind in KINDS)
    picture = _picture(put, "sources_picture", bars, view_box="0 0 100 10", label=say("source.picture"), shape="bar tall")
    rows = "".join(
        put("li", f"source_{kind}_item", inner=f'<i class="key {kind}"></i>{put("span", f"source_{kind}")}') for kind in KINDS
    )
    return f'{picture}<ul class="keys">{rows}</ul>'


def how_page(language: str, assets: Assets) -> bytes:
    """How the share is computed, in plain words. It needs no values, so it can be read at any time."""
    say = fmt.texts(language, "public").get
    sections = "".join(
        f"<h2>{escape(say(f'how.{name}_title'))}</h2><p>{escape(say(f'how.{name}'))}</p>" for name in HOW_SECTIONS
    )
    back = f'<p class="more"><a href="./">{escape(say("page.back"))}</a></p>'
    text = f'<main id="main" class="text card"><p class="lead">{escape(say("how.lead"))}</p>{sections}{back}</main>'
    header = _header(language, f"<h1>{escape(say('how.title'))}</h1>", "how")
    return _document(language, assets, title=say("how.title"), body=header + text, script=False)


def error_page(language: str, assets: Assets, code: str) -> bytes:
    """What went wrong, in words; ``code`` names them: "not_found", "method". Nothing of the request is repeated."""
    say = fmt.texts(language, "public").get
    title = say(f"error.{code}_title")
    text = f'<main id="main" class="text card"><p class="lead">{escape(say(f"error.{code}"))}</p>'
    text += f'<p class="more"><a href="/{language}/">{escape(say("page.back"))}</a></p></main>'
    return _document(
        language, assets, title=title, body=_header(language, f"<h1>{escape(title)}</h1>", "") + text, script=False
    )


def _header(language: str, heading: str, path: str) -> str:
    say = fmt.texts(language, "public").get
    links = "".join(
        f'<a href="/{other}/{path}" hreflang="{other}" lang="{other}" title="{LANGUAGE_NAMES[other]}"'
        f"{' aria-current=page' if other == language else ''}>{other.upper()}</a>"
        for other in fmt.LANGUAGES
    )
    skip = f'<a class="skip" href="#main">{escape(say("page.skip"))}</a>'
    nav = f'<nav aria-label="{escape(say("page.languages"))}">{links}</nav>'
    return f"{skip}<header><div>{heading}</div>{nav}</header>"


def _document(language: str, assets: Assets, *, title: str, body: str, foot: str = "", script: bool = True) -> bytes:
    say = fmt.texts(language, "public").get
    code = f'<script src="{assets.script}" defer></script>' if script else ""
    head = (
        f'<meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="description" content="{escape(say("page.description"))}"><meta name="color-scheme" content="light dark">'
        f'<link rel="icon" href="data:,"><link rel="stylesheet" href="{assets.style}">{code}'
    )
    footer = f'<footer>{foot}<p class="muted">{escape(say("page.own_words"))}</p></footer>'
    return f'<!doctype html><html lang="{language}"><head>{head}</head><body>{body}{footer}</body></html>'.encode()
