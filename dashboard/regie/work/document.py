"""What an order says, for a page and for a file to take along: when, where, why, what to take, safety, steps, history.

The file is one HTML document without any request, readable on a phone without a network and printable; it follows the phone's
light or dark colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.work.words import OrderWords
from twin.contracts.work_order import Change, Kept, Place, Step, WorkOrder

STYLE = (Path(__file__).parent / "work.css").read_text(encoding="utf-8")
FORM = "report"
"""Id of the form that ticked steps are sent with."""
_RULES = 5
_OFFLINE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html_page(title: str, language: str, body: Iterable[Markup], *, head: Iterable[Markup] = ()) -> str:
    """A whole document around ``body``."""
    meta = (
        Markup('<meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        *head,
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    return f"<!DOCTYPE html>\n{tag('html', tag('head', *meta), tag('body', *body), lang=language)}\n"


def offline_document(kept: Kept, words: OrderWords) -> str:
    """One order as a file to take along: no request, no script; what was done goes on paper or on the page later."""
    order = kept.order
    paper = _section("report", words, tag("p", words("paper")), tag("p", words("paper_lines")), *[tag("p", class_="rule")] * 4)
    body = (
        tag("header", heading(kept, words)),
        tag("main", *parts(kept, words, late=False, ticks_form=None), paper, history(kept.changes, words, photo_address=None)),
        footer(order, words),
    )
    policy = Markup(f'<meta http-equiv="Content-Security-Policy" content="{_OFFLINE_POLICY}">')
    return html_page(f"{order.id} {words.asset(order)}", words.language, body, head=[policy])


def heading(kept: Kept, words: OrderWords) -> Markup:
    """Which order at what, what to do, and how far it is."""
    order = kept.order
    return join(
        [
            tag("p", f"{words.site(order)} · {order.id} ", state(kept, words), class_="muted"),
            tag("h1", words.asset(order)),
            tag("p", words.action(order), class_="do"),
        ]
    )


def state(kept: Kept, words: OrderWords) -> Markup:
    """How far it is, as a label."""
    return tag("span", words(f"state.{kept.state}"), class_=f"state {kept.state}")


def parts(kept: Kept, words: OrderWords, *, late: bool, ticks_form: str | None) -> list[Markup]:
    """Everything that the crew reads.

    Args:
        late: whether the order is open beyond its validity. ``ticks_form``: id of the form that ticked steps belong to.
    """
    order = kept.order
    return [
        _when(order, words, late=late),
        _where(order.place, words),
        _why(order, words),
        _take(order, words),
        _safety(words),
        _steps(order, words, ticks_form),
    ]


def history(changes: Sequence[Change], words: OrderWords, *, photo_address: str | None) -> Markup:
    """Everything that was reported, oldest first.

    Args:
        photo_address: address before a photo's name; None counts the photos instead.
    """
    return _section(
        "history", words, tag("ul", *(_change(change, words, photo_address) for change in changes), class_="history")
    )


def footer(order: WorkOrder, words: OrderWords) -> Markup:
    """Where it comes from."""
    issued = words("issued_by", by=order.issued_by, at=words.moment(order.issued_at))
    return tag("footer", tag("p", issued), tag("p", words("as_of", at=words.moment(order.as_of))))


def _section(code: str, words: OrderWords, *children: object, class_: str | None = None) -> Markup:
    return tag("section", tag("h2", words(code), id=f"h-{code}"), *children, aria_labelledby=f"h-{code}", class_=class_)


def _when(order: WorkOrder, words: OrderWords, *, late: bool) -> Markup:
    needs = words("needs", crew_h=order.crew_h, skill=words.skill(order.skill), duration_h=order.duration_h)
    return _section(
        "when",
        words,
        tag("p", words("late"), class_="warn", role="status") if late else None,
        tag("p", words.window(order), class_="big"),
        tag("p", words("outage")) if order.needs_outage else None,
        tag("p", needs),
        tag("p", words("valid", until=words.moment(order.valid_until)), class_="muted"),
    )


def _where(place: Place, words: OrderWords) -> Markup:
    lines = [text for text in dict.fromkeys((place.address, place.station)) if text]
    lead = tag("p", lines[0] if lines else words("no_place"), class_="big")
    more = [tag("p", line) for line in lines[1:]]
    if place.buses:
        more.append(tag("p", words("buses", buses=", ".join(place.buses)), class_="muted"))
    if place.latitude is not None and place.longitude is not None:
        # RFC 5870: the phone's own map opens it, without any server being asked from here
        where = words("map", latitude=place.latitude, longitude=place.longitude)
        more.append(tag("p", tag("a", where, href=f"geo:{place.latitude:.6f},{place.longitude:.6f}")))
    return _section("where", words, lead, *more)


def _why(order: WorkOrder, words: OrderWords) -> Markup:
    evidence = [words.why(said) for said in order.evidence if said != order.cause]
    worth = words("worth", avoided=order.risk_avoided_chf, years=order.horizon_years, cost=order.cost_chf)
    health = words("health", health=order.health, pof=100.0 * order.pof_per_year, new=0.5, end=10.0)
    return _section(
        "why",
        words,
        tag("p", words.why(order.cause), class_="big"),
        tag("ul", *(tag("li", text) for text in evidence)) if evidence else None,
        tag("p", words("confidence", confidence=order.confidence)),
        tag("p", words("unknown", facts=words.unknown(order.unknown)), class_="muted small") if order.unknown else None,
        tag("p", health, class_="muted small"),
        tag("p", worth, class_="muted small"),
    )


def _take(order: WorkOrder, words: OrderWords) -> Markup:
    if not order.parts:
        return _section("take", words, tag("p", words("nothing")))
    lines = [tag("li", tag("label", tag("input", type="checkbox"), tag("span", words.part(part)))) for part in order.parts]
    return _section("take", words, tag("ul", *lines, class_="ticks"))


def _safety(words: OrderWords) -> Markup:
    rules = [tag("li", words(f"rule.{number}")) for number in range(1, _RULES + 1)]
    return _section("safety", words, tag("ol", *rules, class_="rules"), tag("p", words("rule.source"), class_="muted small"))


def _steps(order: WorkOrder, words: OrderWords, ticks_form: str | None) -> Markup:
    proven = order.switching.proven
    return _section(
        "steps",
        words,
        tag("p", tag("strong", words("proposal")), class_="note") if order.needs_outage else None,
        tag("p", words.proof(order), class_="note" if proven else "warn"),
        tag(
            "ol",
            *(_step(number, step, order, words, ticks_form) for number, step in enumerate(order.switching.steps, 1)),
            class_="ticks",
        ),
        class_="steps",
    )


def _step(number: int, step: Step, order: WorkOrder, words: OrderWords, ticks_form: str | None) -> Markup:
    box = tag("input", type="checkbox", name="ticked" if ticks_form else None, value=number, form=ticks_form)
    after = words.after(step)
    fine = step.state is None or step.state.holds
    text = tag(
        "span",
        tag("span", tag("span", f"{number}. ", class_="no"), words.step(step, order), class_="what"),
        tag("span", after, class_="after") if after and fine else None,
    )
    warnings = [*([] if after is None or fine else [after]), *words.objections(step)]
    return tag(
        "li",
        tag("label", box, text),
        *(tag("p", warning, class_="warn") for warning in warnings),
        class_="work" if step.code == "work" else None,
    )


def _change(change: Change, words: OrderWords, photo_address: str | None) -> Markup:
    lines = [tag("p", tag("strong", words.change(change)))]
    if change.found:
        lines.append(tag("p", change.found))
    if change.score is not None:
        score = words(f"score.{change.score}")
        lines.append(tag("p", words("change.score", score=change.score, words=score)))
    if change.note:
        lines.append(tag("p", change.note))
    if change.ticked:
        lines.append(tag("p", words("change.ticked", steps=", ".join(map(str, change.ticked))), class_="muted small"))
    if change.photos and photo_address is None:
        lines.append(tag("p", words("change.photos", count=len(change.photos)), class_="muted small"))
    elif change.photos:
        lines.append(
            tag(
                "div",
                *(_photo(n, name, change, words, photo_address) for n, name in enumerate(change.photos, 1)),
                class_="photos",
            )
        )
    return tag("li", *lines)


def _photo(number: int, name: str, change: Change, words: OrderWords, photo_address: str | None) -> Markup:
    address = f"{photo_address}{name}"
    picture = tag("img", src=address, alt=words("change.photo", n=number, by=change.by), loading="lazy")
    return tag("a", picture, href=address)
