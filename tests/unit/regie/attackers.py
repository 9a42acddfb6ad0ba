"""Who solves for whom: the attackers know every value that pages told, over all days and restarts, and what it is made of.

- one knows every plant and storage, and that people live tomorrow as they lived today: a load is one unknown for good;
- one knows the import's mix, and by night that there is no sun: within an hour, he solves for plants and storages.
"""

from itertools import combinations

import numpy as np

from tests.unit.regie.watched_page import Page, quarters
from twin.regie.public_rule import Rule


def small_groups(pages: list[Page], rule: Rule) -> list[list]:
    """Sets of customers that are no crowd and whose consumption somebody can compute who knows all production.

    Args:
        pages: of one town, within the bounds of one year and of the next.
    """
    people = pages[-1].meters.people
    rows = [row[: len(people)] for page in pages for _, rows in page.told.values() for row in [sum(rows.values())]]
    if not rows:
        return []
    table = np.array([row / largest if (largest := np.abs(row).max()) > 1e-9 else 0.0 * row for row in rows]).round(6)
    loads = np.array([pages[-1].town.customers[zone][i] for zone, i in people])
    _, group = np.unique(table, axis=1, return_inverse=True)
    group = np.asarray(group).ravel()
    found = []
    for size in range(1, group.max() + 2):
        for some in combinations(range(group.max() + 1), size):
            wanted = np.isin(group, some)
            crowd = wanted.sum() >= rule.k and loads[wanted].max() <= rule.max_share * loads[wanted].sum() * 1.001
            if not crowd and (np.abs(left_over(table, wanted)).max(axis=0, initial=0.0) > 1e-6).all():  # all of them, no fewer
                found.append([people[i] for i in np.flatnonzero(wanted)])
    return found


def single_plants(page: Page, rule: Rule, *, knows_consumption: bool = False) -> list[set[str]]:
    """Sets of too few plants without consent of which somebody can compute something.

    He knows the import's mix, and by night that there is no sun; or what everybody consumes as well, so that a part of the
    consumption is a power to him.
    """
    plants, loads = page.town.plants, len(page.meters.people)
    protected = [plant for plant in plants if not plant.consented]
    few = [set(some) for size in range(1, rule.plants) for some in combinations(protected, size)]
    crowd = [
        page.meters.people.index((zone, 0)) for zone in page.town.customers
    ]  # nothing tells those of a zone apart: one stands for all
    kept = np.array([*crowd, *range(loads, page.meters.size)])
    is_pv = np.array([False] * len(crowd) + [plant.kind == "pv" for plant in plants])
    guessed = np.array([knows_consumption] * len(crowd) + [False] * len(plants))
    found = []
    for hour in dict.fromkeys(hour for hour, _ in page.told.values()):
        told = [rows for of, rows in page.told.values() if of == hour]
        table = np.array(
            [np.concatenate([rows.get(q, np.zeros(page.meters.size))[kept] for q in quarters(hour)]) for rows in told]
        )
        largest = np.abs(table).max(axis=1, keepdims=True)
        table = np.where(largest > 1e-9, table / np.maximum(largest, 1e-9), 0.0)
        x = np.concatenate([page.meters.truth(quarter)[kept] for quarter in quarters(hour)])
        for unknown in (np.tile(~guessed, 4), np.tile(~guessed & ~is_pv, 4)):
            for some in few:
                wanted = np.tile([False] * len(crowd) + [plant in some for plant in plants], 4)[unknown]
                powers = left_over(table[:, unknown], wanted) @ x[unknown][wanted]
                if (np.abs(powers) > 1e-6).any():  # that the sum of some differences is nothing tells no power
                    found.append({plant.channel for plant in some})
    return found


def left_over(table: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """All combinations of the rows that hold none of the unwanted unknowns: a basis of them, dims (combination, wanted)."""
    hidden = table[:, ~wanted]
    left, values, _ = np.linalg.svd(hidden) if hidden.size else (np.eye(len(table)), np.zeros(0), None)
    return left[:, np.count_nonzero(values > 1e-7) :].T @ table[:, wanted]
