"""One month or year: the draft beside what is public, the difference, how much is known, and the deed that fits."""

from __future__ import annotations

from fastapi import HTTPException
from starlette.responses import HTMLResponse

from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import Visit, page
from dashboard.regie.publishing.deeds import ENOUGH, mark
from dashboard.regie.publishing.forms import form, in_each_language
from dashboard.regie.publishing.pages import ROOM, STYLES, Outside, heading, points, share, state_of
from twin.contracts.open_tables import SOURCE_KINDS
from twin.contracts.public_release import PeriodFigure
from twin.contracts.publication import DraftFigure
from twin.publication.deeds import LONGEST_REASON
from twin.publication.release import masked
from twin.publication.standing import Revision


def period_page(visit: Visit, out: Outside, period: str) -> HTMLResponse:
    """The page of one period.

    Raises:
        HTTPException: 404 for a period that is neither drafted nor public.
    """
    words, draft, revisions = visit.words, out.drafts.of(period), out.published.revisions.get(period, ())
    if draft is None and not revisions:
        raise HTTPException(404, words("refused.unknown_period", period=period))
    public = masked(revisions[-1].figure, out.facts) if revisions else None
    body = (
        tag("p", tag("a", words("ui.to_index"), href=visit.address(ROOM))),
        _compared(visit, draft, public),
        None if draft is None else _deed(visit, out, draft, public),
        tag("section", tag("h2", words("ui.revisions")), *_revisions(visit, out, revisions), class_="panel")
        if revisions
        else None,
    )
    return page(visit, ROOM, words("ui.period", period=period), *body, styles=STYLES)


def _compared(visit: Visit, draft: DraftFigure | None, public: PeriodFigure | None) -> Markup:
    """Draft, public and difference, figure by figure."""
    words = visit.words

    def co2(value: float | None) -> str:
        return words.number(value, "g/kWh", decimals=1)

    def energy(value: float | None) -> str:
        return words.number(value, "MWh", decimals=1)

    def less(after: float | None, before: float | None) -> float | None:
        return None if after is None or before is None else after - before

    ours, theirs = (draft.consumption_mwh if draft else None), (public.consumption_mwh if public else None)
    here, there = (draft.co2_g_per_kwh if draft else None), (public.co2_g_per_kwh if public else None)
    own, told = (draft.share if draft else None), (public.share if public else None)
    rows = [
        ("share", share(words, own), share(words, told), points(words, told, own)),
        ("energy", energy(ours), energy(theirs), words.number(less(ours, theirs), "MWh", decimals=1, signed=True)),
        ("co2", co2(here), co2(there), words.number(less(here, there), "g/kWh", decimals=1, signed=True)),
    ]
    covered, before = (draft.coverage if draft else None), (public.coverage if public else None)
    rows.append(("coverage", share(words, covered), share(words, before), points(words, before, covered)))
    for kind in SOURCE_KINDS:
        part, public_part = (draft.parts.get(kind) if draft else None), (public.parts.get(kind) if public else None)
        if part is not None or public_part is not None:
            rows.append((f"part_{kind}", share(words, part), share(words, public_part), points(words, public_part, part)))
    head = heading(words, ("figure", "draft", "public", "difference"))
    body = [
        tag("tr", tag("th", words(f"figure.{code}"), scope="row"), *(tag("td", cell, class_="number") for cell in cells))
        for code, *cells in rows
    ]
    known = None if draft is None else tag("p", words("ui.known", known=draft.known, due=draft.due), class_="meta")
    return tag("section", tag("table", head, tag("tbody", *body)), known, class_="panel published")


def _deed(visit: Visit, out: Outside, draft: DraftFigure, public: PeriodFigure | None) -> Markup:
    """What may be done with the draft now, or why nothing may."""
    words, state = visit.words, state_of(draft, out, visit.words.now)
    if not out.may or state in ("running", "no_data", "approved", "withheld"):
        return tag("section", tag("p", words(f"why.{state if out.may else 'read_only'}")), class_="panel")
    fields: list[Markup] = [tag("input", type="hidden", name="seen", value=mark(draft))]
    if public is not None:
        fields += in_each_language(visit, words("field.reason"), out.facts.languages, longest=LONGEST_REASON)
    if draft.coverage < ENOUGH:
        despite = tag("input", type="checkbox", name="despite", value="on", required=True)
        fields.append(tag("label", despite, words("field.despite", coverage=share(words, draft.coverage))))
    kind = "approve" if public is None else "restate"
    second = tag("p", words("ui.takes_two"), class_="meta") if "publish.approve" in out.second else None
    ask = words(f"ask.{kind}", period=draft.period, share=share(words, draft.share))
    deed = form(visit, f"{kind}/{draft.period}", *fields, press=words(f"ui.{kind}"), ask=ask)
    return tag("section", tag("h2", words(f"ui.{kind}_title")), second, deed, class_="panel")


def _revisions(visit: Visit, out: Outside, revisions: tuple[Revision, ...]) -> list[Markup]:
    """Every revision, newest first; the words of a correction may be corrected."""
    words, found = visit.words, []
    for revision in reversed(revisions):
        figure = revision.figure
        when = f"{words.day(figure.approved_at)} {words.wall(figure.approved_at)}"
        told = words("ui.revision_told", n=figure.revision, share=share(words, figure.share), by=revision.by, at=when)
        replaced = "" if revision is revisions[-1] else f" ({words('ui.replaced')})"
        found.append(tag("p", tag("strong", told), replaced, " ", tag("span", revision.licence, class_="meta")))
        if not revision.reason:
            continue
        found.append(tag("ul", *(tag("li", text, lang=language) for language, text in revision.reason.items())))
        if out.may:
            fields = in_each_language(
                visit, words("field.reason"), out.facts.languages, longest=LONGEST_REASON, given=revision.reason
            )
            deed = form(visit, f"notice/{figure.period}/{figure.revision}", *fields, press=words("ui.notice"), strong=False)
            found.append(tag("details", tag("summary", words("ui.notice_switch")), deed))
    return found
