"""What a load expert knows about a coming day: recent days, the week, surprises, weather and calendar.

Every load feature is a difference to the day-type profile of the target day, so that a level shift moves profile and forecast
together and a ridge that knows nothing answers with the profile. ``depth`` is how many whole days lie between the target and
the newest day that may be used: 0 for today, 1 for tomorrow. A missing last day is one more depth, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.profile import profiles
from forecasts.sheet import Sheet

FEWEST_DAYS = 15
"""Days before the first target that can be learnt from: the fortnight of the longest lag."""

ANNUAL = ("year_sin", "year_cos")
YEAR_DAYS = 350
"""Days of history from which annual terms are known to be cycles; with less they explode."""

_TELLING = 0.125  # share of a day, three hours, whose surprise says something of the rest of it
_RATED_WIND_M_S = 11.0  # where turbines reach their rated power, usually 11 to 13 m/s; below, power goes with the cube
_HEATING_LIMIT_C = 15.0  # Eurostat, heating degree days
_COOLING_LIMIT_C = 21.0  # Eurostat, cooling degree days: cooling starts above 24, is measured from 21


@dataclass(frozen=True)
class Table:
    """Features of some target days.

    Attributes:
        x: dims (day, slot, feature). ``profile``: [MW], dims (day, slot). ``names``, ``groups``: of the features.
        depth: of each target, dims (day,), after missing last days were taken into account.
    """

    x: np.ndarray
    profile: np.ndarray
    names: tuple[str, ...]
    groups: tuple[str, ...]
    depth: np.ndarray

    def columns(self, names: tuple[str, ...]) -> np.ndarray:
        """Features by name, dims (day, slot, feature); NaN for what is not known here (weather that nobody forecasts now)."""
        if names == self.names:
            return self.x
        at = {name: i for i, name in enumerate(self.names)}
        blank = np.full(self.profile.shape, np.nan)
        return np.stack([self.x[..., at[name]] if name in at else blank for name in names], axis=-1)


@dataclass(frozen=True)
class Recent:
    """What depends on the newest usable day only: profiles as seen from it.

    Attributes:
        surprise: value minus the profile as seen the same morning, dims (known day, slot); across a gap the line between the
            surprises of its day, 0 on a day without any.
        filled: values, in gaps profile and surprise together, dims (known day, slot).
        newest: newest good day before each day, dims (day,); -1 where none.
    """

    filled: np.ndarray
    surprise: np.ndarray
    newest: np.ndarray


def recent_of(sheet: Sheet) -> Recent:
    """Filled values and surprises of the known days, and which day is the newest good one before each day."""
    days = np.arange(sheet.known)
    seen = profiles(sheet.values, sheet.types[: sheet.known], days)
    seen = np.where(np.isfinite(seen), seen, _first_level(sheet.values))
    surprise = _across_gaps(sheet.values - seen)
    filled = np.where(np.isfinite(sheet.values), sheet.values, seen + surprise)
    last = np.maximum.accumulate(np.where(sheet.good, days, -1)) if sheet.known else np.empty(0, dtype=int)
    newest = np.concatenate([[-1], last, np.full(sheet.days - sheet.known, last[-1] if sheet.known else -1)])[: sheet.days]
    return Recent(filled, surprise, newest.astype(int))


def _across_gaps(surprise: np.ndarray) -> np.ndarray:
    """Within its own day only: what came after a day's midnight was not known when that day was the newest."""
    found, slots = surprise.copy(), np.arange(surprise.shape[1])
    known = np.isfinite(surprise)
    telling = known.mean(axis=1) >= _TELLING
    found[~telling] = np.where(known[~telling], surprise[~telling], 0.0)
    for day in np.flatnonzero(telling & ~known.all(axis=1)):
        found[day] = np.interp(slots, slots[known[day]], surprise[day, known[day]])
    return found


def _first_level(values: np.ndarray) -> float:
    """Mean of the first day that has a value [MW]: what stands in for a profile before there is one."""
    known = np.isfinite(values).any(axis=1)
    return float(np.nanmean(values[int(known.argmax())])) if known.any() else 0.0


