"""The share now: one figure and a ring, what it means, how old it is, and what it is not."""

from __future__ import annotations

from dashboard import format as fmt
from dashboard.public.pages.places import Places
from dashboard.public.telling import QUARTER_HOUR, Telling, declared_words

ARC_GAP = 0.01
"""Of the ring, left free between its two arcs: their greens alone differ too little (WCAG 2.2, 1.4.11)."""


def fill(telling: Telling) -> None:
    """The figure and everything that stands beside it."""
    snapshot, state, share = telling.snapshot, telling.state, telling.share
    text, say = telling.text, telling.say
    text["share"] = say(f"share.{state}") if share is None else telling.percent(share)
    shape = "big word" if share is None else "big full" if round(share, 2) == 1.0 else "big"  # three digits need more room
    telling.attributes["share"] = {"class": shape}
    text["meaning"] = say(f"share.meaning_{state}") if share is None else say("share.meaning", n=round(100 * share))
    _ring(telling)
    telling.put("made", _made_words(telling))
    text["interval"] = interval_words(telling)
    at = telling.clock(snapshot.published_at, seconds=True)
    text["updated"] = say("share.updated_own") if telling.own_time else say("share.updated", at=at)
    telling.put("quality", telling.quality(snapshot.quality))
    telling.put("method", _method_words(telling))
    telling.text["declared"] = declared_words(telling.release.declared if telling.release else None, telling.language)
    known = not fmt.is_missing(snapshot.co2_g_per_kwh)
    co2 = fmt.number(snapshot.co2_g_per_kwh, "g/kWh", language=telling.language)
    text["co2"] = say("share.co2", co2=co2) if known else say("share.co2_unknown")
    telling.show("co2", state in ("ok", "unknown"))


def interval_words(telling: Telling) -> str:
    """When: a quarter hour, or the longer interval that the privacy rule asks for, which then is the town's own as a zone."""
    start = telling.snapshot.interval
    town = next((zone for zone in telling.snapshot.zones if zone.parent is None and zone.start == start), None)
    end = start + QUARTER_HOUR if town is None else town.end
    kind = "_own" if telling.own_time else "" if end - start == QUARTER_HOUR else "_mean"
    span = {"day": telling.day(start), "start": telling.clock(start), "end": telling.clock(end)}
    return telling.say(f"share.interval{kind}", **span)


def _ring(telling: Telling) -> None:
    """What was made here and what came from elsewhere as two arcs of one ring; an unknown share has a broken one."""
    share = telling.share
    whole = share or 0.0
    here = min(whole, telling.snapshot.made_here or 0.0)
    telling.attributes["ring"] = {"class": "ring" if share is not None else "ring none"}
    inset = ARC_GAP / 2 if 0.0 < here < whole else 0.0
    telling.attributes["ring_here"] = _arc(0.0, here, inset)
    telling.attributes["ring_else"] = _arc(here, whole, inset)


def _arc(start: float, end: float, inset: float) -> dict[str, str | None]:
    """A part of the ring, both ends drawn in by ``inset``."""
    return {
        "stroke-dasharray": f"{100 * max(0.0, end - start - 2 * inset):.1f} 100",
        "stroke-dashoffset": f"{-100 * (start + inset):.1f}",
    }


def _made_words(telling: Telling) -> str:
    """The share's two parts, rounded so that they add up to it; "" where they are not known."""
    share, made_here = telling.share, telling.snapshot.made_here
    if share is None or made_here is None:
        return ""
    here = round(made_here, 2)
    return telling.say("share.made", here=telling.percent(here), elsewhere=telling.percent(round(share, 2) - here))


def _method_words(telling: Telling) -> str:
    """What is not as it should be in how this very figure was computed."""
    snapshot = telling.snapshot
    found = []
    if telling.share is not None and snapshot.method == "pooled":
        found.append(telling.say("share.pooled"))
    if snapshot.import_mix == "production":
        found.append(telling.say("share.production_mix"))
    return " ".join(found)


def markup(put: Places) -> str:
    """The hero of the page."""
    arcs = '<circle class="track" cx="60" cy="60" r="52"/>'
    for place in ("ring_else", "ring_here"):
        arcs += put("circle", place, class_=place[5:], cx="60", cy="60", r="52", pathLength="100")
    ring = put("svg", "ring", arcs, viewBox="0 0 120 120", aria_hidden="true")
    figure = f'<div class="gauge">{ring}{put("p", "share")}</div>'
    button = f'<button id="pause" type="button" hidden>{put.say("page.pause")}</button>'
    lines = (
        put("p", "made", class_="lead")
        + put("p", "meaning")
        + put("p", "interval", class_="muted")
        + f'<p class="muted">{put("span", "updated")} <span id="age"></span></p>'
        + f'<div class="tools">{put("span", "quality", class_="chip")}{button}</div>'
        + put("p", "method", class_="muted")
    )
    not_this = (
        f'<p class="label">{put.say("share.label")}</p>{put("p", "declared", class_="muted")}{put("p", "co2", class_="muted")}'
    )
    return put.card("share", put.title("share"), f'{figure}<div class="facts">{lines}{not_this}</div>')
