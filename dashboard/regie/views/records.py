"""Orders on their way to the field, and the last lines of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.format import readable
from dashboard.regie.markup import Markup, tag
from dashboard.regie.words import Words
from twin.contracts.snapshot import JournalLine, OrderView

_LIFE = ("proposed", "accepted", "sent", "confirmed", "failed", "expired", "refused")


def order_list(orders: Sequence[OrderView], counts: Mapping[str, int], words: Words) -> Markup:
    """Counts by state, then the newest orders."""
    summary = [
        tag("span", words(f"state.{state}"), " ", tag("b", words.number(counts[state]))) for state in _LIFE if counts.get(state)
    ]
    newest = sorted(orders, key=lambda order: (order.start, order.key), reverse=True)[:40]
    rows = [
        tag(
            "tr",
            tag("td", words.moment(order.start)),
            tag("td", order.device),
            tag("td", words.power(order.p_mw, signed=True), class_="figure"),
            tag("td", _state(order.state, words)),
        )
        for order in newest
    ]
    heads = [tag("th", words(f"ui.order_{name}"), scope="col") for name in ("start", "device", "power", "state")]
    table = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))
    return tag(
        "div",
        tag("h2", words("ui.orders")),
        tag("p", *summary, class_="meta") if summary else None,
        tag("div", table, class_="scroll", tabindex=0, role="group", aria_label=words("ui.orders"))
        if rows
        else tag("p", words("ui.no_orders"), class_="empty"),
        class_="filled",
    )


def _state(state: str, words: Words) -> Markup:
    text = words(f"state.{state}")
    return tag("span", "▲ ", text, class_="warn") if state == "failed" else tag("span", text)


def journal_lines(lines: Sequence[JournalLine], head: str, words: Words) -> Markup:
    """Newest first; the head says which chain these lines belong to."""
    newest = sorted(lines, key=lambda line: line.at, reverse=True)
    items = [
        tag("li", tag("time", words.moment(line.at), datetime=line.at.isoformat()), " ", told(line, words)) for line in newest
    ]
    body = tag("ol", *items) if items else tag("p", words("ui.no_journal"), class_="empty")
    return tag(
        "div",
        tag("h2", words("ui.journal")),
        tag("p", words("ui.head", head=head[:12]), class_="meta") if head else None,
        tag("div", body, class_="scroll", tabindex=0, role="group", aria_label=words("ui.journal")),
        class_="filled",
    )


def told(line: JournalLine, words: Words) -> str:
    """One line in words; a code without words shows itself and its parameters."""
    code = f"journal.{line.code}"
    if words.known(code):
        return words.fill(code, line.params)
    facts = ", ".join(f"{key} {value}" for key, value in sorted(line.params.items()) if value is not None)
    return f"{readable(line.code)}: {facts}" if facts else readable(line.code)
