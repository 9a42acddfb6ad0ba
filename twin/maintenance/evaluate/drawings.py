"""The pictures of an evaluation, one function each: arrays in, a plotly figure out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from forecasts.report.look import ACCENT, BANDS, INK, MUTED, RED, layout


def excess(
    when: np.ndarray,
    excess_k: np.ndarray,
    peaks: np.ndarray,
    alarms: Sequence[np.datetime64],
    labelled: Sequence[tuple[np.datetime64, np.datetime64]],
    *,
    names: tuple[str, str],
    clock: str,
) -> Any:
    """Residual above the reference by block, with the CUSUM in multiples of its bar on a second axis; alarms are red.

    Args:
        when: starts of the blocks, local, dims (block,). ``excess_k``, ``peaks``: NaN while learning.
        excess_k: [K]. ``peaks``: CUSUM over its bar.
        peaks: CUSUM over its bar.
        alarms: when each one was raised. ``labelled``: known faults, start and end.
        labelled: known faults, start and end.
        names: of the two curves. ``clock``: of the time axis.
        clock: of the time axis.
    """
    import plotly.graph_objects as go

    drawn = [
        go.Scatter(x=when, y=np.round(excess_k, 2), mode="lines", name=names[0], line={"color": INK, "width": 1.2}),
        go.Scatter(x=when, y=np.round(peaks, 3), mode="lines", name=names[1], yaxis="y2", line={"color": ACCENT, "width": 1.6}),
    ]
    second: dict[str, Any] = {"overlaying": "y", "side": "right", "range": [0.0, 2.05], "dtick": 0.5, "showgrid": False}
    second["title"] = {"text": names[1], "font": {"size": 13}}
    # figures alone: plotly knows the months' names in English
    days = {"tickformat": "%d.%m.%Y", "hoverformat": "%d.%m.%Y %H:%M", "nticks": 7}
    figure = go.Figure(
        drawn, layout(x=clock, y=names[0], showlegend=True, xaxis=days, yaxis2=second, margin={"r": 60, "t": 30})
    )
    figure.add_shape(
        type="line", xref="paper", x0=0, x1=1, yref="y2", y0=1, y1=1, line={"color": MUTED, "width": 1, "dash": "dash"}
    )
    for start, end in labelled:
        figure.add_vrect(x0=str(start), x1=str(end), fillcolor=BANDS[0], line_width=0, layer="below")
    for raised in alarms:
        figure.add_shape(
            type="line", x0=str(raised), x1=str(raised), yref="paper", y0=0, y1=1, line={"color": RED, "width": 1.5}
        )
    return figure


def precision_recall(curve: Sequence[dict[str, Any]], *, titles: tuple[str, str], name: str) -> Any:
    """Precision over recall as the bar is swept; the dot is the bar that the budget sets."""
    import plotly.graph_objects as go

    known = [point for point in curve if point["precision"] is not None]
    bars = [f"{point['threshold']:.2f}" for point in known]
    recall, precision = ([100.0 * point[key] for point in known] for key in ("recall", "precision"))
    at = [rank for rank, point in enumerate(known) if abs(point["threshold"] - 1.0) < 1e-9]
    drawn = [
        go.Scatter(x=recall, y=precision, text=bars, mode="lines+markers", line={"color": ACCENT}, name=name, showlegend=False),
        go.Scatter(
            x=[recall[rank] for rank in at], y=[precision[rank] for rank in at], mode="markers", name=name,
            marker={"color": RED, "size": 11},
        ),
    ]  # fmt: skip
    percent = {"range": [-2, 103]}
    shape = layout(x=titles[0], y=titles[1], hovermode="closest", showlegend=True, xaxis=percent, yaxis=percent)
    return go.Figure(drawn, shape)


def cost_of_recall(curve: Sequence[dict[str, Any]], budget: float, *, titles: tuple[str, str], name: str) -> Any:
    """Share of faults found over false alarms per asset-month; the dashed line is the budget."""
    import plotly.graph_objects as go

    wrong, recall = [point["false_alarms_asset_month"] for point in curve], [100.0 * point["recall"] for point in curve]
    figure = go.Figure(
        [go.Scatter(x=wrong, y=recall, mode="lines+markers", line={"color": ACCENT})],
        layout(x=titles[0], y=titles[1], hovermode="closest", yaxis={"range": [-2, 103]}),
    )
    figure.add_vline(x=budget, line={"color": MUTED, "width": 1.4, "dash": "dash"}, annotation_text=name)
    return figure
