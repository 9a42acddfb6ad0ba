"""What the pages beside the live one share: a heading, and the words that stand in place of figures that are not shown."""

from __future__ import annotations

from html import escape

from dashboard import format as fmt
from dashboard.public.feed import Edition
from dashboard.public.pages.document import Assets, Frame, document
from dashboard.public.view import embargo_words, trouble_words


def page(language: str, assets: Assets, path: str, title: str, content: str) -> bytes:
    """A page of text below a heading."""
    frame = Frame(path, title, f"<h1>{escape(title)}</h1>", f'<main id="main" class="page">{content}</main>')
    return document(language, assets, frame)


def embargoed(edition: Edition, language: str) -> str:
    """The publisher's words in place of figures; "" without an embargo."""
    if edition.embargo is None:
        return ""
    say = fmt.texts(language, "public").get
    said, reason = embargo_words(edition.embargo, edition.snapshot, language)
    lines = f'<h2>{escape(say("embargo.title"))}</h2><p class="lead">{escape(said)}</p><p>{escape(reason)}</p>'
    return f'<section class="card embargo">{lines}<p class="muted">{escape(say("embargo.what"))}</p></section>'


def troubled(edition: Edition, language: str) -> str:
    """Why there are no live values; "" when there are."""
    return f'<p class="notice">{escape(trouble_words(edition, language))}</p>' if edition.trouble else ""


def table(caption: str, heads: list[str], rows: list[list[str]]) -> str:
    """A table whose cells are markup already; it scrolls by itself where the screen is narrow, by keyboard too.

    Args:
        caption: words for eye and ear. ``rows``: the first cell of each names the row.
    """
    head = "".join(f'<th scope="col">{escape(words)}</th>' for words in heads)
    body = "".join(f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows)
    whole = f'<table aria-label="{escape(caption)}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    region = f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}">{whole}</div>'
    return f'<p class="muted">{escape(caption)}</p>{region}'
