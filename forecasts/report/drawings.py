"""The pictures, one function each: arrays in the shown unit in, a plotly figure out. No figure is derived here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from forecasts.quantiles import LEVELS
from forecasts.report.look import ACCENT, BANDS, INK, MUTED, RED, colours_of, layout
from forecasts.report.reliability import Reliability
from forecasts.report.scored import MEDIAN


def fan(when: np.ndarray, truth: np.ndarray, forecast: np.ndarray, naive: np.ndarray, *, unit: str, clock: str) -> Any:
    """Bands of one issue, its median, the naive forecast, what came, and in red what came outside the outermost band.

    Args:
        when: local wall clock, dims (time,). ``truth``, ``naive``: dims (time,). ``forecast``: dims (time, quantile).
        clock: how the axis names its time.
    """
    import plotly.graph_objects as go

    drawn = []
    for rank, colour in enumerate(BANDS):
        low, high = rank, len(LEVELS) - 1 - rank
        name = f"{100 * LEVELS[low]:.0f}–{100 * LEVELS[high]:.0f} %"
        drawn.append(go.Scatter(x=when, y=_short(forecast[:, low]), mode="lines", line={"width": 0}, hoverinfo="skip"))
        edge = {"x": when, "y": _short(forecast[:, high]), "mode": "lines", "line": {"width": 0}}
        drawn.append(go.Scatter(**edge, fill="tonexty", fillcolor=colour, name=name, hoverinfo="skip"))
    outside = np.where((truth < forecast[:, 0]) | (truth > forecast[:, -1]), truth, np.nan)
    lines = (
        ("naive", naive, {"color": MUTED, "width": 1.2, "dash": "dash"}),
        ("median", forecast[:, MEDIAN], {"color": ACCENT, "width": 2}),
        ("truth", truth, {"color": INK, "width": 1.6}),
    )
    drawn += [go.Scatter(x=when, y=_short(values), mode="lines", name=name, line=line) for name, values, line in lines]
    dots = {"mode": "markers", "marker": {"color": RED, "size": 5}, "hoverinfo": "skip"}
    drawn.append(go.Scatter(x=when, y=_short(outside), **dots))
    ticks = {"tickformat": "%H h\n%a %-d", "tickangle": 0, "dtick": 43_200_000 if _hours(when) > 26 else 21_600_000}
    return go.Figure(drawn, layout(x=clock, y=unit, xaxis=ticks))


def lines(
    x: np.ndarray,
    curves: Mapping[str, np.ndarray],
    *,
    x_title: str,
    unit: str,
    emphasis: str,
    axis: Mapping[str, Any] | None = None,
) -> Any:
    """Curves over one axis from zero on, ``emphasis`` drawn thick, the last one dashed."""
    import plotly.graph_objects as go

    colours = colours_of(tuple(name for name in curves if name != emphasis))
    drawn = []
    for rank, (name, values) in enumerate(curves.items()):
        line: dict[str, Any] = {"color": INK, "width": 3} if name == emphasis else {"color": colours[name], "width": 1.8}
        if rank and rank == len(curves) - 1:
            line["dash"] = "dash"
        drawn.append(go.Scatter(x=x, y=_short(values), mode="lines", name=name, line=line))
    shape = layout(x=x_title, y=unit, showlegend=True, yaxis={"rangemode": "tozero"}, xaxis=dict(axis or {}))
    return go.Figure(drawn, shape)


def weights(when: np.ndarray, shares: np.ndarray, members: Sequence[str]) -> Any:
    """Weights over time, stacked; dims of ``shares`` (origin, member), in percent."""
    import plotly.graph_objects as go

    colours = colours_of(tuple(members))
    drawn = [
        go.Scatter(
            x=when,
            y=_short(shares[:, rank]),
            mode="lines",
            stackgroup="all",
            name=name,
            line={"width": 0.5, "color": colours[name]},
            fillcolor=colours[name],
            hovertemplate="%{y:.0f} %",
        )
        for rank, name in enumerate(members)
    ]
    return go.Figure(drawn, layout(x="issued, local day", y="weight [%]", showlegend=True, yaxis={"range": [0, 100]}))


def weights_by_level(shares: np.ndarray, members: Sequence[str]) -> Any:
    """Mean weights of each quantile level, stacked; dims of ``shares`` (member, quantile), in percent."""
    import plotly.graph_objects as go

    colours = colours_of(tuple(members))
    names = [f"{100 * level:.0f}" for level in LEVELS]
    drawn = [
        go.Bar(x=names, y=_short(shares[rank]), name=name, marker={"color": colours[name]}, hovertemplate="%{y:.0f} %")
        for rank, name in enumerate(members)
    ]
    shape = layout(x="quantile level [%]", y="mean weight [%]", barmode="stack", bargap=0.15, yaxis={"range": [0, 100]})
    return go.Figure(drawn, {**shape, "xaxis": {**shape["xaxis"], "type": "category"}})


def reliability(found: Reliability) -> Any:
    """Share of truths below each level against the level, over the range that chance allows."""
    import plotly.graph_objects as go

    levels, observed, sampling = 100 * np.array(LEVELS), 100 * found.observed, 100 * found.sampling
    outside = np.where(np.abs(observed - levels) > sampling, observed, np.nan)
    nothing = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    drawn = [
        go.Scatter(x=levels, y=levels - sampling, **nothing),
        go.Scatter(x=levels, y=levels + sampling, **nothing, fill="tonexty", fillcolor=BANDS[0]),
        go.Scatter(x=[0, 100], y=[0, 100], mode="lines", line={"color": MUTED, "dash": "dash", "width": 1}, hoverinfo="skip"),
        go.Scatter(x=levels, y=observed, mode="lines+markers", line={"color": INK, "width": 2}, name="observed [%]"),
        go.Scatter(x=levels, y=outside, mode="markers", marker={"color": RED, "size": 9}, hoverinfo="skip"),
    ]
    span: dict[str, Any] = {"range": [0, 100], "dtick": 20}
    return go.Figure(drawn, layout(x="level [%]", y="observed below [%]", xaxis=span, yaxis=span))


def pit(found: Reliability) -> Any:
    """Density of the probability integral transform between the levels; 1 is calibrated."""
    import plotly.graph_objects as go

    edges = 100 * np.concatenate([[0.0], LEVELS, [1.0]])
    bars = go.Bar(
        x=(edges[1:] + edges[:-1]) / 2,
        y=found.density,
        width=np.diff(edges) * 0.96,
        marker={"color": BANDS[-1]},
        name="density",
    )
    even = go.Scatter(x=[0, 100], y=[1, 1], mode="lines", line={"color": MUTED, "dash": "dash", "width": 1}, hoverinfo="skip")
    span: dict[str, Any] = {"range": [0, 100], "dtick": 20}
    shape = layout(x="where in the band the truth lay [%]", y="density (1 = calibrated)", xaxis=span)
    return go.Figure([bars, even], {**shape, "yaxis": {**shape["yaxis"], "rangemode": "tozero"}})


def occurrences(curves: Mapping[str, Sequence[Sequence[float]]]) -> Any:
    """Said against seen frequency of events: each curve of (probability, share of cases in which it happened, cases)."""
    import plotly.graph_objects as go

    colours = colours_of(tuple(curves))
    drawn = [
        go.Scatter(x=[0, 100], y=[0, 100], mode="lines", line={"color": MUTED, "dash": "dash", "width": 1}, showlegend=False)
    ]
    for name, points in curves.items():
        said, seen, cases = np.array(points, dtype=float).reshape(-1, 3).T
        size = 5.0 + 11.0 * np.sqrt(cases / max(1.0, float(cases.max(initial=1.0))))
        dots = {"color": colours[name], "size": size}
        drawn.append(
            go.Scatter(
                x=100 * said,
                y=100 * seen,
                mode="lines+markers",
                marker=dots,
                line={"color": colours[name], "width": 1},
                name=name,
            )
        )
    span: dict[str, Any] = {"range": [0, 102], "dtick": 20}
    shape = layout(x="probability said [%]", y="happened [%]", xaxis=span, yaxis=span, showlegend=True, hovermode="closest")
    return go.Figure(drawn, shape)


def correlogram(lag_h: np.ndarray, correlation: np.ndarray, *, chance: float) -> Any:
    """Autocorrelation over lags, over the range ``chance`` that independent errors would stay in."""
    import plotly.graph_objects as go

    drawn = go.Scatter(
        x=lag_h,
        y=_short(correlation),
        mode="lines",
        line={"color": INK, "width": 1.6},
        fill="tozeroy",
        fillcolor=BANDS[1],
        name="correlation",
    )
    shape = layout(x="lag [h]", y="correlation", xaxis={"dtick": 24}, yaxis={"range": [min(-0.25, _low(correlation)), 1]})
    box = {
        "type": "rect",
        "x0": lag_h[0],
        "x1": lag_h[-1],
        "y0": -chance,
        "y1": chance,
        "line": {"color": MUTED, "dash": "dot"},
    }
    return go.Figure(drawn, {**shape, "shapes": [box]})


def _short(values: np.ndarray) -> np.ndarray:
    # Seven digits are more than a screen shows, and half the file.
    return np.asarray(values, dtype=np.float32)


def _hours(when: np.ndarray) -> float:
    return float((when[-1] - when[0]) / np.timedelta64(1, "h")) if len(when) else 0.0


def _low(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.min()) - 0.05 if len(known) else 0.0
