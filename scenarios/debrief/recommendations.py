"""What became of the recommendations: which one earned most, which were refused, and which nobody answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from scenarios.debrief.contribution import Contribution
from scenarios.debrief.limits import loading_of
from scenarios.debrief.moment import Moment
from scenarios.debrief.recall import Recalled
from scenarios.debrief.tape import Tape
from twin.contracts.messages import OrderState, Recommendation
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR, from_datetime64, to_datetime64

WORTH_PERCENT_H = 0.1
"""From this much overload avoided on, a recommendation is judged by it and no longer by money."""


@dataclass(frozen=True)
class Told:
    """A recommendation from its first to its last tick in the window.

    Attributes:
        last: as it was last seen. ``begin``, ``end``: while it was open or in force.
        percent_h, energy_chf: what its group brought while it was accepted (see `Contribution`). ``payment_chf``: what owners
            earned by its confirmed orders. ``in_force``: it was accepted for a while.
    """

    last: Recommendation
    begin: datetime
    end: datetime
    percent_h: float
    energy_chf: float
    payment_chf: float
    in_force: bool

    @property
    def earned_chf(self) -> float:
        """Energy cost avoided, less what owners earned."""
        return self.energy_chf - self.payment_chf

    @property
    def element(self) -> str:
        """The element that it was said to relieve, as a key, "" where none was named."""
        return str(self.last.effect.get("element") or "").replace(" ", ":")


def told(tape: Tape, recalled: Recalled, contributions: Mapping[str, Contribution]) -> list[Told]:
    """Every recommendation of the window, in order of their beginning."""
    seen: dict[str, list[tuple[datetime, Recommendation]]] = {}
    paid: dict[str, tuple[str, float]] = {}
    for entry in tape.entries:
        for item in entry.recommendations:
            seen.setdefault(item.id, []).append((entry.as_of, item))
        for order in entry.orders:
            if order.state is OrderState.CONFIRMED:
                paid[order.key] = (order.recommendation, order.payment_chf)
    return [_told(history, recalled, contributions, paid) for history in seen.values()]


def recommendation_moments(found: Sequence[Told], recalled: Recalled) -> list[Moment]:
    """The best one, every refused one, and by group those that expired unanswered."""
    moments = _best(found)
    moments += [_refused(one, recalled) for one in found if one.last.state == "refused"]
    groups: dict[str, list[Told]] = {}
    for one in found:
        if one.last.state == "expired":
            groups.setdefault(one.last.group, []).append(one)
    return moments + [_expired(items, recalled) for items in groups.values()]


# ------------------------------------------------------------------------------------------------------------ inside


def _told(
    history: Sequence[tuple[datetime, Recommendation]],
    recalled: Recalled,
    contributions: Mapping[str, Contribution],
    paid: Mapping[str, tuple[str, float]],
) -> Told:
    last = history[-1][1]
    # What ended keeps the plan behind its last refresh; that is the effect it was judged by.
    effect = next((item.effect for _, item in reversed(history) if item.effect), last.effect)
    begin = history[0][0]
    end = next((at for at, item in history if item.state in ("expired", "refused", "ended")), history[-1][0] + QUARTER_HOUR)
    in_force = [to_datetime64(at) for at, item in history if item.state == "accepted"]
    group = contributions.get(last.group)
    percent_h = energy_chf = 0.0
    if group is not None and in_force:
        at = (recalled.times >= in_force[0]) & (recalled.times <= in_force[-1])
        percent_h = float(HOURS_PER_STEP * np.nansum(group.overload_percent[at]))
        energy_chf = float(np.nansum(group.energy_chf[at]))
    payment = sum(chf for recommendation, chf in paid.values() if recommendation == last.id)
    shown = Recommendation(**{**vars(last), "effect": effect})
    return Told(shown, begin, end, percent_h, energy_chf, payment, bool(in_force))


def _best(found: Sequence[Told]) -> list[Moment]:
    earning = [one for one in found if one.percent_h >= WORTH_PERCENT_H or one.earned_chf > 0.005]
    if not earning:
        return []
    best = max(earning, key=lambda one: (one.percent_h if one.percent_h >= WORTH_PERCENT_H else 0.0, one.earned_chf))
    facts = {
        "group": best.last.group,
        "reason": best.last.reason,
        "by": best.last.by or "",
        "percent_h": best.percent_h,
        "earned_chf": best.earned_chf,
        "payment_chf": best.payment_chf,
        "devices": len(best.last.devices),
    }
    relieving = best.percent_h >= WORTH_PERCENT_H
    value, unit = (best.percent_h, "%.h") if relieving else (best.earned_chf, "CHF")
    kind = "best_relief" if relieving else "best_saving"
    return [Moment(kind, best.begin, best.begin, best.end, best.last.group, best.last.group, value, unit, 46.0, facts)]


def _refused(one: Told, recalled: Recalled) -> Moment:
    reached = _reached(one, one.begin, one.last.until, recalled)
    facts = _promise(one, recalled) | {"by": one.last.by or "", "motive": one.last.motive or "", "reached_percent": reached}
    missed = reached > _limit(one, recalled)
    change = "refused_missed" if missed else "refused_right"
    rank = 58.0 if missed else 30.0
    value = float(facts["promised_chf"])
    return Moment("refused", one.begin, one.begin, one.end, one.last.group, one.last.group, value, "CHF", rank, facts, change)


def _expired(items: Sequence[Told], recalled: Recalled) -> Moment:
    best = max(items, key=_relief)
    facts = _promise(best, recalled) | {"count": len(items)}
    first, last = items[0], items[-1]
    automatic = all(d.right_of_use.acceptance == "automatic" for d in recalled.site.dispatchable if d.group == best.last.group)
    change = None if automatic else "expired"
    rank = min(52.0, 34.0 + len(items))
    return Moment(
        "expired", best.begin, first.begin, last.end, best.last.group, best.last.group, len(items), "1", rank, facts, change
    )


def _relief(one: Told) -> float:
    before, after = (one.last.effect.get(f"loading_percent_{when}") for when in ("before", "after"))
    return 0.0 if before is None or after is None else float(before) - float(after)


def _promise(one: Told, recalled: Recalled) -> dict[str, float | str | int]:
    """What it was said to bring."""
    effect = one.last.effect
    return {
        "group": one.last.group,
        "reason": one.last.reason,
        "promised_chf": -float(effect.get("chf") or 0.0),
        "before_percent": float(effect.get("loading_percent_before") or float("nan")),
        "after_percent": float(effect.get("loading_percent_after") or float("nan")),
        "element": recalled.name(one.element) if one.element else "",
        "minutes": (one.last.decide_before - one.begin).total_seconds() / 60.0,
    }


def _reached(one: Told, begin: datetime, until: datetime, recalled: Recalled) -> float:
    """Highest loading of the element that it was about, from then on until its mandate would have ended [%]."""
    loading = loading_of(recalled.ours, recalled)
    if one.element not in loading.keys:
        return float("nan")
    labels = [from_datetime64(label) for label in recalled.times]
    inside = np.array([begin <= label < until for label in labels])
    values = loading.percent[inside, loading.keys.index(one.element)]
    return float(np.nanmax(values)) if np.isfinite(values).any() else float("nan")


def _limit(one: Told, recalled: Recalled) -> float:
    return recalled.limits.trafo_percent if one.element.startswith("trafo") else recalled.limits.line_percent
