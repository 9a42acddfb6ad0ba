"""The page from which a school or a newspaper copies the widget or the image into its own."""

from __future__ import annotations

from html import escape

from dashboard.format import LANGUAGES
from dashboard.public.extras.assets import linked
from dashboard.public.extras.plain_text import printable
from dashboard.public.extras.share_image import HEIGHT, WIDTH
from dashboard.public.extras.small_page import document, text
from dashboard.public.extras.snapshot_schema import PATH as SCHEMA_PATH
from dashboard.public.extras.told import town_of, words_of
from dashboard.public.extras.widget import LOWEST, NARROWEST
from twin.contracts.public_snapshot import PublicSnapshot

FRAME_WIDTH = 320  # [CSS pixel] of the copied frame; narrower ones down to NARROWEST work as well


def frame_code(town: str, language: str, address: str) -> str:
    """The frame's HTML, to be pasted elsewhere. ``address``: of the public page, absolute."""
    title = words_of(language).get("board.title", {"town": town})
    size = f'width="{FRAME_WIDTH}" height="{LOWEST}" style="border:0;min-width:{NARROWEST}px"'
    return f'<iframe src="{address}/{language}/widget/" title="{_quoted(title)}" {size} loading="lazy"></iframe>'


def image_code(town: str, language: str, address: str) -> str:
    """The image's HTML, dark for those who read in the dark, and leading to the page."""
    page, alt = f"{address}/{language}/", words_of(language).get("embed.alt", {"town": town})
    dark = f'<source srcset="{page}share-dark.svg" media="(prefers-color-scheme: dark)">'
    image = (
        f'<img src="{page}share.svg" alt="{_quoted(alt)}" width="{WIDTH}" height="{HEIGHT}" style="max-width:100%;height:auto">'
    )
    return f'<a href="{page}"><picture>{dark}{image}</picture></a>'


def embed_page(snapshot: PublicSnapshot | None, language: str, *, address: str) -> bytes:
    """The page with both pieces of code, what they look like, and the addresses to subscribe to."""
    say, town = words_of(language).get, town_of(snapshot, language)
    pieces = "".join(
        _piece(name, code(town, language, address), language) for name, code in (("frame", frame_code), ("image", image_code))
    )
    frame_title = text(say("board.title", {"town": town}))
    preview = f'<iframe src="../widget/" title="{frame_title}" loading="lazy"></iframe>'
    alt = text(say("embed.alt", {"town": town}))
    preview += f'<img src="../share.svg" alt="{alt}" width="{WIDTH}" height="{HEIGHT}" loading="lazy">'
    links = (("../green.ics", "calendar"), ("../green.rss", "news"), ("../tv/", "screen"), (f"../../{SCHEMA_PATH}", "data"))
    feeds = "".join(f'<li><a href="{where}">{text(say(f"embed.{name}"))}</a></li>' for where, name in links)
    body = (
        f'{_languages(language)}<main id="main"><h1>{text(say("embed.title"))}</h1><p>{text(say("embed.lead"))}</p>'
        f'<p id="say" class="aside" role="status"></p>{pieces}'
        f'<h2>{text(say("embed.preview"))}</h2><div class="preview">{preview}</div>'
        f"<h2>{text(say('embed.feeds'))}</h2><ul>{feeds}</ul>"
        f'<p class="more"><a href="../">{text(say("embed.back"))}</a></p></main>'
    )
    return document(
        language, title=say("embed.title"), kind="page", head=linked("../../", "board.css", "embed.css", "embed.js"), body=body
    )


def _piece(name: str, code: str, language: str) -> str:
    say = words_of(language).get
    title = say(f"embed.{name}")
    label = text(say("embed.code", {"what": title}))
    area = f'<textarea id="code-{name}" readonly spellcheck="false" aria-label="{label}">{escape(code)}</textarea>'
    copy, done = text(say("embed.copy")), text(say("embed.copied"))
    hint = text(say(f"embed.{name}_help", {"width": str(NARROWEST), "height": str(LOWEST)}))
    button = f'<button type="button" hidden data-copies="code-{name}" data-done="{done}">{copy}</button>'
    return f'<h2>{text(title)}</h2><p class="muted">{hint}</p>{area}{button}'


def _languages(language: str) -> str:
    links = "".join(
        f'<a href="../../{other}/embed/" hreflang="{other}" lang="{other}"{" aria-current=page" if other == language else ""}>'
        f"{other.upper()}</a>"
        for other in LANGUAGES
    )
    return f'<nav aria-label="{text(words_of(language).get("embed.languages"))}">{links}</nav>'


def _quoted(words: str) -> str:
    return escape(printable(words))
