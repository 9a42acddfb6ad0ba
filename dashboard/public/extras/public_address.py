"""The public page's own address: what feeds, calendar and embed code point to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from twin.domain.problems import BadInput, Problem

VARIABLE = "REGIE_PUBLIC_URL"

_SAFE = re.compile(r"https?://[A-Za-z0-9._~:/\[\]%-]+")
"""Signs that an address keeps in HTML, XML and iCalendar alike; a query, a fragment or a password has no business in one."""


def public_address(value: str | None, default: str) -> str:
    """The address without a slash at its end.

    Args:
        value: of ``$REGIE_PUBLIC_URL``; None or "" where it is not set. ``default``: where the process itself listens.

    Raises:
        BadInput: it is not an absolute http or https address, or it has a query, a fragment or a user.
    """
    asked = (value or default).strip()
    try:
        whole = _SAFE.fullmatch(asked) is not None and bool(urlsplit(asked).hostname) and urlsplit(asked).port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        whole = False
    if not whole:
        limit = "an absolute address such as https://strom.example.ch, without query, fragment or user"
        raise BadInput([Problem(f"${VARIABLE}", asked, limit, "set it to where people open the public page")])
    return asked.rstrip("/")
