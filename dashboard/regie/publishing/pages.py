"""The publisher's first page: every month and year drafted beside what is public, the embargo, stories, licence, the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import HTMLResponse

from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.page import Visit, page
from dashboard.regie.publishing.deeds import same
from dashboard.regie.publishing.forms import form, in_each_language, local_time
from dashboard.regie.words import Words
from twin.contracts.open_tables import LICENCES
from twin.contracts.publication import DraftFigure, Drafts, PublicationFacts
from twin.publication.deeds import LONGEST_REASON
from twin.publication.release import attribution_of, masked, revision_log
from twin.publication.standing import Published, Told

ROOM = "publishing/"
STYLES = ("70_conducteur.css", "shift.css", "publishing.css")
_LOG = 40
_READING_S = 2
_FIGURES = ("draft", "public", "difference", "energy", "coverage")


@dataclass(frozen=True)
class Outside:
    """What the pages are drawn from.

    Attributes:
        now: wall clock. ``fault``: why the outlet or the journal is not as it should be, "" while they are.
        lost: approved months whose hours are lost. ``may``: deeds are taken on this address.
        second: kinds of deeds that a second person must confirm.
    """

    facts: PublicationFacts
    drafts: Drafts
    published: Published
    now: datetime
    fault: str
    lost: Sequence[str]
    may: bool
    second: frozenset[str]


def unavailable_page(visit: Visit, why: str) -> HTMLResponse:
    """Nothing can be published here, and why."""
    return page(visit, ROOM, visit.words("ui.title"), tag("p", "▲ ", why, class_="warn"), styles=STYLES)


def index_page(visit: Visit, out: Outside) -> HTMLResponse:
    """The whole page."""
    words = visit.words
    body = (
        _standing_line(visit, out),
        _embargo(visit, out),
        _waiting(visit, out),
        _figures(visit, out, out.drafts.months, "months"),
        _figures(visit, out, out.drafts.years, "years"),
        _stories(visit, out),
        _terms(visit, out) if out.may else None,
        _log(visit, out),
    )
    return page(visit, ROOM, words("ui.title"), *body, styles=STYLES)


def reading_part(visit: Visit, out: Outside) -> Markup:
    """How far the journal was read, on a page that was drawn before it was read to its end."""
    words, drafts = visit.words, out.drafts
    until = tag("p", words("ui.read_until", at=drafts.until), class_="meta")
    if drafts.behind:
        return join([until, tag("p", "▲ ", words("ui.behind", count=drafts.behind), class_="warn")])
    again = tag("a", words("ui.read_on"), href=visit.address(ROOM), class_="button", data_focus="read-on")
    return join([until, tag("p", words("ui.all_read"), " ", again)])


def _standing_line(visit: Visit, out: Outside) -> Markup:
    """How far the journal was read, and whether the outlet is as the book says; reading goes on while the page is looked at."""
    words, drafts = visit.words, out.drafts
    if drafts.behind:
        address = visit.address(f"{ROOM}reading")
        told = [tag("div", reading_part(visit, out), data_refresh=address, data_every=_READING_S)]
    else:
        told = [tag("p", words("ui.read_until", at=drafts.until), class_="meta")]
    told += [tag("p", "▲ ", words("ui.unread", count=drafts.unread), class_="warn")] if drafts.unread else []
    told += [tag("p", "▲ ", words("ui.fault", why=out.fault), class_="warn", role="alert")] if out.fault else []
    told += [tag("p", "▲ ", words("ui.lost", period=period), class_="warn") for period in out.lost]
    facts = out.facts
    told_of = (
        {"share": True, "powers": facts.powers_public, "parts": facts.parts_public} if facts.share_public else {"share": False}
    )
    withheld = [code for code, public in told_of.items() if not public]
    told += [tag("p", words(f"ui.withheld_{code}"), class_="meta") for code in withheld]
    return tag("section", *told)


# --------------------------------------------------------------------------------------------- embargo and second person


def _embargo(visit: Visit, out: Outside) -> Markup:
    words, embargo = visit.words, out.published.embargo_at(out.now)
    title = tag("h2", words("ui.embargo"))
    if embargo is None:
        if not out.may:
            return tag("section", title, tag("p", words("ui.no_embargo")), class_="panel")
        fields = [
            *in_each_language(visit, words("field.reason"), out.facts.languages, longest=LONGEST_REASON),
            local_time(words("field.until"), "until", out.facts.timezone),
        ]
        switch = form(visit, "embargo", *fields, press=words("ui.embargo_on"), ask=words("ask.embargo"), strong=False)
        folded = tag("details", tag("summary", words("ui.embargo_switch"), data_focus="embargo"), switch)
        return tag("section", title, tag("p", words("ui.no_embargo")), folded, class_="panel")
    until = words("ui.until", at=embargo.until) if embargo.until is not None else words("ui.until_lifted")
    told = tag("p", "▲ ", words("ui.embargo_since", at=embargo.since), " ", until, class_="warn", role="status")
    reasons = [tag("li", text, lang=language) for language, text in embargo.reason.items()]
    lift = form(visit, "lift", press=words("ui.lift"), ask=words("ask.lift")) if out.may else None
    return tag("section", title, told, tag("ul", *reasons), lift, class_="panel")


def _waiting(visit: Visit, out: Outside) -> Markup | None:
    words, waiting = visit.words, out.published.waiting_at(out.now)
    if not waiting:
        return None
    items = [
        tag(
            "li",
            tag("span", "▲ ", words(f"ui.waits_{one.asked.kind}", by=one.by, period=one.target, until=one.asked.expires)),
            form(visit, f"confirm/{one.id}", press=words("ui.confirm"), ask=words("ask.confirm"))
            if out.may and one.by != visit.person.name
            else None,
            form(visit, f"reject/{one.id}", press=words("ui.reject"), strong=False) if out.may else None,
            class_="line wrap",
        )
        for one in waiting
    ]
    return tag("section", tag("h2", words("ui.second")), tag("ul", *items), class_="panel")


# --------------------------------------------------------------------------------------------- figures


def state_of(draft: DraftFigure, out: Outside, now: datetime | None) -> str:
    """Where a period stands: "running", "no_data", "open", "approved", "differs", "withheld". ``now``: the grid's clock."""
    newest = out.published.newest(draft.period)
    if not out.facts.share_public:
        return "withheld"
    if newest is not None:
        return "approved" if same(masked(newest.figure, out.facts), draft) else "differs"
    if not draft.known:
        return "no_data"
    return "running" if now is None or now < draft.end else "open"


