"""Colours and layout of the pictures. Figures carry the light colours; the page swaps them for the dark ones.

Colour means abnormal (red: the truth outside the band) or tells experts apart; everything else is ink on paper.
"""

from __future__ import annotations

import json
from typing import Any

INK, MUTED, GRID, ACCENT, RED = "#1B1E21", "#5A6066", "#C9CCCF", "#2F5D8A", "#B3001B"
BANDS = ("#DCE5EE", "#C6D5E4", "#AFC4D9", "#98B3CE", "#81A2C3")
"""Outermost band first."""

NIGHT = {
    INK: "#ECEEF0",
    MUTED: "#A3A9AF",
    GRID: "#3A3F44",
    ACCENT: "#8DB8E2",
    RED: "#FF6B78",
    **dict(zip(BANDS, ("#24303C", "#2B3D4E", "#334A60", "#3B5873", "#446687"), strict=True)),
}
"""Light colour -> dark colour; the experts' own colours serve on both."""

_EXPERTS = ("#4477AA", "#CC6677", "#999933", "#AA4499", "#44AA99", "#DD9944", "#7766CC", "#66A0D0", "#B07040", "#559955")
_FLOORS = {"last_week": "#8C9196", "yesterday": "#A9AEB3", "day_type": "#71777D", "sky_days": "#8C9196"}


def colours_of(members: tuple[str, ...]) -> dict[str, str]:
    """A colour for each member: greys for the floors, P. Tol's muted palette for the experts."""
    found: dict[str, str] = {}
    for name in members:
        floor = _FLOORS.get(name.removesuffix("_band"))
        found[name] = floor or _EXPERTS[len([1 for colour in found.values() if colour in _EXPERTS]) % len(_EXPERTS)]
    return found


def layout(*, x: str, y: str, height: int = 300, **more: Any) -> dict[str, Any]:
    """A plain layout: no frame, thin grid, figures in tabular order, the title left to the page."""
    axis = {"gridcolor": GRID, "linecolor": GRID, "zerolinecolor": MUTED, "ticks": "outside", "tickcolor": GRID}
    base: dict[str, Any] = {
        "template": None,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": INK},
        "margin": {"l": 60, "r": 12, "t": 8, "b": 48},
        "height": height,
        "showlegend": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "#FFFFFF", "font": {"color": "#1B1E22"}},
        "xaxis": {**axis, "title": {"text": x, "font": {"size": 13}}, "showgrid": False},
        "yaxis": {**axis, "title": {"text": y, "font": {"size": 13}}},
    }
    for key, value in more.items():
        base[key] = {**base[key], **value} if isinstance(base.get(key), dict) else value
    return base


def figure_json(figure: Any) -> str:
    """A plotly figure as JSON that may stand inside a script element."""
    import plotly.io

    return str(plotly.io.to_json(figure, validate=True)).replace("</", "<\\/")


def night_json() -> str:
    """The dictionary by which the page changes colours."""
    return json.dumps(NIGHT)
