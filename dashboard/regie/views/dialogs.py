"""Dialogs: confirmation of what has consequences, shelving, a simulation's answer, and help with the switch for keys."""

from __future__ import annotations

from dashboard.regie.markup import Markup, tag
from dashboard.regie.words import Words

_KEYS = (
    ("A", "a", "acknowledge"),
    ("H", "h", "shelve"),
    ("L", "l", "locate"),
    ("Y", "y", "accept"),
    ("N", "n", "refuse"),
    ("G", "g", "simulate"),
    ("1–5", "12345", "boxes"),
    ("S", "s", "diagram"),
    ("M", "m", "map"),
    ("+ − 0", "+-0", "zoom"),
    ("W", "w", "what_if"),
    ("D", "d", "debrief"),
    ("␣", " ", "freeze"),
    ("?", "?", "help"),
)
"""How a key is written, the letters that it is, and the code of what it does; the page hides those that nobody serves."""
_MOTIVES = ("safety", "owner", "work", "forecast", "other")
_SHELVE_MOTIVES = ("work", "sensor", "flicker", "watched", "other")
_SHELVE_MINUTES = (15, 60, 240, 480)


def dialogs(words: Words) -> Markup:
    """Constant per language; the page's scripts open and fill them."""
    return tag(
        "div",
        _confirm(words),
        _shelve(words),
        _trial(words),
        _help(words),
        tag("div", id="tip", role="tooltip", hidden=True),
    )


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
        tag("p", id="confirm-effect", class_="muted"),
        motive,
        _decide(words, words("ui.confirm")),
        method="dialog",
    )
    return tag("dialog", form, id="confirm", aria_labelledby="confirm-title")


def _shelve(words: Words) -> Markup:
    """For how long and why; it comes back by itself."""
    lengths = [
        tag(
            "label",
            tag("input", type="radio", name="minutes", value=minutes, checked=minutes == _SHELVE_MINUTES[0]),
            words(f"ui.shelve_{minutes}"),
        )
        for minutes in _SHELVE_MINUTES
    ]
    choose = tag("option", words("ui.choose"), value="")
    options = [tag("option", words(f"shelve_motive.{code}"), value=words(f"shelve_motive.{code}")) for code in _SHELVE_MOTIVES]
    form = tag(
        "form",
        tag("h2", words("ui.shelve_ask"), id="shelve-title"),
        tag("p", id="shelve-what"),
        tag("p", words("ui.shelve_effect"), class_="muted"),
        tag("fieldset", tag("legend", words("ui.shelve_for")), *lengths, class_="lengths"),
        tag(
            "div",
            tag("label", words("ui.shelve_motive"), for_="shelve-motive"),
            tag("select", choose, *options, id="shelve-motive", name="motive", required=True),
            tag("label", words("ui.motive_detail"), for_="shelve-detail"),
            tag("input", id="shelve-detail", name="detail", type="text", maxlength=120, autocomplete="off"),
            class_="motive",
        ),
        _decide(words, words("ui.shelve")),
        method="dialog",
    )
    return tag("dialog", form, id="shelve", aria_labelledby="shelve-title")


def _trial(words: Words) -> Markup:
    """The place of a simulation's answer, which the server draws (`dashboard.regie.decide.room`)."""
    return tag(
        "dialog",
        tag("h2", words("ui.trial"), id="trial-title"),
        tag("p", "◇ ", words("ui.not_on_air"), class_="not-on-air"),
        tag("p", id="trial-what"),
        tag("div", id="trial-answer", role="status", data_wait=words("ui.trial_waits"), data_failed=words("ui.trial_failed")),
        tag("div", tag("button", words("ui.close"), type="button", data_do="cancel", class_="button"), class_="buttons"),
        id="trial",
        aria_labelledby="trial-title",
    )


def _decide(words: Words, yes: str) -> Markup:
    return tag(
        "div",
        tag("button", yes, type="submit", value="yes", class_="button strong"),
        tag("button", words("ui.cancel"), type="button", data_do="cancel", class_="button"),
        class_="buttons",
    )


def _help(words: Words) -> Markup:
    rows = [
        tag("div", tag("dt", tag("kbd", shown)), tag("dd", words(f"key.{name}")), data_keys=letters)
        for shown, letters, name in _KEYS
    ]
    switch = tag(
        "p",
        tag("input", type="checkbox", id="keys-on", checked=True),
        tag("label", words("ui.keys_on"), for_="keys-on"),
    )
    return tag(
        "dialog",
        tag("h2", words("ui.help"), id="help-title"),
        tag("dl", *rows, class_="keys"),
        switch,
        tag("p", words("ui.colour_rule")),
        tag("div", tag("button", words("ui.close"), type="button", data_do="close-help", class_="button"), class_="buttons"),
        id="help",
        aria_labelledby="help-title",
    )
