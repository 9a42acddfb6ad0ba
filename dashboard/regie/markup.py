"""HTML and SVG from one small builder that escapes everything, so that no text of a snapshot can become markup.

Dash has no SVG elements, and a panel of plain markup costs the browser one comparison of strings where hundreds of nested
components would cost hundreds; `dashboard.regie.panel` puts it on the page.
"""

from __future__ import annotations

from html import escape
from typing import Any


class Markup(str):
    """Text that is already markup. Only `tag` and `join` make it."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: Any) -> Markup:
    """One element. Children that are no `Markup` are escaped; None is left out.

    Attributes: ``class_`` and ``for_`` lose their underscore, ``data_key`` becomes ``data-key``; None and False are left
    out, True gives the bare name.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        word = key.rstrip("_").replace("_", "-")
        parts.append(word if value is True else f'{word}="{escape(str(value))}"')
    opening = " ".join(parts)
    if name in ("input", "br", "hr", "img", "link"):
        return Markup(f"<{opening}>")
    return Markup(f"<{opening}>{join(children)}</{name}>")


def join(children: object) -> Markup:
    """Several children as one; nested sequences are flattened."""
    if children is None:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, (list, tuple)):
        return Markup("".join(map(join, children)))
    return Markup(escape(str(children)))
