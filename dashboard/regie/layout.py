"""The main page before anything is known: empty panels in reading order; the feed fills them."""

from __future__ import annotations

from dash import dcc, html

from dashboard.regie.panel import Panel


def layout() -> html.Div:
    """The zones of the control room, from the header to the run-of-show."""
    return html.Div(
        id="screen",
        children=[
            dcc.Location(id="url"),
            Panel("beat", className="hidden"),
            Panel("pulse", className="hidden"),
            html.Div(id="banner", role="alert", hidden=True),
            html.Div(id="said", role="status"),
            Panel("header", tag="header"),
            html.Main(
                [
                    html.Div([Panel("wall", tag="section"), Panel("strip", tag="section")], className="upper"),
                    html.Div([_grid(), _decisions()], className="middle"),
                    _lower(),
                    Panel("conducteur", tag="section", className="panel"),
                ]
            ),
            Panel("dialogs"),
        ],
    )


def _grid() -> html.Div:
    """Diagram or map, what-ifs on them, and the look-ahead."""
    drawings = html.Div([Panel("grid-base"), Panel("grid-overlay")], className="drawings")
    return html.Div([Panel("grid-list"), drawings, Panel("ahead", tag="section")], className="panel grid-zone")


def _decisions() -> html.Div:
    return html.Div(
        [
            Panel("alarms", tag="section", className="panel"),
            Panel("recommendations", tag="section", className="panel"),
        ],
        className="decisions",
    )


def _lower() -> html.Div:
    return html.Div(
        [
            Panel("horizon", tag="section", className="panel"),
            Panel("scenarios", tag="section", className="panel"),
            Panel("orders", tag="section", className="panel"),
            Panel("journal", tag="section", className="panel"),
        ],
        className="lower",
    )
