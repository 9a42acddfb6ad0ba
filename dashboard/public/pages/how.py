"""How the share is computed, in plain words. It needs no values, so it can be read at any time."""

from __future__ import annotations

from html import escape

from dashboard import format as fmt
from dashboard.public.pages.apart import page
from dashboard.public.pages.document import Assets

SECTIONS = (
    "trace",
    "count",
    "import",
    "storage",
    "co2",
    "undefined",
    "estimated",
    "ahead",
    "green",
    "restated",
    "label",
    "privacy",
    "limits",
)


def how_page(language: str, assets: Assets) -> bytes:
    """The method, section by section; the first lines say it all in short."""
    say = fmt.texts(language, "public").get
    sections = "".join(f"<h2>{escape(say(f'how.{name}_title'))}</h2><p>{escape(say(f'how.{name}'))}</p>" for name in SECTIONS)
    back = f'<p class="more"><a href="../">{escape(say("page.back"))}</a></p>'
    text = f'<section class="card text"><p class="lead">{escape(say("how.lead"))}</p>{sections}{back}</section>'
    return page(language, assets, "how/", say("how.title"), text)
