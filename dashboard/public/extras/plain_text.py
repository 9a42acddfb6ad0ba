"""Text that somebody typed, made safe for XML, pictures and calendars: on one line, and nothing that nobody can see."""

from __future__ import annotations

import re

_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
# XML 1.0, production [2] Char, forbids the controls below space, surrogates, U+FFFE and U+FFFF. The second half of the
# controls and the marks that turn the direction of text around are allowed there, but cannot be seen.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """The text on one line, without what XML forbids or eyes cannot see; spaces that do not break stay."""
    return _UNSEEN.sub("", _BREAKS.sub(" ", text)).strip()
