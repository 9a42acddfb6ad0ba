"""A few telling paths that stand for all: what the tick's fast plan takes of the futures while the full plan waits.

Ten paths differ most in what they ask of the scarce thing: the month's peak, or a row of the grid. They are put in that order,
cut into classes of equal chance, and each class is replaced by its mean path. The plan keeps what the mean path alone lacks: a
chance that the peak comes high, a chance that it does not, and one order that suits both.

Tried instead, and not sound: to hand numbers of an older ten-path plan to the mean path. Captured value against perfect
foresight, for one battery and an uncertain evening peak, seeded: quarter hours (six days): mean path 69 %, ten paths at every
tick 76 %, two or three telling paths 78 %; hours (eight times three days): 80, 84 and 83 to 84 %. The mean path with numbers
of ten paths a quarter of an hour old: 65 % where stores must hold what all ten paths hold, 61 % with the margin on its peak
that reproduced the ten paths' order. On hours, with numbers of up to four hours ago (mean path 78 %): 74 % with such floors;
69 % where the expected peak counts as paid already (a mean of peaks is no threshold: below it a megawatt still pays on every
path whose peak is lower); 68 % (of 80) with the peak lifted to the mean of the paths by their own peak prices. Floors of the
same tick's ten paths gain two points, but then their own order is there to be used. Such numbers belong to the state in which
they were found; a recourse, which a few paths carry with them, does not age.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.futures.paths import Futures
from twin.boxes.flexibility.lp.problem import Device, Problem
from twin.domain.problems import Problems


def telling(futures: Futures, *, count: int = 3) -> Futures:
    """At most ``count`` paths that stand for all of ``futures``; the mean path alone where nothing is scarce.

    Args:
        count: classes; three keep a low, a middle and a high future.

    Raises:
        BadInput: for a count below 1.
    """
    faults = Problems()
    if count < 1:
        faults.add("telling.count", count, "at least 1", "1 is the mean path")
    faults.raise_if_any()
    need = np.array([_need_mw(problem) for problem in futures.problems])
    if np.ptp(need) == 0.0:
        count = 1
    order = np.argsort(need, kind="stable")
    chance = np.asarray(futures.probabilities)[order]
    # A path belongs to the class in which the middle of its probability lies.
    classes = np.minimum(((np.cumsum(chance) - 0.5 * chance) * count).astype(int), count - 1)
    parts = [order[classes == at] for at in np.unique(classes)]
    weights = [np.asarray(futures.probabilities)[part] for part in parts]
    return Futures(
        problems=tuple(
            mean_problem([futures.problems[s] for s in part], weight) for part, weight in zip(parts, weights, strict=True)
        ),
        probabilities=tuple(float(weight.sum()) for weight in weights),
        shared_steps=futures.shared_steps,
    )


def mean_problem(problems: Sequence[Problem], weights: np.ndarray) -> Problem:
    """The mean path: of the net import, of every row's room and of what every plant could feed in.

    All else is the first path's: paths differ in what `twin.boxes.flexibility.futures.paths.along` sets.

    Args:
        problems: of equal structure. ``weights``: their probabilities, of any sum, dims (path,).
    """
    share = weights / weights.sum()

    def mean(parts: Sequence[np.ndarray | float]) -> np.ndarray:
        return np.asarray(sum(w * np.asarray(part) for w, part in zip(share, parts, strict=True)))

    def shone_on(at: int, device: Device) -> Device:
        plants = [problem.devices[at] for problem in problems]
        available = [plant.available_mw for plant in plants if isinstance(plant, Plant)]
        return replace(device, available_mw=mean(available)) if isinstance(device, Plant) else device

    first = problems[0]
    return replace(
        first,
        devices=tuple(shone_on(at, device) for at, device in enumerate(first.devices)),
        site=replace(first.site, net_p_mw=mean([problem.site.net_p_mw for problem in problems])),
        rows=tuple(
            replace(row, room_mw=mean([problem.rows[r].room_mw for problem in problems])) for r, row in enumerate(first.rows)
        ),
    )


def _need_mw(problem: Problem) -> float:
    """What a path asks of the scarce thing: the highest priced interval without the devices, else the tightest row."""
    site = problem.site
    if site.peak_chf_per_mw > 0.0:
        sun = sum(
            (np.asarray(d.available_mw) * np.ones(len(problem.hours)) for d in problem.devices if isinstance(d, Plant)), 0.0
        )
        net = site.net_p_mw - sun
        lift = np.zeros(len(site.intervals)) if site.peak_lift_mw is None else site.peak_lift_mw
        means = np.array([sum(share * net[k] for k, share in interval) for interval in site.intervals])
        return float(np.max(means + lift, initial=0.0))
    return float(-min((np.min(row.room_mw) for row in problem.rows), default=0.0))
