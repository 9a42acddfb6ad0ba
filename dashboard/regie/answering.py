"""How a room answers what somebody did by hand: what it refuses, and what the book does not take, in the reader's language."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fastapi import HTTPException

from dashboard.regie.desk import Desk
from dashboard.regie.words import Words
from dashboard.regie.work.refusal import Refused
from twin.contracts.snapshot import Snapshot
from twin.contracts.work_order import Why


@contextmanager
def answering(desk: Desk, words: Words, tell: Callable[[Why], str] | None = None) -> Iterator[Snapshot]:
    """The grid's state that a deed rests on, for as long as the deed is done.

    Args:
        words: with the room's own, ``refused.*`` among them. ``tell``: a fault in words, where its
            parameters alone do not make them.

    Raises:
        HTTPException: 409 where nothing may be done here, with every fault of what was asked; 503 when the book takes nothing.
    """
    snapshot = desk.now.snapshot
    if desk.read_only or snapshot is None:
        raise HTTPException(409, words("refused.read_only" if desk.read_only else "refused.no_snapshot"))
    try:
        yield snapshot
    except Refused as refused:
        told = [words.fill(f"refused.{why.code}", why.params) if tell is None else tell(why) for why in refused.faults]
        raise HTTPException(409, " ".join(told)) from None
    except sqlite3.Error as error:
        raise HTTPException(503, words("refused.not_stored", why=str(error))) from error
