"""The next 48 hours: the share with its band, the mix hour by hour, as two drawings and as a table that says the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from dashboard import format as fmt
from dashboard.public.feed import Edition
from dashboard.public.green_window import coming
from dashboard.public.pages import apart
from dashboard.public.pages.document import Assets
from dashboard.public.telling import KINDS, Telling
from twin.contracts.public_snapshot import ComingHour, PublicSnapshot

WIDTH, HEIGHT = 20, 100  # of one hour in the drawings' own units
EVERY_H = 6  # a label below every sixth hour


def hours_page(edition: Edition, language: str, assets: Assets, *, stale: bool) -> bytes:
    """The page of a forecast that was made once; it says when, and does not renew itself."""
    title = fmt.texts(language, "public").get("hours.title")
    content = apart.embargoed(edition, language) or apart.troubled(edition, language)
    if not content and edition.snapshot is not None:
        content = _figures(edition.snapshot, Telling(edition.snapshot, edition.release, language), stale=stale)
    return apart.page(language, assets, "hours/", title, content)


def _figures(snapshot: PublicSnapshot, telling: Telling, *, stale: bool) -> str:
    hours = coming(snapshot.coming, snapshot.as_of)
    foreseen = snapshot.coming[0].start if snapshot.coming else snapshot.as_of  # once in an interval of publication
    made = telling.say("hours.made", day=telling.day(foreseen), at=telling.clock(foreseen))
    lead = f'<p class="notice">{escape(telling.say("hours.stale"))}</p>' if stale else ""
    lead += f'<p class="muted">{escape(made)}</p>'
    if not any(hour.share is not None for hour in hours):
        return f'{lead}<p class="card">{escape(telling.say("green.unknown"))}</p>'
    kinds = [kind for kind in KINDS if any(kind in hour.parts for hour in hours)]
    return lead + _share_card(telling, hours) + _mix_card(telling, hours, kinds) + _table(telling, hours, kinds)


def _card(heading: str, words: str, inner: str) -> str:
    return f'<section class="card"><h2>{escape(heading)}</h2><p>{escape(words)}</p>{inner}</section>'


def _share_card(telling: Telling, hours: Sequence[ComingHour]) -> str:
    """Band, line of shares, and a mark below each green hour. Unknown hours are gaps, never bridged."""
    drawing = ""
    for run in _runs(hours):
        banded = [(index, hour.low, hour.high) for index, hour in run if hour.low is not None and hour.high is not None]
        if len(banded) == len(run):
            above = _steps([(index, high or 0.0) for index, _, high in banded])
            below = _steps([(index, low or 0.0) for index, low, _ in banded])
            drawing += f'<path class="band" d="M{" ".join([*above, *reversed(below)])}Z"/>'
        drawing += f'<path class="line" d="M{" ".join(_steps([(index, hour.share or 0.0) for index, hour in run]))}"/>'
    for index, hour in enumerate(hours):
        if hour.green and hour.share is not None:
            drawing += f'<rect class="tick" x="{index * WIDTH}" y="{HEIGHT - 3}" width="{WIDTH - 2}" height="3"/>'
    words = telling.say("hours.share_words")
    if any(hour.low is not None for hour in hours):
        words += " " + telling.say("hours.share_band")
    return _card(telling.say("hours.share"), words, _chart(telling, drawing, hours, telling.say("hours.share_picture")))


def _mix_card(telling: Telling, hours: Sequence[ComingHour], kinds: Sequence[str]) -> str:
    """The expected parts of each hour, stacked in the order of the key."""
    drawing = ""
    for index, hour in enumerate(hours):
        below = 0.0
        for kind in kinds:
            part = hour.parts.get(kind, 0.0)
            if part > 0.0:
                top = HEIGHT * (1.0 - below - part)
                drawing += (
                    f'<rect class="{kind}" x="{index * WIDTH}" y="{top:.1f}" width="{WIDTH}" height="{HEIGHT * part:.1f}"/>'
                )
            below += part
    key = "".join(f'<li><i class="key {kind}"></i>{escape(telling.say(f"source.{kind}"))}</li>' for kind in kinds)
    chart = _chart(telling, drawing, hours, telling.say("hours.mix_picture"))
    return _card(telling.say("hours.mix"), telling.say("hours.mix_words"), f'{chart}<ul class="keys row">{key}</ul>')


def _chart(telling: Telling, drawing: str, hours: Sequence[ComingHour], label: str) -> str:
    """A drawing as wide as the page; its scale stands beside it as text, so that type keeps its size."""
    wide = WIDTH * EVERY_H * math.ceil(len(hours) / EVERY_H)  # so that the labels below divide it evenly
    size = f"0 0 {wide} {HEIGHT}"
    grid = "".join(f'<path class="grid" d="M0 {y}H{wide}"/>' for y in (0, 25, 50, 75))
    picture = f'<svg viewBox="{size}" preserveAspectRatio="none" role="img" aria-label="{escape(label)}">{grid}{drawing}</svg>'
    marks = "".join(f"<span>{escape(_mark(telling, hour))}</span>" for hour in hours[::EVERY_H])
    scale = "".join(f"<span>{escape(telling.percent(part))}</span>" for part in (1.0, 0.5, 0.0))
    beside = f'<div class="scale" aria-hidden="true">{scale}</div>'
    return f'<div class="chart">{beside}{picture}<div class="marks" aria-hidden="true">{marks}</div></div>'


def _mark(telling: Telling, hour: ComingHour) -> str:
    return telling.clock(hour.start)[:2]


def _runs(hours: Sequence[ComingHour]) -> list[list[tuple[int, ComingHour]]]:
    """Consecutive known hours with their number."""
    runs: list[list[tuple[int, ComingHour]]] = []
    for index, hour in enumerate(hours):
        if hour.share is None:
            continue
        if runs and runs[-1][-1][0] == index - 1:
            runs[-1].append((index, hour))
        else:
            runs.append([(index, hour)])
    return runs


def _steps(points: Sequence[tuple[int, float]]) -> list[str]:
    """Corners of a line that keeps each hour's mean for the whole hour, from left to right."""
    corners = []
    for index, value in points:
        y = f"{HEIGHT * (1.0 - value):.1f}"
        corners += [f"{index * WIDTH} {y}", f"{(index + 1) * WIDTH} {y}"]
    return corners


def _table(telling: Telling, hours: Sequence[ComingHour], kinds: Sequence[str]) -> str:
    say = telling.say
    heads = [say("hours.hour"), say("hours.column_share"), say("hours.band"), *(say(f"source.{kind}") for kind in kinds)]
    rows = []
    for number, hour in enumerate(hours):
        start = telling.clock(hour.start)
        first = number == 0 or telling.day(hours[number - 1].start) != telling.day(hour.start)
        name = f"{telling.day(hour.start, year=False)} {start}" if first else start
        share = escape(telling.percent(hour.share)) if hour.share is not None else escape(say("hours.unknown"))
        if hour.green and hour.share is not None:
            share += f' <span class="tag">{escape(say("hours.green"))}</span>'
        band = f"{telling.percent(hour.low)}–\u2060{telling.percent(hour.high)}" if hour.low is not None else "–"
        rows.append([escape(name), share, escape(band), *(escape(telling.percent(hour.parts.get(kind))) for kind in kinds)])
    return f'<section class="card">{apart.table(say("hours.table"), heads, rows)}</section>'
