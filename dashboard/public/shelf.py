"""Answers that are made once and handed out many times: body, compressed body, ETag and headers."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass

Header = tuple[bytes, bytes]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
    "frame-ancestors 'none'"  # nobody may dress these figures in another site's clothes
)
SECURITY_HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
HTML, JSON, CSS, SCRIPT = "text/html", "application/json", "text/css", "text/javascript"
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
    security: tuple[Header, ...] = SECURITY_HEADERS,
) -> Answer:
    """Put a body on the shelf.

    Args:
        cache: the Cache-Control header; ``extra``: headers of this answer alone.
        security: what protects it; a widget may be framed, an image shown elsewhere.
    """
    etag, packed_already = f'"{content_tag(body)}"'.encode(), media_type in _PACKED_ALREADY
    headers = (
        (b"content-type", media_type.encode() if packed_already else f"{media_type}; charset=utf-8".encode()),
        (b"cache-control", cache.encode()),
        (b"vary", b"accept-encoding"),
        (b"etag", etag),
        *security,
        *extra,
    )
    return Answer(status, body, body if packed_already else gzip.compress(body, 9, mtime=0), etag, headers)


def content_tag(body: bytes) -> str:
    """A short name for a content: equal contents, equal names."""
    return hashlib.sha256(body).hexdigest()[:16]


def _length(body: bytes) -> Header:
    return b"content-length", str(len(body)).encode()
