"""Green hours as news: RSS 2.0 (RSS Advisory Board, 2.0.11), one item for each local day that has some.

An item is identified by its day. A new forecast changes the item's words, not its identity, so that a reader who has seen the
day is not told of it every quarter hour; for the same reason an item carries no date of publication (it is optional), because
that would have to move with each forecast.
"""

from __future__ import annotations

from email.utils import format_datetime
from html import escape
from itertools import groupby
from zoneinfo import ZoneInfo

from dashboard.public.extras.forecast_words import Outlook, caveats, outlook
from dashboard.public.extras.green_windows import BandedWindow
from dashboard.public.extras.plain_text import printable
from dashboard.public.extras.told import words_of
from twin.contracts.public_release import PublicRelease
from twin.contracts.public_snapshot import PublicSnapshot

RENEWAL_MIN = 60
"""How long a reader may keep the feed [min]; a forecast of hours needs no more haste."""


def green_feed(
    snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str, *, stale: bool, address: str
) -> bytes:
    """The feed.

    Args:
        stale: the snapshot was too old when the feed was made.
        address: of the public page, absolute, without a slash at its end.
    """
    found, say = outlook(snapshot, release, language), words_of(language).get
    page = f"{address}/{language}/"
    about = " ".join(part for part in (say("news.about"), found.told.stale if stale else "", found.told.demo) if part)
    channel = [
        _element("title", say("news.title", {"town": found.told.town})),
        _element("link", page),
        _element("description", about),
        _element("language", language),
        f'<atom:link href="{_xml(page)}green.rss" rel="self" type="application/rss+xml"/>',
        _element("ttl", str(RENEWAL_MIN)),
    ]
    if snapshot is not None:
        channel.append(_element("lastBuildDate", format_datetime(snapshot.published_at, usegmt=True)))
    if found.reason == "embargo" and release is not None and release.embargo is not None:
        name = f"embargo-{release.site}-{release.embargo.since:%Y%m%dT%H%M%SZ}"
        channel.append(_item(say("news.embargo"), page, name, [found.told.notice]))
    if snapshot is not None:
        channel += _days(snapshot, found, page, stale=stale)
    body = f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>{"".join(channel)}</channel></rss>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'.encode()


def _days(snapshot: PublicSnapshot, found: Outlook, page: str, *, stale: bool) -> list[str]:
    here, words = ZoneInfo(snapshot.timezone), words_of(found.told.language)

    def sentence(window: BandedWindow) -> str:
        params = {"start": window.start, "end": window.end, "share": window.share}
        return words.get("news.window", params, timezone=snapshot.timezone)

    items = []
    for day, windows in groupby(found.windows, key=lambda window: window.start.astimezone(here).date()):
        ours = list(windows)
        title = words.get("news.day", {"at": ours[0].start}, timezone=snapshot.timezone)
        told = [*map(sentence, ours), " ".join(caveats(snapshot, found.told, stale=stale))]
        items.append(_item(title, page, f"green-{snapshot.site}-{day.isoformat()}", told))
    return items


def _item(title: str, link: str, name: str, paragraphs: list[str]) -> str:
    # A description is HTML inside XML: what people typed is escaped once for each.
    body = "".join(f"<p>{escape(printable(words))}</p>" for words in paragraphs)
    guid = f'<guid isPermaLink="false">{_xml(name)}</guid>'
    return f"<item>{_element('title', title)}{_element('link', link)}{guid}{_element('description', body)}</item>"


def _element(name: str, words: str) -> str:
    return f"<{name}>{_xml(words)}</{name}>"


def _xml(words: str) -> str:
    return escape(printable(words))
