"""How the share is computed, in plain words, and what of the town is no measurement. It needs no values: it is there always."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dashboard import format as fmt
from dashboard.public.pages.apart import page
from dashboard.public.pages.document import Assets

SECTIONS = (
    "trace",
    "count",
    "import",
    "storage",
    "co2",
    "undefined",
    "estimated",
    "ahead",
    "green",
    "restated",
    "label",
    "privacy",
    "limits",
)


def how_page(language: str, assets: Assets, notes: Sequence[str] = ()) -> bytes:
    """The method, section by section; the first lines say it all in short.

    Args:
        notes: codes of the snapshot's honest labels, which the section on limits begins with; none while there is no snapshot.
    """
    words = fmt.texts(language, "public")
    say = words.get
    told = {name: say(f"how.{name}") for name in SECTIONS}
    told["limits"] = " ".join([*(say(f"about.{note}") for note in notes if words.has(f"about.{note}")), told["limits"]])
    sections = "".join(f"<h2>{escape(say(f'how.{name}_title'))}</h2><p>{escape(text)}</p>" for name, text in told.items())
    back = f'<p class="more"><a href="../">{escape(say("page.back"))}</a></p>'
    text = f'<section class="card text"><p class="lead">{escape(say("how.lead"))}</p>{sections}{back}</section>'
    return page(language, assets, "how/", say("how.title"), text)