def load_table(sheet: Sheet, recent: Recent, target: np.ndarray, depth: np.ndarray, deepest: int) -> Table:
    """Features of ``target`` days, each forecast ``depth`` days ahead.

    Args:
        target: rows of the sheet, dims (day,), at least `FEWEST_DAYS`. ``depth``: dims (day,).
        deepest: depth that was learnt at most; days whose newest good day is older are answered as if it were.
    """
    slots = sheet.slots
    newest = recent.newest[np.minimum(target - depth, sheet.known)]
    newest = np.where(newest < 0, np.maximum(target - depth - 1, 0), newest)
    depth = np.minimum(target - 1 - newest, deepest)
    k = np.minimum(target - 1 - depth, sheet.known - 1)  # the newest day that is used
    profile = _profile(sheet, target, k + 1)
    filled, surprise = recent.filled, recent.surprise
    columns: list[tuple[str, str, np.ndarray]] = []

    def lag(name: str, day: np.ndarray) -> None:
        # A day that is not known yet (a week ago seen from ten days ahead) is the same weekday further back.
        day = np.where(day > k, day - 7 * np.ceil((day - k) / 7).astype(int), day)
        columns.append((name, "lags", filled[np.maximum(day, 0)] - profile))

    lag("newest_day", k)
    lag("day_before", k - 1)
    lag("week_ago", target - 7)
    lag("fortnight_ago", target - 14)
    weekly = np.stack([np.maximum(np.where(target - 7 * w > k, target - 7 * (w + 1), target - 7 * w), 0) for w in (1, 2, 3, 4)])
    columns.append(("same_weekday", "lags", filled[weekly].mean(axis=0) - profile))
    columns.append(("newest_against_week", "lags", filled[k] - filled[np.maximum(k - 7, 0)]))
    columns.append(("surprise_slot", "level", surprise[k]))
    columns.append(
        ("surprise_3_slot", "level", (surprise[k] + surprise[np.maximum(k - 1, 0)] + surprise[np.maximum(k - 2, 0)]) / 3)
    )
    total = np.concatenate([np.zeros((1,)), np.cumsum(surprise.mean(axis=1))])

    def level(name: str, value: np.ndarray) -> None:
        columns.append((name, "level", np.broadcast_to(value[:, None], profile.shape)))

    level("surprise_day", surprise[k].mean(axis=1))
    level("surprise_evening", surprise[k][:, -slots // 4 :].mean(axis=1))
    level("surprise_3_days", (total[k + 1] - total[np.maximum(k - 2, 0)]) / 3)
    level("surprise_week", (total[k + 1] - total[np.maximum(k - 6, 0)]) / 7)
    level("day_against_week", filled[k].mean(axis=1) - filled[np.maximum(k - 7, 0)].mean(axis=1))
    for name, grid in sheet.weather.items():
        columns += _weather(name, grid, sheet, target, k, profile.shape)
    columns += _calendar(sheet, target, profile.shape)
    x = np.stack([column for _, _, column in columns], axis=-1)
    return Table(x, profile, tuple(c[0] for c in columns), tuple(c[1] for c in columns), depth)


def _profile(sheet: Sheet, target: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Day-type profile of every target as known at the end of day ``known - 1``, dims (day, slot)."""
    return _any_profile(sheet.values, sheet, target, known)


def _any_profile(values: np.ndarray, sheet: Sheet, target: np.ndarray, known: np.ndarray) -> np.ndarray:
    types = np.concatenate([sheet.types[: len(values)], sheet.types[target]])
    until = np.concatenate([np.zeros(len(values), dtype=int), np.minimum(known, len(values))])
    return profiles(values, types, until)[len(values) :]


def _weather(
    name: str, grid: np.ndarray, sheet: Sheet, target: np.ndarray, k: np.ndarray, shape: tuple[int, ...]
) -> list[tuple[str, str, np.ndarray]]:
    """Weather now, over a day and three days, and how far all that is from the days that made the profile."""
    slots = sheet.slots
    flat = np.concatenate([[0.0], np.cumsum(grid.reshape(-1))])
    rows = (target[:, None] * slots + np.arange(slots)).reshape(-1)

    def mean(hours: int) -> np.ndarray:
        first = np.maximum(rows + 1 - hours * slots // 24, 0)
        return ((flat[rows + 1] - flat[first]) / (rows + 1 - first)).reshape(shape)

    day_mean_all = np.concatenate([[0.0], np.cumsum(grid.reshape(-1))])
    every = np.arange(sheet.days * slots)
    first = np.maximum(every + 1 - slots, 0)
    trailing = ((day_mean_all[every + 1] - day_mean_all[first]) / (every + 1 - first)).reshape(sheet.days, slots)
    usual = _any_profile(grid[: sheet.known], sheet, target, k + 1)
    usual_day = _any_profile(trailing[: sheet.known], sheet, target, k + 1)
    now, day = grid[target], trailing[target]
    found = [
        (f"{name}", now),
        (f"{name}_24h", day),
        (f"{name}_72h", mean(72)),
        (f"{name}_unusual", now - usual),
        (f"{name}_24h_unusual", day - usual_day),
        (f"{name}_change", now - grid[np.maximum(k, 0)]),
    ]
    for label, felt in _felt(name, grid, trailing):
        usual_felt = _any_profile(felt[: sheet.known], sheet, target, k + 1)
        found += [(f"{label}_unusual", felt[target] - usual_felt), (f"{label}_change", felt[target] - felt[np.maximum(k, 0)])]
    return [(label, "weather", np.nan_to_num(column)) for label, column in found]


def _felt(name: str, grid: np.ndarray, day_mean: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """What consumers and small plants answer to, where that is no straight line of the weather, dims (day, slot).

    Args:
        day_mean: the mean of the last 24 hours, same dims.
    """
    if name == "temp_c":
        return [
            ("heating_k", np.maximum(_HEATING_LIMIT_C - day_mean, 0.0)),
            ("cooling_k", np.maximum(day_mean - _COOLING_LIMIT_C, 0.0)),
        ]
    if name.startswith("wind") and name.endswith("m_s") and not name.endswith(("_u_m_s", "_v_m_s")):
        return [(f"{name}_power", np.clip(grid / _RATED_WIND_M_S, 0.0, 1.0) ** 3)]
    if name == "ghi_w_m2":
        # clouds are forecast, and seldom on time: the brightness of the hour around is worth more than that of the moment
        half = max(1, grid.shape[1] // 24)
        padded = np.pad(grid.reshape(-1), half, mode="edge")
        total = np.concatenate([[0.0], np.cumsum(padded)])
        width = 2 * half + 1
        return [("ghi_around", ((total[width:] - total[:-width]) / width).reshape(grid.shape))]
    return []


def _calendar(sheet: Sheet, target: np.ndarray, shape: tuple[int, ...]) -> list[tuple[str, str, np.ndarray]]:
    def whole_day(value: np.ndarray) -> np.ndarray:
        return np.broadcast_to(value.astype(float)[:, None], shape)

    holiday = sheet.holiday
    found = [(f"weekday_{w}", whole_day(sheet.weekday[target] == w)) for w in range(7)]
    found += [
        ("holiday", whole_day(holiday[target])),
        ("day_before_holiday", whole_day(holiday[target + 1] & ~holiday[target])),
        ("day_after_holiday", whole_day(holiday[target - 1] & ~holiday[target])),
        ("weekday", whole_day(sheet.weekday[target])),
        ("slot", np.broadcast_to(np.arange(shape[1], dtype=float) / shape[1], shape)),
    ]
    angle = 2.0 * np.pi * ((sheet.first_day + target) % 365.2425) / 365.2425
    found += [(name, whole_day(wave(angle))) for name, wave in zip(ANNUAL, (np.sin, np.cos), strict=True)]
    return [(name, "calendar", column) for name, column in found]
