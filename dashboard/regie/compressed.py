"""Answers leave compressed where the browser takes it, and files whose address changes with their content are asked for once.

Scripts and styles are compressed once and kept; whatever is made anew is compressed as it leaves, in a thread when it is large.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections import OrderedDict

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 1000
"""Bytes below which a packet is a packet."""
_LARGE = 64 * 1024
"""Bytes whose compression takes more than a millisecond: not beside live connections."""
_KEPT = 128
_YEAR = "public, max-age=31536000, immutable"
_MARKED = re.compile(rb"(^|&)m=\d")
"""Dash marks an asset's address with its file's time."""
_TEXT = ("text/", "application/json", "application/problem+json", "application/javascript", "image/svg+xml")


class Compressed:
    """ASGI middleware around the application; live connections compress by themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and compress what comes back whole."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []
        whole = "gzip" in Headers(scope=scope).get("accept-encoding", "") and scope["method"] == "GET"

        async def gathered(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                _mark(scope, MutableHeaders(scope=start))
                if not (whole and _compressible(start)):
                    start["passed"] = True
                    await send({key: value for key, value in start.items() if key != "passed"})
                return
            if "passed" in start:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._send(send, start, b"".join(parts))

        await self._app(scope, receive, gathered)

    async def _send(self, send: Send, start: Message, body: bytes) -> None:
        if len(body) >= SMALLEST:
            headers = MutableHeaders(scope=start)
            body = await self._packed(body, keep="immutable" in headers.get("cache-control", ""))
            headers["content-encoding"] = "gzip"
            headers["content-length"] = str(len(body))
            headers.add_vary_header("Accept-Encoding")
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _packed(self, body: bytes, *, keep: bool) -> bytes:
        key = hashlib.blake2b(body, digest_size=16).digest() if keep else b""
        if key in self._kept:
            return self._kept[key]
        if len(body) < _LARGE:
            packed = gzip.compress(body, 6, mtime=0)
        else:
            packed = await asyncio.to_thread(gzip.compress, body, 9 if keep else 5, mtime=0)
        if keep:
            self._kept[key] = packed
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return packed


def _mark(scope: Scope, headers: MutableHeaders) -> None:
    """Say for how long a file holds: for ever under an address that names its version, else it is asked for again."""
    path = scope["path"]
    if "/assets/" in path:
        headers["cache-control"] = _YEAR if _MARKED.search(scope["query_string"]) else "no-cache"
    elif "/_dash-component-suites/" in path and "max-age=31536000" in headers.get("cache-control", ""):
        headers["cache-control"] = _YEAR


def _compressible(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and "content-encoding" not in headers and headers.get("content-type", "").startswith(_TEXT)
