"""The only place for local time, words and number formats: raw figures and UTC instants go in, texts come out.

Formats follow CLDR through Babel (de-CH, fr-CH, it-CH, en), so that a figure reads the same on every screen and in every
browser. Missing values (None, NaN) become an en dash, never zero.
"""

from __future__ import annotations

import math
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal

LANGUAGES = ("fr", "de", "it", "en")
DEFAULT_LANGUAGE = "en"
MISSING = "–"

_LOCALES = {
    "fr": Locale("fr", "CH"),
    "de": Locale("de", "CH"),
    "it": Locale("it", "CH"),
    "en": Locale("en"),
}
_FOLDER = Path(__file__).parent / "locale"
_NARROW_SPACE = "\u202f"  # keeps a figure and its unit on one line

_UNITS = {"1": "", "degC": "°C", "W/m2": "W/m²", "t": "t CO₂", "g/kWh": "g CO₂/kWh", "kg": "kg CO₂"}
"""Unit as contracts write it -> as a screen shows it; others are shown as they are."""

_DECIMALS = {
    "MW": 2,
    "Mvar": 2,
    "MWh": 2,
    "kW": 0,
    "kWh": 0,
    "%": 0,
    "pu": 3,
    "kA": 3,
    "degC": 1,
    "mm/s": 1,
    "CHF": 2,
    "CHF/kWh": 4,
    "W/m2": 0,
    "g/kWh": 0,
    "t": 2,
    "kg": 1,
    "h": 1,
    "ms": 0,
    "pu.h": 3,
    "%.h": 1,
    "1": 2,
}
"""Decimals that a dispatcher needs, by unit."""


# ---------------------------------------------------------------------------------------------- numbers


def is_missing(value: float | None) -> bool:
    """True for None, NaN and infinities: nothing that a screen could print as a figure."""
    return value is None or not math.isfinite(value)


def number(
    value: float | None,
    unit: str = "",
    *,
    language: str,
    decimals: int | None = None,
    signed: bool = False,
) -> str:
    """A figure with its unit, grouped as the language groups.

    Args:
        value: the raw figure; None or NaN gives an en dash without unit.
        unit: as contracts write it ("MW", "degC", "CHF/kWh", "1"); "" for a bare number.
        decimals: fixed number of decimals; default is what suits the unit (0 for a bare number).
        signed: write a plus before positive figures, for differences.
    """
    if value is None or is_missing(value):
        return MISSING
    places = _DECIMALS.get(unit, 0) if decimals is None else decimals
    rounded = round(value, places) + 0.0  # no "-0"
    body = "#,##0" + ("." + "0" * places if places else "")
    pattern = f"+{body};-{body}" if signed and rounded else body
    text = _grouped(rounded, pattern, _LOCALES[language])
    shown = _UNITS.get(unit, unit)
    return f"{text}{_NARROW_SPACE}{shown}" if shown else text


@lru_cache(maxsize=65_536)
def _grouped(value: float, pattern: str, locale: str) -> str:
    """As Babel writes it; a screen shows the same few thousand rounded figures again and again."""
    return str(format_decimal(value, format=pattern, locale=locale))


def percent(fraction: float | None, *, language: str, decimals: int = 0) -> str:
    """A fraction 0..1 as a percentage ("62 %"); None or NaN gives an en dash."""
    return number(None if fraction is None else 100.0 * fraction, "%", language=language, decimals=decimals)


# ---------------------------------------------------------------------------------------------- time


def _local(instant: datetime, pattern: str, timezone: str, language: str) -> str:
    if instant.tzinfo is None:
        raise ValueError(f"instant {instant.isoformat()} has no time zone; give UTC")
    return str(format_datetime(instant, pattern, tzinfo=ZoneInfo(timezone), locale=_LOCALES[language]))


def clock(instant: datetime, *, timezone: str, language: str, seconds: bool = False) -> str:
    """Local time of day on the 24 h clock: "14:15", or "14:15:07".

    In the hour that a clock change repeats, the offset is added ("02:30 +01:00"), because the time alone is ambiguous.
    """
    text = _local(instant, "HH:mm:ss" if seconds else "HH:mm", timezone, language)
    return f"{text} {_local(instant, 'xxx', timezone, language)}" if _ambiguous(instant, timezone) else text


