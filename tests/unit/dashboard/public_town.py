"""A public snapshot of a made-up town, and a request to its page without a network."""

import gzip
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from twin.contracts.public_release import Correction, Declared, Embargo, PeriodFigure, PublicRelease, Story
from twin.contracts.public_snapshot import ComingHour, Neighbourhood, PublicSnapshot, Roof, Source, ZonePart

AS_OF = datetime(2016, 6, 15, 8, 30, tzinfo=UTC)  # 10:30 in Zurich
PUBLISHED = datetime(2026, 3, 4, 12, 0, 7, tzinfo=UTC)
SHARES = (0.61, 0.62, 0.7, 0.78, 0.8, 0.79, 0.7, 0.6, 0.5, 0.42, 0.4, 0.38, 0.36, *[0.35] * 6, *[0.45] * 5)
LANGUAGES = ("fr", "de", "it", "en")


def hours(first: datetime, shares=(*SHARES, *SHARES), green=(2, 3, 4, 5, 6, 26, 27, 28, 29, 30)) -> tuple[ComingHour, ...]:
    """Hours from ``first`` on; their bands widen as they are further away."""
    return tuple(_hour(first + timedelta(hours=i), share, 0.02 + 0.003 * i, i in green) for i, share in enumerate(shares))


def _hour(start: datetime, share: float | None, spread: float, green: bool) -> ComingHour:
    if share is None:
        return ComingHour(start=start, share=None, low=None, high=None, parts={}, green=green)
    sun = 0.8 * max(0.0, share - 0.35)
    parts = {"pv": sun, "hydro": 0.08, "storage": 0.02, "import": 0.9 - sun}
    return ComingHour(
        start=start, share=share, low=max(0.0, share - spread), high=min(1.0, share + spread), parts=parts, green=green
    )


def town(published: datetime = PUBLISHED, period_s: float = 10.0, as_of: datetime = AS_OF, **other) -> PublicSnapshot:
    """A June morning; every field can be replaced."""
    content = {
        "site": "demo",
        "title": {"fr": "La ville de 2035", "de": "Die Stadt 2035", "it": "La città del 2035", "en": "The town of 2035"},
        "timezone": "Europe/Zurich",
        "as_of": as_of,
        "interval": as_of - timedelta(minutes=15),
        "published_at": published,
        "next_at": published + timedelta(seconds=period_s),
        "stale_after": published + timedelta(seconds=max(60.0, 2 * period_s)),
        "speed": 90.0,
        "status": "ok",
        "share": 0.7304,
        "made_here": 0.5823,
        "co2_g_per_kwh": 48.3,
        "method": "traced",
        "quality": ("estimated",),
        "sources": (
            Source(kind="pv", part=0.5065, p_mw=6.21, renewable_share=1.0),
            Source(kind="hydro", part=0.0758, p_mw=0.93, renewable_share=1.0),
            Source(kind="storage", part=0.0204, p_mw=0.25, renewable_share=0.83),
            Source(kind="import", part=0.3973, p_mw=4.87, renewable_share=0.34),
        ),
        "import_mix": "consumption",
        "zones": zones(as_of, at=as_of - timedelta(minutes=15)),
        "coming": hours(as_of.replace(minute=0)),
        "neighbourhood": Neighbourhood(
            title={"fr": "Le quartier", "de": "Das Quartier", "it": "Il quartiere", "en": "The neighbourhood"},
            customers=112,
            start=as_of - timedelta(minutes=90),
            end=as_of - timedelta(minutes=30),
            load_kw=1187.4,
            pv_kw=92.1,
            quality=("estimated",),
        ),
        "roof": Roof(
            title={
                "fr": "Le toit de l'école",
                "de": "Das Schulhausdach",
                "it": "Il tetto della scuola",
                "en": "The school roof",
            },
            start=as_of - timedelta(minutes=90),
            end=as_of - timedelta(minutes=30),
            p_kw=42.3,
            kwp=78.7,
            quality=("good",),
        ),
        "notes": ("benchmark_town", "simulated_plant", "synthetic_outside", "estimated"),
    }
    return PublicSnapshot(**(content | other))


