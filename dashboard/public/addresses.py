"""Which address gives what: below a language's folder every answer is made from one edition, and handed out many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.format import DEFAULT_LANGUAGE
from dashboard.public import shelf
from dashboard.public.extras.head import head_links
from dashboard.public.extras.table import AT_THE_ROOT, IN_EVERY_LANGUAGE, Extra, Given
from dashboard.public.feed import Edition
from dashboard.public.pages.document import Assets
from dashboard.public.pages.figures import figures_page
from dashboard.public.pages.hours import hours_page
from dashboard.public.pages.how import how_page
from dashboard.public.pages.live import live_page
from dashboard.public.shelf import ASK_AGAIN, SHORT, Answer
from dashboard.public.view import View

RETRY_S = b"5"


@dataclass(frozen=True)
class Asked:
    """What an answer is made from.

    Attributes:
        address: of the public view, absolute, for what is read elsewhere.
        stale: whether the values were already too old when it was made.
    """

    edition: Edition
    view: View
    assets: Assets
    address: str
    stale: bool

    @property
    def language(self) -> str:
        """Of the address."""
        return self.view.language


Make = Callable[[Asked], Answer]


def _live(asked: Asked) -> Answer:
    head = head_links(asked.edition.snapshot, asked.language, address=asked.address)
    page = live_page(asked.view, asked.assets, stale=asked.stale, head=head)
    return _page(page, failing=asked.edition.failing)


def _live_json(asked: Asked) -> Answer:
    body, edition = asked.view.to_json(), asked.edition
    if edition.trouble and edition.embargo is None:
        return shelf.answer(body, shelf.JSON, cache="no-store", status=503, extra=((b"retry-after", RETRY_S),))
    # An embargo is seen at once, and so is its end: nothing on the way may keep either.
    return shelf.answer(body, shelf.JSON, cache=SHORT if edition.embargo is None else ASK_AGAIN)


def _hours(asked: Asked) -> Answer:
    page = hours_page(asked.edition, asked.language, asked.assets, stale=asked.stale)
    return _page(page, failing=asked.edition.failing)


def _figures(asked: Asked) -> Answer:
    edition = asked.edition
    page = figures_page(edition, asked.language, asked.assets)
    return _page(page, failing=edition.withheld and edition.embargo is None)


def _how(asked: Asked) -> Answer:
    snapshot = asked.edition.snapshot
    page = how_page(asked.language, asked.assets, () if snapshot is None else snapshot.notes)
    return shelf.answer(page, shelf.HTML, cache="public, max-age=300")


def _page(page: bytes, *, failing: bool) -> Answer:
    status, extra = (503, ((b"retry-after", RETRY_S),)) if failing else (200, ())
    return shelf.answer(page, shelf.HTML, cache=ASK_AGAIN, status=status, extra=extra)


@dataclass(frozen=True)
class Place:
    """What answers at an address. ``lasting``: made once for as long as the process lives, whatever the edition."""

    make: Make
    lasting: bool = False


def _extra(extra: Extra) -> Place:
    def make(asked: Asked) -> Answer:
        edition = asked.edition
        given = Given(
            edition.snapshot, edition.release, asked.language, asked.stale, address=asked.address, build=asked.assets.build
        )
        body, cache = extra.make(given), extra.cache_control(given)
        return shelf.answer(body, extra.media_type, cache=cache, framed=extra.framed, shared=extra.shared)

    return Place(make, lasting=not extra.live)


OWN: Mapping[str, Place] = {
    "": Place(_live),
    "live.json": Place(_live_json),
    "hours/": Place(_hours),
    "figures/": Place(_figures),
    "how/": Place(_how),
}
"""Address below ``/LANGUAGE/`` -> what makes its answer. A folder ends with its slash, so that a plain host can hold it."""

BELOW = {**OWN, **{path: _extra(extra) for path, extra in IN_EVERY_LANGUAGE.items()}}
"""The same with everything around the page."""

AT_ROOT = {path: _extra(extra) for path, extra in AT_THE_ROOT.items()}
"""Address below ``/`` -> what makes its answer, in the default language."""


def place_of(path: str, languages: tuple[str, ...]) -> tuple[str, Place] | None:
    """Language and place of an address that is made from an edition; None when it is another one."""
    language, below = path[1:3], path[4:]
    if language in languages and path[:1] == path[3:4] == "/" and below in BELOW:
        return language, BELOW[below]
    if path[:1] == "/" and path[1:] in AT_ROOT:
        return DEFAULT_LANGUAGE, AT_ROOT[path[1:]]
    return None
