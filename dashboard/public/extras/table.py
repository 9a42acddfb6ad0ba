"""Every address around the public page, and what answers there: mounted by the app and written by the export.

An answer is made from a `Given` alone. It changes only when the given does, so whoever mounts it makes it once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from dashboard.format import DEFAULT_LANGUAGE, LANGUAGES
from dashboard.public.extras import share_image, snapshot_schema
from dashboard.public.extras.assets import ASSETS
from dashboard.public.extras.board import board_json
from dashboard.public.extras.embed import embed_page
from dashboard.public.extras.green_calendar import green_calendar
from dashboard.public.extras.green_feed import green_feed
from dashboard.public.extras.icons import icon_png, icon_svg
from dashboard.public.extras.manifest import ICONS, manifest
from dashboard.public.extras.robots import robots
from dashboard.public.extras.service_worker import service_worker
from dashboard.public.extras.tv import tv_page
from dashboard.public.extras.widget import widget_page
from dashboard.public.shelf import ASK_AGAIN, CSS, DAY, FOREVER, HTML, JSON, MINUTE, SCRIPT, SHORT
from twin.contracts.public_release import PublicRelease
from twin.contracts.public_snapshot import PublicSnapshot

SVG, PNG, RSS, ICS = "image/svg+xml", "image/png", "application/rss+xml", "text/calendar"
_TYPES = {"css": CSS, "js": SCRIPT}


@dataclass(frozen=True)
class Given:
    """What an answer is made from.

    Attributes:
        snapshot: None while there is none that can be shown.
        release: what the utility has approved; None before anything is.
        stale: the snapshot is too old as the answer is made.
        address: of the public page, absolute, without a slash at its end.
        build: names every style and script of the view, this package's and the page's.
    """

    snapshot: PublicSnapshot | None
    release: PublicRelease | None
    language: str
    stale: bool
    address: str
    build: str


@dataclass(frozen=True)
class Extra:
    """One address.

    Attributes:
        make: the content.
        cache: the Cache-Control header as long as nothing is wrong; see `cache_control`.
        framed: any page may put it into a frame; every other one refuses frames.
        shared: pages of other origins may show or read it.
        live: its content follows the snapshot and what is approved; else it stays as it is made first.
    """

    make: Callable[[Given], bytes]
    media_type: str
    cache: str
    framed: bool = False
    shared: bool = False
    live: bool = True

    def cache_control(self, given: Given) -> str:
        """The header; under an embargo, and while there are no values, nobody keeps what follows them."""
        held_back = given.snapshot is None or (given.release is not None and given.release.embargo is not None)
        return ASK_AGAIN if self.live and held_back else self.cache


def _of(given: Given) -> tuple[PublicSnapshot | None, PublicRelease | None, str]:
    return given.snapshot, given.release, given.language


def _image(made: Callable[..., bytes], media_type: str, *, dark: bool) -> Extra:
    return Extra(lambda given: made(*_of(given), stale=given.stale, dark=dark), media_type, MINUTE, shared=True)


def _icon(side: int, *, maskable: bool) -> Extra:
    return Extra(lambda _given: icon_png(side, maskable=maskable), PNG, DAY, live=False)


def _asset(path: str) -> Extra:
    return Extra(lambda _given: ASSETS[path], _TYPES[path.rsplit(".", 1)[1]], FOREVER, live=False)


IN_EVERY_LANGUAGE: Mapping[str, Extra] = {
    "widget/": Extra(lambda given: widget_page(*_of(given), stale=given.stale), HTML, ASK_AGAIN, framed=True),
    "tv/": Extra(lambda given: tv_page(*_of(given), stale=given.stale), HTML, ASK_AGAIN),
    "embed/": Extra(lambda given: embed_page(given.snapshot, given.language, address=given.address), HTML, ASK_AGAIN),
    "board.json": Extra(lambda given: board_json(*_of(given)), JSON, SHORT),
    "share.svg": _image(share_image.share_svg, SVG, dark=False),
    "share-dark.svg": _image(share_image.share_svg, SVG, dark=True),
    "share.png": _image(share_image.share_png, PNG, dark=False),
    "share-dark.png": _image(share_image.share_png, PNG, dark=True),
    "green.rss": Extra(
        lambda given: green_feed(*_of(given), stale=given.stale, address=given.address), RSS, MINUTE, shared=True
    ),
    "green.ics": Extra(
        lambda given: green_calendar(*_of(given), stale=given.stale, address=given.address), ICS, MINUTE, shared=True
    ),
    "manifest.webmanifest": Extra(
        lambda given: manifest(given.snapshot, given.language, root="../", start="./"), "application/manifest+json", MINUTE
    ),
}
"""Path below ``/{language}/`` -> what answers."""

AT_THE_ROOT: Mapping[str, Extra] = {
    "manifest.webmanifest": Extra(
        lambda given: manifest(given.snapshot, given.language, root="./", start="./"), "application/manifest+json", MINUTE
    ),
    "sw.js": Extra(lambda given: service_worker(given.build), SCRIPT, ASK_AGAIN, live=False),
    "robots.txt": Extra(lambda _given: robots(), "text/plain", DAY, live=False),
    "icon.svg": Extra(lambda _given: icon_svg(), SVG, DAY, live=False),
    **{f"icon-{side}.png": _icon(side, maskable=False) for side in ICONS},
    **{f"icon-maskable-{side}.png": _icon(side, maskable=True) for side in ICONS},
    snapshot_schema.PATH: Extra(
        lambda given: snapshot_schema.snapshot_schema(given.address), "application/schema+json", DAY, shared=True, live=False
    ),
    **{path: _asset(path) for path in ASSETS},
}
"""Path below the public root -> what answers, in the default language."""


def extras() -> Iterator[tuple[str, str, Extra]]:
    """(absolute path, language, what answers) of every address."""
    for path, extra in AT_THE_ROOT.items():
        yield f"/{path}", DEFAULT_LANGUAGE, extra
    for language in LANGUAGES:
        for path, extra in IN_EVERY_LANGUAGE.items():
            yield f"/{language}/{path}", language, extra