def zones(as_of: datetime = AS_OF, at: datetime | None = None) -> tuple[ZonePart, ...]:
    """The town, a neighbourhood within it, a street within that, and a quarter whose share is not told.

    All are means of an hour; the town is told by its quarter hour ``at``, where one is given.
    """
    rows = (
        ("town", None, 0.7304, ("La ville", "Die Stadt", "La città", "The town")),
        ("old_mill", "town", 0.81, ("Le vieux moulin", "Die alte Mühle", "Il vecchio mulino", "The old mill")),
        ("mill_lane", "old_mill", 0.92, ("Chemin du moulin", "Mühlegässli", "Vicolo del mulino", "Mill lane")),
        ("works", "town", None, ("La zone industrielle", "Das Industriegebiet", "La zona industriale", "The works")),
    )
    start, end = as_of - timedelta(minutes=90), as_of - timedelta(minutes=30)
    return tuple(
        ZonePart(
            name=name,
            title=dict(zip(LANGUAGES, titles, strict=True)),
            parent=parent,
            start=at if parent is None and at is not None else start,
            end=at + timedelta(minutes=15) if parent is None and at is not None else end,
            share=share,
            quality=("estimated",),
        )
        for name, parent, share, titles in rows
    )


def nothing_known(make=town, **other) -> PublicSnapshot:
    """Every figure that may be missing is missing; ``make``: the town."""
    snapshot = make(**other)
    silent = {"p_kw": None, "quality": ("invalid",)}
    unknown = {
        "next_at": None,
        "status": "unknown",
        "share": None,
        "made_here": None,
        "co2_g_per_kwh": None,
        "quality": ("invalid",),
        "sources": (),
        "coming": hours(snapshot.coming[0].start, shares=(None,) * 48, green=()),
        "zones": tuple(zone.model_copy(update={"share": None}) for zone in snapshot.zones),
        "neighbourhood": snapshot.neighbourhood and snapshot.neighbourhood.model_copy(update={"load_kw": None, "pv_kw": None}),
        "roof": snapshot.roof and snapshot.roof.model_copy(update=silent),
    }
    return make(**(unknown | other))


def in_words(what: str) -> dict[str, str]:
    """The same words in every language, marked with it."""
    return {language: f"{what} ({language})" for language in LANGUAGES}


def figure(period: str, share: float | None = 0.512, **other) -> PeriodFigure:
    content = {
        "period": period,
        "revision": 1,
        "approved_at": AS_OF - timedelta(days=9),
        "consumption_mwh": 11873.4,
        "share": share,
        "co2_g_per_kwh": 91.2,
        "parts": {"pv": 0.21, "hydro": 0.08, "storage": 0.02, "import": 0.69},
        "coverage": 0.997,
    }
    return PeriodFigure(**(content | other))


CORRECTION = Correction(
    period="2016-04",
    revision=2,
    at=AS_OF - timedelta(days=3),
    before=0.437,
    after=0.412,
    reason=in_words("A meter had counted twice"),
)
DECLARED = Declared(year=2015, renewable_share=1.0, supplier="Stadtwerk", published=datetime(2016, 5, 2, tzinfo=UTC).date())
EMBARGO = Embargo(since=AS_OF - timedelta(hours=2), until=None, reason=in_words("A meter is being checked"))


def story(kind: str = "challenge", hours_on: float = 3.0, begins_in: float = -1.0, **other) -> Story:
    start = AS_OF + timedelta(hours=begins_in)
    content = {
        "id": f"{kind}-{begins_in}",
        "kind": kind,
        "title": in_words("Noon for fifty"),
        "text": in_words("Move 50 kWh to noon, together"),
        "start": start,
        "end": None if kind == "story" else start + timedelta(hours=hours_on),
        "zone": None,
    }
    return Story(**(content | other))


def release(**other) -> PublicRelease:
    """Three months, one of them restated, a year, a declaration, nothing withheld."""
    content = {
        "site": "demo",
        "made_at": AS_OF,
        "licence": "CC-BY-4.0",
        "attribution": "Stadtwerk",
        "months": (figure("2016-05"), figure("2016-04", 0.412, revision=2), figure("2016-03", 0.388)),
        "years": (figure("2015", 0.447),),
        "corrections": (CORRECTION,),
        "stories": (),
        "embargo": None,
        "declared": DECLARED,
    }
    return PublicRelease(**(content | other))


def publish(directory: Path, content: PublicSnapshot | PublicRelease | str, name: str = "public.json") -> None:
    """Beside and renamed, as the loop does it."""
    if isinstance(content, PublicRelease):
        name = "release.json"
    beside = directory / "beside.tmp"
    beside.write_text(content if isinstance(content, str) else content.model_dump_json(), encoding="utf-8")
    beside.replace(directory / name)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.raw) if packed else self.raw).decode()


def ask(app, path: str, method: str = "GET", query: str = "", **headers: str) -> Reply:
    """One request by the ASGI protocol itself."""
    sent: list[dict] = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
    # The app never waits for anything, so its coroutine ends in one step and needs no event loop of its own.
    with suppress(StopIteration):
        app(scope, receive, send).send(None)
    start, body = sent
    lines = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], lines, body["body"])
