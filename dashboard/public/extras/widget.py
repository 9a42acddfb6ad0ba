"""The widget: share, age, hours ahead, in a frame on anybody's page. It renews itself and can be paused."""

from __future__ import annotations

from dashboard.public.extras.assets import linked
from dashboard.public.extras.board import board
from dashboard.public.extras.small_page import document, main_element, places, stale_line, strip, text
from dashboard.public.extras.told import words_of
from twin.contracts.public_release import PublicRelease
from twin.contracts.public_snapshot import PublicSnapshot

NARROWEST, LOWEST = 280, 480
"""Of the frame [CSS pixel]; the embed page says so."""


def widget_page(snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str, *, stale: bool) -> bytes:
    """The widget's page. ``stale``: the snapshot was too old when it was made."""
    made, say = board(snapshot, release, language), words_of(language).get
    put, old = places(made), stale and not made.told.notice
    values = (
        f'<p class="label">{text(say("told.label"))}</p>'
        + put("p", "share")
        + put("p", "meaning")
        + f'<p class="muted">{put("span", "as_of")} <span id="age"></span> {put("span", "quality")}</p>'
        + f'<div class="ahead"><h2>{text(say("hours.title"))}</h2>{strip(put)}{put("p", "best", class_="best")}</div>'
        + f'<p class="muted">{text(say("told.not_labelling"))}</p>'
    )
    link = f'<a href="../" target="_blank" rel="noopener">{text(say("board.page"))}</a>'
    content = "".join(
        [
            put("h1", "town"),
            put("p", "notice", class_="notice"),
            stale_line(put, stale=old),
            '<p id="say" class="aside" role="status"></p>',
            put("div", "values", inner=values),
            put("p", "demo", class_="muted"),
            f'<noscript><p class="muted">{text(say("board.noscript"))}</p></noscript>',
        ]
    )
    foot = f'<footer>{link}<button id="pause" type="button" hidden>{text(say("board.pause"))}</button></footer>'
    return document(
        language,
        title=say("board.title", {"town": made.told.town}),
        kind="widget",
        head=f'<meta name="robots" content="noindex">{linked("../../", "board.css", "board.js")}',
        body=main_element(made, content, stale=old) + foot,
    )
