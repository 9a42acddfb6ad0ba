"""One series as a section of the report: what each picture shows of it, and what stands beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts.backtest.record import DAY_AHEAD
from forecasts.quantiles import LEVELS
from forecasts.report import drawings, findings, tables
from forecasts.report.errors import autocorrelation, by_hour, by_lead
from forecasts.report.look import BANDS
from forecasts.report.page import picture
from forecasts.report.reliability import reliability
from forecasts.report.scored import MEDIAN, Scored
from forecasts.report.words import MISSING, Unit, counted, figure, minute, percent, unit_for
from forecasts.report.worst import pick_origins, worst_days

if TYPE_CHECKING:
    from forecasts.backtest.result import BacktestResult

_LAG_DAYS = 8
_FANS = {"worst": 3, "typical": 2, "best": 1}
_WORST_DAYS = 12
_FEWEST_CASES = 5  # of a dot: fewer say nothing of a frequency
_MOST_POINTS = 800  # of a stacked area: a screen shows no more


@dataclass(frozen=True)
class Shown:
    """One series on its way to the page.

    Attributes:
        summary: what ``regie backtest --json`` says of it. ``quality``: the data-quality report, a sentence a line.
        peers: names of those that were scored and never weighed.
    """

    scored: Scored
    summary: Mapping[str, Any]
    unit: Unit
    quality: Sequence[str]
    peers: tuple[str, ...]

    @property
    def champion(self) -> str:
        """The expert that goes on air."""
        return str(self.summary["champion"])

    @property
    def naive(self) -> str:
        """The forecast that skill is measured against."""
        return str(self.summary["naive"])

    @property
    def weather(self) -> str:
        """What every caption says of the weather; measured weather is never left unsaid."""
        said = {"measured": "perfect weather (measured, not forecast)", "forecast": "forecast weather", "none": "no weather"}
        return said[self.scored.series.weather_source]

    def caption(self, count: str, what: str = "") -> str:
        """How many figures a picture is made of, where its clock stands, and what weather went in."""
        clock = f"local time ({self.scored.series.place.timezone})"
        return "; ".join(part for part in (what, count, clock, self.weather) if part)


def shown(result: BacktestResult) -> Shown:
    """A result, ready for the page."""
    scored = Scored(result.record)
    return Shown(scored, result.summary, unit_for(scored.truth), result.quality, tuple(result.peers))


def section(item: Shown, anchor: str) -> str:
    """All of one series as HTML."""
    parts = [_head(item), _experts(item)]
    if item.scored.origins and item.champion in item.scored.record.names:
        parts += [_fans(item), _weights(item), _calibration(item), _errors(item), _left_over(item), _worst(item)]
    parts += [_warnings(item), _tick(item)]
    parts += [_quality(item), _problems(item)]
    return f'<section class="series" id="{anchor}">{"".join(parts)}</section>'


def _head(item: Shown) -> str:
    found, series = item.summary, item.scored.series
    badge = '<span class="badge">perfect weather</span> ' if series.weather_source == "measured" else ""
    span = " to ".join(_local(item, found.get(end)) for end in ("from", "to"))
    made = (
        f"{series.kind}, {series.step_s // 60} min, {span}, {counted(found.get('origins', item.scored.origins), 'origin')}, "
        f"{found.get('horizon_h', 0):g} h ahead, {item.weather}, shown in {item.unit.name}"
    )
    if item.scored.stride > 1:
        made += f"; pictures from every {item.scored.stride}th origin, tables from all"
    lead = findings.headline(found["experts"], item.champion, item.naive, item.peers)
    lead = f"{lead} {findings.against_peers(found['experts'], item.champion, item.peers)}"
    return f'<h2>{escape(series.name)}</h2><p class="muted">{badge}{escape(made)}</p><p class="lead">{escape(lead)}</p>'


def _local(item: Shown, instant: str | None) -> str:
    if instant is None:
        return MISSING
    at = np.array([datetime.fromisoformat(instant).astimezone(UTC).replace(tzinfo=None)], dtype="datetime64[ns]")
    return minute(item.scored.series.place.calendar.wall_clock(at)[0])


def _experts(item: Shown) -> str:
    note = (
        "Lower is better, but for skill (1 − pinball / pinball of the naive forecast) and the 90 % band (aim: 87–93 %). "
        "Floor experts are points: all their quantiles are equal, and no band of theirs holds anything. "
        f"Fit and predict: seconds over the whole rehearsal. {item.weather.capitalize()}."
    )
    body = tables.experts_table(item.summary["experts"], item.champion, item.naive, item.unit)
    return f'<h3>Experts</h3>{body}<p class="muted">{escape(note)}</p>'


def _fans(item: Shown) -> str:
    scored, scale = item.scored, item.unit.per_mw
    chosen = pick_origins(scored, item.champion, **_FANS)
    naive = scored.forecast(item.naive)[..., MEDIAN]
    drawn = []
    for kind, origin, mae in chosen:
        rows = scored.rows[origin]
        first = scored.wall_clock(rows[:1])[0]
        offset = first - scored.labels(rows[:1])[0]
        hours = offset / np.timedelta64(1, "h")
        drawing = drawings.fan(
            scored.labels(rows) + offset,  # one offset for the whole fan: a clock change would fold it
            scored.truth[origin] * scale,
            scored.forecast(item.champion)[origin] * scale,
            naive[origin] * scale,
            unit=item.unit.name,
            clock=f"local time (UTC{hours:+g} h)",
        )
        title = f"{kind.capitalize()}: issued {minute(first)}, mean error {figure(mae * scale)} {item.unit.name}"
        known = int(np.isfinite(scored.truth[origin]).sum())
        drawn.append(picture(title, drawing, f"{counted(known, 'truth')}; {item.weather}", level=4))
    bands = "".join(
        f'<li><i class="band" style="background:var(--band-{rank})"></i>'
        f"{100 * LEVELS[rank]:.0f}–{100 * LEVELS[-1 - rank]:.0f} %</li>"
        for rank in (0, 1, len(BANDS) - 1)
    )
    key = (
        '<ul class="key"><li><i style="border-color:var(--ink)"></i>truth</li>'
        '<li><i style="border-color:var(--accent)"></i>champion, median</li>'
        f'<li><i style="border-color:var(--muted);border-top-style:dashed"></i>{escape(item.naive)}</li>{bands}'
        '<li><i class="dot"></i>truth outside the 90 % band</li></ul>'
    )
    return f'<h3>Forecasts that went worst, as usual, and best</h3>{key}<div class="grid">{"".join(drawn)}</div>'


def _weights(item: Shown) -> str:
    record, scored = item.scored.record, item.scored
    if not len(record.members) or not record.weights.size:
        return ""
    shares = 100.0 * record.weights.mean(axis=2)
    every = math.ceil(len(shares) / _MOST_POINTS)
    when = scored.wall_clock(record.origin[::every])
    warm = int((~record.scored).sum())
    over = drawings.weights(when, shares[::every], record.members)
    levels = drawings.weights_by_level(100.0 * record.weights[record.scored].mean(axis=0), record.members)
    title = findings.of_weights(shares, record.members)
    count = f"{counted(len(shares), 'origin')}, the first {warm} unscored warm-up" if warm else counted(len(shares), "origin")
    left = picture(title, over, item.caption(count, "mean over the quantiles"), level=4)
    right = picture(
        "Who carries which part of the band", levels, item.caption(counted(scored.origins, "origin"), "mean over time"), level=4
    )
    return f'<h3>Weights</h3><div class="grid">{left}{right}</div>'


def _calibration(item: Shown) -> str:
    scored = item.scored
    found = reliability(scored.truth, scored.forecast(item.champion), origins_per_block=scored.overlapping)
    count = f"{counted(found.steps, 'truth')} in {counted(found.blocks, 'independent block')}"
    if found.idle:
        count += f" ({found.idle:,} more where band and truth were the same single value)"
    names = [f"{100 * level:.0f} %" for level in LEVELS]
    levels = {"observed below [%]": 100 * found.observed, "chance ± [%]": 100 * found.sampling}
    left = picture(
        findings.of_reliability(found),
        drawings.reliability(found),
        item.caption(count, "shaded: where 95 of 100 calibrated forecasts would lie"),
        level=4,
        below=tables.curve_table("level", names, levels),
    )
    right = picture(findings.of_pit(found), drawings.pit(found), item.caption(count, "probability integral transform"), level=4)
    return f'<h3>Calibration</h3><div class="grid">{left}{right}</div>'


def _errors(item: Shown) -> str:
    scored, scale = item.scored, item.unit.per_mw
    single = findings.best_single(item.summary["experts"], item.champion, item.peers)
    wanted = dict.fromkeys((item.champion, DAY_AHEAD, single or item.naive, item.naive))
    names = [name for name in wanted if name in scored.record.names]
    hours = {name: by_hour(scored, name) * scale for name in names}
    leads = {name: by_lead(scored, name) for name in names}
    ahead = {name: mae * scale for name, (_, mae) in leads.items()}
    at = leads[item.champion][0]
    count = counted(int(np.isfinite(scored.error(item.champion)).sum()), "error")
    axis, unit = {"dtick": 6}, f"MAE [{item.unit.name}]"
    day_long = drawings.lines(np.arange(24), hours, x_title="local hour", unit=unit, emphasis=item.champion, axis={"dtick": 3})
    horizon = drawings.lines(at, ahead, x_title="hours ahead", unit=unit, emphasis=item.champion, axis=axis)
    caption = item.caption(count, "mean absolute error of the median")
    left = picture(
        findings.of_hours(hours[item.champion], item.unit.name),
        day_long,
        caption,
        level=4,
        below=tables.curve_table("local hour", [f"{hour:02d}" for hour in range(24)], hours),
    )
    right = picture(
        findings.of_leads(ahead[item.champion], item.unit.name),
        horizon,
        caption,
        level=4,
        below=tables.curve_table("hours ahead", [str(hour) for hour in at], ahead),
    )
    return f'<h3>Errors by hour and by lead</h3><div class="grid">{left}{right}</div>'


def _left_over(item: Shown) -> str:
    scored = item.scored
    _, error = scored.newest(scored.error(item.champion))
    per_day = round(24 / scored.step_h)
    found = autocorrelation(error, _LAG_DAYS * per_day)
    known = int(np.isfinite(error).sum())
    chance = 1.96 / math.sqrt(max(1, known))  # Box and Jenkins (1970), section 2.1: independent errors
    lag_h = np.arange(len(found)) * scored.step_h
    text = findings.of_correlation(found, per_day, chance)
    what = "errors of the newest forecast; dotted: independent errors would stay inside"
    return "<h3>What is left in the errors</h3>" + picture(
        text, drawings.correlogram(lag_h, found, chance=chance), item.caption(counted(known, "error"), what), level=4
    )


def _worst(item: Shown) -> str:
    days = worst_days(item.scored, item.champion, item.naive, count=_WORST_DAYS)
    if not days:
        return ""
    with_note = sum(1 for found in days if found.notes)
    text = f"{with_note} of the {len(days)} worst days have something special about them: a lead, not a cause"
    ratio = days[0].mae / days[-1].mae if days[-1].mae else 1.0
    note = f"Newest forecast of each day, {item.weather}; the worst day has {ratio:.1f} times the error of the last one shown."
    return f"<h3>Worst days</h3><p>{escape(text)}.</p>{tables.worst_table(days, item.unit)}<p class='muted'>{escape(note)}</p>"


def _warnings(item: Shown) -> str:
    peaks, ramps = item.summary.get("peaks") or {}, item.summary.get("ramps") or {}
    if not peaks and not ramps:
        return ""
    found = ""
    if peaks:
        found += f"<h3>Coming peaks</h3><p>{escape(findings.of_peaks(peaks))}</p>{tables.facts(peaks, 'Coming peaks')}"
    if ramps:
        found += f"<h3>Ramps</h3>{tables.cases(ramps, 'window and direction')}"
    kinds = {
        "the month's peak": peaks.get("above_month_peak") or {},
        **{f"ramps {_words(name)}": of for name, of in ramps.items()},
    }
    dots = {name: [dot for dot in of.get(tables.CURVE) or () if dot[2] >= _FEWEST_CASES] for name, of in kinds.items()}
    curves = {name: found_dots for name, found_dots in dots.items() if found_dots}
    if curves:
        count = counted(sum(int(kinds[name]["cases"]) for name in curves), "case")
        said = f"larger dots hold more cases, dots of fewer than {_FEWEST_CASES} are left out"
        title = findings.of_warnings({name: of.get("skill") for name, of in kinds.items()})
        found += picture(title, drawings.occurrences(curves), item.caption(count, said), level=4)
    return f'{found}<p class="muted">Powers in MW; {escape(item.weather)}.</p>'


def _words(name: str) -> str:
    return name.replace("_", " ")


def _tick(item: Shown) -> str:
    ratios = (item.summary.get("tick") or {}).get("mae_ratio") or {}
    if not ratios:
        return ""
    rows = [[f"{hours} h", figure(ratio)] for hours, ratio in ratios.items()]
    note = f"Mean absolute error of the champion over that of its path of midnight; below 1 the tick helps; {item.weather}."
    body = tables.table(["end of the interval, after the issue", "MAE ratio"], rows, label="Correction at every tick")
    return (
        f'<h3>Correction at every tick</h3><p>{escape(findings.of_ticks(ratios))}</p>{body}<p class="muted">{escape(note)}</p>'
    )


def _quality(item: Shown) -> str:
    values = item.scored.series.values
    known = float(np.isfinite(values).mean()) if len(values) else 0.0
    text = f"{percent(known)} of {counted(len(values), 'interval')} hold a value that may be learnt from."
    lines = "".join(f"<li>{escape(line)}</li>" for line in item.quality)
    return f'<h3>Data quality</h3><p>{text}</p><ul class="faults">{lines}</ul>'


def _problems(item: Shown) -> str:
    found = item.summary.get("problems") or []
    if not found:
        return ""
    lines = "".join(f"<li>{escape(_said(problem))}</li>" for problem in found)
    return f'<h3>{counted(len(found), "fault")} met on the way</h3><ul class="faults">{lines}</ul>'


def _said(problem: Any) -> str:
    if isinstance(problem, Mapping):
        return "{place}: {value}; expected {limit}; {remedy}".format(**{"limit": "", "remedy": "", **problem})
    return str(problem)
