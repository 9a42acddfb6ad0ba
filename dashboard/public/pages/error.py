"""What went wrong, in words. Nothing of the request is repeated."""

from __future__ import annotations

from html import escape

from dashboard import format as fmt
from dashboard.public.pages.apart import page
from dashboard.public.pages.document import Assets


def error_page(language: str, assets: Assets, code: str) -> bytes:
    """The page for "not_found" or "method"."""
    say = fmt.texts(language, "public").get
    text = f'<section class="card text"><p class="lead">{escape(say(f"error.{code}"))}</p>'
    text += f'<p class="more"><a href="/{language}/">{escape(say("page.back"))}</a></p></section>'
    return page(language, assets, None, say(f"error.{code}_title"), text)
