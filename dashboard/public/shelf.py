"""Answers that are made once and handed out many times: body, compressed body, ETag and headers."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

Header = tuple[bytes, bytes]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; frame-ancestors "
)
HTML, JSON, CSS, SCRIPT = "text/html", "application/json", "text/css", "text/javascript"

# For how long an answer may be kept (Cache-Control).
ASK_AGAIN, FOREVER = "no-cache", "public, max-age=31536000, immutable"
SHORT = "public, max-age=1"  # a proxy in front asks at most once a second, whatever the crowd behind it
MINUTE, DAY = "public, max-age=60", "public, max-age=86400"

_PACKED_ALREADY = ("image/png",)


@dataclass(frozen=True)
class Answer:
    """A finished response.

    Attributes:
        plain, packed: body as it is, and compressed with gzip; the same where the format compresses by itself.
        etag: with quotes, from the plain body; headers: everything but length and encoding.
    """

    status: int
    plain: bytes
    packed: bytes
    etag: bytes
    headers: tuple[Header, ...]

    def variant(self, *, gzipped: bool) -> tuple[bytes, tuple[Header, ...]]:
        """Body and headers for a client that does, or does not, take gzip."""
        if gzipped and self.packed is not self.plain:
            return self.packed, (*self.headers, (b"content-encoding", b"gzip"), _length(self.packed))
        return self.plain, (*self.headers, _length(self.plain))


def answer(
    body: bytes,
    media_type: str,
    *,
    cache: str,
    status: int = 200,
    extra: tuple[Header, ...] = (),
    framed: bool = False,
    shared: bool = False,
) -> Answer:
    """Put a body on the shelf.

    Args:
        cache: the Cache-Control header; ``extra``: headers of this answer alone.
        framed, shared: who else may have it, as `security_headers` says.
    """
    etag, packed_already = f'"{content_tag(body)}"'.encode(), media_type in _PACKED_ALREADY
    headers = (
        (b"content-type", media_type.encode() if packed_already else f"{media_type}; charset=utf-8".encode()),
        (b"cache-control", cache.encode()),
        (b"vary", b"accept-encoding"),
        (b"etag", etag),
        *security_headers(framed=framed, shared=shared),
        *extra,
    )
    return Answer(status, body, body if packed_already else gzip.compress(body, 9, mtime=0), etag, headers)


def security_headers(*, framed: bool = False, shared: bool = False) -> tuple[Header, ...]:
    """What protects an answer.

    Args:
        framed: any page may put it into a frame; else nobody dresses these figures in another site's clothes.
        shared: pages of other origins may show or read it.
    """
    policy = CONTENT_SECURITY_POLICY + ("*" if framed else "'none'")
    return (
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"cross-origin" if shared or framed else b"same-origin"),
        (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
        (b"access-control-allow-origin", b"*") if shared else (b"cross-origin-opener-policy", b"same-origin"),
    )


def content_tag(body: bytes) -> str:
    """A short name for a content: equal contents, equal names."""
    return hashlib.sha256(body).hexdigest()[:16]


def _length(body: bytes) -> Header:
    return b"content-length", str(len(body)).encode()
