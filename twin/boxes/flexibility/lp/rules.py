"""The rows of the model by theme; each function gives rules ``(model, *index) -> relation`` by the row's name."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin
from typing import Any

from twin.boxes.flexibility.lp.numbers import Numbers
from twin.boxes.flexibility.lp.sets import CORNERS, Sets

Rules = dict[str, Callable[..., Any]]


def draw(m: Any, sets: Sets, unit: int, k: int) -> Any:
    """What the unit draws in step ``k`` (0 where it cannot)."""
    at = sets.draw_at.get(unit)
    return 0.0 if at is None else m.draw_mw[at, k]


def feed(m: Any, sets: Sets, unit: int, k: int) -> Any:
    """What the unit feeds in in step ``k`` (0 where it cannot)."""
    at = sets.feed_at.get(unit)
    return 0.0 if at is None else m.feed_mw[at, k]


def power(m: Any, sets: Sets, unit: int, k: int) -> Any:
    """Power of the unit, drawing positive."""
    return draw(m, sets, unit, k) - feed(m, sets, unit, k)


def units(sets: Sets, numbers: Numbers) -> Rules:
    """Distance of every unit from its reference, and movement that is free up to an amount."""
    rhs = numbers.rhs

    def own_behaviour(m: Any, u: int, k: int) -> Any:
        # Power above (up) and below (down) what the owner is paid against.
        return power(m, sets, u, k) - m.up_mw[u, k] + m.down_mw[u, k] == float(rhs["own_behaviour"][u, k])

    def budget(m: Any, b: int) -> Any:
        counted = sets.parts.budgets[b]
        unit = sets.unit_at[counted.unit]
        moved = m.up_mw if counted.side == "more" else m.down_mw
        return sum(h * moved[unit, k] for k, h in enumerate(sets.hours)) - m.paid_mwh[b] <= float(rhs["budget"][b])

    return {"own_behaviour": own_behaviour, "budget": budget}


def stores(sets: Sets, numbers: Numbers) -> Rules:
    """Levels: balance, soft bounds, what is wanted at the end."""
    rhs, gain = numbers.rhs, numbers.coefficient
    spill_at = {s: at for at, s in enumerate(sets.spilling)}
    last = len(sets.hours) - 1

    def gained(m: Any, s: int, k: int) -> Any:
        return sum(
            float(gain["per_draw"][at, k]) * draw(m, sets, u, k) + float(gain["per_feed"][at, k]) * feed(m, sets, u, k)
            for at, u in sets.links_of(s)
        )

    def store_balance(m: Any, s: int, k: int) -> Any:
        # level_k = keep level_(k-1) + gains + inflow - spill; the first step's right-hand side holds keep level_0
        before = float(gain["keep"][s, k]) * m.level[s, k - 1] if k else 0.0
        spilt = m.spill[spill_at[s], k] if s in spill_at else 0.0
        return m.level[s, k] - before - gained(m, s, k) + spilt == float(rhs["store_balance"][s, k])

    def soft_low(m: Any, f: int, k: int) -> Any:
        return m.level[sets.soft[f], k] + m.below[f, k] >= float(rhs["soft_low"][f, k])

    def soft_high(m: Any, f: int, k: int) -> Any:
        return m.level[sets.soft[f], k] - m.above[f, k] <= float(rhs["soft_high"][f, k])

    def target(m: Any, g: int) -> Any:
        return m.level[sets.targeted[g], last] + m.short[g] >= float(rhs["target"][g])

    return {
        "store_balance": store_balance,
        "soft_low": soft_low,
        "soft_high": soft_high,
        "target": target,
    }


def flows(sets: Sets, numbers: Numbers) -> Rules:
    """What a level does to a power: what must have left, what slows a charge down, what flows out by itself."""
    rhs, gain = numbers.rhs, numbers.coefficient

    def cleared(m: Any, c: int, k: int) -> Any:
        # What is owed is no more than what was shed lately: older debts are paid.
        s = sets.cleared[c]
        lately = sets.lately(s, k)
        shed = sum(float(gain["per_feed"][at, j]) * feed(m, sets, u, j) for at, u in sets.links_of(s) for j in lately)
        return m.level[s, k] - shed <= float(rhs["cleared"][c, k])

    def taper(m: Any, t: int, k: int) -> Any:
        store = sets.store_at[sets.tapers[t].store]
        before = float(gain["taper"][t, k]) * m.level[store, k - 1] if k else 0.0
        return draw(m, sets, sets.tapered[t], k) + before <= float(rhs["taper"][t, k])

    def outflow(m: Any, f: int, k: int) -> Any:
        store = sets.store_at[sets.follows[f].store]
        return float(gain["follow"][f, k]) * m.level[store, k - 1] if k else 0.0

    def stopped(m: Any, f: int, k: int) -> Any:
        at = sets.switched_at.get(sets.following[f])
        return 0.0 if at is None else float(gain["follow_most"][f, k]) * m.on[at, k]

    def follow(m: Any, f: int, k: int) -> Any:
        return draw(m, sets, sets.following[f], k) - outflow(m, f, k) <= float(rhs["follow"][f, k])

    def follow_least(m: Any, f: int, k: int) -> Any:
        drawn = draw(m, sets, sets.following[f], k) + stopped(m, f, k)
        return drawn - outflow(m, f, k) >= float(rhs["follow_least"][f, k])

    return {
        "cleared": cleared,
        "taper": taper,
        "follow": follow,
        "follow_least": follow_least,
    }


def inverters(sets: Sets, numbers: Numbers) -> Rules:
    """Reactive power, by its size, within a power factor and an apparent power."""
    rhs = numbers.rhs

    def q_split(m: Any, r: int, k: int) -> Any:
        return m.q_mvar[r, k] - m.q_drawn_mvar[r, k] + m.q_fed_mvar[r, k] == float(rhs["q_split"][r, k])

    def wedge(m: Any, w: int, k: int, sign: float) -> Any:
        r = sets.wedged[w]
        unit = sets.reactive[r]
        reach = sets.tan_phi(unit) * (draw(m, sets, unit, k) + feed(m, sets, unit, k))
        return sign * m.q_mvar[r, k] - reach <= 0.0

    def circle(m: Any, c: int, k: int) -> Any:
        r, corner = sets.circled[c]
        angle = 2.0 * pi * (corner + 0.5) / CORNERS
        along = cos(angle) * power(m, sets, sets.reactive[r], k) + sin(angle) * m.q_mvar[r, k]
        return along <= float(rhs["circle"][c, k])

    return {
        "q_split": q_split,
        "wedge_over": lambda m, w, k: wedge(m, w, k, 1.0),
        "wedge_under": lambda m, w, k: wedge(m, w, k, -1.0),
        "circle": circle,
    }


def runs(sets: Sets, numbers: Numbers) -> Rules:
    """On and off: what runs between a least and a most power, how often and how long."""
    rhs, hours = numbers.rhs, sets.hours

    def side(m: Any, unit: int, k: int) -> Any:
        return _side(m, sets, unit, k)

    def at_most_on(m: Any, w: int, k: int) -> Any:
        return side(m, sets.switched[w], k) - float(numbers.coefficient["run_max"][w, k]) * m.on[w, k] <= 0.0

    def at_least_on(m: Any, w: int, k: int) -> Any:
        return side(m, sets.switched[w], k) - float(numbers.coefficient["run_min"][w, k]) * m.on[w, k] >= 0.0

    def one_side(m: Any, t: int, k: int) -> Any:
        # While one side is on the other is still: who sheds does not catch up at the same time.
        unit = sets.two_sided[t]
        other = feed(m, sets, unit, k) if sets.run(unit).side == "draw" else draw(m, sets, unit, k)
        most = float(numbers.coefficient["one_side"][t, k])
        return other + most * m.on[sets.switched_at[unit], k] <= float(rhs["one_side"][t, k])

    def starting(m: Any, w: int, k: int) -> Any:
        before = m.on[w, k - 1] if k else 0.0
        return m.start[w, k] - m.on[w, k] + before >= float(rhs["starting"][w, k])

    def starts(m: Any, c: int) -> Any:
        return sum(m.start[sets.counted[c], k] for k in range(len(hours))) <= float(rhs["starts"][c])

    def run_time(m: Any, t: int) -> Any:
        run = sum(h * m.on[sets.timed[t], k] for k, h in enumerate(hours))
        return run + m.missed_h[t] == float(rhs["run_time"][t])

    def rest(m: Any, i: int) -> Any:
        w, k, earlier = sets.resting[i]
        return m.start[w, k] + m.on[w, earlier] <= 1.0

    def longest_run(m: Any, i: int) -> Any:
        w, steps = sets.longest[i]
        return sum(m.on[w, k] for k in steps) <= len(steps) - 1.0

    return {
        "at_most_on": at_most_on,
        "at_least_on": at_least_on,
        "one_side": one_side,
        "starting": starting,
        "starts": starts,
        "run_time": run_time,
        "rest": rest,
        "longest_run": longest_run,
    }


def whole_runs(sets: Sets, numbers: Numbers) -> Rules:  # noqa: ARG001 - every theme is asked alike
    """What runs once and in one piece, or not at all."""
    shapes = {unit: sets.profile_matrix(unit) for unit in sets.whole}
    steps = range(len(sets.hours))

    def profile(m: Any, w: int, k: int) -> Any:
        shape = shapes[sets.whole[w]]
        run = sum(float(shape[b, k]) * m.begin[w, b] for b in steps if shape[b, k])
        return _side(m, sets, sets.whole[w], k) - run == 0.0

    def begin_once(m: Any, w: int) -> Any:
        return sum(m.begin[w, b] for b in steps) + m.skipped[w] == 1.0

    return {"profile": profile, "begin_once": begin_once}


def _side(m: Any, sets: Sets, unit: int, k: int) -> Any:
    return draw(m, sets, unit, k) if sets.run(unit).side == "draw" else feed(m, sets, unit, k)


def connection(sets: Sets, numbers: Numbers) -> Rules:
    """What the devices add up to at the connection: import, export, the month's peak."""
    electric = [at for at, unit in enumerate(sets.parts.units) if unit.electric]

    def site_balance(m: Any, k: int) -> Any:
        planned = sum(power(m, sets, unit, k) for unit in electric)
        return m.import_mw[k] - m.export_mw[k] - planned == float(numbers.rhs["site_balance"][k])

    def peak(m: Any, i: int) -> Any:
        # The month's peak is the mean of a tariff interval: a longer step carries the lift of its worst one.
        mean = sum(share * (m.import_mw[k] - m.export_mw[k]) for k, share in sets.intervals[i])
        return m.peak_mw - mean >= float(numbers.rhs["peak"][i])

    return {"site_balance": site_balance, "peak": peak}
