"""The next twelve hours as a strip of bars, each with the band in which it may turn out, and the best moment in words."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.public.green_window import (
    ADVISED_HOURS,
    SHOWN_HOURS,
    Window,
    best_window,
    coming,
    greenest_hour,
    hour_to_avoid,
)
from dashboard.public.pages.places import Places
from dashboard.public.telling import HOUR, Attributes, Telling
from twin.contracts.public_snapshot import ComingHour

STRIP_HEIGHT = 48  # of the drawing's own units


def fill(telling: Telling) -> None:
    """The bars, their words for the ear, and the sentence about the best of them."""
    hours = advised(telling)
    strip = hours[:SHOWN_HOURS]
    scale = _scale(strip)
    for index in range(SHOWN_HOURS):
        hour = strip[index] if index < len(strip) else None
        _bar(telling, f"h{index}", hour)
        telling.text[f"h{index}_top"] = telling.percent(hour.share) if hour is not None and hour in scale else ""
    known = any(hour.share is not None for hour in hours)
    telling.show("strip", known)
    telling.show("legend", known)
    telling.show("legend_band", any(hour.low is not None for hour in strip))
    window = best_window(hours)
    if window is None:
        telling.text["best"] = telling.say("green.none" if known else "green.unknown")
    else:
        telling.text["best"] = telling.say(f"green.best{when(telling, window)}", **window_words(telling, window))


def _scale(strip: Sequence[ComingHour]) -> list[ComingHour]:
    """The greenest and a least green hour, whose figures tell the eye what the heights of the others mean.

    Side by side the two figures would run into each other: then the greenest stands alone.
    """
    top, bottom = greenest_hour(strip), hour_to_avoid(strip)
    if top is None or bottom is None:
        return []
    apart = hour_to_avoid([hour for hour in strip if abs(hour.start - top.start) > HOUR])
    return [top, apart] if apart is not None and apart.share == bottom.share else [top]


def advised(telling: Telling) -> tuple[ComingHour, ...]:
    """The hours from the running one on for which a household plans."""
    return coming(telling.snapshot.coming, telling.snapshot.as_of)[:ADVISED_HOURS]


def when(telling: Telling, window: Window) -> str:
    """The ending of a code: "_now", "_tomorrow", or nothing for later today."""
    if window.start <= telling.snapshot.as_of:
        return "_now"
    return "" if telling.same_day(window.start) else "_tomorrow"


def window_words(telling: Telling, window: Window) -> dict[str, str]:
    """Start, end and mean share of a window."""
    return {"start": telling.clock(window.start), "end": telling.clock(window.end), "share": telling.percent(window.share)}


def hour_words(telling: Telling, hour: ComingHour) -> str:
    """One hour as a sentence."""
    start, share = telling.clock(hour.start), telling.percent(hour.share)
    if hour.share is None:
        return telling.say("green.hour_unknown", start=start)
    green = telling.say("green.hour_green") if hour.green else ""
    if hour.low is None or hour.high is None:
        return telling.say("green.hour", start=start, share=share) + green
    band = {"low": telling.percent(hour.low), "high": telling.percent(hour.high)}
    return telling.say("green.hour_band", start=start, share=share, **band) + green


def _bar(telling: Telling, place: str, hour: ComingHour | None) -> None:
    text, attributes = telling.text, telling.attributes
    if hour is None:
        attributes[place] = {"hidden": "", "class": "hour"}
        text.update({f"{place}_label": "", f"{place}_words": ""})
        return
    kind = "gap" if hour.share is None else "green" if hour.green else "hour"
    attributes[place] = {"hidden": None, "class": kind}
    text[f"{place}_label"] = telling.clock(hour.start)[:2]
    text[f"{place}_words"] = hour_words(telling, hour)
    attributes[f"{place}_bar"] = _span(0.0, hour.share or 0.0)
    banded = hour.low is not None and hour.high is not None
    attributes[f"{place}_band"] = _span(hour.low or 0.0, hour.high or 0.0) if banded else {"y": "0", "height": "0"}


def _span(low: float, high: float) -> Attributes:
    """Where a part of a bar stands, from below."""
    top, bottom = round(STRIP_HEIGHT * high, 1), round(STRIP_HEIGHT * low, 1)
    return {"y": f"{STRIP_HEIGHT - top:g}", "height": f"{top - bottom:g}"}


def markup(put: Places) -> str:
    """The strip, and the way to all 48 hours."""
    hours = "".join(_hour(put, f"h{index}") for index in range(SHOWN_HOURS))
    strip = put("ol", "strip", hours, class_="strip", aria_label=put.words("green.list"))
    band = put("span", "legend_band", put.say("green.legend_band"))
    legend = put("p", "legend", f"{put.say('green.legend')} {band}", class_="muted")
    more = f'<p class="more"><a href="hours/">{put.say("green.all")}</a></p>'
    return put.card("green", put.title("green"), put("p", "best", class_="lead") + strip + legend + more)


def _hour(put: Places, place: str) -> str:
    """One hour of the strip: a drawn bar with its label for the eye, a sentence for the ear."""
    bars = put("rect", f"{place}_bar", width="10") + put("rect", f"{place}_band", class_="band", x="4.2", width="1.6")
    drawing = f'<svg viewBox="0 0 10 {STRIP_HEIGHT}" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>'
    top = put("span", f"{place}_top", aria_hidden="true", class_="top")
    label = put("span", f"{place}_label", aria_hidden="true", class_="label")
    return put("li", place, top + drawing + label + put("span", f"{place}_words", class_="aside"))
