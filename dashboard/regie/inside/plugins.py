"""What a third party's package adds to the inside page of its own box; a failure of it stays a section of that page."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from importlib.metadata import EntryPoint, entry_points

from twin.contracts.page import DEADLINE_S, GROUP, Page
from twin.contracts.snapshot import BoxCardView, Snapshot

_LOG = logging.getLogger(__name__)


class Failed(RuntimeError):
    """The plug-in gave no page; the message says why."""


class Plugins:
    """Plug-ins of the boxes that the site names; one that hangs holds a thread of its own pool and nothing else."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="page-plugin")

    def page(self, card: BoxCardView, snapshot: Snapshot, language: str) -> Page | None:
        """The sections for this card; None where nobody brings any.

        Raises:
            Failed: the plug-in cannot be loaded, raises, is late, or answers something else.
        """
        found = _entry_point(card, snapshot)
        if found is None:
            return None
        try:
            answer = self._pool.submit(_ask, found, card, snapshot, language).result(DEADLINE_S)
        except Late as late:
            raise Failed(f"{found.value}: no answer within {DEADLINE_S:g} s") from late
        except Exception as error:  # a third party's code may raise anything; its section says so, the page stands
            _LOG.warning("page of %s (%s) failed: %r", card.box, found.value, error)
            raise Failed(f"{found.value}: {type(error).__name__}: {error}") from error
        if not isinstance(answer, Page):
            raise Failed(f"{found.value}: answered a {type(answer).__name__}; a twin.contracts.page.Page is asked for")
        return answer


def _entry_point(card: BoxCardView, snapshot: Snapshot) -> EntryPoint | None:
    if card.instance not in snapshot.site.boxes:
        return None
    return next(iter(entry_points(group=GROUP, name=card.box)), None)


def _ask(found: EntryPoint, card: BoxCardView, snapshot: Snapshot, language: str) -> object:
    return found.load()(card, snapshot, language)
