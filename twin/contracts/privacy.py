"""What the data-protection officer sees: what is held, what is public, who consented, what has gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

FILE = "disclosure.json"
"""In ``STATE/snapshots``; the loop writes it when it goes on air."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Published(_Frozen):
    """One figure of one zone, and whether it is public.

    Attributes:
        figure: code, of `twin.regie.public_solve.FIGURES`. ``where``: title of the zone, by language.
        resolution_s: of its finest interval. ``public``: False for a figure that is held back.
        reason: code of why it is held back, or is not told by the quarter hour; "open" for neither. ``params``: what the words
            of the reason need.
    """

    figure: str
    where: Mapping[str, str]
    resolution_s: int
    public: bool
    reason: str
    params: Mapping[str, Any]


class Consent(_Frozen):
    """A recorded consent. ``words``: as the site file records it: who, when, for what."""

    where: Mapping[str, str]
    words: str


class Disclosure(_Frozen):
    """What a site publishes and what it holds back."""

    published: tuple[Published, ...] = ()
    consents: tuple[Consent, ...] = ()


class Held(_Frozen):
    """One kind of data (`twin.privacy.kinds`) as a state directory holds it.

    Attributes:
        places: its files below the state directory. ``count``: records, lines or files; None for what lies elsewhere.
        oldest: of the data's own time (``clock``). ``until``: the day on which the oldest goes; None where nothing does.
        overdue: it is there although its time is over.
    """

    kind: str
    personal: bool
    clock: Literal["grid", "wall", ""]
    goes: str
    places: tuple[str, ...]
    count: int | None
    size_bytes: int
    oldest: AwareDatetime | None
    until: AwareDatetime | None
    overdue: bool


class Deletion(_Frozen):
    """One deletion of the log: of which kind, how many, and from when the newest of them was (None where not known)."""

    at: AwareDatetime
    kind: str
    count: int
    newest: datetime | None


class Holdings(_Frozen):
    """All that a state directory holds at ``at``.

    Attributes:
        grid: instant of the newest tick, None before the first. ``strangers``: files that no kind names.
        deletions: newest first.
    """

    at: AwareDatetime
    grid: AwareDatetime | None
    held: tuple[Held, ...]
    strangers: tuple[str, ...]
    deletions: tuple[Deletion, ...]
