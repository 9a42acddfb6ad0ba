"""A public snapshot in the words of one language: for every place of the page its text and its attributes.

The page (HTML) and the live file (JSON) are both made from this, so that the first paint and every later one agree.
A place is named like ``share`` or ``h3_bar``; `dashboard.public.page` says where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard import format as fmt
from dashboard.public.feed import Reading
from dashboard.public.green_window import HOUR, SHOWN_HOURS, best_window, coming, greenest_hour, hour_to_avoid
from dashboard.public.sources import KINDS, Slice, slices
from twin.contracts.public_snapshot import GreenHour, Neighbourhood, PublicSnapshot, Roof

QUARTER_HOUR, DAY = timedelta(minutes=15), timedelta(days=1)
REAL_TIME = 1.0
ADVICE = ("wash", "car", "wait")
NOTE_PLACES = 8
STRIP_HEIGHT = 48  # of the drawing's own units; `page` draws with the same

Attributes = Mapping[str, str | None]


@dataclass(frozen=True)
class View:
    """What the page shows in one language.

    Attributes:
        text: place -> words; attributes: place -> attribute -> value, None taking the attribute away.
        clock: instants (ISO 8601 UTC) that the script needs: ``published_at``, ``next_at``, ``stale_after``.
        share_percent: the share as the page shows it, to tell a meaningful change from a small one; None if there is none.
        say: one sentence for screen readers.
    """

    language: str
    text: Mapping[str, str]
    attributes: Mapping[str, Attributes]
    clock: Mapping[str, str | None] = field(default_factory=dict)
    share_percent: int | None = None
    say: str = ""

    def to_json(self) -> bytes:
        """The live file, in UTF-8."""
        content = {
            **self.clock,
            "share_percent": self.share_percent,
            "say": self.say,
            "text": self.text,
            "attributes": self.attributes,
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def render(reading: Reading, language: str) -> View:
    """The view of a reading; without a snapshot it holds nothing but the words that say why."""
    if reading.snapshot is not None:
        return _Teller(reading.snapshot, language).view()
    words = fmt.texts(language, "public")
    params = dict(reading.params)
    if "reason" in params:
        params["reason"] = words.get(f"reason.{params['reason']}")
    notice = words.get(f"notice.{reading.trouble}", params)
    hidden = dict.fromkeys(("demo", "cards"), _shown(False))
    return View(language, {"notice": notice}, {"notice": _shown(True), **hidden}, say=notice)


def _shown(visible: bool) -> dict[str, str | None]:
    return {"hidden": None if visible else ""}


class _Teller:
    """Fills a view, card by card."""

    def __init__(self, snapshot: PublicSnapshot, language: str) -> None:
        self.snapshot = snapshot
        self.language = language
        self.words = fmt.texts(language, "public")
        self.text: dict[str, str] = {"notice": ""}
        self.attributes: dict[str, Attributes] = {"notice": _shown(False), "cards": _shown(True)}
        # A town whose time is the wall's has one clock; of any other the page shows the town's, and beside it only an age.
        self.own_date = abs(snapshot.as_of - snapshot.published_at) > HOUR
        self.own_time = self.own_date or snapshot.speed != REAL_TIME

    def view(self) -> View:
        snapshot = self.snapshot
        self.text["title"] = self.titled(snapshot.title)
        stale_at = f"{self.day(snapshot.published_at)} {self.clock(snapshot.published_at, seconds=True)}"
        self.text["stale"] = self.say("stale.since", at=stale_at)
        self.demo()
        say = self.share()
        self.green()
        self.roof(snapshot.roof)
        self.neighbourhood()
        self.sources()
        self.notes()
        clock = {name: _iso(getattr(snapshot, name)) for name in ("published_at", "next_at", "stale_after")}
        percent = round(100 * snapshot.share) if self.state() == "ok" and snapshot.share is not None else None
        return View(self.language, self.text, self.attributes, clock, percent, say)

    # ------------------------------------------------------------------------------------------ small words

    def say(self, code: str, **params: Any) -> str:
        return self.words.get(code, params)

    def clock(self, instant: datetime, *, seconds: bool = False) -> str:
        return fmt.clock(instant, timezone=self.snapshot.timezone, language=self.language, seconds=seconds)

    def day(self, instant: datetime) -> str:
        return fmt.day(instant, timezone=self.snapshot.timezone, language=self.language)

    def lasting(self, length: timedelta) -> str:
        return fmt.duration(max(1, round(length.total_seconds())), language=self.language)

    def percent(self, fraction: float | None) -> str:
        return fmt.percent(fraction, language=self.language)

    def kilowatt(self, p_kw: float, unit: str = "kW") -> str:
        # A small plant's tenths matter; those of a street do not.
        return fmt.number(p_kw, unit, language=self.language, decimals=1 if abs(p_kw) < 100 and round(p_kw, 1) % 1 else 0)

    def period(self, card: Neighbourhood | Roof) -> dict[str, str]:
        """Start and end of a card's means; the start with its day when that is not the page's."""
        near = {"timezone": self.snapshot.timezone, "language": self.language}
        return {"start": fmt.moment(card.start, near=self.snapshot.as_of, **near), "end": self.clock(card.end)}

    def titled(self, title: Mapping[str, str]) -> str:
        return title.get(self.language) or title.get("en") or next(iter(title.values()), self.snapshot.site)

    def quality(self, flags: Sequence[str]) -> str:
        """The flags in words; "" for a good value, because only a doubtful one needs a label."""
        return ", ".join(self.say(f"quality.{flag}") for flag in flags if flag != "good")

    def put_quality(self, place: str, flags: Sequence[str]) -> None:
        words = self.quality(flags)
        self.text[place] = self.say("share.quality", words=words) if words else ""
        self.attributes[place] = _shown(bool(words))

    def state(self) -> str:
        """One of "ok", "undefined" (0/0) and "unknown"; a status this page does not know is unknown too."""
        status = self.snapshot.status
        if status == "no_production_and_no_consumption":
            return "undefined"
        return "ok" if status == "ok" and not fmt.is_missing(self.snapshot.share) else "unknown"

    # ------------------------------------------------------------------------------------------ cards

    def demo(self) -> None:
        """One line above everything: what of the town is made up, and that its time is not ours."""
        speed = self.snapshot.speed
        facts = [self.say(f"demo.{code}") for code in self.snapshot.notes if self.words.has(f"demo.{code}")]
        if speed is None:
            facts.append(self.say("demo.full_speed"))
        elif speed != REAL_TIME:
            factor = fmt.number(speed, language=self.language, decimals=0 if speed.is_integer() else 2)
            facts.append(self.say("demo.speed", factor=factor))
        elif self.own_date:
            facts.append(self.say("demo.calendar"))
        self.text["demo"] = self.say("demo.line", facts="; ".join(facts)) if facts else ""
        self.attributes["demo"] = _shown(bool(facts))

    def share(self) -> str:
        """The first card; returns its sentence for screen readers."""
        snapshot, state = self.snapshot, self.state()
        text = self.text
        text["share"] = self.percent(snapshot.share) if state == "ok" else self.say(f"share.{state}")
        self.attributes["share"] = {"class": "big" if state == "ok" else "big word"}
        if state == "ok" and snapshot.share is not None:
            text["meaning"] = self.say("share.meaning", n=round(100 * snapshot.share))
        else:
            text["meaning"] = self.say(f"share.meaning_{state}")
        self.made_here(snapshot.share if state == "ok" else None, snapshot.made_here)
        start, end = snapshot.interval, snapshot.interval + QUARTER_HOUR
        span = {"day": self.day(start), "start": self.clock(start), "end": self.clock(end)}
        text["interval"] = self.say("share.interval_own" if self.own_time else "share.interval", **span)
        at = self.clock(snapshot.published_at, seconds=True)
        text["updated"] = self.say("share.updated_own") if self.own_time else self.say("share.updated", at=at)
        self.put_quality("quality", snapshot.quality)
        known = not fmt.is_missing(snapshot.co2_g_per_kwh)
        co2 = fmt.number(snapshot.co2_g_per_kwh, "g/kWh", language=self.language)
        text["co2"] = self.say("share.co2", co2=co2) if known else self.say("share.co2_unknown")
        self.attributes["co2"] = _shown(state != "undefined")
        words = self.quality(snapshot.quality)
        return self.say("share.say_quality" if words else "share.say", share=text["share"], words=words)

    def made_here(self, share: float | None, made_here: float | None) -> None:
        """The share's two parts, rounded so that they add up to it."""
        known = share is not None and made_here is not None
        self.attributes["made"] = _shown(known)
        self.text["made"] = ""
        if share is not None and made_here is not None:
            here = round(made_here, 2)
            parts = {"here": self.percent(here), "elsewhere": self.percent(round(share, 2) - here)}
            self.text["made"] = self.say("share.made", **parts)

    def green(self) -> None:
        """The strip of the next hours, the sentence about the best of them, and the advice that follows."""
        hours = coming(self.snapshot.green_hours, self.snapshot.as_of)
        shown = hours[:SHOWN_HOURS]
        scale = (greenest_hour(shown), hour_to_avoid(shown))  # two figures tell the eye what the heights of all the others mean
        for index in range(SHOWN_HOURS):
            hour = shown[index] if index < len(shown) else None
            self.strip_hour(f"h{index}", hour)
            self.text[f"h{index}_top"] = self.percent(hour.share) if hour is not None and hour in scale else ""
        known = any(hour.share is not None for hour in hours)
        self.attributes["strip"] = _shown(known)
        self.attributes["legend"] = _shown(known)
        window = best_window(hours)
        if window is None:
            self.text["best"] = self.say("green.none" if known else "green.unknown")
            for kind in ADVICE:
                self.text[f"advice_{kind}"] = self.say(f"advice.{kind}_none")
            return
        when = self.when(window.start)
        params = {"start": self.clock(window.start), "end": self.clock(window.end), "share": self.percent(window.share)}
        self.text["best"] = self.say(f"green.best{when}", **params)
        for kind in ("wash", "car"):
            self.text[f"advice_{kind}"] = self.say(f"advice.{kind}{when}", **params)
        worst = hour_to_avoid(shown)
        self.text["advice_wait"] = self.say("advice.wait_none")
        if worst is not None and not worst.green:
            about = {"start": self.clock(worst.start), "share": self.percent(worst.share)}
            self.text["advice_wait"] = self.say("advice.wait", **about)

    def when(self, start: datetime) -> str:
        here, as_of = ZoneInfo(self.snapshot.timezone), self.snapshot.as_of
        if start <= as_of:
            return "_now"
        return "" if start.astimezone(here).date() == as_of.astimezone(here).date() else "_tomorrow"

    def strip_hour(self, place: str, hour: GreenHour | None) -> None:
        if hour is None:
            self.attributes[place] = {"hidden": "", "class": "hour"}
            self.text.update({f"{place}_label": "", f"{place}_words": ""})
            return
        known = hour.share is not None
        kind = "green" if hour.green and known else "hour" if known else "gap"
        self.attributes[place] = {"hidden": None, "class": kind}
        start = self.clock(hour.start)
        self.text[f"{place}_label"] = start[:2]
        code = {"green": "green.hour_green", "hour": "green.hour", "gap": "green.hour_unknown"}[kind]
        self.text[f"{place}_words"] = self.say(code, start=start, share=self.percent(hour.share))
        height = round(STRIP_HEIGHT * min(1.0, max(0.0, hour.share or 0.0)))
        self.attributes[f"{place}_bar"] = {"y": str(STRIP_HEIGHT - height), "height": str(height)}

    def roof(self, roof: Roof | None) -> None:
        self.attributes["roof_card"] = _shown(roof is not None)
        if roof is None:
            return
        self.text["roof_title"] = self.titled(roof.title)
        kwp = self.kilowatt(roof.kwp, "kWp")
        if roof.p_kw is None:
            self.text["roof"] = self.say("roof.unknown", kwp=kwp)
        else:
            self.text["roof"] = self.say("roof.power", p=self.kilowatt(roof.p_kw), kwp=kwp)
        part = 0.0 if roof.p_kw is None or roof.kwp <= 0.0 else roof.p_kw / roof.kwp
        self.attributes["roof_picture"] = _shown(roof.p_kw is not None)  # an empty bar would look like zero
        self.attributes["roof_bar"] = {"width": f"{100 * min(1.0, max(0.0, part)):.1f}"}
        self.text["roof_when"] = self.say("period.mean", **self.period(roof))
        self.put_quality("roof_quality", roof.quality)

    def neighbourhood(self) -> None:
        group = self.snapshot.neighbourhood
        if group is None:
            self.text["group_title"] = self.say("card.neighbourhood")
            self.text.update(group_load=self.say("neighbourhood.withheld"), group_pv="", group_customers="", group_when="")
            self.put_quality("group_quality", ())
            return
        self.text["group_title"] = self.titled(group.title)
        for kind, p_kw in (("load", group.load_kw), ("pv", group.pv_kw)):
            code = f"neighbourhood.{kind}" if p_kw is not None else f"neighbourhood.{kind}_unknown"
            self.text[f"group_{kind}"] = self.say(code, p=None if p_kw is None else self.kilowatt(p_kw))
        customers = fmt.number(group.customers, language=self.language)
        self.text["group_customers"] = self.say("neighbourhood.customers", n=customers)
        self.text["group_when"] = self.say("period.mean", **self.period(group))
        self.put_quality("group_quality", group.quality)

    def sources(self) -> None:
        found = slices(self.snapshot.sources)
        self.attributes["sources_card"] = _shown(bool(self.snapshot.sources) or self.state() != "ok")
        for kind in KINDS:
            part = found[kind]
            self.text[f"source_{kind}"] = self.source_words(part)
            self.attributes[f"source_{kind}_item"] = _shown(kind != "other" or part.p_mw is not None)
            self.attributes[f"source_{kind}_bar"] = {"x": f"{part.left:.2f}", "width": f"{part.width:.2f}"}
        self.attributes["sources_picture"] = _shown(any(part.width for part in found.values()))

    def source_words(self, part: Slice) -> str:
        name = self.say(f"source.{part.kind}")
        if part.p_mw is None:
            return self.say("source.missing", name=name)
        # A switch-off leaves fractions of a watt; what rounds to nothing is nothing.
        power = fmt.number(abs(part.p_mw), "MW", language=self.language)
        if part.p_mw < 0.0 and part.kind in ("storage", "import"):
            return self.say("source.charging" if part.kind == "storage" else "source.exporting", name=name, p=power)
        if part.width == 0.0:
            return self.say("source.zero", name=name, p=power)
        params = {"name": name, "p": power, "share": self.percent(part.width / 100.0)}
        if part.kind in ("pv", "hydro"):
            return self.say("source.value", **params)
        if part.renewable_share is None:
            return self.say("source.value_unknown_mix", **params)
        return self.say("source.value_renewable", **params, renewable=self.percent(part.renewable_share))

    def notes(self) -> None:
        notes = [
            self.say(f"about.{code}" if self.words.has(f"about.{code}") else f"note.{code}") for code in self.snapshot.notes
        ]
        snapshot = self.snapshot
        if self.own_date:
            notes.append(self.say("about.own_clock", day=self.day(snapshot.interval)))
        if snapshot.speed is not None and snapshot.speed != REAL_TIME:
            quarter, day = (self.lasting(length / snapshot.speed) for length in (QUARTER_HOUR, DAY))
            notes.append(self.say("about.own_speed", quarter=quarter, day=day))
        for index in range(NOTE_PLACES):
            self.text[f"note{index}"] = notes[index] if index < len(notes) else ""
            self.attributes[f"note{index}"] = _shown(index < len(notes))


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")
