"""What an address asks of whoever calls it: a FastAPI dependency per deed. The gate has put the person into the scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import HTTPException, Request

from dashboard.regie.access.roles import Deed, Person


def needs(deed: Deed) -> Callable[[Request], Person]:
    """The dependency of an address: the person who calls, refused with 401 without one and 403 when they may not."""

    def person(request: Request) -> Person:
        found = person_in(request.scope)
        if found is None:
            raise HTTPException(401, "log in first, or send a token")
        if not found.may(deed):
            why = "the session has timed out: log in again" if found.locked else f"the role {found.role} may not {deed}"
            raise HTTPException(403, why)
        return found

    return person


def person_in(scope: Any) -> Person | None:
    """Who calls, as the gate found out; None for nobody."""
    found = scope.get("state", {}).get("person")
    return found if isinstance(found, Person) else None
