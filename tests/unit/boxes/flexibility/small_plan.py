"""The smallest planning problems: some devices, a price in each step, perhaps a limit."""

import numpy as np

from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.lp.rows import GridRow

EXACT = 1e-7
"""MW, MWh, K: a hundred times the solver's own 1e-9, far below any device."""
PENALTIES = Penalties.above(1000.0)


def site_of(price, *, export=None, net=0.0, **more):
    """A connection with ``price`` [CHF/MWh] in each step; what is fed in earns the same unless ``export`` says otherwise."""
    price = np.asarray(price, dtype=float)
    sold = price if export is None else np.full(len(price), export)
    net_mw = np.broadcast_to(np.asarray(net, dtype=float), price.shape).copy()
    return Site(net_p_mw=net_mw, import_chf_per_mwh=price, export_chf_per_mwh=sold, **more)


def problem_of(*devices, price, hours=None, limits=(), **site):
    """``devices`` at ``price``, one-hour steps unless ``hours`` says otherwise; ``limits``: (sign, MW) of the site's import."""
    at = site_of(price, **site)
    hours = (1.0,) * len(price) if hours is None else hours
    bare = Problem(hours=hours, devices=devices, site=at, penalties=PENALTIES)
    electric = [unit.id for unit in bare.parts.units if unit.electric]
    rows = tuple(
        GridRow(
            name=f"site:{sign:+.0f}", kind="site", element="site", limit=mw, unit="MW",
            by_p=bare.slopes(dict.fromkeys(electric, sign)), room_mw=mw - sign * at.net_p_mw,
        )
        for sign, mw in limits
    )  # fmt: skip
    return Problem(hours=hours, devices=devices, site=at, penalties=PENALTIES, rows=rows)


def solved(problem):
    """Its solution, which must exist."""
    found = CompiledModel(problem).solve(problem)
    assert found.optimal, found.status
    return found


def plan(*devices, **given):
    """`solved` of `problem_of`."""
    return solved(problem_of(*devices, **given))
