"""The answer to what cannot be read as it is asked for: each fault and its place, without what was sent."""

from __future__ import annotations

import json

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response


async def misread(_: Request, error: Exception) -> Response:
    """422 with a list of type, place and message.

    What was sent can be half of a surrogate pair or no number, which no answer can carry: it is left out. The rest is ASCII.
    """
    assert isinstance(error, RequestValidationError)
    faults = [{"type": found["type"], "loc": found["loc"], "msg": found["msg"]} for found in error.errors()]
    return Response(json.dumps({"detail": faults}), status_code=422, media_type="application/json")
