"""Parts of the publisher's forms: words in each language of the town, a local time, the form itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import Visit

API = "/regie/api/publishing"


def form(visit: Visit, deed: str, *fields: object, press: str, ask: str = "", strong: bool = True) -> Markup:
    """A form that does one deed. ``press``: words on its button; ``ask``: what is asked before it is sent, "" for nothing."""
    words = visit.words
    return tag(
        "form",
        *fields,
        tag("button", press, type="submit", class_="button strong" if strong else "button", data_focus=f"do-{deed}"),
        data_post=f"{API}/{deed}?lang={words.language}",
        data_confirm=ask or None,
        class_="line wrap on-floor publishing",
    )


def in_each_language(
    visit: Visit,
    label: str,
    languages: tuple[str, ...],
    *,
    longest: int,
    prefix: str = "",
    given: Mapping[str, str] | None = None,
) -> list[Markup]:
    """One field per language of the town, each marked with its language. ``given``: what stands there already."""
    words = visit.words
    return [
        tag(
            "label",
            f"{label}, {words(f'language.{language}')}",
            tag(
                "textarea",
                (given or {}).get(language, ""),
                name=f"{prefix}{language}",
                rows=1 if longest < 100 else 3,
                cols=44,
                maxlength=longest,
                required=True,
                lang=language,
            ),
        )
        for language in languages
    ]


def local_time(label: str, name: str, timezone: str, given: datetime | None = None, *, required: bool = False) -> Markup:
    """A local day and time of day."""
    value = "" if given is None else f"{given.astimezone(ZoneInfo(timezone)):%Y-%m-%dT%H:%M}"
    return tag("label", label, tag("input", type="datetime-local", name=name, value=value, required=required))