def day(instant: datetime, *, timezone: str, language: str, year: bool = True) -> str:
    """Local day with its weekday: "mer. 15.06.2016", in English "Wed 15 Jun 2016"."""
    pattern = "EEE d MMM" if language == "en" else "EEE dd.MM."
    if year:
        pattern = "EEE d MMM y" if language == "en" else "EEE dd.MM.y"
    return _local(instant, pattern, timezone, language)


def moment(instant: datetime, *, timezone: str, language: str, near: datetime | None = None) -> str:
    """Day and time of day; only the time when ``near`` falls on the same local day."""
    time = clock(instant, timezone=timezone, language=language)
    if near is not None and _same_day(instant, near, timezone):
        return time
    return f"{day(instant, timezone=timezone, language=language, year=near is None)} {time}"


def period(label: str, *, language: str) -> str:
    """A local month ("2016-01": "January 2016") or year ("2016") in words; what is neither is shown as it is."""
    try:
        first = datetime.strptime(label, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        return label
    return str(format_datetime(first, "LLLL y", tzinfo=UTC, locale=_LOCALES[language]))


def age(seconds: float | None, *, language: str) -> str:
    """Words for an age: "il y a 4 s", "vor 3 Min."; None gives an en dash."""
    if seconds is None or is_missing(seconds):
        return MISSING
    return format_timedelta(
        timedelta(seconds=-max(0.0, seconds)),
        add_direction=True,
        threshold=1.5,
        format="short",
        locale=_LOCALES[language],
    )


def duration(seconds: float | None, *, language: str) -> str:
    """Words for a length of time: "45 min", "2 h"; None gives an en dash."""
    if seconds is None or is_missing(seconds):
        return MISSING
    return format_timedelta(timedelta(seconds=seconds), threshold=1.5, format="short", locale=_LOCALES[language])


def _same_day(instant: datetime, other: datetime, timezone: str) -> bool:
    here = ZoneInfo(timezone)
    return instant.astimezone(here).date() == other.astimezone(here).date()


def _ambiguous(instant: datetime, timezone: str) -> bool:
    here = ZoneInfo(timezone)
    naive = instant.astimezone(here).replace(tzinfo=None)
    first, second = (naive.replace(tzinfo=here, fold=fold) for fold in (0, 1))
    # A repeated hour has two offsets, the later one smaller; a skipped hour never appears in a conversion from UTC.
    return first.utcoffset() != second.utcoffset()


# ---------------------------------------------------------------------------------------------- words


def choose_language(asked: str | None, accept_language: str | None) -> str:
    """The language of a page: what its address asks for, else the browser's best match, else English.

    Args:
        asked: value of ``?lang=``, any case; unknown ones are ignored.
        accept_language: the header, e.g. "de-CH,de;q=0.9,en;q=0.5".
    """
    if asked and asked.lower() in LANGUAGES:
        return asked.lower()
    ranked = []
    for position, part in enumerate((accept_language or "").split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            q = float(weight) if weight else 1.0
        except ValueError:
            q = 0.0
        language = tag.split("-")[0].lower()
        if language in LANGUAGES and q > 0.0:
            ranked.append((-q, position, language))
    return min(ranked)[2] if ranked else DEFAULT_LANGUAGE


@dataclass(frozen=True)
class Texts:
    """The words of one language: code -> template.

    A template is a format string; a field may name unit and decimals, or a form of time:
    ``{loading_percent:%}``, ``{p_mw:MW.2}``, ``{share:share}`` (0..1 as percent), ``{at:clock}``, ``{at:moment}``.
    What grammar bends has words of its own: ``{count:orders}`` takes ``count.orders.one`` or ``.other`` as the language
    counts, ``{at:since}`` takes ``time.since.today`` or ``.other_day``, whose prepositions differ.
    """

    language: str
    templates: Mapping[str, str]

    def has(self, code: str) -> bool:
        """True when the code has words in this language."""
        return code in self.templates

    def get(
        self, code: str, params: Mapping[str, Any] | None = None, *, timezone: str = "UTC", near: datetime | None = None
    ) -> str:
        """The words of ``code``, filled with ``params``; a code without words is shown readably, never refused.

        Args:
            near: the reader's own instant: times of the same local day go without their day.
        """
        template = self.templates.get(code)
        if template is None:
            return readable(code)
        return _Filling(self, timezone, near).vformat(template, (), params or {})


def readable(code: str) -> str:
    """A code that has no words yet: its last part with spaces ("alarm.oil_leak" -> "oil leak")."""
    return code.rsplit(".", 1)[-1].replace("_", " ").replace("-", " ").strip() or MISSING


@lru_cache(maxsize=32)
def texts(language: str, *rooms: str) -> Texts:
    """The words of ``locale/<language>.toml`` and of each room's ``locale/<room>.<language>.toml``.

    Nested tables are joined with dots: ``[alarm.overload_now] cause = ...`` is the code ``alarm.overload_now.cause``.
    """
    templates: dict[str, str] = {}
    for name in (f"{language}.toml", *(f"{room}.{language}.toml" for room in rooms)):
        with (_FOLDER / name).open("rb") as file:
            templates.update(_flat(tomllib.load(file)))
    if language == "fr":
        # French sets a space before these signs, and it must not break the line.
        templates = {code: re.sub(r" (?=[:;?!»])", "\u00a0", text) for code, text in templates.items()}
    return Texts(language, templates)


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found.update(_flat(value, f"{prefix}{key}."))
        else:
            found[prefix + key] = str(value)
    return found


class _Filling(string.Formatter):
    """Fills a template in one language; a parameter that is not there is an en dash."""

    def __init__(self, words: Texts, timezone: str, near: datetime | None) -> None:
        self._words = words
        self._language = words.language
        self._timezone = timezone
        self._near = near

    def get_field(self, field_name: str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 (the signature is string.Formatter's)
        # Templates name parameters only: no attribute or index access into objects.
        return kwargs.get(field_name), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None or value == "":
            return MISSING
        if format_spec in ("clock", "moment", "day") or self._words.has(f"time.{format_spec}.today"):
            return self._time(value, format_spec)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        if self._words.has(f"count.{format_spec}.other"):
            return self._counted(value, format_spec)
        return self._figure(value, format_spec)

    def _figure(self, value: float, form: str) -> str:
        if form == "share":
            return percent(value, language=self._language)
        if form == "duration":
            return duration(value, language=self._language)
        unit, _, places = form.partition(".")
        decimals = int(places) if places.isdigit() else None
        if not form and isinstance(value, float):
            decimals = 2
        return number(value, unit, language=self._language, decimals=decimals)

    def _counted(self, value: float, noun: str) -> str:
        code = f"count.{noun}.{_LOCALES[self._language].plural_form(value)}"
        return self._words.get(code if self._words.has(code) else f"count.{noun}.other", {"n": value})

    def _time(self, value: Any, form: str) -> str:
        instant = self._instant(value)
        if instant is None:
            return str(value)
        zone, language = self._timezone, self._language
        if form == "day":
            return day(instant, timezone=zone, language=language)
        if form == "moment":
            return moment(instant, timezone=zone, language=language, near=self._near)
        parts = {"clock": clock(instant, timezone=zone, language=language)}
        if form == "clock":
            return parts["clock"]
        if self._near is None or _same_day(instant, self._near, zone):
            return self._words.get(f"time.{form}.today", parts)
        parts["day"] = day(instant, timezone=zone, language=language, year=False)
        return self._words.get(f"time.{form}.other_day", parts)

    def _instant(self, value: Any) -> datetime | None:
        """An instant, or its ISO form; a bare day means that day where the site is, so its noon."""
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            return None
        if isinstance(value, str) and len(value) == len("2016-01-25"):
            return instant.replace(hour=12, tzinfo=ZoneInfo(self._timezone))
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
