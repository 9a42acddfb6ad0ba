"""Where the coefficients that a tick may change stand in the compiled matrix, and with which sign."""

from __future__ import annotations

from collections.abc import Callable

from twin.boxes.flexibility.lp.matrix import Matrix

Entries = list[tuple[int, int, float]]
"""(Row, column, sign)."""


def entries(matrix: Matrix, name: str, at: int, k: int) -> Entries:
    """Everywhere that the coefficient ``name[at, k]`` of `twin.boxes.flexibility.lp.numbers.Numbers` stands."""
    return _ENTRIES[name](matrix, at, k)


def _keep(matrix: Matrix, store: int, k: int) -> Entries:
    return [(_row(matrix, "store_balance", store, k), _level(matrix, store, k - 1), -1.0)] if k else []


def _per_draw(matrix: Matrix, link: int, k: int) -> Entries:
    column, store = _linked(matrix, link, k, "draw_mw")
    return [] if column is None else [(_row(matrix, "store_balance", store, k), column, -1.0)]


def _per_feed(matrix: Matrix, link: int, k: int) -> Entries:
    sets = matrix.sets
    column, store = _linked(matrix, link, k, "feed_mw")
    if column is None:
        return []
    found = [(_row(matrix, "store_balance", store, k), column, -1.0)]
    if store in sets.cleared:
        later = [j for j in range(k, len(sets.hours)) if k in sets.lately(store, j)]
        found += [(_row(matrix, "cleared", sets.cleared.index(store), j), column, -1.0) for j in later]
    return found


def _taper(matrix: Matrix, at: int, k: int) -> Entries:
    store = matrix.sets.store_at[matrix.sets.tapers[at].store]
    return [(_row(matrix, "taper", at, k), _level(matrix, store, k - 1), 1.0)] if k else []


def _follow(matrix: Matrix, at: int, k: int) -> Entries:
    store = matrix.sets.store_at[matrix.sets.follows[at].store]
    rows = (_row(matrix, name, at, k) for name in ("follow", "follow_least"))
    return [(row, _level(matrix, store, k - 1), -1.0) for row in rows] if k else []


def _follow_most(matrix: Matrix, at: int, k: int) -> Entries:
    on = matrix.sets.switched_at.get(matrix.sets.following[at])
    if on is None:
        return []
    return [(_row(matrix, "follow_least", at, k), int(matrix.columns["on"][on, k]), 1.0)]


def _one_side(matrix: Matrix, at: int, k: int) -> Entries:
    on = matrix.sets.switched_at[matrix.sets.two_sided[at]]
    return [(_row(matrix, "one_side", at, k), int(matrix.columns["on"][on, k]), 1.0)]


def _run_min(matrix: Matrix, at: int, k: int) -> Entries:
    return [(_row(matrix, "at_least_on", at, k), int(matrix.columns["on"][at, k]), -1.0)]


def _run_max(matrix: Matrix, at: int, k: int) -> Entries:
    return [(_row(matrix, "at_most_on", at, k), int(matrix.columns["on"][at, k]), -1.0)]


_ENTRIES: dict[str, Callable[[Matrix, int, int], Entries]] = {
    "keep": _keep,
    "per_draw": _per_draw,
    "per_feed": _per_feed,
    "taper": _taper,
    "follow": _follow,
    "follow_most": _follow_most,
    "one_side": _one_side,
    "run_min": _run_min,
    "run_max": _run_max,
}


def _row(matrix: Matrix, name: str, at: int, k: int) -> int:
    return int(matrix.rows[name][at, k])


def _level(matrix: Matrix, store: int, k: int) -> int:
    return int(matrix.columns["level"][store, k])


def _linked(matrix: Matrix, link: int, k: int, variable: str) -> tuple[int | None, int]:
    """Column of the linked unit's power, None where it has no such side; and the store."""
    sets = matrix.sets
    unit, store = sets.unit_at[sets.parts.links[link].unit], sets.store_at[sets.parts.links[link].store]
    place = (sets.draw_at if variable == "draw_mw" else sets.feed_at).get(unit)
    return (None if place is None else int(matrix.columns[variable][place, k])), store
