"""Addresses of the past: what the journal holds, by signal and by forecast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.api.now import SEEN, Viewer
from dashboard.regie.api.paging import Cursor, decoded, encoded
from dashboard.regie.api.served import served, served_model
from dashboard.regie.api.tables import LARGEST, Series, as_csv, as_netcdf, as_parquet, instants, quality_words, series_of
from dashboard.regie.desk import Desk
from twin.contracts.desk_ports import History, Unavailable
from twin.domain.problems import BadInput, Problem

STEP = timedelta(minutes=15)
PAGE, LONGEST_PAGE = 96, 672
"""Quarter hours on a page: a day, and at most a week."""
ISSUES, MOST_ISSUES = 24, 96
_FILES = {
    "csv": ("text/csv; charset=utf-8", as_csv, "history.csv"),
    "parquet": ("application/vnd.apache.parquet", as_parquet, "history.parquet"),
    "netcdf": ("application/x-netcdf", as_netcdf, "history.nc"),
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}


def _in_utc(instant: datetime) -> datetime:
    try:
        utc = instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("an instant between 1970 and 2200") from None
    if not 1970 <= utc.year < 2200:
        raise ValueError("an instant between 1970 and 2200")
    return utc


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Start = Annotated[Instant, Query(description="First quarter hour, with its offset.", examples=["2016-01-18T00:00:00Z"])]
End = Annotated[Instant, Query(description="Behind the last one.", examples=["2016-01-19T00:00:00Z"])]
Signals = Annotated[
    list[str],
    Query(alias="signal", min_length=1, max_length=60, description="Repeat it for several.", examples=[["zone_load_p_mw"]]),
]


class SignalFacts(BaseModel):
    """What a signal is.

    Attributes:
        dims: of its values. ``elements``: labels of the last dimension, none without elements.
    """

    name: str = Field(examples=["zone_load_p_mw"])
    unit: str = Field(examples=["MW"])
    dims: list[str]
    elements: list[str]
    meaning: str


class SignalList(BaseModel):
    """Every signal that the journal holds."""

    items: list[SignalFacts]


class HistoryPage(BaseModel):
    """Quarter hours without a gap, as they were known on air.

    Attributes:
        time: start of each quarter hour, UTC. ``quality``: of the whole state in it.
        next: cursor of the next page, null on the last.
    """

    step_s: int = 900
    time: list[datetime]
    quality: list[list[str]]
    signals: dict[str, Series]
    next: str | None


class IssuedPage(BaseModel):
    """What a box forecast, one after the other.

    Attributes:
        issued_at: when. ``lead_s``: start of the forecast quarter hour after ``issued_at``. ``quantiles``: levels of the band.
    """

    instance: str
    issued_at: list[datetime]
    lead_s: list[int]
    quantiles: list[float]
    signals: dict[str, Series]
    next: str | None


def add_past(api: APIRouter, desk: Desk) -> None:
    """Add the addresses."""
    _add_history(api, desk)
    _add_issued(api, desk)

    @api.get("/signals", response_model=SignalList, responses=SEEN, tags=["past"])
    def signals(request: Request, person: Viewer) -> Response:
        """Signals of the history with unit, dimensions and elements."""
        known = _history(desk).signals()
        items = [SignalFacts(name=name, **about) for name, about in known.items() if _may(person, name)]
        return served_model(request, SignalList(items=items))


def _add_history(api: APIRouter, desk: Desk) -> None:
    @api.get(
        "/history",
        response_model=HistoryPage,
        responses={
            **SEEN,
            200: {
                "content": {"text/csv": {"schema": {"type": "string"}}} | {_FILES[f][0]: _BINARY for f in ("parquet", "netcdf")}
            },
        },
        tags=["past"],
    )
    def read(
        request: Request,
        person: Viewer,
        *,
        start: Start,
        end: End,
        signal: Signals,
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="Quarter hours on a page.")] = PAGE,
        cursor: Cursor = None,
        form: Annotated[Literal["json", "csv", "parquet", "netcdf"], Query(alias="format")] = "json",
    ) -> Response:
        """A window of the journal. Further pages: ``next``, and the ``Link`` header whatever the format."""
        _check_money(person, signal)
        start, until, end = _extent(desk, start, end, cursor, limit * STEP)
        known = _history(desk)
        _check_size(known, signal, round((until - start) / STEP))
        data = known.read(start, until, list(dict.fromkeys(signal)))
        following = encoded(until.isoformat()) if until < end else None
        if form == "json":
            body = HistoryPage(
                time=instants(data["time"].values),
                quality=quality_words(data),
                signals=series_of(data, ("time",)),
                next=following,
            )
            answer = served_model(request, body)
        else:
            media_type, made, name = _FILES[form]
            answer = served(request, made(data), media_type, name=name)
        if following is not None:
            rest = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
            answer.headers["link"] = f'<?{urlencode([*rest, ("cursor", following)])}>; rel="next"'
        return answer


def _add_issued(api: APIRouter, desk: Desk) -> None:
    @api.get("/forecasts/{instance}/issued", response_model=IssuedPage, responses=SEEN, tags=["past"])
    def issued(
        request: Request,
        person: Viewer,
        instance: Annotated[str, InPath(max_length=80)],
        *,
        start: Start,
        end: End,
        limit: Annotated[int, Query(ge=1, le=MOST_ISSUES, description="Forecasts on a page.")] = ISSUES,
        cursor: Cursor = None,
    ) -> Response:
        """What a box forecast in the past: its own fresh answers, the first day of each."""
        start, until, end = _extent(desk, start, end, cursor, limit * STEP)
        data = _history(desk).forecasts(start, until, instance)
        data = data.drop_vars([str(name) for name in data.data_vars if not _may(person, str(name))])
        body = IssuedPage(
            instance=instance,
            issued_at=instants(data["issued_at"].values),
            lead_s=[int(lead) for lead in data["lead"].values] if "lead" in data.coords else [],
            quantiles=[float(level) for level in data["quantile"].values] if "quantile" in data.coords else [],
            signals=series_of(data, ("issued_at", "lead", "quantile")),
            next=encoded(until.isoformat()) if until < end else None,
        )
        return served_model(request, body)


def _history(desk: Desk) -> History:
    if desk.ports.history is None:
        raise Unavailable("this web process was started without a journal; start it with regie live")
    return desk.ports.history


def _extent(
    desk: Desk, start: datetime, end: datetime, cursor: str | None, longest: timedelta
) -> tuple[datetime, datetime, datetime]:
    """``(start, end of this page, end of all)``, within what has been on air."""
    if cursor is not None:
        start = _instant(decoded(cursor))
    if start >= end:
        problem = Problem("end", end.isoformat(), f"after start, {start.isoformat()}", "give a later end")
        raise BadInput([problem])
    now = desk.now.snapshot
    if now is not None and start < now.as_of and end > now.since:
        start, end = max(start, now.since), min(end, now.as_of + STEP)
    elif now is not None:
        end = min(end, start + longest)  # nothing was on air then: one page, an empty one
    return start, min(end, start + longest), end


def _may(person: Person, signal: str) -> bool:
    return "chf" not in signal or person.may(Deed.SEE_MONEY)


def _check_money(person: Person, signals: list[str]) -> None:
    hidden = [signal for signal in signals if not _may(person, signal)]
    if hidden:
        raise HTTPException(403, f"the role {person.role} sees no economic figures: {', '.join(hidden)}"[:500])


def _check_size(history: History, signals: list[str], steps: int) -> None:
    known = history.signals()
    size = steps * sum(max(len(known[signal]["elements"]), 1) for signal in set(signals) if signal in known)
    if size > LARGEST:
        problem = Problem("limit", f"{size} values", f"at most {LARGEST}", "ask for fewer signals or a smaller limit")
        raise BadInput([problem])


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        return _in_utc(instant.replace(tzinfo=instant.tzinfo or UTC))
    except ValueError as error:
        raise BadInput([Problem("cursor", repr(text[:40]), "the `next` of a page", "begin without a cursor")]) from error
