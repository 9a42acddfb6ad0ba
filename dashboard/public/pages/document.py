"""What every page has around its content: head, header with the languages, the way to the other pages, footer."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from dashboard import format as fmt

LANGUAGE_NAMES = {"fr": "Français", "de": "Deutsch", "it": "Italiano", "en": "English"}
PAGES = ("", "hours/", "figures/", "how/")
"""The pages that a reader may choose from, as they stand below the language's folder."""


@dataclass(frozen=True)
class Assets:
    """Paths of style and script below the public root; they change with the content, so that they may be kept for a year.

    Attributes:
        install: the script that makes the page readable offline. ``build``: names all of them together.
    """

    style: str
    script: str
    install: str = ""
    build: str = ""


@dataclass(frozen=True)
class Frame:
    """What a page needs from its document.

    Attributes:
        path: of the page below the language's folder; "" is the live page, None one that is anywhere.
        title: of the window; heading: markup of the header's left side.
        body: of the page, beginning with its ``main``; foot: markup at the beginning of the footer.
        head: markup for its head. ``script``: whether the page renews itself.
        base: path of the public root on its host, for a page that is anywhere.
    """

    path: str | None
    title: str
    heading: str
    body: str
    foot: str = ""
    head: str = ""
    script: bool = False
    base: str = "/"

    @property
    def root(self) -> str:
        """The way to the public root, so that the pages also work below a folder of another host."""
        return self.base if self.path is None else "../" * (1 + self.path.count("/"))


def document(language: str, assets: Assets, frame: Frame) -> bytes:
    """A whole page in UTF-8."""
    say = fmt.texts(language, "public").get
    root = frame.root
    code = "".join(f'<script src="{root}{path}" defer></script>' for path in (assets.script, assets.install) if frame.script)
    mine = frame.head or f'<link rel="icon" href="{root}icon.svg" type="image/svg+xml">'
    head = (
        f'<meta charset="utf-8"><title>{escape(frame.title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="description" content="{escape(say("page.description"))}"><meta name="color-scheme" content="light dark">'
        '<meta name="theme-color" content="#f4f5f2" media="(prefers-color-scheme:light)">'
        '<meta name="theme-color" content="#101413" media="(prefers-color-scheme:dark)">'
        f'{mine}<link rel="stylesheet" href="{root}{assets.style}">{code}'
    )
    footer = f'<footer>{frame.foot}<p class="muted">{escape(say("page.own_words"))}</p></footer>'
    body = _header(language, frame) + frame.body + footer
    return f'<!doctype html><html lang="{language}"><head>{head}</head><body>{body}</body></html>'.encode()


def _header(language: str, frame: Frame) -> str:
    say = fmt.texts(language, "public").get
    known, root = frame.path or "", frame.root
    languages = "".join(
        f'<a href="{root}{other}/{known}" hreflang="{other}" lang="{other}" title="{LANGUAGE_NAMES[other]}"'
        f"{' aria-current=true' if other == language else ''}>{other.upper()}</a>"
        for other in fmt.LANGUAGES
    )
    pages = "".join(
        f'<a href="{root}{language}/{path}"{" aria-current=page" if path == frame.path else ""}>'
        f"{escape(say('page.' + (path[:-1] or 'live')))}</a>"
        for path in PAGES
    )
    skip = f'<a class="skip" href="#main">{escape(say("page.skip"))}</a>'
    chosen = f'<nav class="languages" aria-label="{escape(say("page.languages"))}">{languages}</nav>'
    where = f'<nav class="pages" aria-label="{escape(say("page.pages"))}">{pages}</nav>'
    return f"{skip}<header><div>{frame.heading}</div>{chosen}{where}</header>"
