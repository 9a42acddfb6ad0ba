"""The plant whose owner consented to show what it makes: the roof of the school."""

from __future__ import annotations

from dashboard.public.pages.places import Places
from dashboard.public.telling import Telling


def fill(telling: Telling) -> None:
    """Its production beside its size; a silent meter is said, never drawn as nothing."""
    roof = telling.snapshot.roof
    telling.show("roof_card", roof is not None)
    if roof is None:
        return
    telling.text["roof_title"] = telling.titled(roof.title)
    kwp = telling.kilowatt(roof.kwp, "kWp")
    known = roof.p_kw is not None
    telling.text["roof"] = telling.kilowatt(roof.p_kw) if roof.p_kw is not None else telling.say("roof.unknown")
    telling.attributes["roof"] = {"class": "figure" if known else "lead"}
    telling.text["roof_of"] = telling.say("roof.of" if known else "roof.size", kwp=kwp)
    part = roof.p_kw / roof.kwp if roof.p_kw is not None and roof.kwp > 0.0 else 0.0
    telling.show("roof_picture", known)  # an empty bar would look like zero
    telling.attributes["roof_bar"] = {"width": f"{100 * min(1.0, max(0.0, part)):.1f}"}
    telling.text["roof_when"] = telling.mean_of(roof)
    telling.put("roof_quality", telling.quality(roof.quality))


def markup(put: Places) -> str:
    """Figure, bar, and the interval that they are the mean of."""
    bars = f'<rect class="back" width="100" height="4"/>{put("rect", "roof_bar", class_="fill", height="4")}'
    content = put("p", "roof") + put("p", "roof_of")
    content += put.picture("roof_picture", bars, view_box="0 0 100 4", label="roof.picture", shape="bar")
    content += put("p", "roof_when", class_="muted") + put("p", "roof_quality", class_="chip")
    return put.card("roof", put("h2", "roof_title", id="t-roof"), content, "roof_card")
