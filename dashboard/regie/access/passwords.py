"""Passwords: hashed with argon2id, checked at the same cost whether or not the name is known."""

from __future__ import annotations

import secrets
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

SHORTEST, LONGEST = 15, 128
"""Characters. NIST SP 800-63B-4, 3.1.1.2: fifteen where the password is the only factor; the upper bound limits hashing."""

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_AT_ONCE = BoundedSemaphore(2)
"""Each check takes 64 MiB: a flood of logins must not take the memory of the machine on which the loop runs."""
_WORDS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is read wrongly off a terminal."""


@cache
def _nobody() -> str:
    """The password of a name that nobody has: no text matches it."""
    return _HASHER.hash(secrets.token_urlsafe(16))


def hashed(password: str) -> str:
    """The text that is kept in place of a password."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """True when the password is the kept one; ``kept`` None for a name that nobody has, at the same cost."""
    with _AT_ONCE:
        try:
            _HASHER.verify(_nobody() if kept is None else kept, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def weakness(password: str, name: str) -> str | None:
    """Code of why this password is not taken, None when it is."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    if name.lower() in password.lower() or len(set(password)) < 5:
        return "guessable"
    return None


def one_time() -> str:
    """A password for one login, in four groups: 79 bits."""
    return "-".join("".join(secrets.choice(_WORDS) for _ in range(4)) for _ in range(4))
