"""The pictures of a ranking, one function each: its figures in, a plotly figure out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from forecasts.report.look import ACCENT, MUTED, RED, layout
from twin.maintenance.ranking.labels import log_axis, placed
from twin.maintenance.ranking.words import Words

_MOST_WINDOWS = 25
_MOST_HEALTH = 10.5
_NAMED = {"showlegend": True, "hovermode": "closest"}


def risk_against_cost(words: Words) -> Any:
    """CHF of risk avoided over CHF spent, one point a proposal; on the line a franc avoids a franc."""
    import plotly.graph_objects as go

    drawn: list[Any] = []
    for status, colour in (("chosen", ACCENT), ("left_out", MUTED)):
        items = [item for item in words.ranked.items if item.status == status and item.risk_avoided_chf > 0.0]
        drawn.append(
            go.Scatter(
                x=[item.cost_chf for item in items],
                y=[item.risk_avoided_chf for item in items],
                text=[words.work(item) for item in items],
                mode="markers",
                marker={"color": colour, "size": 11},
                name=words(f"status.{status}"),
                hovertemplate="%{text}<br>%{x:.0f} → %{y:.0f} CHF<extra></extra>",
            )
        )
    costs = [item.cost_chf for item in words.ranked.items] or [1.0]
    ends = [min(costs), max(costs)]
    line = {"color": RED, "dash": "dot", "width": 1.5}
    drawn.append(go.Scatter(x=ends, y=ends, mode="lines", line=line, name=words("report.even"), hoverinfo="skip"))
    worths = [item.risk_avoided_chf for item in words.ranked.items if item.risk_avoided_chf > 0.0]
    axes = log_axis(costs, words.language), log_axis([*worths, *ends], words.language)
    look = layout(x=words("report.spent"), y=words("report.avoided"), height=430, xaxis=axes[0], yaxis=axes[1])
    return go.Figure(drawn, look | _NAMED)


def health_matrix(words: Words) -> Any:
    """Every asset by health and by what a failure costs; the size of a point is its confidence, colour what is chosen."""
    import plotly.graph_objects as go

    assets = [asset for asset in words.ranked.assets if asset.failure_chf > 0.0]
    chosen = {item.asset for item in words.ranked.chosen}
    axis = log_axis([asset.failure_chf for asset in assets], words.language)
    # assets come the riskiest first: where names would cover each other, theirs stand
    names = placed(
        [words.named(asset) for asset in assets],
        [(asset.health, asset.failure_chf) for asset in assets],
        x_range=(0.0, _MOST_HEALTH),
        log_y_range=axis["range"],
    )
    drawn: list[Any] = []
    for is_chosen, colour, name in ((True, ACCENT, "status.chosen"), (False, MUTED, "report.others")):
        shown = [at for at, asset in enumerate(assets) if (asset.asset in chosen) == is_chosen]
        drawn.append(
            go.Scatter(
                x=[assets[at].health for at in shown],
                y=[assets[at].failure_chf for at in shown],
                text=[words.named(assets[at]) if names[at] else "" for at in shown],
                textposition=[names[at] or "top center" for at in shown],
                customdata=[words.named(assets[at]) for at in shown],
                mode="markers+text",
                marker={"color": colour, "size": [8 + 14 * assets[at].confidence for at in shown]},
                name=words(name),
                hovertemplate="%{customdata}<br>%{x:.1f}, %{y:.0f} CHF<extra></extra>",
            )
        )
    x, y = words("report.health"), words("report.failure")
    return go.Figure(drawn, layout(x=x, y=y, height=430, xaxis={"range": [0.0, _MOST_HEALTH]}, yaxis=axis) | _NAMED)


def windows(words: Words) -> Any:
    """When each proposal may be done, in local time; what has no free hour is missing."""
    import plotly.graph_objects as go

    zone = ZoneInfo(words.ranked.timezone)
    shown = [item for item in words.ranked.items if item.window is not None][:_MOST_WINDOWS]
    names = [words.work(item) for item in shown]
    spans = [(_local(item.window.start, zone), _local(item.window.end, zone)) for item in shown if item.window is not None]
    return go.Figure(
        [
            go.Bar(
                base=[start for start, _ in spans],
                x=[(end - start).total_seconds() * 1000.0 for start, end in spans],
                y=names,
                orientation="h",
                marker={"color": [ACCENT if item.status == "chosen" else MUTED for item in shown]},
                hovertemplate="%{y}<extra></extra>",
            )
        ],
        layout(
            x=words("report.clock", timezone=words.ranked.timezone),
            y="",
            height=120 + 24 * len(shown),
            # figures alone: plotly knows the months' names in English
            xaxis={"type": "date", "tickformat": "%d.%m. %H:%M", "nticks": 5},
            yaxis={"autorange": "reversed", "automargin": True},
            hovermode="closest",
        ),
    )


def _local(instant: str, zone: ZoneInfo) -> datetime:
    """Wall clock without a zone, as plotly draws it."""
    return datetime.fromisoformat(instant).astimezone(zone).replace(tzinfo=None)


def years(words: Words) -> Any:
    """Cost and avoided risk by year."""
    import plotly.graph_objects as go

    labels = [str(year.year) for year in words.ranked.years]
    bars: Sequence[tuple[str, list[float], str]] = (
        (words("report.spent"), [year.cost_chf for year in words.ranked.years], MUTED),
        (words("report.avoided"), [year.risk_avoided_chf for year in words.ranked.years], ACCENT),
    )
    drawn = [go.Bar(x=labels, y=values, name=name, marker={"color": colour}) for name, values, colour in bars]
    return go.Figure(drawn, layout(x="", y="CHF", height=320) | {"showlegend": True})
