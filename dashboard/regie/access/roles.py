"""Roles and what each may do: one table that HTTP, live connection, callbacks and tokens all ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """Something that somebody may or may not do here."""

    SEE = "see"
    """the state of the grid, alarms, forecasts"""
    SEE_MONEY = "see_money"
    """economic figures: CHF, local prices, payments"""
    COMMAND = "command"
    """alarms, recommendations, switching orders, run-of-show, shift log"""
    REHEARSE = "rehearse"
    """run and compare scenarios"""
    ANALYSE = "analyse"
    """backtests, tuning, shadows and promotions"""
    PUBLISH = "publish"
    """approve what goes public"""
    REPORT = "report"
    """read work orders and report on them"""
    INSPECT = "inspect"
    """what of people is held, why, and what has gone"""
    ADMINISTER = "administer"
    """people, tokens, the audit"""


class Role(StrEnum):
    """What somebody is on this site."""

    VIEWER = "viewer"
    CREW = "crew"
    PUBLISHER = "publisher"
    ANALYST = "analyst"
    DISPATCHER = "dispatcher"
    OFFICER = "officer"
    ADMIN = "admin"


DEEDS: dict[Role, frozenset[Deed]] = {
    Role.VIEWER: frozenset({Deed.SEE}),
    Role.CREW: frozenset({Deed.REPORT}),
    Role.PUBLISHER: frozenset({Deed.SEE, Deed.PUBLISH}),
    Role.ANALYST: frozenset({Deed.SEE, Deed.SEE_MONEY, Deed.REHEARSE, Deed.ANALYSE}),
    Role.DISPATCHER: frozenset({Deed.SEE, Deed.SEE_MONEY, Deed.COMMAND, Deed.REHEARSE, Deed.REPORT}),
    Role.OFFICER: frozenset({Deed.INSPECT}),
    Role.ADMIN: frozenset(Deed),
}
"""What each role may do; what is not listed is denied."""


@dataclass(frozen=True)
class Person:
    """Somebody who is known here.

    Attributes:
        program: it is a token's, not somebody's.
        locked: the session has timed out: alarms and the grid stay in sight, nothing else can be seen or done.
    """

    name: str
    role: Role
    locked: bool = False
    program: bool = False

    @property
    def deeds(self) -> frozenset[Deed]:
        """What they may do now."""
        return DEEDS[self.role] & {Deed.SEE} if self.locked else DEEDS[self.role]

    def may(self, deed: Deed) -> bool:
        """True when the role allows it and the session is open."""
        return deed in self.deeds
