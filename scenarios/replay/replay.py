"""Journalled hours twice: with the boxes that were on air, and with others in their place; what differs is theirs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from scenarios.replay.accidents import with_accidents
from scenarios.replay.journalled import Journalled, said_gone
from scenarios.replay.rerun import Rerun, Stretch, Ticks, rerun
from scenarios.replay.swap import Swapped, swapped
from scenarios.replay.window import stretch_of
from twin.adapters.ready import Ready
from twin.contracts.messages import Kpi
from twin.domain.problems import BadInput, Problems
from twin.site import Site
from twin.wiring import Progress


def asked(run: Journalled, ready: Ready, begin: str | None, end: str | None, swaps: Sequence[str]) -> tuple[Stretch, Swapped]:
    """What is run again, and with which other boxes (`stretch_of`, `swapped`).

    Raises:
        BadInput: with every fault of both.
    """
    problems = Problems()
    stretch = problems.tried(lambda: stretch_of(run, ready, begin, end))
    other = problems.tried(lambda: swapped(ready, swaps))
    if stretch is None or other is None:
        raise BadInput(problems.found)
    return stretch, other


def replay(stretch: Stretch, other: Swapped, progress: Progress, ticks: Ticks) -> dict[str, Any]:
    """Both sides and their differences, swapped less as it is, as JSON values.

    Raises:
        BadInput, JournalUnavailable, KeyboardInterrupt: see `scenarios.replay.rerun.rerun`.
    """
    site = stretch.ready.site
    mine, theirs = both(
        stretch, with_accidents(site, stretch), with_accidents(other.site, stretch, other.boxes), progress, ticks
    )
    return {
        "site": site.name,
        "from": stretch.begin.isoformat(),
        "to": stretch.end.isoformat(),
        "ticks": stretch.ticks,
        "expunged": _expunged(stretch),
        "swapped_boxes": list(other.boxes),
        "untrusted": list(other.untrusted),
        "counterfactual": site.plant is not None,
        **_on_air(stretch, mine),
        "as_is": _told(mine),
        "swapped": _told(theirs),
        "difference": differences(mine, theirs),
    }


def both(stretch: Stretch, first: Site, second: Site, progress: Progress, ticks: Ticks) -> tuple[Rerun, Rerun]:
    """The same hours with the boxes of two sites, one after the other."""
    return rerun(stretch, first, progress, ticks), rerun(stretch, second, progress, ticks)


def differences(first: Rerun, second: Rerun) -> dict[str, Any]:
    """The second less the first: figures, pinball, orders by state, and in how many quarter hours they set other points."""
    apart = sum(one != other for one, other in zip(first.setpoints, second.setpoints, strict=True))
    states = {*first.orders, *second.orders}
    return {
        "kpis": {name: less(second.kpis[name], kpi) for name, kpi in first.kpis.items()},
        "pinball_mw": {
            name: second.pinball_mw[name] - mw for name, mw in first.pinball_mw.items() if name in second.pinball_mw
        },
        "orders": {state: second.orders.get(state, 0) - first.orders.get(state, 0) for state in sorted(states)},
        "violations": len(second.violations) - len(first.violations),
        "quarter_hours_decided_otherwise": apart,
    }


def less(one: Kpi, other: Kpi) -> dict[str, float]:
    """Figures that both know, ``one`` less ``other``."""
    return {key: value - other.value[key] for key, value in one.value.items() if key in other.value}


def _told(side: Rerun) -> dict[str, Any]:
    return {
        "kpis": {name: _sides(kpi) for name, kpi in side.kpis.items()},
        "pinball_mw": {name: mw for name, mw in side.pinball_mw.items() if math.isfinite(mw)},
        "orders": dict(side.orders),
        "order_list": [dict(order) for order in side.order_list],
        "violations": [dict(one) for one in side.violations],
    }


def _sides(kpi: Kpi) -> dict[str, Mapping[str, float]]:
    sides = {"value": kpi.value, "do_nothing": kpi.baseline, "difference": kpi.difference}
    return {name: dict(side) for name, side in sides.items() if side is not None}


def _expunged(stretch: Stretch) -> str | None:
    """What of the run is no more, and from where on it can be run again."""
    if stretch.run is None or not stretch.run.gone:
        return None
    return f"{said_gone(stretch.run)}; it can be run again from {stretch.run.earliest.isoformat()} on"


def _on_air(stretch: Stretch, mine: Rerun) -> dict[str, Any]:
    """In how many quarter hours the run as it is decided what was decided on air."""
    if stretch.run is None:
        return {}
    records = stretch.run.records(stretch.begin, stretch.end)
    on_air: Sequence[Mapping[str, float]] = [record.meta["setpoints"] for record in records if record.kind == "regular"]
    alike = sum(one == other for one, other in zip(on_air, mine.setpoints, strict=True))
    return {"quarter_hours_as_on_air": alike}
