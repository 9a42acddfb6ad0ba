"""The pictures of a debrief: the day, price and actions, N-1, the biggest miss, the alarms. No figure is derived here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from scenarios.debrief.alarm_load import Raised
from scenarios.debrief.debrief import Debrief
from scenarios.debrief.forecasts import Miss
from scenarios.debrief.limits import loading_of
from scenarios.debrief.picture import GROUPS, Dot, Label, Line, Panel, Picture, nice_steps
from scenarios.debrief.words import Words
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s, to_epoch_s

WIDTH, LEFT, RIGHT = 1000.0, 74.0, 26.0
NUMBERED = 9
"""Moments that carry a number in the first picture, in order of their rank."""
_ROWS = 24
_MOVED_KW = 0.5


def day(found: Debrief, words: Words) -> Picture:
    """Highest loading, voltages and import, on both sides, with the key moments."""
    picture = Picture(words("page.day"), WIDTH, 650.0)
    recalled, at_s = found.recalled, _seconds(found)
    begin, end = float(at_s[0]), float(at_s[-1] + QUARTER_HOUR_S)
    sides = [recalled.ours] if recalled.alone is None else [recalled.ours, recalled.alone]
    loading = [np.nanmax(np.nan_to_num(loading_of(side, recalled).percent, nan=-1.0), axis=1) for side in sides]
    loading = [np.where(values < 0.0, np.nan, values) for values in loading]
    limits = sorted({recalled.limits.line_percent, recalled.limits.trafo_percent})
    top = _panel(picture, 80.0, 150.0, begin, end, [*loading, np.array(limits)], floor=0.0)
    _framed(top, words("page.loading"), words, 0)
    _both(top, at_s, loading)
    for limit in limits:
        top.level(limit)
    supplied = [side["vm_pu"].values for side in sides]
    voltages = [(np.nanmin(vm, axis=1), np.nanmax(vm, axis=1)) for vm in supplied]
    middle = _panel(picture, 285.0, 130.0, begin, end, [curve for pair in voltages for curve in pair])
    _framed(middle, words("page.voltage"), words, 3)
    for ends in range(2):
        _both(middle, at_s, [pair[ends] for pair in voltages])
    for limit in {*recalled.limits.bus_low_pu.tolist(), *recalled.limits.bus_high_pu.tolist()}:
        middle.level(limit)
    net = [recalled.net_mw] if recalled.alone is None else [recalled.net_mw, recalled.alone_net_mw]
    low = _panel(picture, 470.0, 130.0, begin, end, net, floor=0.0)
    _framed(low, words("page.import"), words, None, _hours(begin, end, words))
    _both(low, at_s, net)
    _legend(picture, words, [("side.run", "ink", ""), ("side.alone", "c0", "dot"), ("side.limit", "accent", "dash")])
    _numbers(picture, found, top, low)
    return picture


def actions(found: Debrief, words: Words) -> Picture | None:
    """The price, and what each group of devices took more or less than by itself; None where nothing moved."""
    recalled, at_s = found.recalled, _seconds(found)
    moved: dict[str, np.ndarray] = {}
    for device in recalled.site.dispatchable:
        if device.id in recalled.moved_mw:
            of_it = 1000.0 * np.nan_to_num(recalled.moved_mw[device.id])
            moved[device.group] = moved.get(device.group, np.zeros(len(at_s))) + of_it
    moved = {group: kw for group, kw in moved.items() if np.abs(kw).max() >= _MOVED_KW}
    if not moved and not np.isfinite(recalled.price_chf_per_kwh).any():
        return None
    ranked = sorted(moved, key=lambda group: -float(np.abs(moved[group]).max()))[:GROUPS]
    picture = Picture(words("page.actions"), WIDTH, 190.0 + 100.0 * len(ranked))
    begin, end = float(at_s[0]), float(at_s[-1] + QUARTER_HOUR_S)
    ticks = _hours(begin, end, words)
    top = _panel(picture, 40.0, 100.0, begin, end, [recalled.price_chf_per_kwh], floor=0.0)
    _framed(top, words("page.price"), words, 2, () if ranked else ticks)
    top.steps(at_s, recalled.price_chf_per_kwh, "ink")
    for rank, group in enumerate(ranked):
        panel = _panel(picture, 178.0 + 100.0 * rank, 60.0, begin, end, [moved[group], np.zeros(1)])
        title = words("page.moved", group=words.title(group))
        _framed(panel, title, words, 0, ticks if rank == len(ranked) - 1 else ())
        panel.level(0.0, "muted", "")
        panel.steps(at_s, moved[group], f"c{rank}")
    return picture


def raster(found: Debrief, words: Words) -> Picture | None:
    """One row for each alarm that stood in the window; None without any."""
    rows: dict[str, list[Raised]] = {}
    for one in found.alarms.raised:
        rows.setdefault(one.alarm.key, []).append(one)
    if not rows:
        return None
    shown = dict(sorted(rows.items(), key=lambda row: (min(one.alarm.priority for one in row[1]), row[1][0].at))[:_ROWS])
    height = 22.0 * len(shown)
    picture = Picture(words("page.raster"), WIDTH, height + 70.0)
    begin, end = float(to_epoch_s(found.tape.start)), float(to_epoch_s(found.tape.end))
    panel = Panel(picture, 330.0, 34.0, WIDTH - 330.0 - RIGHT, height, begin, end, 0.0, 1.0)
    panel.frame("", (), _hours(begin, end, words, most=6))
    for row, items in enumerate(shown.values()):
        y = panel.top + 22.0 * row + 12.0
        picture.marks.append(Label(0.0, y + 4.5, _alarm_name(items[0], words), "ink"))
        picture.marks.append(Line(((panel.left, y), (panel.left + panel.width, y)), "grid", 1.0))
        for one in items:
            left, right = panel.x(to_epoch_s(one.at)), panel.x(min(to_epoch_s(one.until), end))
            picture.marks.append(Line(((left, y), (max(right, left + 3.0), y)), f"P{one.alarm.priority}", 9.0))
            if one.acknowledged_at is not None and one.acknowledged_at >= found.tape.start:
                picture.marks.append(Dot(panel.x(to_epoch_s(one.acknowledged_at)), y, 3.5, "ink"))
    keys = [(f"P{priority}", f"P{priority}", "") for priority in (1, 2, 3)]
    _legend(picture, words, keys, left=330.0, top=14.0)
    return picture


def fan(found: Debrief, words: Words) -> Picture | None:
    """Band, median and what came of the issue that was furthest off."""
    miss = biggest(found)
    if miss is None:
        return None
    picture = Picture(words("page.fan", box=miss.box, zone=words.title(miss.zone)), WIDTH, 300.0)
    begin = float(to_epoch_s(miss.issued_at) // QUARTER_HOUR_S * QUARTER_HOUR_S)
    at_s = begin + QUARTER_HOUR_S * np.arange(len(miss.median))
    end = float(at_s[-1] + QUARTER_HOUR_S)
    scale, unit = (1000.0, "kW") if np.nanmax(np.abs(miss.high)) < 1.0 else (1.0, "MW")
    curves = [scale * curve for curve in (miss.low, miss.median, miss.high, miss.truth)]
    panel = _panel(picture, 50.0, 200.0, begin, end, curves)
    _framed(panel, f"[{unit}]", words, 0, _hours(begin, end, words))
    panel.band(at_s, curves[0], curves[2])
    panel.steps(at_s, curves[1], "accent", dash="dash")
    panel.steps(at_s, curves[3], "ink", width=2.2)
    keys = [("page.measured", "ink", ""), ("page.median", "accent", "dash"), ("page.forecast", "band", "")]
    _legend(picture, words, keys)
    return picture


def security(found: Debrief, words: Words) -> Picture | None:
    """The N-1 margin of every hour; below zero in red."""
    margin = found.security.margin_percent
    if not np.isfinite(margin).any():
        return None
    picture = Picture(words("page.n1"), WIDTH, 240.0)
    hours_s = found.security.times.astype("datetime64[s]").astype(np.int64).astype(float)
    begin, end = float(to_epoch_s(found.tape.start)), float(to_epoch_s(found.tape.end))
    panel = _panel(picture, 40.0, 150.0, begin, end, [margin, np.zeros(1)])
    _framed(panel, words("page.n1"), words, 0, _hours(begin, end, words))
    for at, value in zip(hours_s.tolist(), margin.tolist(), strict=True):
        if not np.isnan(value):
            left, right = panel.x(at) + 1.5, panel.x(min(at + 3600.0, end)) - 1.5
            corners = ((left, panel.y(0.0)), (left, panel.y(value)), (right, panel.y(value)), (right, panel.y(0.0)))
            picture.marks.append(Line(corners, "warn" if value < 0.0 else "c0", fill=True))
    panel.level(0.0, "ink", "")
    return picture


def biggest(found: Debrief) -> Miss | None:
    """The miss that is drawn: the worst of a box in charge."""
    return next((miss for miss in found.misses if miss.shadows is None), None)


# ------------------------------------------------------------------------------------------------------------ inside


def _seconds(found: Debrief) -> np.ndarray:
    return found.recalled.times.astype("datetime64[s]").astype(np.int64).astype(float)


def _panel(
    picture: Picture,
    top: float,
    height: float,
    begin: float,
    end: float,
    curves: Sequence[np.ndarray],
    floor: float | None = None,
) -> Panel:
    """A panel that holds every curve, with a little air."""
    values = np.concatenate([np.ravel(curve) for curve in curves])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    air = 0.06 * max(high - low, 1e-3 * max(abs(high), 1e-3))
    low = min(low - air, floor) if floor is not None and low < 0.0 else low - air if floor is None else floor
    return Panel(picture, LEFT, top, WIDTH - LEFT - RIGHT, height, begin, end, low, high + air)


def _framed(panel: Panel, title: str, words: Words, decimals: int | None, ticks: Sequence[tuple[float, str]] = ()) -> None:
    values = nice_steps(panel.low, panel.high)
    fine = len(values) > 1 and values[1] - values[0] < 1.0
    places = max(decimals or 0, 1) if fine else (decimals or 0)
    panel.frame(title, [(value, words.figure(value, "", places)) for value in values], ticks)


def _both(panel: Panel, at_s: np.ndarray, sides: Sequence[np.ndarray]) -> None:
    for values, (colour, dash) in reversed(list(zip(sides, (("ink", ""), ("c0", "dot")), strict=False))):
        panel.steps(at_s, values, colour, dash=dash, width=2.0)


def _hours(begin: float, end: float, words: Words, most: int = 12) -> list[tuple[float, str]]:
    """Round local hours, at most ``most`` of them; a new day is named by its date."""
    zone = ZoneInfo(words.timezone)
    every = next((h for h in (1, 2, 3, 6, 12, 24, 48) if (end - begin) / 3600.0 / h <= most), 168)
    found = []
    for at in range(int(begin) // 3600 * 3600, int(end) + 1, 3600):
        local = from_epoch_s(at).astimezone(zone)
        if at >= begin and local.minute == 0 and (local.hour + 24 * local.toordinal()) % every == 0:
            found.append((float(at), _named(from_epoch_s(at), local, words, every)))
    return found


def _named(at: datetime, local: datetime, words: Words, every: int) -> str:
    return f"{local.day}.{local.month}." if every >= 24 else words.clock(at)


def _legend(
    picture: Picture, words: Words, keys: Sequence[tuple[str, str, str]], *, left: float = LEFT, top: float = 16.0
) -> None:
    """Colours and what they stand for; a key without words of its own is shown as it is."""
    x = left
    for code, colour, dash in keys:
        text = words(code) if words.texts.has(code) else code
        width = 9.0 if colour in {"band", "P1", "P2", "P3"} else 2.4
        picture.marks.append(Line(((x, top - 4.5), (x + 26.0, top - 4.5)), colour, width, dash))
        picture.marks.append(Label(x + 33.0, top, text))
        x += 33.0 + 7.2 * len(text) + 26.0


def _numbers(picture: Picture, found: Debrief, top: Panel, low: Panel) -> None:
    """The moments' numbers above the picture, each with a thin line down; neighbours are moved apart."""
    taken: list[float] = []
    for number, moment in sorted(enumerate(found.moments[:NUMBERED], 1), key=lambda pair: pair[1].at):
        x = top.x(min(max(to_epoch_s(moment.at) + QUARTER_HOUR_S / 2, top.begin), top.end))
        foot = ((x, top.top - 34.0), (x, low.top + low.height))
        picture.marks.insert(0, Line(foot, "grid", 1.0))
        place = x
        while any(abs(place - other) < 21.0 for other in taken):
            place += 1.0
        taken.append(place)
        picture.marks.append(Dot(place, 40.0 - 6.0, 10.0, "accent", str(number)))


def _alarm_name(one: Raised, words: Words) -> str:
    params: Mapping[str, object] = one.alarm.params
    element = words.title(str(params.get("name") or params.get("element") or one.alarm.element))
    text = f"{element}: {words.alarm(one.alarm.code, one.alarm.params)}"
    return text if len(text) <= 46 else f"{text[:45]}…"
