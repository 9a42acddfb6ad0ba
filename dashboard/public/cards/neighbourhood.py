"""The neighbourhood: an aggregate large enough that nobody can be singled out, or the reason why there is none."""

from __future__ import annotations

from dashboard import format as fmt
from dashboard.public.pages.places import Places
from dashboard.public.telling import Telling


def fill(telling: Telling) -> None:
    """What it consumed and what its own panels made."""
    group, text = telling.snapshot.neighbourhood, telling.text
    if group is None:
        text["group_title"] = telling.say("card.neighbourhood")
        text["group_load"] = telling.say("neighbourhood.withheld")
        telling.attributes["group_load"] = {"class": ""}
        for place in ("group_of", "group_pv", "group_customers", "group_when", "group_quality"):
            telling.put(place, "")
        return
    text["group_title"] = telling.titled(group.title)
    known = group.load_kw is not None
    text["group_load"] = telling.kilowatt(group.load_kw) if group.load_kw is not None else telling.say("neighbourhood.unknown")
    telling.attributes["group_load"] = {"class": "figure" if known else "lead"}
    telling.put("group_of", telling.say("neighbourhood.consumed") if known else "")
    pv = None if group.pv_kw is None else telling.kilowatt(group.pv_kw)
    telling.put("group_pv", telling.say("neighbourhood.pv_unknown" if pv is None else "neighbourhood.pv", p=pv))
    customers = fmt.number(group.customers, language=telling.language)
    telling.put("group_customers", telling.say("neighbourhood.customers", n=customers))
    telling.put("group_when", telling.mean_of(group))
    telling.put("group_quality", telling.quality(group.quality))


def markup(put: Places) -> str:
    """Figure, own production, and how many people it is the sum of."""
    content = put("p", "group_load") + put("p", "group_of") + put("p", "group_pv")
    content += put("p", "group_when", class_="muted") + put("p", "group_customers", class_="muted")
    content += put("p", "group_quality", class_="chip")
    return put.card("neighbourhood", put("h2", "group_title", id="t-neighbourhood"), content)
