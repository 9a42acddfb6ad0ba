r"""Green hours as a calendar to subscribe to: iCalendar (RFC 5545, with the calendar's properties of RFC 7986).

How an entry lives. Whoever subscribes fetches the whole calendar anew, so an entry that is no longer in it is gone: there are
no cancellations. A window is identified by its *end*, because its beginning moves while it runs (an hour that has passed is no
longer offered) and its end does not; a forecast that moves the end makes another entry. SEQUENCE counts quarter hours of the
town's time and therefore never falls (3.8.7.4). Entries are TENTATIVE, as forecasts are, and leave their hours free. There is
no METHOD: with one, RFC 5546 asks for an organizer, and this is no invitation. Times are UTC, so no time zone needs telling.

RFC 5545, 3.6 asks for at least one component. Where there is no window, a VJOURNAL, about which calendars keep silent, says
why.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from dashboard.public.extras.forecast_words import caveats, outlook
from dashboard.public.extras.green_windows import BandedWindow
from dashboard.public.extras.plain_text import printable
from dashboard.public.extras.told import Told, words_of
from twin.contracts.public_release import PublicRelease
from twin.contracts.public_snapshot import PublicSnapshot

PRODUCT = "-//Regie//Green hours 1//EN"
LONGEST_OCTETS = 75  # of a line without its break, RFC 5545, 3.1
QUARTER_HOUR_S = 900
RENEWAL = "PT1H"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def green_calendar(
    snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str, *, stale: bool, address: str
) -> bytes:
    """The calendar.

    Args:
        stale: the snapshot was too old when the calendar was made.
        address: of the public page, absolute, without a slash at its end.
    """
    found, say = outlook(snapshot, release, language), words_of(language).get
    page = f"{address}/{language}/"
    name = _escaped(say("calendar.name", {"town": found.told.town}))
    about = _escaped(" ".join(part for part in (say("calendar.about"), found.told.stale if stale else "") if part))
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        f"DESCRIPTION:{about}",
        f"URL:{_uri(page)}",
        f"SOURCE;VALUE=URI:{_uri(page)}green.ics",
        f"REFRESH-INTERVAL;VALUE=DURATION:{RENEWAL}",
        f"X-PUBLISHED-TTL:{RENEWAL}",
    ]
    if snapshot is not None and found.windows:
        for window in found.windows:
            lines += _event(window, snapshot, found.told, page, stale=stale)
    else:
        made_at = release.made_at if found.reason == "embargo" and release is not None else None
        made_at = made_at or (_NEVER if snapshot is None else snapshot.published_at)
        lines += _journal(found.told, found.reason, made_at, page)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in fold(line)).encode()


def _event(window: BandedWindow, snapshot: PublicSnapshot, told: Told, page: str, *, stale: bool) -> list[str]:
    say = words_of(told.language).get
    summary = say("calendar.summary", {"share": window.share})
    if stale:
        summary = say("calendar.summary_stale", {"summary": summary})
    if told.demo:
        summary = say("calendar.summary_demo", {"summary": summary})
    about = list(caveats(snapshot, told, stale=stale))
    if window.low is not None and window.high is not None:
        about.insert(0, say("calendar.range", {"low": window.low, "high": window.high}))
    return [
        "BEGIN:VEVENT",
        f"UID:green-{_utc(window.end)}-{_name(snapshot.site, page)}",
        f"DTSTAMP:{_utc(snapshot.published_at)}",
        f"SEQUENCE:{int(snapshot.as_of.timestamp()) // QUARTER_HOUR_S}",
        f"DTSTART:{_utc(window.start)}",
        f"DTEND:{_utc(window.end)}",
        f"SUMMARY:{_escaped(summary)}",
        "DESCRIPTION:" + r"\n".join(map(_escaped, about)),
        f"LOCATION:{_escaped(told.town)}",
        f"URL:{_uri(page)}",
        "STATUS:TENTATIVE",
        "TRANSP:TRANSPARENT",
        "CLASS:PUBLIC",
        "END:VEVENT",
    ]


def _journal(told: Told, reason: str, made_at: datetime, page: str) -> list[str]:
    say = words_of(told.language).get
    about = [told.notice] if told.notice else [told.best]
    return [
        "BEGIN:VJOURNAL",
        f"UID:{reason}-{_name('', page)}",
        f"DTSTAMP:{_utc(made_at)}",
        f"SUMMARY:{_escaped(say(f'news.{reason}'))}",
        "DESCRIPTION:" + r"\n".join(map(_escaped, about)),
        "END:VJOURNAL",
    ]


def _name(site: str, page: str) -> str:
    """The right half of a UID: whose it is (RFC 5545, 3.8.4.7)."""
    host = urlsplit(page).hostname or "localhost"
    return f"{_escaped(site)}@{host}" if site else f"notice@{host}"


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _uri(address: str) -> str:
    """An address is no TEXT, so nothing in it is escaped; what could end its line is not in it."""
    return printable(address)


def _escaped(words: str) -> str:
    """A TEXT value (RFC 5545, 3.3.11)."""
    plain = printable(words)
    for sign in ("\\", ";", ","):
        plain = plain.replace(sign, f"\\{sign}")
    return plain


def fold(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 octets, no sign cut apart; every piece but the first begins with a space."""
    piece, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > LONGEST_OCTETS:
            yield piece
            piece, size = " ", 1
        piece += sign
        size += octets
    yield piece
