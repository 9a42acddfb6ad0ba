"""How the API answers: an entity tag that changes with the content, 304 for whoever has it already, nothing kept by others."""

from __future__ import annotations

import hashlib

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

FRESH = "private, no-cache"
"""May be kept, and is asked for again every time: a snapshot lives for a tick, its entity tag says whether it is the same."""


def served(request: Request, content: bytes, media_type: str, *, name: str | None = None) -> Response:
    """``content``, or 304 where the caller's If-None-Match holds its tag.

    Args:
        name: of the file, for what a browser is to save.
    """
    # Weak: the same content may leave compressed or not.
    tag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": FRESH, "vary": "Authorization, Cookie"}
    if _holds(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    if name is not None:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(content, media_type=media_type, headers=headers)


def served_model(request: Request, model: BaseModel) -> Response:
    """A model as JSON."""
    return served(request, model.model_dump_json().encode(), "application/json")


def _holds(asked: str, tag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2)."""
    known = {one.strip().removeprefix("W/") for one in asked.split(",")}
    return "*" in known or tag.removeprefix("W/") in known