def points(words: Words, before: float | None, after: float | None) -> str:
    """The difference of two shares in percentage points."""
    if before is None or after is None:
        return "–"
    return words("ui.points", points=words.number(100.0 * (after - before), decimals=1, signed=True))


def share(words: Words, fraction: float | None) -> str:
    """A share in percent, with a decimal."""
    return words.number(None if fraction is None else 100.0 * fraction, "%", decimals=1)


def _figures(visit: Visit, out: Outside, drafts: Sequence[DraftFigure], what: str) -> Markup:
    words = visit.words
    title = tag("h2", words(f"ui.{what}"))
    approved = {period for period in out.published.revisions if ("-" in period) is (what == "months")}
    rows = [_row(visit, out, draft) for draft in reversed(drafts)]
    rows += [_only_public(visit, out, period) for period in sorted(approved - {each.period for each in drafts}, reverse=True)]
    if not rows:
        return tag("section", title, tag("p", words("ui.no_figures"), class_="empty"), class_="panel")
    heads = ("period", "draft", "public", "difference", "energy", "coverage", "state")
    return tag("section", title, tag("table", heading(words, heads), tag("tbody", *rows)), class_="panel published")


def heading(words: Words, codes: Sequence[str]) -> Markup:
    """A table's head; columns of figures are named above their figures."""
    cells = [tag("th", words(f"head.{code}"), scope="col", class_="number" if code in _FIGURES else None) for code in codes]
    return tag("thead", tag("tr", *cells))


def _row(visit: Visit, out: Outside, draft: DraftFigure) -> Markup:
    words, newest = visit.words, out.published.newest(draft.period)
    public = None if newest is None else masked(newest.figure, out.facts)
    state = state_of(draft, out, words.now)
    cells = (
        share(words, draft.share),
        "–" if public is None else share(words, public.share),
        points(words, None if public is None else public.share, draft.share),
        words.number(draft.consumption_mwh, "MWh", decimals=1),
        words.number(100.0 * draft.coverage, "%", decimals=1),
    )
    return tag(
        "tr",
        tag("th", tag("a", draft.period, href=visit.address(f"{ROOM}period/{draft.period}")), scope="row"),
        *(tag("td", cell, class_="number") for cell in cells),
        tag("td", "▲ " if state == "differs" else None, words(f"state.{state}"), class_="warn" if state == "differs" else None),
    )


