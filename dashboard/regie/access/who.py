"""Who is logged in, on the main page: name and role, the way out; locked, the way back in; ended, what happened."""

from __future__ import annotations

from dashboard.regie.access.door import Caller
from dashboard.regie.gate import LOGIN
from dashboard.regie.markup import Markup, tag
from dashboard.regie.words import Words


def who_panel(caller: Caller, language: str) -> Markup:
    """What the page says of whoever looks at it."""
    words, person = Words.of(language, "UTC", None, "access"), caller.person
    if person is None:
        back = tag("a", words("login.enter"), href=f"{LOGIN}?lang={language}", class_="button strong", data_focus="who-login")
        return tag("div", tag("p", "▲ ", words("who.signed_out")), back, class_="access locked", role="alert")
    if person.locked:
        return _locked(caller, person.name, words)
    logout = tag("button", words("who.logout"), type="submit", class_="button", data_focus="who-logout")
    own = tag("a", words("who.password"), href=f"{LOGIN}/password?lang={language}", data_focus="who-password")
    return tag(
        "div",
        tag("span", words("who.is", name=person.name, role=words(f"role_of.{person.role}"))),
        own if caller.session is not None and caller.session.role is None else None,
        tag("form", logout, method="post", action="/regie/logout"),
        class_="access",
    )


def _locked(caller: Caller, name: str, words: Words) -> Markup:
    """Unlocking without leaving the page: the login form, with the name filled in."""
    language = words.language
    note = tag("p", "▲ ", words("who.locked"), role="alert")
    again = tag("a", words("who.other"), href=f"{LOGIN}?lang={language}", data_focus="who-other")
    if caller.session is None or caller.session.role is not None:
        town = tag(
            "a", words("login.town"), href=f"{LOGIN}/town?lang={language}", class_="button strong", data_focus="who-town"
        )
        return tag("div", note, town, again, class_="access locked")
    form = tag(
        "form",
        tag("input", type="hidden", name="name", value=name),
        tag("input", type="hidden", name="next", value=f"/regie/?lang={language}"),
        tag("label", words("who.locked_as", name=name), for_="unlock"),
        tag(
            "input",
            id="unlock",
            name="password",
            type="password",
            required=True,
            autocomplete="current-password",
            data_focus="unlock",
        ),
        tag("button", words("who.unlock"), type="submit", class_="button strong", data_focus="who-unlock"),
        method="post",
        action=f"{LOGIN}?lang={language}",
    )
    return tag("div", note, form, again, class_="access locked")
