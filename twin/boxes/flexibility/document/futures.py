"""The paths of a document: how what is not planned may turn out."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.document.build import Built
from twin.boxes.flexibility.futures.extensive import Risk
from twin.boxes.flexibility.futures.paths import Futures, along
from twin.boxes.flexibility.lp.problem import steps_of


def futures_of(built: Built) -> Futures | None:
    """The problem along every path; None where the document has none."""
    net, problem = built.document.net, built.problem
    if net is None or not net.path:
        return None
    steps = len(problem.hours)
    paths = []
    for path in net.path:
        load, sun = (steps_of(np.asarray(values, dtype=float), steps) for values in (path.load_kw, path.generation_kw))
        net_mw = 1e-3 * (load - sun)
        more = net_mw - problem.site.net_p_mw
        used = {row.name: more if row.name.startswith("import") else -more for row in problem.rows}
        paths.append(along(problem, net_p_mw=net_mw, used_mw=used))
    stated = [path.probability for path in net.path]
    even = [1.0 / len(paths)] * len(paths)
    return Futures(problems=tuple(paths), probabilities=tuple(even if None in stated else [p or 0.0 for p in stated]))


def risk_of(built: Built) -> Risk:
    """What is minimised over the paths."""
    options = built.document.options
    return Risk(weight=options.cvar_weight, alpha=options.cvar_alpha)


def constant_chf(built: Built) -> float:
    """What a path's objective lacks to be a day's cost: this month's peak until now, and the worth stored at the start."""
    site = built.problem.site
    stored = sum(store.end_value_chf * store.level0 for store in built.problem.parts.stores)
    return stored - site.peak_chf_per_mw * site.peak_so_far_mw
