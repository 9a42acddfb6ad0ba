"""What an address asks of whoever calls it: a FastAPI dependency per deed. The gate has put the person into the scope.

Every address says it, the open ones too; `Asked` is the table of what they say, by which the gate denies what nobody declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request
from fastapi.dependencies.models import Dependant
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from dashboard.regie.access.roles import Deed, Person

ANYBODY, KNOWN = "anybody", "known"
"""Asked of those who call: nothing, or to be logged in."""


def needs(deed: Deed) -> Callable[[Request], Person]:
    """The dependency of an address: the person who calls, refused with 401 without one and 403 when they may not."""

    def person(request: Request) -> Person:
        found = known(request)
        if not found.may(deed):
            raise HTTPException(403, refusal(found, deed))
        return found

    person.asks = deed  # type: ignore[attr-defined]  # read by `Asked`
    return person


def known(request: Request) -> Person:
    """The dependency of an address for everybody who is logged in, whatever they may do."""
    found = person_in(request.scope)
    if found is None:
        raise HTTPException(401, "log in first, or send a token")
    return found


def anybody(request: Request) -> Person | None:
    """The dependency of an address that is open: the person who calls, or None."""
    return person_in(request.scope)


known.asks = KNOWN  # type: ignore[attr-defined]  # read by `Asked`
anybody.asks = ANYBODY  # type: ignore[attr-defined]  # read by `Asked`


def refusal(person: Person, deed: Deed) -> str:
    """Why this person may not do that."""
    return "locked: log in again" if person.locked else f"the role {person.role} may not {deed}"


def person_in(scope: Any) -> Person | None:
    """Who calls, as the gate found out; None for nobody."""
    found = scope.get("state", {}).get("person")
    return found if isinstance(found, Person) else None


@dataclass(frozen=True)
class Asked:
    """The addresses of the application that declare what they ask."""

    routes: tuple[tuple[BaseRoute, str], ...]

    @classmethod
    def of(cls, routes: Iterable[BaseRoute]) -> Asked:
        """The table of these routes.

        Raises:
            TypeError: naming every address that says nothing.
        """
        found = [(route, _declared(getattr(route, "dependant", None))) for route in routes]
        silent = [getattr(route, "path", repr(route)) for route, asks in found if not asks]
        if silent:
            raise TypeError(f"addresses without a declared deed: {', '.join(silent)}; add Depends(needs(Deed.X)) to each")
        return cls(tuple((route, asks) for route, asks in found if asks))

    def at(self, scope: Scope) -> str:
        """What the address of this request asks. Whatever nobody declared (Dash's own addresses) asks to see the grid."""
        partial = ""
        for route, asks in self.routes:
            match = route.matches(scope)[0]
            if match is Match.FULL:
                return asks
            partial = partial or (asks if match is Match.PARTIAL else "")
        return partial or Deed.SEE


def _declared(dependant: Dependant | None) -> str:
    if dependant is None:
        return ""
    own = str(getattr(dependant.call, "asks", ""))
    return own or next(filter(None, map(_declared, dependant.dependencies)), "")
