"""What the head of the live page says about all this: icons, manifest, feeds, and the picture of a link preview."""

from __future__ import annotations

from dashboard.public.extras.share_image import HEIGHT, WIDTH
from dashboard.public.extras.small_page import text
from dashboard.public.extras.told import town_of, words_of
from dashboard.public.pages.places import attributes
from twin.contracts.public_snapshot import PublicSnapshot


def head_links(snapshot: PublicSnapshot | None, language: str, *, address: str) -> str:
    """HTML for the head of ``/{language}/``. A preview needs absolute addresses (ogp.me): ``address``, of the public page."""
    say, town = words_of(language).get, town_of(snapshot, language)
    page = f"{address}/{language}/"
    links = [
        {"rel": "icon", "href": "../icon.svg", "type": "image/svg+xml"},
        {"rel": "apple-touch-icon", "href": "../icon-maskable-192.png"},
        {"rel": "manifest", "href": "manifest.webmanifest"},
        {"rel": "alternate", "href": "green.rss", "type": "application/rss+xml", "title": say("embed.news")},
        {"rel": "alternate", "href": "green.ics", "type": "text/calendar", "title": say("embed.calendar")},
    ]
    preview = {
        "og:type": "website",
        "og:url": page,
        "og:title": say("board.title", {"town": town}),
        "og:description": say("install.about"),
        "og:image": f"{page}share.png",
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
        "og:image:alt": say("embed.alt", {"town": town}),
    }
    metas = "".join(f'<meta property="{name}" content="{text(value)}">' for name, value in preview.items())
    return (
        "".join(f"<link{attributes(link)}>" for link in links)
        + metas
        + '<meta name="twitter:card" content="summary_large_image">'
    )
