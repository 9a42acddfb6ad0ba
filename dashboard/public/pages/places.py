"""Elements whose words and attributes come from the view; empty ones wait for the script to fill them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from dashboard import format as fmt
from dashboard.public.telling import Attributes


class Places:
    """Writes elements of a page in one language.

    Args:
        text, attributes: place -> words, and place -> attributes, as the view holds them.
    """

    def __init__(self, language: str, text: Mapping[str, str], attributes: Mapping[str, Attributes]) -> None:
        self.language = language
        self._text = text
        self._attributes = attributes

    def __call__(self, tag: str, place: str, inner: str | None = None, **fixed: str) -> str:
        """One element that the script finds again by its place; ``inner``: markup instead of words."""
        own = {"data-k": place, **_named(fixed)}
        own |= {name: value for name, value in self._attributes.get(place, {}).items() if value is not None}
        words = escape(self._text.get(place, "")) if inner is None else inner
        return f"<{tag}{attributes(own)}>{words}</{tag}>"

    def words(self, code: str) -> str:
        """The words of a code, for an attribute."""
        return fmt.texts(self.language, "public").get(code)

    def say(self, code: str) -> str:
        """The words of a code, safe to stand in a page."""
        return escape(self.words(code))

    def title(self, name: str) -> str:
        """The heading of a card whose title never changes."""
        return f'<h2 id="t-{name}">{self.say(f"card.{name}")}</h2>'

    def card(self, name: str, heading: str, content: str, place: str = "") -> str:
        """A section named by its heading (id ``t-NAME``); with a ``place``, one that can be hidden."""
        fixed = {"class_": f"card {name}", "aria_labelledby": f"t-{name}"}
        if place:
            return self("section", place, heading + content, **fixed)
        return f"<section{attributes(_named(fixed))}>{heading}{content}</section>"

    def picture(self, place: str, drawing: str, *, view_box: str, label: str, shape: str) -> str:
        """A drawing that says in words what it shows; its place may hide it. ``label``: a code."""
        fixed = {"class_": shape, "viewBox": view_box, "preserveAspectRatio": "none", "role": "img"}
        fixed["aria_label"] = self.words(label)
        return self("svg", place, drawing, **fixed)


def attributes(values: Mapping[str, str]) -> str:
    """Attributes as they stand in a tag; one without a value stands alone."""
    return "".join(f' {name}="{escape(value)}"' if value else f" {name}" for name, value in values.items())


def _named(fixed: Mapping[str, str]) -> dict[str, str]:
    """Python's names as HTML's: ``class_`` is class, ``aria_label`` is aria-label."""
    return {name.rstrip("_").replace("_", "-"): value for name, value in fixed.items()}
