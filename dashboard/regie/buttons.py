"""Buttons of the screens: a word, its key, and what scripts, the keyboard and screen readers know of it."""

from __future__ import annotations

from dashboard.regie.markup import Markup, tag


def button(do: str, text: object, *, focus: str, key: str | None = None, strong: bool = False, **more: object) -> Markup:
    """One button.

    Args:
        do: what the page's script does when it is pressed. ``focus``: by this name it keeps the focus over an update.
        key: the key that presses it too, shown beside ``text``.
    """
    style = "button strong" if strong else "button"
    hint = None if key is None else tag("kbd", key)
    return tag("button", text, hint, type="button", class_=style, data_do=do, data_focus=focus, **more)


def folding(fold: str, text: str, *, opened: bool) -> Markup:
    """What folds away, and back, all that is marked ``data-in`` with the same name; the page keeps what the reader chose."""
    return tag(
        "button",
        text,
        type="button",
        class_="fold",
        data_do="fold",
        data_fold=fold,
        data_open=str(opened).lower(),
        data_focus=f"fold-{fold}",
        aria_expanded="true",
    )
