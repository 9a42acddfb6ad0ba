"""A story as citizens will see it, in every language, before somebody puts it on air; and the form that it is written on."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.responses import HTMLResponse

from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import Visit, page
from dashboard.regie.publishing.deeds import AIR, story_mark
from dashboard.regie.publishing.forms import form, in_each_language, local_time
from dashboard.regie.publishing.pages import ROOM, STYLES, Outside
from dashboard.regie.words import Words
from twin.publication.deeds import LANGUAGES, LONGEST_TEXT, LONGEST_TITLE, StoryWritten
from twin.publication.standing import Told

_KINDS = ("event", "challenge", "story")


def story_page(visit: Visit, out: Outside, name: str) -> HTMLResponse:
    """The preview, and what may be done with it.

    Raises:
        HTTPException: 404 for a story that there is not.
    """
    words, told = visit.words, _found(visit, out, name)
    body = (
        tag("p", tag("a", words("ui.to_index"), href=visit.address(ROOM))),
        tag("p", _told(words, told)),
        tag(
            "section", tag("h2", words("ui.preview")), tag("div", *_slots(visit, told.written), class_="slots"), class_="panel"
        ),
        _deeds(visit, out, name, told) if out.may else None,
    )
    return page(visit, ROOM, words("ui.story", story=name), *body, styles=STYLES)


def story_form_page(visit: Visit, out: Outside, name: str) -> HTMLResponse:
    """The form of a new story, with ``name`` "", or of one that is not on air.

    Raises:
        HTTPException: 404 for a story that there is not, or that is on air.
    """
    words = visit.words
    given = _found(visit, out, name).written if name else None
    if name and out.published.stories[name].state == "on_air":
        raise HTTPException(404, words("refused.not_to_be_written"))
    kinds = [
        tag("option", words(f"kind.{kind}"), value=kind, selected=given is not None and kind == given.kind) for kind in _KINDS
    ]
    zones = [
        tag("option", zone or words("ui.whole_town"), value=zone, selected=given is not None and zone == given.zone)
        for zone in ("", *out.facts.zones)
    ]
    fields = [
        tag("input", type="hidden", name="id", value=name),
        tag("label", words("field.kind"), tag("select", *kinds, name="kind")),
        local_time(words("field.start"), "start", out.facts.timezone, given.start if given else None, required=True),
        local_time(words("field.end"), "end", out.facts.timezone, given.end if given else None),
        tag("label", words("field.zone"), tag("select", *zones, name="zone")),
    ]
    for part, longest in (("title", LONGEST_TITLE), ("text", LONGEST_TEXT)):
        stands = None if given is None else given.title if part == "title" else given.text
        languages = out.facts.languages
        fields += in_each_language(visit, words(f"field.{part}"), languages, longest=longest, prefix=f"{part}_", given=stands)
    body = (
        tag("p", tag("a", words("ui.to_index"), href=visit.address(ROOM))),
        tag("p", words("ui.plain_text"), class_="meta"),
        tag("section", form(visit, "propose", *fields, press=words("ui.propose")), class_="panel"),
    )
    return page(visit, ROOM, words("ui.new_story"), *body, styles=STYLES)


def _found(visit: Visit, out: Outside, name: str) -> Told:
    told = out.published.stories.get(name)
    if told is None:
        raise HTTPException(404, visit.words("refused.unknown_story", story=name))
    return told


def _told(words: Words, told: Told) -> str:
    """Where it stands, and who brought it there."""
    state = [] if told.state == "proposed" else [words(f"story.{told.state}")]
    decided = [words("ui.decided_by", by=told.decided_by)] if told.decided_by else []
    return ", ".join([*state, words("ui.proposed_by", by=told.by), *decided])


def _slots(visit: Visit, written: StoryWritten) -> list[Markup]:
    """The slot of the live page in each language it is written in, with that language's own words around it."""
    slots = []
    for language in LANGUAGES:
        if language not in written.title:
            continue
        words = Words.of(language, visit.words.timezone, visit.words.now, "publishing")
        end = "" if written.end is None else f" – {words.moment(written.end)}"
        slots.append(
            tag(
                "article",
                tag("p", words(f"kind.{written.kind}"), class_="meta"),
                tag("h3", written.title[language]),
                tag("p", words.moment(written.start), end, class_="meta"),
                tag("p", written.text[language], class_="free"),
                class_="slot",
                lang=language,
            )
        )
    return slots


def _deeds(visit: Visit, out: Outside, name: str, told: Told) -> Markup | None:
    words, deeds = visit.words, []
    if told.state == "proposed":
        if AIR in out.second and told.by == visit.person.name:
            deeds.append(tag("p", words("ui.air_takes_two", by=told.by), class_="meta"))
        else:
            seen = tag("input", type="hidden", name="seen", value=story_mark(told.written))
            deeds.append(form(visit, f"air/{name}", seen, press=words("ui.air"), ask=words("ask.air")))
    if told.state != "on_air":
        deeds.append(tag("p", tag("a", words("ui.rewrite"), href=visit.address(f"{ROOM}story/{name}/edit"), class_="button")))
    if told.state != "withdrawn":
        deeds.append(form(visit, f"withdraw/{name}", press=words("ui.withdraw"), ask=words("ask.withdraw"), strong=False))
    return tag("section", *deeds, class_="panel line wrap")
