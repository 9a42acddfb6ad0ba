"""One moment played again: an hour and a half before and after it, as a fragment that a page of its own or a debrief holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

import numpy as np

from scenarios.debrief.debrief import Debrief
from scenarios.debrief.limits import loading_of
from scenarios.debrief.moment import Moment
from scenarios.debrief.picture import Panel, Picture, nice_steps
from scenarios.debrief.tape import Entry
from scenarios.debrief.words import Words
from twin.domain.finite import finite
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s, to_epoch_s

AROUND = timedelta(minutes=90)
MOST = 5
_APART = timedelta(minutes=45)
_BARS = 8
_LEFT, _WIDTH = 64.0, 620.0


@dataclass(frozen=True)
class _Around:
    """The quarter hours of a replay: their places in the window, and instants [epoch s], dims (time,)."""

    at: np.ndarray
    seconds: np.ndarray


def replayed(found: Debrief) -> list[Moment]:
    """The moments that are played again: the highest ranks, none at the same time as another."""
    chosen: list[Moment] = []
    for moment in found.moments:
        if len(chosen) < MOST and all(abs(moment.at - other.at) >= _APART for other in chosen):
            chosen.append(moment)
    return chosen


def fragment(found: Debrief, moment: Moment, words: Words, number: int | None = None) -> str:
    """The replay as HTML; ``replay.js`` brings it to life, and without it the strips still show everything.

    Args:
        number: heads it among others; None: it stands alone.
    """
    around = _around(found, moment)
    frames = _frames(found, around, words)
    strips = _strips(found, around, words)
    data = {
        "frames": frames,
        "left": _LEFT,
        "width": _WIDTH - _LEFT - 8.0,
        "start": _nearest(around, moment),
        "play": words("page.play"),
        "pause": words("page.pause"),
        "quiet": words("page.quiet"),
    }
    text = json.dumps(finite(data), separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
    title = words.what(moment)
    heading = "" if number is None else f"<h3>{number}. {escape(title)}</h3>"
    drawn = "".join(
        f'<div class="strip">{strip.svg()}<div class="curtain"></div><div class="cursor"></div></div>' for strip in strips
    )
    return (
        f'<section class="replay" aria-label="{escape(words("page.replay", title=title))}">'
        f"{heading}"
        f'<div class="controls"><button type="button" class="play">{escape(words("page.play"))}</button>'
        f'<input type="range" min="0" max="{len(frames) - 1}" value="{data["start"]}" step="1" '
        f'aria-label="{escape(words("page.time"))}"><output class="clock"></output></div>'
        f'<div class="stage"><div class="strips">{drawn}</div>'
        f"<div><h4>{escape(words('page.bars'))}</h4><div class='bars'></div>"
        f"<h4>{escape(words('page.happened'))}</h4><ul class='happened' aria-live='polite'></ul></div></div>"
        f'<script type="application/json">{text}</script></section>'
    )


# ------------------------------------------------------------------------------------------------------------ inside


def _around(found: Debrief, moment: Moment) -> _Around:
    seconds = found.recalled.times.astype("datetime64[s]").astype(np.int64)
    middle = min(max(to_epoch_s(moment.at), int(seconds[0])), int(seconds[-1]))
    inside = np.abs(seconds - middle) <= AROUND.total_seconds()
    return _Around(np.flatnonzero(inside), seconds[inside])


def _nearest(around: _Around, moment: Moment) -> int:
    return int(np.abs(around.seconds - to_epoch_s(moment.at)).argmin())


def _frames(found: Debrief, around: _Around, words: Words) -> list[dict[str, Any]]:
    """By quarter hour: the clock, the bars of the most loaded elements, and what happened."""
    recalled = found.recalled
    ours = loading_of(recalled.ours, recalled)
    alone = None if recalled.alone is None else loading_of(recalled.alone, recalled)
    both = [side.percent[around.at] for side in (ours, alone) if side is not None]
    highest = np.nan_to_num(np.maximum.reduce(both) / ours.limit, nan=0.0).max(axis=0)
    shown = np.argsort(-highest)[:_BARS].tolist()
    frames = []
    for step, second in zip(around.at.tolist(), around.seconds.tolist(), strict=True):
        bars = [
            [
                words.title(recalled.name(ours.keys[i])),
                round(float(ours.percent[step, i]), 1),
                None if alone is None else round(float(alone.percent[step, i]), 1),
                float(ours.limit[i]),
                words.figure(float(ours.percent[step, i]), "%", 0),
            ]
            for i in shown
        ]
        label = from_epoch_s(second)
        frames.append({"clock": words.moment(label), "bars": bars, "said": _said(found.tape.entries, label, words)})
    return frames


def _said(entries: Sequence[Entry], label: datetime, words: Words) -> list[str]:
    """What the journal told of one quarter hour: its own tick, and the events in it."""
    said = []
    for entry in entries:
        if not label < entry.as_of <= label + timedelta(seconds=QUARTER_HOUR_S):
            continue
        for alarm in entry.alarms:
            if alarm.since == entry.as_of and alarm.priority < 4:
                element = words.title(str(alarm.params.get("name") or alarm.params.get("element") or alarm.element))
                said.append(f"P{alarm.priority} {element}: {words.alarm(alarm.code, alarm.params)}")
        for code, params in entry.meta["lines"]:
            if code != "readings_revised":
                said.append(words(f"journal.{code}", **params))
        if entry.meta["setpoints"]:
            said.append(words("page.setpoints", count=len(entry.meta["setpoints"])))
    return list(dict.fromkeys(said))[:12]


def _strips(found: Debrief, around: _Around, words: Words) -> list[Picture]:
    recalled = found.recalled
    sides = [recalled.ours] if recalled.alone is None else [recalled.ours, recalled.alone]
    loading = [np.nanmax(np.nan_to_num(loading_of(side, recalled).percent[around.at]), axis=1) for side in sides]
    limit = min(recalled.limits.line_percent, recalled.limits.trafo_percent)
    net = [recalled.net_mw[around.at]]
    net += [] if recalled.alone is None else [recalled.alone_net_mw[around.at]]
    voltage = [np.nanmin(side["vm_pu"].values[around.at], axis=1) for side in sides]
    strips = [
        _strip(words("page.loading"), around, loading, words, limit, 0),
        _strip(words("page.import"), around, net, words, None, 1),
        _strip(words("page.lowest_voltage"), around, voltage, words, None, 3),
        _strip(words("page.price"), around, [recalled.price_chf_per_kwh[around.at]], words, None, 3),
    ]
    return [strip for strip in strips if strip is not None]


def _strip(
    title: str, around: _Around, sides: Sequence[np.ndarray], words: Words, limit: float | None, decimals: int
) -> Picture | None:
    values = np.concatenate([*sides, np.array([] if limit is None else [limit])])
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    picture = Picture(title, _WIDTH, 128.0)
    air = 0.08 * max(float(np.ptp(values)), 1e-3 * max(abs(float(values.max())), 1e-3))
    begin, end = float(around.seconds[0]), float(around.seconds[-1] + QUARTER_HOUR_S)
    low, high = float(values.min()) - air, float(values.max()) + air
    panel = Panel(picture, _LEFT, 26.0, _WIDTH - _LEFT - 8.0, 76.0, begin, end, low, high)
    ticks = [(float(at), words.clock(from_epoch_s(at))) for at in around.seconds.tolist() if at % 1800 == 0]
    panel.frame(title, [(value, words.figure(value, "", decimals)) for value in nice_steps(low, high, 3)], ticks)
    for values_of, (colour, dash) in reversed(list(zip(sides, (("ink", ""), ("c0", "dot")), strict=False))):
        panel.steps(around.seconds.astype(float), values_of, colour, dash=dash, width=2.2)
    if limit is not None:
        panel.level(limit)
    return picture
