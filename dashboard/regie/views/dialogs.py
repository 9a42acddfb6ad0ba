"""Dialogs: confirmation of what has consequences, and help with the switch for single-letter keys."""

from __future__ import annotations

from dashboard.regie.markup import Markup, tag
from dashboard.regie.words import Words

_KEYS = (("A", "acknowledge"), ("Y", "accept"), ("N", "refuse"), ("L", "locate"), ("?", "help"))
_MOTIVES = ("safety", "owner", "work", "forecast", "other")


def dialogs(words: Words) -> Markup:
    """Constant per language; the page's scripts open and fill them."""
    return tag("div", _confirm(words), _help(words), tag("div", id="tip", role="tooltip", hidden=True))


def _confirm(words: Words) -> Markup:
    options = [tag("option", words(f"motive.{motive}"), value=words(f"motive.{motive}")) for motive in _MOTIVES]
    motive = tag(
        "div",
        tag("label", words("ui.motive"), for_="motive"),
        tag("select", *options, id="motive", name="motive"),
        tag("label", words("ui.motive_detail"), for_="motive-detail"),
        tag("input", id="motive-detail", name="detail", type="text", maxlength=120, autocomplete="off"),
        class_="motive",
    )
    form = tag(
        "form",
        tag("h2", id="confirm-title", data_accept=words("ui.accept_ask"), data_refuse=words("ui.refuse_ask")),
        tag("p", id="confirm-what"),
        motive,
        tag(
            "div",
            tag("button", words("ui.confirm"), type="submit", value="yes", class_="button strong"),
            tag("button", words("ui.cancel"), type="button", data_do="cancel", class_="button"),
            class_="buttons",
        ),
        method="dialog",
    )
    return tag("dialog", form, id="confirm", aria_labelledby="confirm-title")


def _help(words: Words) -> Markup:
    rows = [tag("div", tag("dt", tag("kbd", key)), tag("dd", words(f"key.{name}"))) for key, name in _KEYS]
    switch = tag(
        "p",
        tag("input", type="checkbox", id="keys-on", checked=True),
        tag("label", words("ui.keys_on"), for_="keys-on"),
    )
    name = tag(
        "p",
        tag("label", words("ui.signed_by"), for_="signed-by"),
        tag("input", type="text", id="signed-by", maxlength=40, autocomplete="off", value=words("ui.signed_default")),
    )
    return tag(
        "dialog",
        tag("h2", words("ui.help"), id="help-title"),
        tag("dl", *rows, class_="keys"),
        switch,
        name,
        tag("p", words("ui.colour_rule")),
        tag("div", tag("button", words("ui.close"), type="button", data_do="close-help", class_="button"), class_="buttons"),
        id="help",
        aria_labelledby="help-title",
    )
