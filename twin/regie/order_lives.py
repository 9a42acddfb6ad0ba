"""What became of each recommendation's orders: the outbox, added up for a screen that cannot show hundreds of lines."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from twin.contracts.messages import Order, OrderState
from twin.contracts.snapshot import OrderLifeView


def order_lives(orders: Iterable[Order]) -> tuple[OrderLifeView, ...]:
    """One life per recommendation, the one with the newest order first."""
    by_recommendation: dict[str, list[Order]] = {}
    for order in sorted(orders, key=lambda o: (o.start, o.key), reverse=True):
        by_recommendation.setdefault(order.recommendation, []).append(order)
    return tuple(_life(recommendation, newest_first) for recommendation, newest_first in by_recommendation.items())


def _life(recommendation: str, newest_first: list[Order]) -> OrderLifeView:
    start = newest_first[0].start
    return OrderLifeView(
        recommendation=recommendation,
        start=start,
        p_mw=math.fsum(order.p_mw for order in newest_first if order.start == start),
        counts=dict(Counter(str(order.state) for order in newest_first)),
        failed=tuple((order.device, order.p_mw) for order in newest_first if order.state is OrderState.FAILED),
    )
