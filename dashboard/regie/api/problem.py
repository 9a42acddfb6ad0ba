"""Refusals of the API as problem details (RFC 9457), every fault named at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from twin.contracts.desk_ports import Unavailable
from twin.domain.problems import BadInput

PREFIX = "/api/v1"
MEDIA_TYPE = "application/problem+json"
_SHOWN = 200
"""Characters of a refused value that are said back."""


class Fault(BaseModel):
    """One fault of a request; ``place``: "query.start", "body/motive"."""

    place: str
    detail: str


class ProblemDetails(BaseModel):
    """Why a request was refused."""

    type: str = Field(default="about:blank", examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["one fault"])
    errors: list[Fault] = Field(default_factory=list, examples=[[{"place": "query.end", "detail": "after start"}]])


class RefusingRoute(APIRoute):
    """An address whose refusals are problem details, whatever raised them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, and what it raises answered."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return _with_faults([_fault(found) for found in error.errors()])
            except BadInput as error:
                where = "body" if request.method == "POST" else "query"
                return _with_faults([Fault(place=f"{where}.{p.place}", detail=_said(p)) for p in error.problems])
            except HTTPException as error:
                return refused(error.status_code, str(error.detail), headers=error.headers or {})
            except (Unavailable, sqlite3.Error, OSError) as error:
                return refused(503, str(error), headers={"retry-after": "15"})

        return answered


def refused(status: int, detail: str, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request that is refused."""
    named = {**(headers or {}), "cache-control": "no-store"} | ({"www-authenticate": "Bearer"} if status == 401 else {})
    body = ProblemDetails(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))
    return JSONResponse(body.model_dump(), status_code=status, media_type=MEDIA_TYPE, headers=named)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an address may refuse with, for the OpenAPI document."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def _with_faults(faults: Sequence[Fault]) -> Response:
    return refused(422, "one fault" if len(faults) == 1 else f"{len(faults)} faults", faults)


def _fault(found: Mapping[str, Any]) -> Fault:
    where, *rest = (str(part)[:_SHOWN] for part in found["loc"])
    value = found.get("input")
    said = f" (got {str(value)[:_SHOWN]!r})" if isinstance(value, str | int | float) else ""
    # What comes in may hold lone surrogates, which no answer can carry.
    place, detail = ("/".join((where, *rest)) if where == "body" else ".".join((where, *rest))), f"{found['msg']}{said}"
    return Fault(place=_sayable(place), detail=_sayable(detail))


def _said(problem: Any) -> str:
    return _sayable(f"{problem.value}; expected {problem.limit}; {problem.remedy}")


def _sayable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
