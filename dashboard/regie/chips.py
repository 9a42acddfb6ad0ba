"""Priority chips: always shape, number and colour together, so that colour alone never carries the meaning."""

from __future__ import annotations

from dashboard.regie.markup import Markup, tag

SHAPES = {
    1: "M1 1H13V13H1Z",  # square
    2: "M7 0.5L13.8 13H0.2Z",  # triangle
    3: "M7 0L14 7L7 14L0 7Z",  # diamond
    4: "M7 0.8A6.2 6.2 0 1 1 6.99 0.8Z",  # circle
}
"""Path of each priority's shape in a box of 14 x 14."""


def chip(priority: int, text: str | None = None) -> Markup:
    """A chip: shape and "P2", or shape and ``text``."""
    shape = tag("svg", tag("path", d=SHAPES[priority]), viewBox="0 0 14 14", width=12, height=12, aria_hidden="true")
    return tag("span", shape, tag("span", text or f"P{priority}"), class_=f"chip on-p{priority} p{priority}")
