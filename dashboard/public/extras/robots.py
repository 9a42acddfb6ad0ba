"""What search engines may read: every page, but not the files that pages poll, nor the pages for frames and screens."""

from __future__ import annotations

_KEPT_OUT = ("/*/live.json", "/*/board.json", "/*/widget/", "/*/tv/", "/health")


def robots() -> bytes:
    """The file of RFC 9309."""
    return "".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in _KEPT_OUT)]).encode()
