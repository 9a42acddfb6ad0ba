"""Pages of a list: so many at once, and a cursor to where the next begins, which holds while the list changes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from twin.contracts.snapshot import Snapshot
from twin.domain.problems import BadInput, Problem

LARGEST = 500
Limit = Annotated[int, Query(ge=1, le=LARGEST, description="Items on a page.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="``next`` of the page before; without it, the first page.")]

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """Part of a list.

    Attributes:
        as_of: grid time of the snapshot it is from. ``published_at``: wall clock. ``quality``: of the state then.
        next: cursor of the next page, null on the last.
    """

    as_of: datetime
    published_at: datetime
    quality: tuple[str, ...]
    items: list[Item]
    next: str | None


def page(snapshot: Snapshot, items: Iterable[Item], order: Callable[[Item], str], limit: int, cursor: str | None) -> Page[Item]:
    """One page of ``items``, sorted by ``order``, which must tell each from every other.

    Raises:
        BadInput: for a cursor that is none.
    """
    after = None if cursor is None else decoded(cursor)
    rest = sorted((item for item in items if after is None or order(item) > after), key=order)
    shown = rest[:limit]
    following = encoded(order(shown[-1])) if len(rest) > limit else None
    return Page(
        as_of=snapshot.as_of,
        published_at=snapshot.published_at,
        quality=snapshot.quality,
        items=shown,
        next=following,
    )


def encoded(place: str) -> str:
    """A cursor."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def decoded(cursor: str) -> str:
    """Where a cursor stands.

    Raises:
        BadInput: for what is no cursor.
    """
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        problem = Problem("cursor", repr(cursor[:40]), "the `next` of a page", "begin without a cursor")
        raise BadInput([problem]) from error
