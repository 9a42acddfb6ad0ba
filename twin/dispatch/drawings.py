"""The pictures, one function each: an answer's arrays in, a plotly figure out. No figure is derived here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from forecasts.report.look import ACCENT, BANDS, GRID, INK, MUTED, RED, layout

COLOURS = ("#4477AA", "#CC6677", "#999933", "#AA4499", "#44AA99", "#DD9944", "#7766CC", "#66A0D0", "#B07040", "#559955")
"""P. Tol's muted palette; they serve on light and dark."""
OTHERS = "#8C9196"
_LEGEND = {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": 13}}


def stacked(
    edges: np.ndarray, curves: Mapping[str, np.ndarray], lines: Mapping[str, tuple[np.ndarray, str]], *, unit: str, clock: str
) -> Any:
    """Powers of devices stacked, drawing upwards and feeding in downwards, with lines over them.

    Args:
        edges: local start of every step and end of the last, dims (step + 1,). ``curves``: dims (step,) each.
        lines: values, dims (step,), and how the line is drawn ("solid", "dash").
    """
    import plotly.graph_objects as go

    drawn = []
    for rank, (name, values) in enumerate(curves.items()):
        colour = COLOURS[rank] if rank < len(COLOURS) else OTHERS
        sides = [(np.maximum(values, 0.0), "up"), (np.minimum(values, 0.0), "down")]
        shown = False
        for side, group in sides:
            if not np.abs(side).max() > 0.0:
                continue
            drawn.append(
                go.Scatter(
                    x=edges, y=_held(side), mode="lines", line={"width": 0, "shape": "hv", "color": colour}, fillcolor=colour,
                    stackgroup=group, name=name, legendgroup=name, showlegend=not shown, hovertemplate="%{y:.1f}",
                )
            )  # fmt: skip
            shown = True
    for name, (values, dash) in lines.items():
        pen = {"color": INK, "width": 2.0 if dash == "solid" else 1.4, "dash": dash, "shape": "hv"}
        drawn.append(go.Scatter(x=edges, y=_held(values), mode="lines", line=pen, name=name, hovertemplate="%{y:.1f}"))
    return go.Figure(drawn, _layout(unit, clock, height=430))


def levels(
    edges: np.ndarray, plan: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray], *, unit: str, clock: str
) -> Any:
    """Levels from the start to each step's end; with nobody's plan dashed, in the same colour.

    Args:
        plan, before: by store, dims (step + 1,) each.
    """
    import plotly.graph_objects as go

    drawn = []
    for rank, (name, values) in enumerate(plan.items()):
        colour = COLOURS[rank % len(COLOURS)]
        faint = {"color": colour, "width": 1.2, "dash": "dot"}
        drawn += [
            go.Scatter(x=edges, y=before[name], mode="lines", line=faint, legendgroup=name, showlegend=False, hoverinfo="skip"),
            go.Scatter(
                x=edges, y=values, mode="lines", line={"color": colour, "width": 2}, name=name, legendgroup=name,
                hovertemplate="%{y:.0f}",
            ),
        ]  # fmt: skip
    return go.Figure(drawn, _layout(unit, clock))


def comfort(edges: np.ndarray, stores: Sequence[Mapping[str, Any]], *, clock: str) -> Any:
    """Temperatures within their comfort bands."""
    import plotly.graph_objects as go

    drawn = []
    for rank, store in enumerate(stores):
        colour = COLOURS[rank % len(COLOURS)]
        if len(stores) == 1:
            none = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
            drawn.append(go.Scatter(x=edges[1:], y=store["low"], **none))
            drawn.append(go.Scatter(x=edges[1:], y=store["high"], fill="tonexty", fillcolor=BANDS[0], **none))
        before, plan = ([store["start"], *store[which]] for which in ("before", "plan"))
        drawn.append(
            go.Scatter(
                x=edges, y=before, mode="lines", line={"color": colour, "width": 1.2, "dash": "dot"}, showlegend=False,
                hoverinfo="skip",
            )
        )  # fmt: skip
        pen = {"color": colour, "width": 2}
        drawn.append(go.Scatter(x=edges, y=plan, mode="lines", line=pen, name=store["id"], hovertemplate="%{y:.1f}"))
    return go.Figure(drawn, _layout("°C", clock))


def prices(
    edges: np.ndarray, parts: Mapping[str, np.ndarray], tariffs: Mapping[str, tuple[np.ndarray, str]], *, clock: str
) -> Any:
    """Parts of the price of a kWh stacked, with the tariffs as lines [CHF/kWh]."""
    import plotly.graph_objects as go

    shades = (BANDS[1], BANDS[4], OTHERS, COLOURS[5], COLOURS[1], COLOURS[3])
    drawn = [
        go.Scatter(
            x=edges, y=_held(values), mode="lines", line={"width": 0, "shape": "hv", "color": shade}, fillcolor=shade,
            stackgroup="price", name=name, hovertemplate="%{y:.4f}",
        )
        for (name, values), shade in zip(parts.items(), shades, strict=False)
    ]  # fmt: skip
    for name, (values, dash) in tariffs.items():
        pen = {"color": INK, "width": 1.6, "dash": dash, "shape": "hv"}
        drawn.append(go.Scatter(x=edges, y=_held(values), mode="lines", line=pen, name=name, hovertemplate="%{y:.4f}"))
    return go.Figure(drawn, _layout("CHF/kWh", clock))


def against(
    edges: np.ndarray,
    curves: Mapping[str, tuple[Sequence[float], str]],
    limits: Sequence[float],
    *,
    unit: str,
    clock: str,
) -> Any:
    """Curves with and without a plan against limits; red where a curve is beyond one.

    Args:
        curves: values, dims (step,), and "plan" or "before". ``limits``: one upper, or a lower and an upper one.
    """
    import plotly.graph_objects as go

    low, high = (-np.inf, limits[0]) if len(limits) == 1 else (limits[0], limits[1])
    drawn: list[Any] = []
    for name, (given, which) in curves.items():
        values = np.asarray(given, dtype=float)
        pen = {"color": INK, "width": 2} if which == "plan" else {"color": MUTED, "width": 1.4, "dash": "dash"}
        first = not any(trace.name == name for trace in drawn)
        drawn.append(
            go.Scatter(
                x=edges, y=_held(values), mode="lines", line={**pen, "shape": "hv"}, name=name, legendgroup=name,
                showlegend=first, hovertemplate="%{y:.3f}" if unit == "pu" else "%{y:.1f}",
            )
        )  # fmt: skip
        beyond = np.where((values < low) | (values > high), values, np.nan)
        if np.isfinite(beyond).any():
            red = {"color": RED, "width": 3, "shape": "hv"}
            drawn.append(go.Scatter(x=edges, y=_held(beyond), mode="lines", line=red, showlegend=False, hoverinfo="skip"))
    figure = go.Figure(drawn, _layout(unit, clock))
    for limit in limits:
        figure.add_hline(y=limit, line={"color": ACCENT, "width": 1.2, "dash": "dash"})
    return figure


def _layout(unit: str, clock: str, height: int = 320) -> dict[str, Any]:
    ticks = {"tickformat": "%H:%M\n%a %-d", "tickangle": 0, "tickcolor": GRID}
    return layout(x=clock, y=unit, height=height, showlegend=True, legend=_LEGEND, xaxis=ticks, margin={"t": 12, "l": 64})


def _held(values: Any) -> np.ndarray:
    """A value per step as a line over the steps' edges: the last one is held to the end."""
    array = np.asarray(values, dtype=float)
    return np.concatenate([array, array[-1:]])
