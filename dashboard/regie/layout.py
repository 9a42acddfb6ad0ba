"""The main page before anything is known: empty panels in reading order; the feed fills them.

Where each zone stands, the style sheet says (``assets/regie.css``): twelve columns, other places where the window is narrow.
"""

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
            html.Header([Panel("header"), Panel("counters"), Panel("tools"), Panel("who")], className="top"),
            Panel("second", tag="section"),
            html.Main(
                [
                    Panel("wall", tag="section"),
                    Panel("strip", tag="section"),
                    _grid(),
                    Panel("alarms", tag="section", className="panel"),
                    Panel("recommendations", tag="section", className="panel"),
                    Panel("scenarios", tag="section", className="panel"),
                    _records(),
                    Panel("conducteur", tag="section", className="panel"),
                ],
                className="zones",
            ),
            Panel("dialogs"),
        ],
    )


def _grid() -> html.Div:
    """Diagram and map, one of them in sight; a what-if of this browser over both; the look-ahead below."""
    drawings = [
        html.Div([Panel("grid-base"), Panel("grid-overlay"), _of_this_browser("diagram")], className="drawing-of diagram-of"),
        html.Div([Panel("map-base"), Panel("map-overlay"), _of_this_browser("map")], className="drawing-of map-of"),
    ]
    return html.Div(
        [
            Panel("grid-tools"),
            Panel("grid-list"),
            Panel("what-if", tag="section"),
            html.Div(id="what-if-answer", role="status"),
            html.Div(drawings, className="drawings"),
            Panel("ahead", tag="section"),
        ],
        id="grid",
        className="panel grid-zone",
    )


def _of_this_browser(view: str) -> html.Div:
    """Where a what-if is drawn: no panel, for nothing that is pushed to everybody may ever stand there."""
    return html.Div(id=f"what-if-{view}", className="what-if-layer")


def _records() -> html.Div:
    """Journal and orders in one place, one of them in sight."""
    return html.Div(
        [Panel("records-tabs"), Panel("journal", tag="section"), Panel("orders", tag="section")], className="panel records"
    )
