"""Orders on their way to the field, and the last lines of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.format import readable
from dashboard.regie.markup import Markup, tag
from dashboard.regie.messages import about, facts, told
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.contracts.snapshot import AlarmView, JournalLine, OrderView

_LIFE = ("proposed", "accepted", "sent", "confirmed", "failed", "expired", "refused")


def order_list(orders: Sequence[OrderView], counts: Mapping[str, int], names: Names) -> Markup:
    """Counts by state, then the newest orders."""
    words = names.words
    summary = [
        tag("span", words(f"order.{state}"), " ", tag("b", words.number(counts[state]))) for state in _LIFE if counts.get(state)
    ]
    newest = sorted(orders, key=lambda order: (order.start, order.key), reverse=True)[:40]
    rows = [
        tag(
            "tr",
            tag("td", words.moment(order.start)),
            tag("td", names.of(f"device:{order.device}"), data_tip=words("ui.technical", text=order.device)),
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
        tag("div", table, class_="scroll", tabindex=0, role="group", data_focus="orders", aria_label=words("ui.orders"))
        if rows
        else tag("p", words("ui.no_orders"), class_="empty"),
        class_="filled",
    )


def _state(state: str, words: Words) -> Markup:
    text = words(f"order.{state}")
    return tag("span", "▲ ", text, class_="warn") if state == "failed" else tag("span", text)


def journal_lines(lines: Sequence[JournalLine], head: str, alarms: Sequence[AlarmView], names: Names) -> Markup:
    """Newest first; the head says which chain these lines belong to."""
    words = names.words
    known = {alarm.key: names.of(about(alarm)) for alarm in alarms}
    newest = sorted(lines, key=lambda line: line.at, reverse=True)
    items = [
        tag(
            "li",
            tag("time", words.moment(line.at), datetime=line.at.isoformat()),
            " ",
            line_in_words(line, known, names),
            data_tip=words("ui.technical", text=line.params["channels"]) if "channels" in line.params else None,
        )
        for line in newest
    ]
    body = tag("ol", *items) if items else tag("p", words("ui.no_journal"), class_="empty")
    return tag(
        "div",
        tag("h2", words("ui.journal")),
        tag("p", words("ui.head", head=head[:12]), class_="meta") if head else None,
        tag("div", body, class_="scroll", tabindex=0, role="group", data_focus="journal", aria_label=words("ui.journal")),
        class_="filled",
    )


def line_in_words(line: JournalLine, alarms: Mapping[str, str], names: Names) -> str:
    """One line in words; a code without words shows itself and its parameters.

    Args:
        alarms: key of an alarm on the list -> what it is about.
    """
    code = f"journal.{line.code}"
    if not names.words.known(code):
        came = facts(line.params)
        return f"{readable(line.code)}: {came}" if came else readable(line.code)
    listed = {name: alarms[ref] for name in ("key", "target") if (ref := str(line.params.get(name))) in alarms}
    return names.words.fill(code, told(line.params, names) | listed)
