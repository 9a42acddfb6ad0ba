"""A town's public snapshot and what was approved, for what hangs around the public page."""

from datetime import UTC, date, datetime, timedelta

from twin.contracts.public_release import Declared, Embargo, PublicRelease, Story
from twin.contracts.public_snapshot import ComingHour, PublicSnapshot, Roof, Source, ZonePart

AS_OF = datetime(2026, 6, 15, 8, 30, tzinfo=UTC)  # 10:30 in Zurich
HOUR = AS_OF.replace(minute=0)
PUBLISHED = AS_OF + timedelta(seconds=7)
ADDRESS = "https://strom.town.example"
LANGUAGES = ("fr", "de", "it", "en")
SHARES = (0.61, 0.62, 0.7, 0.78, 0.8, 0.79, 0.7, 0.6, 0.5, 0.42, 0.4, 0.38, 0.36, *[0.35] * 10, 0.45)
GREEN = (2, 3, 4, 5, 6)
TOWN = {"fr": "La ville au bord du lac", "de": "Die Stadt am See", "it": "La città sul lago", "en": "The town on the lake"}


def coming(first=HOUR, shares=SHARES * 2, green=(*GREEN, 26, 27, 28)):
    return tuple(
        ComingHour(
            start=first + timedelta(hours=index),
            share=share,
            low=None if share is None else max(0.0, share - 0.1),
            high=None if share is None else min(1.0, share + 0.1),
            parts={} if share is None else {"pv": share, "import": 1.0 - share},
            green=index in green,
        )
        for index, share in enumerate(shares)
    )


def town(as_of=AS_OF, published=PUBLISHED, period_s=900.0, **other):
    """A June morning in real time; every field can be replaced."""
    content = {
        "site": "lakeside",
        "title": TOWN,
        "timezone": "Europe/Zurich",
        "as_of": as_of,
        "interval": as_of - timedelta(minutes=15),
        "published_at": published,
        "next_at": published + timedelta(seconds=period_s),
        "stale_after": published + timedelta(seconds=max(60.0, 2 * period_s)),
        "speed": 1.0,
        "status": "ok",
        "share": 0.7304,
        "made_here": 0.5823,
        "co2_g_per_kwh": 48.3,
        "method": "traced",
        "quality": ("estimated",),
        "sources": (
            Source(kind="pv", part=0.5, p_mw=6.2, renewable_share=1.0),
            Source(kind="import", part=0.5, p_mw=6.2, renewable_share=0.46),
        ),
        "import_mix": "consumption",
        "zones": (
            ZonePart(
                name="lakeside", title=TOWN, parent=None, start=as_of - timedelta(minutes=15), end=as_of, share=0.73, quality=()
            ),
        ),
        "coming": coming(as_of.replace(minute=0)),
        "neighbourhood": None,
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
        "notes": (),
    }
    return PublicSnapshot(**(content | other))


def demo(**other):
    """The demonstration: another day's calendar, faster than the wall's, made up."""
    made_up = ("benchmark_town", "simulated_plant", "synthetic_outside", "estimated")
    return town(as_of=datetime(2016, 6, 15, 8, 30, tzinfo=UTC), speed=90.0, notes=made_up, **other)


def nothing_known(**other):
    """Every figure that may be missing is missing."""
    silent = town().roof.model_copy(update={"p_kw": None, "quality": ("invalid",)})
    missing = {"status": "unknown", "share": None, "made_here": None, "co2_g_per_kwh": None, "quality": ("invalid",)}
    return town(**(missing | {"sources": (), "coming": coming(shares=(None,) * 48, green=()), "roof": silent} | other))


def story(**other):
    content = {
        "id": "solar-cooking",
        "kind": "challenge",
        "title": {"de": "Kochen mit der Sonne", "en": "Cooking with the sun"},
        "text": {"de": "Wer heute Mittag kocht, kocht mit Sonne.", "en": "Whoever cooks at noon today cooks with the sun."},
        "start": AS_OF - timedelta(hours=1),
        "end": AS_OF + timedelta(hours=4),
        "zone": None,
    }
    return Story(**(content | other))


def approved(**other):
    content = {
        "site": "lakeside",
        "made_at": AS_OF,
        "licence": "CC-BY-4.0",
        "attribution": "Town on the lake",
        "months": (),
        "years": (),
        "corrections": (),
        "stories": (),
        "embargo": None,
        "declared": Declared(year=2025, renewable_share=0.98, supplier="Town works", published=date(2026, 6, 1)),
    }
    return PublicRelease(**(content | other))


def embargoed(**other):
    reason = {"de": "Ein Zähler wird ersetzt.", "en": "A meter is being replaced."}
    content = {"since": AS_OF - timedelta(hours=2), "until": AS_OF + timedelta(days=1), "reason": reason}
    return approved(embargo=Embargo(**(content | other)))
