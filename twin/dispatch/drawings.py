"""The pictures, one function each: an answer's arrays in, a plotly figure out. No figure is derived here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from forecasts.report.look import ACCENT, BANDS, GRID, INK, MUTED, RED, layout

COLOURS = ("#4477AA", "#CC6677", "#999933", "#AA4499", "#44AA99", "#DD9944", "#7766CC", "#66A0D0", "#B07040", "#559955")
"""P. Tol's muted palette; they serve on light and dark."""
OTHERS = "#8C9196"
BASE = BANDS[1]
"""What is not planned: quieter than what is."""
PARTS = {
    "energy": BANDS[1],
    "peak": BANDS[4],
    "losses": OTHERS,
    "voltage": COLOURS[5],
    "loading": COLOURS[1],
    "site": COLOURS[3],
}
"""Parts of a price."""
_LEGEND = {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": 13}}


def stacked(
    edges: np.ndarray,
    curves: Mapping[str, tuple[np.ndarray, str]],
    lines: Mapping[str, tuple[np.ndarray, str]],
    *,
    unit: str,
    clock: str,
    height: int = 320,
) -> Any:
    """Values stacked, positive upwards and negative downwards, with lines over them.

    Args:
        edges: local start of every step and end of the last, dims (step + 1,).
        curves: values, dims (step,), and their colour. ``lines``: values, and how the line is drawn ("solid", "dot").
    """
    import plotly.graph_objects as go

    hover = "%{y:.4f}" if unit == "CHF/kWh" else "%{y:.1f}"
    drawn: list[Any] = []
    for name, (values, colour) in curves.items():
        sides = {"up": np.maximum(values, 0.0), "down": np.minimum(values, 0.0)}
        seen = [group for group, side in sides.items() if side.any()]
        flat = {"mode": "lines", "line": {"width": 0, "shape": "hv", "color": colour}, "fillcolor": colour}
        named = {"name": name, "legendgroup": name, "hovertemplate": hover}
        drawn += [
            go.Scatter(x=edges, y=_held(sides[group]), stackgroup=group, showlegend=group == seen[0], **flat, **named)
            for group in seen
        ]
    for name, (values, dash) in lines.items():
        pen = {"color": INK, "width": 2.0 if dash == "solid" else 1.6, "dash": dash, "shape": "hv"}
        drawn.append(go.Scatter(x=edges, y=_held(values), mode="lines", line=pen, name=name, hovertemplate=hover))
    return go.Figure(drawn, _layout(unit, clock, height=height))


def levels(
    edges: np.ndarray, curves: Mapping[str, tuple[np.ndarray, np.ndarray, str]], *, unit: str, clock: str, height: int = 320
) -> Any:
    """Levels from the start to each step's end; without a plan dotted, in the same colour.

    Args:
        curves: with and without a plan, dims (step + 1,), and the colour.
    """
    import plotly.graph_objects as go

    drawn: list[Any] = []
    for name, (plan, before, colour) in curves.items():
        faint, strong = {"color": colour, "width": 1.2, "dash": "dot"}, {"color": colour, "width": 2}
        same = {"x": edges, "mode": "lines", "legendgroup": name}
        drawn += [
            go.Scatter(y=before, line=faint, showlegend=False, hoverinfo="skip", **same),
            go.Scatter(y=plan, line=strong, name=name, hovertemplate="%{y:.0f}", **same),
        ]
    return go.Figure(drawn, _layout(unit, clock, height=height))


def comfort(edges: np.ndarray, rooms: Sequence[Mapping[str, Any]], colours: Mapping[str, str], *, clock: str) -> Any:
    """Temperatures; of a single room also the comfort band."""
    import plotly.graph_objects as go

    curves = {
        room["id"]: (np.array([room["start"], *room["plan"]]), np.array([room["start"], *room["before"]]), colours[room["id"]])
        for room in rooms
    }
    figure = levels(edges, curves, unit="°C", clock=clock)
    figure.update_traces(hovertemplate="%{y:.1f}", selector={"hoverinfo": None})
    if len(rooms) > 1:
        return figure
    none = {"x": edges[1:], "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    band = [go.Scatter(y=rooms[0]["low"], **none), go.Scatter(y=rooms[0]["high"], fill="tonexty", fillcolor=BANDS[0], **none)]
    return go.Figure([*band, *figure.data], figure.layout)


def against(
    edges: np.ndarray,
    curves: Mapping[str, Sequence[Sequence[float]]],
    limits: Sequence[float],
    *,
    unit: str,
    clock: str,
) -> Any:
    """Curves without and with a plan against limits; red where a curve is beyond one.

    Args:
        curves: without a plan first; each one or two sequences, dims (step,), between which the plan's band is filled.
        limits: an upper one, or a lower and an upper one.
    """
    import plotly.graph_objects as go

    low, high = (-np.inf, limits[0]) if len(limits) == 1 else (limits[0], limits[1])
    hover = "%{y:.3f}" if unit == "pu" else "%{y:.1f}"
    drawn: list[Any] = []
    for rank, (name, ends) in enumerate(curves.items()):
        pen = (
            {"color": INK, "width": 2, "shape": "hv"} if rank else {"color": MUTED, "width": 1.6, "dash": "dot", "shape": "hv"}
        )
        for at, given in enumerate(ends):
            values = np.asarray(given, dtype=float)
            fill = {"fill": "tonexty", "fillcolor": BANDS[0]} if rank and at else {}
            drawn.append(
                go.Scatter(
                    x=edges, y=_held(values), mode="lines", line={**pen, "shape": "hv"}, name=name, legendgroup=name,
                    showlegend=at == 0, hovertemplate=hover, **fill,
                )
            )  # fmt: skip
    drawn += [_beyond(edges, values, low, high) for ends in curves.values() for values in ends]
    figure = go.Figure(drawn, _layout(unit, clock))
    for limit in limits:
        figure.add_hline(y=limit, line={"color": ACCENT, "width": 1.4, "dash": "dash"})
    return figure


def _beyond(edges: np.ndarray, given: Sequence[float], low: float, high: float) -> Any:
    import plotly.graph_objects as go

    values = np.asarray(given, dtype=float)
    # What the proof counts as within a limit is not red either.
    slack = 1e-3 * max(abs(high), 1e-9)
    out = np.where((values < low - slack) | (values > high + slack), values, np.nan)
    pen = {"color": RED, "width": 3, "shape": "hv"}
    return go.Scatter(x=edges, y=_held(out), mode="lines", line=pen, showlegend=False, hoverinfo="skip")


def colours_of(drawn: Sequence[str], stores: Sequence[str]) -> dict[str, str]:
    """A colour for every device that is drawn, the same in all pictures; other stores take those that no drawn store has.

    Args:
        drawn: at most as many as there are colours.
    """
    found = dict(zip(drawn, COLOURS, strict=False))
    free = [colour for colour in COLOURS if colour not in {found.get(name) for name in stores}] or list(COLOURS)
    left = [name for name in stores if name not in found]
    return found | {name: free[rank % len(free)] for rank, name in enumerate(left)}


def _layout(unit: str, clock: str, height: int = 320) -> dict[str, Any]:
    ticks = {"tickformat": "%H:%M\n%-d.%-m.", "tickangle": 0, "tickcolor": GRID}
    return layout(x=clock, y=unit, height=height, showlegend=True, legend=_LEGEND, xaxis=ticks, margin={"t": 12, "l": 64})


def _held(values: Any) -> np.ndarray:
    """A value per step as a line over the steps' edges: the last one is held to the end."""
    array = np.asarray(values, dtype=float)
    return np.concatenate([array, array[-1:]])
