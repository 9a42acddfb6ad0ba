"""Three pieces of advice that follow from the green hours."""

from __future__ import annotations

from dashboard.public.cards.green import advised, when, window_words
from dashboard.public.green_window import SHOWN_HOURS, best_window, hour_to_avoid
from dashboard.public.pages.places import Places
from dashboard.public.telling import Telling

KINDS = ("wash", "car", "wait")


def fill(telling: Telling) -> None:
    """When to wash and to charge, and what to leave for later; without a green hour nothing is promised."""
    hours = advised(telling)
    window = best_window(hours)
    if window is None:
        for kind in KINDS:
            telling.text[f"advice_{kind}"] = telling.say(f"advice.{kind}_none")
        return
    for kind in ("wash", "car"):
        code = f"advice.{kind}{when(telling, window)}"
        telling.text[f"advice_{kind}"] = telling.say(code, **window_words(telling, window))
    worst = hour_to_avoid(hours[:SHOWN_HOURS])
    telling.text["advice_wait"] = telling.say("advice.wait_none")
    if worst is not None and not worst.green:
        about = {"start": telling.clock(worst.start), "share": telling.percent(worst.share)}
        telling.text["advice_wait"] = telling.say("advice.wait", **about)


def markup(put: Places) -> str:
    """A list of three."""
    rows = "".join(put("li", f"advice_{kind}") for kind in KINDS)
    return put.card("advice", put.title("advice"), f'<ul class="advice-list">{rows}</ul>')
