"""A Dash component for one zone of the screen: its markup is made on the server and replaced as a whole.

The browser's half is ``assets/10_panel.js``; it keeps focus and scroll position across an update.
"""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component


class Panel(Component):
    """One zone.

    Attributes:
        id: its name, the target of the live push. ``markup``: what it shows, from `dashboard.regie.markup` only.
        payload: JSON-able values for the page's scripts (``window.regie.payloads[id]``).
        tag: "section", "header", "div"; ``label``: its accessible name.
    """

    _namespace = "regie"
    _type = "Panel"
    _base_nodes: list[str] = []  # noqa: RUF012 (Dash reads a plain list from the class)
    _prop_names = ["id", "markup", "payload", "tag", "label", "className"]  # noqa: RUF012 (Dash reads a plain list from the class)
    _valid_wildcard_attributes: list[str] = []  # noqa: RUF012 (Dash reads a plain list from the class)
    available_properties = _prop_names
    available_wildcard_properties: list[str] = []  # noqa: RUF012 (Dash reads a plain list from the class)

    def __init__(self, id: str, **props: Any) -> None:  # noqa: A002 (Dash's name for it)
        super().__init__(id=id, **props)
