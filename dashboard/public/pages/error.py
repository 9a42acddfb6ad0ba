"""What went wrong, in words. Nothing of the request is repeated."""

from __future__ import annotations

from html import escape

from dashboard import format as fmt
from dashboard.public.pages.document import Assets, Frame, document


def error_page(language: str, assets: Assets, code: str, base: str) -> bytes:
    """The page for "not_found", "withheld" or "method". ``base``: path of the public root, as it stands in for any address."""
    say = fmt.texts(language, "public").get
    text = f'<section class="card text"><p class="lead">{escape(say(f"error.{code}"))}</p>'
    text += f'<p class="more"><a href="{base}{language}/">{escape(say("page.back"))}</a></p></section>'
    title = say(f"error.{code}_title")
    body = f'<main id="main" class="page">{text}</main>'
    return document(language, assets, Frame(None, title, f"<h1>{escape(title)}</h1>", body, base=base))
