"""The section on risk for a report: two pictures, the margin, the elements most at risk, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.format import moment
from scenarios.risk.drawings import hourly_bars, loading_fan
from scenarios.risk.headline import tightest_hour
from scenarios.risk.words import say

_SHOWN = 12
Say = Callable[..., str]


def risk_report(result: Mapping[str, Any], *, lang: str, timezone: str) -> str:
    """An HTML section, without scripts and links, from a ``result.json`` that holds ``risk``.

    Args:
        lang: "de", "fr", "it" or "en". ``timezone``: the site's, that clock times are shown in.
    """
    risk = result["risk"]

    def words(key: str, **values: object) -> str:
        return escape(say(key, lang, **values))

    begin = moment(datetime.fromisoformat(risk["hours"][0]), timezone=timezone, language=lang)
    clock = [_clock(label, timezone) for label in risk["hours"]]
    quarters = [_clock(label, timezone) for label in risk["plan"]["loading"]["time"]]
    parts = [
        f"<h2>{words('risk')}</h2><p>{words('basis', futures=risk['futures'], hours=len(risk['hours']), begin=begin)}</p>",
        _figure(loading_fan(risk["plan"]["loading"], quarters, limit_percent=100.0, title=say("fan", lang)), words("fan")),
        _figure(_bars(risk, clock, say("bars", lang)), words("bars")),
        _margin(risk["plan"]["margin"], words, timezone),
        _elements(risk["plan"]["elements"], clock, words),
        _costs(risk, words),
    ]
    return f'<section class="risk">{"".join(parts)}</section>'


def _bars(risk: Mapping[str, Any], clock: Sequence[str], title: str) -> str:
    plan, alone = (
        [None if p is None else 100.0 * p for p in risk[side]["by_hour"]["any"]["probability"]]
        for side in ("plan", "do_nothing")
    )
    return hourly_bars(plan, alone, clock, unit="%", title=title)


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def _margin(margin: Mapping[str, Any], words: Say, timezone: str) -> str:
    """Median of the tightest hour, with its interval."""
    row, at = margin["quantiles_percent"]["0.5"], tightest_hour(margin)
    if at is None:
        return ""
    bounds = _bounds(row["low"][at], row["high"][at], 1)
    return f"<p>{words('margin')}: {row['value'][at]:.1f} % {bounds}, {escape(_clock(margin['hours'][at], timezone))}</p>"


def _elements(elements: Sequence[Mapping[str, Any]], clock: Sequence[str], words: Say) -> str:
    if not elements:
        return f"<p>{words('none')}</p>"
    head = "".join(f"<th>{words(key)}</th>" for key in ("element", "worst_hour", "probability", "expected_h", "expected_mwh"))
    rows = []
    for one in elements[:_SHOWN]:
        at = max(range(len(clock)), key=lambda hour: one["probability"][hour])
        bounds = _bounds(100.0 * one["low"][at], 100.0 * one["high"][at], 1)
        cells = (
            one["name"],
            clock[at],
            f"{100.0 * one['probability'][at]:.1f} % {bounds}",
            f"{sum(one['expected_h']):.2f}",
            f"{sum(one['expected_mwh']):.3f}",
        )
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _costs(risk: Mapping[str, Any], words: Say) -> str:
    """Mean, value at risk and what lies beyond it, of both sides and of their difference."""
    columns = ("plan", "do_nothing", "difference")
    if any("mean_chf" not in risk[column]["cost"] for column in columns):
        return ""
    rows = []
    for key, name in (("mean", "mean_chf"), ("var", "value_at_risk_chf"), ("cvar", "beyond_value_at_risk_chf")):
        figures = [risk[column]["cost"][name] for column in columns]
        cells = "".join(f"<td>{f['value']:.0f} {_bounds(f.get('low'), f.get('high'), 0)}</td>" for f in figures)
        rows.append(f"<tr><th>{words(key)}</th>{cells}</tr>")
    head = "".join(f"<th>{words(column)}</th>" for column in columns)
    return f"<h3>{words('cost')}</h3><table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _bounds(low: float | None, high: float | None, digits: int) -> str:
    """An interval; nothing where neither end is known."""
    if low is None and high is None:
        return ""
    ends = ["…" if end is None else f"{end:.{digits}f}" for end in (low, high)]
    return f"[{ends[0]}, {ends[1]}]"


def _clock(label: str, timezone: str) -> str:
    return f"{datetime.fromisoformat(label).astimezone(ZoneInfo(timezone)):%H:%M}"
