"""The publisher's deeds as values: what a line of the book holds of each, and what is refused before it is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from twin.contracts.open_tables import LICENCES
from twin.contracts.public_release import PeriodFigure, Story

ROOM = "publish"
LANGUAGES = ("de", "fr", "it", "en")
STANDING_LICENCE = "CC-BY-4.0"
"""Until the publisher chooses another."""
LONGEST_NAME, LONGEST_TITLE, LONGEST_TEXT, LONGEST_REASON = 160, 90, 600, 500

_CONTROL = re.compile(  # and what turns the direction of text around, half a surrogate pair, and what is no character
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_FORMULA = re.compile(r"^[=+\-@\t\r]")
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and a sign by their category that nobody sees: the fillers of Hangul, the Braille pattern without dots."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def faults_in(text: Mapping[str, str], longest: int) -> list[tuple[str, dict[str, Any]]]:
    """What is wrong with words by language, as (code, parameters): they are plain text, and go into a table as well."""
    found: list[tuple[str, dict[str, Any]]] = [] if text else [("text_missing", {})]
    for language, each in text.items():
        if language not in LANGUAGES:
            found.append(("text_language", {"language": language}))
        found += [(code, {"language": language, **params}) for code, params in _faults_of(each.strip(), longest)]
    return found


def _faults_of(told: str, longest: int) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    length = len(told) if any(_is_seen(character) for character in told) else 0
    if not 0 < length <= longest:
        found.append(("text_length", {"length": length, "longest": longest}))
    if _CONTROL.search(told):
        found.append(("text_control", {}))
    if _FORMULA.match(told):  # a spreadsheet takes it for a formula
        found.append(("text_formula", {"sign": told[0]}))
    return found


def _is_seen(character: str) -> bool:
    """Whether it leaves a mark by itself: a letter, number, punctuation or symbol (Unicode, general category)."""
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def _plain_name(told: str) -> str:
    if faults := _faults_of(told, LONGEST_NAME):
        raise ValueError("; ".join(f"{code} {params}" for code, params in faults))
    return told


_Named = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\t\n]*$"), AfterValidator(_plain_name)
]  # on one line


def spoken(text: Mapping[str, str], longest: int) -> dict[str, str]:
    """The same words, without the blanks around them.

    Raises:
        ValueError: with every fault of them.
    """
    if faults := faults_in(text, longest):
        raise ValueError("; ".join(f"{code} {params}" for code, params in faults))
    return {language: each.strip() for language, each in text.items()}


class Reason(_Value):
    """Why, by language, in the publisher's own words."""

    reason: Mapping[str, str]

    @field_validator("reason")
    @classmethod
    def _plain(cls, reason: Mapping[str, str]) -> Mapping[str, str]:
        return spoken(reason, LONGEST_REASON)


class Approval(_Value):
    """A month's or a year's figure goes public for the first time.

    Attributes:
        figure: as it is published; its ``approved_at`` is the line's. ``hours``: SHA-256 of the month's hours, None for a year.
        licence, attribution: under which this revision is given away, whatever is chosen later.
    """

    figure: PeriodFigure
    hours: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None
    licence: str
    attribution: str


class Restatement(Approval, Reason):
    """A figure takes the place of one that is public, and says why."""


class Notice(Reason):
    """The words of a correction are corrected; the figure stays. ``revision``: of the correction."""

    revision: Annotated[int, Field(ge=2)]


class EmbargoSet(Reason):
    """Nothing is shown until it is lifted, or until ``until``."""

    until: AwareDatetime | None


class LicenceChosen(_Value):
    """Revisions that are approved from now on are given away under another licence, or name somebody else."""

    licence: str
    attribution: _Named

    @field_validator("licence")
    @classmethod
    def _known(cls, licence: str) -> str:
        if licence not in LICENCES:
            raise ValueError(f"licence {licence!r} is not offered; choose one of {', '.join(LICENCES)}")
        return licence


class DeclaredMix(_Value):
    """The supplier's own declaration by guarantees of origin, shown apart from the traced share."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    renewable_share: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
    supplier: _Named
    published: date | None


class StoryWritten(_Value):
    """A proposal for the slot on the live page. ``zone``: of the town, None for all of it."""

    kind: Literal["event", "challenge", "story"]
    title: Mapping[str, str]
    text: Mapping[str, str]
    start: AwareDatetime
    end: AwareDatetime | None
    zone: str | None

    @field_validator("title")
    @classmethod
    def _title(cls, title: Mapping[str, str]) -> Mapping[str, str]:
        return spoken(title, LONGEST_TITLE)

    @field_validator("text")
    @classmethod
    def _text(cls, text: Mapping[str, str]) -> Mapping[str, str]:
        return spoken(text, LONGEST_TEXT)

    @model_validator(mode="after")
    def _ends(self) -> StoryWritten:
        faults = []
        if self.title.keys() != self.text.keys():
            faults.append("title and text: not in the same languages; write both in each")
        if self.end is None and self.kind != "story":
            faults.append(f"end: missing; {self.kind} has an end")
        if self.end is not None and self.end <= self.start:
            faults.append(f"end {self.end.isoformat()}: not after the start {self.start.isoformat()}; exchange them")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def story(self, name: str) -> Story:
        """As it goes on air."""
        return Story(id=name, **{field: getattr(self, field) for field in type(self).model_fields})


def languages_missing(text: Mapping[str, str], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Languages of the town in which nothing is written."""
    return tuple(language for language in wanted if not text.get(language, "").strip())


class Asked(_Value):
    """A deed that waits for a second person. ``kind``: "approve", "restate" ...; ``params``: as its own line would hold them.

    Attributes:
        expires: after it nobody can confirm it any more.
    """

    kind: Literal["approve", "restate"]
    params: Mapping[str, Any]
    expires: datetime
