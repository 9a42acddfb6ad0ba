"""The screen for a school's hall: everything at one glance from across the room, with nobody to touch it.

Nothing rotates. The picture drifts by a few pixels a minute, so that a screen that shows it for years keeps no ghost of it.
"""

from __future__ import annotations

from dashboard.public.extras.assets import linked
from dashboard.public.extras.board import board
from dashboard.public.extras.small_page import document, main_element, places, stale_line, strip, text
from dashboard.public.extras.told import words_of
from twin.contracts.public_release import PublicRelease
from twin.contracts.public_snapshot import PublicSnapshot


def tv_page(snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str, *, stale: bool) -> bytes:
    """The screen's page. ``stale``: the snapshot was too old when it was made."""
    made, say = board(snapshot, release, language), words_of(language).get
    put, old = places(made), stale and not made.told.notice
    bar = f'<rect class="back" width="100" height="4"/>{put("rect", "roof_bar", class_="fill", height="4")}'
    picture = put.picture("roof_picture", bar, view_box="0 0 100 4", label="roof.picture", shape="roof")
    now = (
        f"<h2>{text(say('told.label'))}</h2>"
        + put("p", "share")
        + put("p", "made", class_="made")
        + put("p", "meaning", class_="made")
        + f'<p class="muted">{put("span", "as_of")} <span id="age"></span></p>'
        + put("p", "quality", class_="muted")
    )
    roof = put("h2", "roof_title") + put("p", "roof", class_="lead") + picture
    roof += put("p", "roof_when", class_="muted") + put("p", "roof_quality", class_="muted")
    story = put("p", "story_about", class_="muted") + put("h2", "story_title") + put("p", "story", class_="clamped")
    values = (
        f'<section class="now">{now}</section><div class="beside">'
        + put("section", "story_card", inner=story, class_="card")
        + put("section", "roof_card", inner=roof, class_="card")
        + f'</div><section class="ahead"><h2>{text(say("hours.title"))}</h2>{strip(put)}'
        + put("p", "best", class_="best")
        + f"</section><footer><p>{text(say('told.not_labelling'))}</p>{put('p', 'demo')}</footer>"
    )
    content = "".join(
        [
            put("h1", "town"),
            put("p", "notice", class_="notice"),
            stale_line(put, stale=old),
            '<p id="say" class="aside" role="status"></p>',
            put("div", "values", inner=values, class_="values"),
            f'<noscript><p class="muted">{text(say("board.noscript"))}</p></noscript>',
        ]
    )
    button = f'<button id="pause" type="button" hidden>{text(say("board.pause"))}</button>'
    own = linked("../../", "board.css", "tv.css", "board.js", "tv.js", "install.js")
    return document(
        language,
        title=say("board.title", {"town": made.told.town}),
        kind="tv",
        head=f'<meta name="robots" content="noindex">{own}',
        body=main_element(made, content, stale=old) + button,
    )
