"""The page of live values: the cards, what stands above them, and the words that the script needs."""

from __future__ import annotations

import json
from html import escape

from dashboard import format as fmt
from dashboard.public import cards
from dashboard.public.pages.document import Assets, Frame, document
from dashboard.public.pages.places import Places, attributes
from dashboard.public.view import View

AGES_S = (1, 2, 120, 7200, 172800)
"""Ages whose words the script takes as patterns: one and more seconds, minutes, hours, days."""


def live_page(view: View, assets: Assets, *, stale: bool, head: str = "") -> bytes:
    """The page in the view's language.

    Args:
        stale: whether the values were already too old when the page was made.
        head: icons, manifest, feeds and the picture of a link preview.
    """
    put = Places(view.language, view.text, view.attributes)
    withheld = f'<h2 id="t-embargo">{put.say("embargo.title")}</h2>' + put("p", "embargo_since", class_="lead")
    withheld += put("p", "embargo_reason") + f'<p class="muted">{put.say("embargo.what")}</p>'
    content = "".join(
        [
            put("p", "demo", class_="demo"),
            put("p", "notice", class_="notice"),
            put("p", "stale", id="stale", class_="notice", **({} if stale else {"hidden": ""})),
            '<p id="paused" class="notice" hidden></p><p id="say" class="aside" role="status"></p>',
            f'<noscript><p class="notice">{put.say("page.noscript")}</p></noscript>',
            put("section", "embargo", withheld, class_="card embargo", aria_labelledby="t-embargo"),
            put("div", "cards", "".join(card.markup(put) for card in cards.ALL), class_="cards"),
        ]
    )
    data = {"data-words": _script_words(put), "data-clock": json.dumps(view.clock, separators=(",", ":"))}
    main = f'<main id="main"{attributes(data)}{" class=stale" if stale else ""}>{content}</main>'
    links = "".join(f'<a href="{path}">{put.say(code)}</a>' for path, code in _FURTHER)
    further = f'<nav class="further" aria-label="{escape(put.words("page.further"))}">{links}</nav>'
    brand = f"<h1>{put.say('page.brand')}</h1>{put('p', 'title', class_='town')}"
    frame = Frame("", put.words("page.brand"), brand, main, foot=further, head=head, script=True)
    return document(view.language, assets, frame)


_FURTHER = (("green.ics", "page.ics"), ("green.rss", "page.rss"), ("tv/", "page.tv"), ("embed/", "page.embed"))


def _script_words(put: Places) -> str:
    said = {code: put.words(f"page.{code}") for code in ("pause", "resume", "paused", "resumed")}
    ages = [fmt.age(seconds, language=put.language) for seconds in AGES_S]
    return json.dumps({"ages": ages, **said, "fresh": put.words("page.fresh_again")}, ensure_ascii=False)
