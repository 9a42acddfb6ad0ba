"""Orders from proposed to confirmed or failed: what failed first, then a line of life per recommendation, then each order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.regie.buttons import folding
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.contracts.snapshot import OrderLifeView, OrderView, Snapshot, SwitchOrderView

_WAY = ("accepted", "sent", "confirmed")
"""States on the way of an order that does what it should."""
_ELSEWHERE = ("failed", "expired", "refused")
"""How else it may end."""
_ALL = ("proposed", *_WAY, *_ELSEWHERE)
_SHOWN_FAILED = 12


def order_list(snapshot: Snapshot, names: Names) -> Markup:
    """Counts by state, failures, lives, and the newest orders behind a button."""
    words, counts = names.words, snapshot.order_counts
    summary = [
        tag("span", words(f"order.{state}"), " ", tag("b", words.number(counts[state]))) for state in _ALL if counts.get(state)
    ]
    parts = [
        *_failures(snapshot, names),
        *(_switching(order, names) for order in snapshot.switch_orders if order.state != "failed"),
        *(_life(life, snapshot, names) for life in snapshot.order_lives),
    ]
    each = _each(snapshot.orders, names) if snapshot.orders else None
    return tag(
        "div",
        tag("h2", words("ui.orders")),
        tag("p", *summary, class_="meta") if summary else None,
        tag(
            "div",
            tag("ol", *parts, class_="lives") if parts else None,
            each,
            class_="scroll",
            tabindex=0,
            role="group",
            data_focus="orders",
            aria_label=words("ui.orders"),
        )
        if parts or each
        else tag("p", words("ui.no_orders"), class_="empty"),
        class_="filled",
        data_folds=True,
    )


def _failures(snapshot: Snapshot, names: Names) -> list[Markup]:
    """Every order that failed, with why and what it was part of."""
    words = names.words
    switches = [_switching(order, names) for order in snapshot.switch_orders if order.state == "failed"]
    devices = [(life, device, p_mw) for life in snapshot.order_lives for device, p_mw in life.failed]
    shown = [
        tag(
            "li",
            tag("b", "▲ ", words("order.failed")),
            " ",
            words("ui.order_of", device=names.of(f"device:{device}"), power=words.power(p_mw, signed=True)),
            " · ",
            words("order_reason.not_followed"),
            " · ",
            tag("span", names.asked(life.recommendation), class_="muted"),
            class_="failed",
        )
        for life, device, p_mw in devices[:_SHOWN_FAILED]
    ]
    left = len(devices) - len(shown)
    more = [tag("li", words("ui.more_failed", count=left), class_="failed")] if left else []
    return [*switches, *shown, *more]


def _life(life: OrderLifeView, snapshot: Snapshot, names: Names) -> Markup:
    """How far the orders of one recommendation have come: on their way, and how else some ended."""
    words, counts = names.words, life.counts
    title = names.asked(life.recommendation)
    state = next((item.state for item in snapshot.recommendations if item.id == life.recommendation), None)
    return tag(
        "li",
        tag("strong", title),
        tag("span", words(f"state.{state}"), class_="state") if state else None,
        tag("span", words("ui.order_power_from", power=words.power(life.p_mw, signed=True), at=life.start), class_="muted"),
        _way(counts, words),
        data_life=life.recommendation,
    )


def _way(counts: Mapping[str, int], words: Words) -> Markup:
    """The stations in their order with how many orders stand there; a station that nobody is at stays in sight, empty."""
    stations = [_station(state, counts.get(state, 0), words) for state in _WAY]
    ends = [_station(state, counts[state], words) for state in _ELSEWHERE if counts.get(state)]
    return tag("ol", *stations, *ends, class_="way")


def _station(state: str, count: int, words: Words) -> Markup:
    mark = "▲ " if state == "failed" else None
    number = tag("b", words.number(count))
    return tag("li", mark, words(f"order.{state}"), " ", number, class_=f"{state} none" if not count else state)


def _switching(order: SwitchOrderView, names: Names) -> Markup:
    """A switch that somebody ordered to move."""
    words = names.words
    failed = order.state in ("failed", "refused")
    position = words("ui.switch_close" if order.closed else "ui.switch_open", switch=names.of(f"switch:{order.switch}"))
    why = words(f"order_reason.{order.reason}") if order.reason else None
    return tag(
        "li",
        tag("b", "▲ " if failed else None, words(f"order.{order.state}")),
        " ",
        position,
        join([" · ", why]) if why else None,
        " · ",
        tag("span", words("ui.order_asked", by=order.by, at=order.start), class_="muted"),
        class_="failed" if failed else "switching",
        data_life=f"switch-{order.key}",
    )


def _each(orders: Sequence[OrderView], names: Names) -> Markup:
    """The newest orders one by one, behind a button."""
    words = names.words
    newest = sorted(orders, key=lambda order: (order.start, order.key), reverse=True)
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
    head = folding("orders", words("ui.newest_orders", count=len(rows)), opened=False)
    table = tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows), data_in="orders")
    return tag("div", head, table)


def _state(state: str, words: Words) -> Markup:
    text = words(f"order.{state}")
    return tag("span", "▲ ", text, class_="warn") if state == "failed" else tag("span", text)