def _only_public(visit: Visit, out: Outside, period: str) -> Markup:
    """A period that is public, of which this journal knows nothing: an earlier run's."""
    words, newest = visit.words, out.published.newest(period)
    assert newest is not None
    figure = masked(newest.figure, out.facts)
    energy, coverage = (
        words.number(figure.consumption_mwh, "MWh", decimals=1),
        words.number(100.0 * figure.coverage, "%", decimals=1),
    )
    cells = ("–", share(words, figure.share), "–", energy, coverage)
    link = tag("a", period, href=visit.address(f"{ROOM}period/{period}"))
    state = tag("td", words("state.elsewhere"))
    return tag("tr", tag("th", link, scope="row"), *(tag("td", cell, class_="number") for cell in cells), state)


# --------------------------------------------------------------------------------------------- stories, terms, log


def _stories(visit: Visit, out: Outside) -> Markup:
    words = visit.words
    new = tag("p", tag("a", words("ui.new_story"), href=visit.address(f"{ROOM}story/"), class_="button")) if out.may else None
    told = out.published.stories
    if not told:
        return tag(
            "section", tag("h2", words("ui.stories")), tag("p", words("ui.no_stories"), class_="empty"), new, class_="panel"
        )
    items = [_story_line(visit, name, each) for name, each in reversed(tuple(told.items()))]
    return tag("section", tag("h2", words("ui.stories")), new, tag("ul", *items), class_="panel")


def _story_line(visit: Visit, name: str, told: Told) -> Markup:
    words, title = visit.words, told.written.title
    text = title.get(words.language) or next(iter(title.values()))
    when = words.moment(told.written.start)
    link = tag("a", f"{name} · {text}", href=visit.address(f"{ROOM}story/{name}"))
    return tag("li", link, " ", tag("span", words(f"kind.{told.written.kind}"), ", ", when, ": ", words(f"story.{told.state}")))


def _terms(visit: Visit, out: Outside) -> Markup:
    words, published = visit.words, out.published
    options = [tag("option", name, value=name, selected=name == published.licence) for name in LICENCES]
    licence = form(
        visit,
        "licence",
        tag("label", words("field.licence"), tag("select", *options, name="licence")),
        tag(
            "label",
            words("field.attribution"),
            tag("input", name="attribution", value=attribution_of(published, out.facts), size=40, maxlength=160, required=True),
        ),
        press=words("ui.choose"),
        ask=words("ask.licence"),
        strong=False,
    )
    told = published.declared
    percent = "" if told is None else words.number(100.0 * told.renewable_share, decimals=1)
    declare = form(
        visit,
        "declare",
        tag(
            "label",
            words("field.year"),
            tag("input", name="year", value=told.year if told else "", inputmode="numeric", size=6),
        ),
        tag("label", words("field.percent"), tag("input", name="percent", value=percent, inputmode="decimal", size=6)),
        tag("label", words("field.supplier"), tag("input", name="supplier", value=told.supplier if told else "", size=30)),
        tag(
            "label",
            words("field.published"),
            tag("input", type="date", name="published", value=(told.published or "") if told else ""),
        ),
        press=words("ui.declare"),
        strong=False,
    )
    body = (
        tag("p", words("ui.terms_told"), class_="meta"),
        licence,
        tag("p", words("ui.declared_told"), class_="meta"),
        declare,
    )
    return tag("section", tag("h2", words("ui.terms")), *body, class_="panel")


def _log(visit: Visit, out: Outside) -> Markup:
    words = visit.words
    title, embargo = tag("h2", words("ui.log")), out.published.embargo_at(out.now)
    if embargo is not None or not out.facts.share_public:
        why = words("ui.withheld_share" if embargo is None else "ui.log_hidden")
        return tag("section", title, tag("p", why, class_="empty"), class_="panel")
    log = list(reversed(revision_log(out.published, out.facts, out.now)))[:_LOG]
    if not log:
        return tag("section", title, tag("p", words("ui.no_log"), class_="empty"), class_="panel")
    heads = ("period", "revision", "public", "approved", "by", "licence", "reason")
    rows = [
        tag(
            "tr",
            tag("th", revision.figure.period, scope="row"),
            tag("td", words("ui.revision", n=revision.figure.revision), "" if standing else f" ({words('ui.replaced')})"),
            tag("td", share(words, revision.figure.share), class_="number"),
            tag("td", words.day(revision.figure.approved_at), " ", words.wall(revision.figure.approved_at)),
            tag("td", revision.by),
            tag("td", revision.licence),
            tag("td", revision.reason.get(words.language) or next(iter(revision.reason.values()), ""), class_="text"),
        )
        for revision, standing in log
    ]
    return tag("section", title, tag("table", heading(words, heads), tag("tbody", *rows)), class_="panel published")
