"""How a site wants its people to come in: ``<state>/access/settings.toml``, written by hand; without it the defaults hold.

Defaults. A screen that nobody has touched for 30 minutes locks: long enough to watch an evening peak with a telephone in hand,
short enough that a desk left behind takes no commands (NIST SP 800-63B-4 allows an hour). After 13 hours it locks whatever was
touched: a shift of twelve hours and its handover. Locked is not closed: alarms and grid stay in sight until somebody logs out,
is revoked, or 30 days have gone by.
"""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from dashboard.regie.access.roles import Role
from dashboard.regie.wish import Kind

FOLDER = "access"
FILE = "settings.toml"

Minutes = Annotated[float, Field(gt=0.0, le=24.0 * 60.0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SessionSettings(_Part):
    """When a session locks, and when it is forgotten."""

    idle_min: Minutes = 30.0
    longest_h: Annotated[float, Field(gt=0.0, le=24.0)] = 13.0
    forget_d: Annotated[float, Field(gt=0.0, le=90.0)] = 30.0

    @property
    def idle(self) -> timedelta:
        """Without a hand on the screen."""
        return timedelta(minutes=self.idle_min)

    @property
    def longest(self) -> timedelta:
        """Since the login."""
        return timedelta(hours=self.longest_h)

    @property
    def forget(self) -> timedelta:
        """Since the login: then a locked session ends."""
        return timedelta(days=self.forget_d)


class FourEyes(_Part):
    """Commands that a second person must confirm, and how long the first one's wish waits.

    A switch moves by the steps of a switching order: its second person is the one who releases the order. ``publish.approve``
    holds for approvals and restatements of figures; a story's second person, ``publish.air``, is who puts it on air.
    """

    commands: frozenset[Kind | Literal["switching.release", "publish.approve", "publish.air"]] = frozenset()
    valid_min: Minutes = 15.0

    @field_validator("commands")
    @classmethod
    def _leaves_switches_to_their_order(cls, commands: frozenset[str]) -> frozenset[str]:
        if "switch" in commands:
            raise ValueError("a switch moves by a switching order; write switching.release")
        return commands


class OidcSettings(_Part):
    """The town's own login (OpenID Connect).

    Attributes:
        issuer: its address; the rest of the provider is discovered there. ``client_secret_file``: beside this file.
        name_claim, role_claim: where the ID token says who, and in which groups.
        roles: group -> role here; who is in none of them does not come in.
    """

    issuer: Annotated[str, Field(pattern=r"^https://|^http://(127\.0\.0\.1|localhost|\[::1\])[:/]")]
    client_id: str
    client_secret_file: str | None = None
    scope: str = "openid profile"
    name_claim: str = "preferred_username"
    role_claim: str = "groups"
    roles: dict[str, Role]


class AccessSettings(_Part):
    """The whole file."""

    session: SessionSettings = SessionSettings()
    four_eyes: FourEyes = FourEyes()
    oidc: OidcSettings | None = None


def folder_of(state: Path) -> Path:
    """Where a state directory keeps who may come in."""
    return state / FOLDER


def read_settings(state: Path) -> AccessSettings:
    """The site's settings, or the defaults where there is no file.

    Raises:
        ValueError: every fault of the file in one text.
    """
    path = folder_of(state) / FILE
    try:
        return AccessSettings.model_validate(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return AccessSettings()
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path}: {error}; write TOML") from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc']))}={e['input']!r}: {e['msg']}" for e in error.errors()]
        raise ValueError(f"{path}: " + "; ".join(faults)) from error
