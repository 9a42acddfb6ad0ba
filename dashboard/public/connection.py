"""A connection that cannot be held open for nothing: limits of size, patience and number around uvicorn's HTTP/1.1.

uvicorn waits for a request for as long as the other side likes, takes a head of 64 kB, and keeps an answer until it is read.
Ten thousand readers need none of it: a request here is complete within `PATIENCE_S` and `LARGEST_BYTES`, its answer is taken
at `SLOWEST_BYTES_PER_S` at least, and a connection beyond the last that fits is told when to come back. Whoever is turned away
is told so in HTTP (RFC 9110: 408, 431, 503 with Retry-After), then let go.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_S = 10.0  # from the opening, or the first byte of a later request, to the end of its head
LARGEST_BYTES = 16 * 1024  # a browser's head is about 1 kB, with every cookie of a shared domain about 8
SLOWEST_BYTES_PER_S = 1024  # the slowest mobile networks carry ten times as much
LINGER_S = 1.0  # so that the answer is read before the connection breaks, even where more was sent than read
RETRY_S = 20  # the crowd that comes after a tick is gone after its 15 s

_REASONS = {408: b"Request Timeout", 431: b"Request Header Fields Too Large", 503: b"Service Unavailable"}


class GuardedConnection(H11Protocol):
    """One connection. ``most``: connections beyond which a further one is turned away."""

    most: ClassVar[int] = 1_000

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._deaf = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """Begin to wait for a request, or say that there is no room."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            self._turn_away(503)
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request; a body, and whatever comes after a refusal, is not looked at."""
        if self._deaf:
            return
        before = self.cycle
        self._unread_bytes += len(data)
        if self._unread_bytes > LARGEST_BYTES:
            self._turn_away(431)
            return
        super().data_received(data)
        if self.cycle is not before:
            self._asked()
        elif self._deadline is None and not self.transport.is_closing():
            self._wait()

    def on_response_complete(self) -> None:
        """After an answer the next request may have come already; else what is left of this one is let go.

        A viewer is idle for a minute between two questions: a third of what a connection would hold is the last of them.
        """
        self._watch_sending()
        before = self.cycle
        super().on_response_complete()
        if self.cycle is not before:
            self._asked()
        else:
            self.cycle = self.scope = self.headers = None  # type: ignore[assignment]  # as before the first request

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers with the connection."""
        self._stop_waiting()
        self._stop_sending()
        super().connection_lost(exc)

    def _asked(self) -> None:
        """A head is complete."""
        self._unread_bytes = 0
        self._stop_waiting()
        if self.conn.their_state is h11.SEND_BODY:
            self._deaf = True
            self.cycle.keep_alive = False  # nobody here reads a body: the answer closes the connection

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(PATIENCE_S, self._turn_away, 408)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _watch_sending(self) -> None:
        """Look again whether what is answered is also taken; uvicorn would keep it for as long as the other side likes."""
        self._stop_sending()
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes:
            self._sending = self.loop.call_later(PATIENCE_S, self._taken_since, unsent_bytes)

    def _taken_since(self, before_bytes: int) -> None:
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes and before_bytes - unsent_bytes < PATIENCE_S * SLOWEST_BYTES_PER_S:
            self.transport.abort()  # no word would reach it either
        else:
            self._watch_sending()

    def _stop_sending(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _turn_away(self, status: int) -> None:
        """Answer by hand, close our side, and let go a moment later."""
        self._stop_waiting()
        self._deaf = True
        self.connections.discard(self)  # its place is free for the next
        retry = f"retry-after: {RETRY_S}\r\n".encode() if status == 503 else b""
        head = b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\ncache-control: no-store\r\n%s\r\n"
        self.transport.write(head % (status, _REASONS[status], retry))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER_S, self.transport.abort)


def limited_to(most: int) -> type[GuardedConnection]:
    """The protocol class for a server that holds ``most`` connections."""
    return type("LimitedConnection", (GuardedConnection,), {"most": most})
