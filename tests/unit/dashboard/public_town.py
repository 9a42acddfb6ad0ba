"""A public snapshot of a made-up town, and a request to its page without a network."""

import gzip
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from twin.contracts.public_snapshot import GreenHour, Neighbourhood, PublicSnapshot, Roof, Source

AS_OF = datetime(2016, 6, 15, 8, 30, tzinfo=UTC)  # 10:30 in Zurich
PUBLISHED = datetime(2026, 3, 4, 12, 0, 7, tzinfo=UTC)
SHARES = (0.61, 0.62, 0.7, 0.78, 0.8, 0.79, 0.7, 0.6, 0.5, 0.42, 0.4, 0.38, 0.36, *[0.35] * 6, *[0.45] * 5)
LANGUAGES = ("fr", "de", "it", "en")


def hours(first: datetime, shares=SHARES, green=(2, 3, 4, 5, 6)) -> tuple[GreenHour, ...]:
    return tuple(GreenHour(start=first + timedelta(hours=i), share=s, green=i in green) for i, s in enumerate(shares))


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
        "quality": ("estimated",),
        "sources": (
            Source(kind="pv", p_mw=6.21, renewable_share=1.0),
            Source(kind="hydro", p_mw=0.93, renewable_share=1.0),
            Source(kind="storage", p_mw=0.25, renewable_share=0.83),
            Source(kind="import", p_mw=4.87, renewable_share=0.34),
        ),
        "green_hours": hours(as_of.replace(minute=0)),
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


def nothing_known(**other) -> PublicSnapshot:
    """Every figure that may be missing is missing."""
    snapshot = town()
    return town(
        next_at=None,
        status="unknown",
        share=None,
        made_here=None,
        co2_g_per_kwh=None,
        quality=("invalid",),
        sources=(),
        green_hours=hours(AS_OF.replace(minute=0), shares=(None,) * 24, green=()),
        neighbourhood=snapshot.neighbourhood.model_copy(update={"load_kw": None, "pv_kw": None}),
        roof=snapshot.roof.model_copy(update={"p_kw": None, "quality": ("invalid",)}),
        **other,
    )


def publish(directory: Path, snapshot: PublicSnapshot | str) -> None:
    """Beside and renamed, as the loop does it."""
    beside = directory / "public.tmp"
    beside.write_text(snapshot if isinstance(snapshot, str) else snapshot.model_dump_json(), encoding="utf-8")
    beside.replace(directory / "public.json")


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
