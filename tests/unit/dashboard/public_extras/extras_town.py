"""The June morning of `public_town` in real time, in a town on a lake, for what hangs around the public page."""

import sys
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import public_town
from public_town import hours, release

from twin.contracts.public_release import Declared, Embargo
from twin.contracts.public_snapshot import ZonePart

LANGUAGES = public_town.LANGUAGES
AS_OF = public_town.AS_OF.replace(year=2026)
HOUR = AS_OF.replace(minute=0)
PUBLISHED = AS_OF + timedelta(seconds=7)
ADDRESS = "https://strom.town.example"
TOWN = {"fr": "La ville au bord du lac", "de": "Die Stadt am See", "it": "La città sul lago", "en": "The town on the lake"}


def coming(first=HOUR, **other):
    """The hours from the morning's own on."""
    return hours(first, **other)


def town(as_of=AS_OF, published=PUBLISHED, period_s=900.0, **other):
    """As a town in operation tells itself: one zone, nothing made up; every field can be replaced."""
    whole = ZonePart(
        name="lakeside", title=TOWN, parent=None, start=as_of - timedelta(minutes=15), end=as_of, share=0.73, quality=()
    )
    own = {"site": "lakeside", "title": TOWN, "speed": 1.0, "zones": (whole,), "neighbourhood": None, "notes": ()}
    return public_town.town(published, period_s, as_of, **(own | other))


def demo(**other):
    """The demonstration: another day's calendar, faster than the wall's, made up."""
    made_up = ("benchmark_town", "simulated_plant", "synthetic_outside", "estimated")
    return town(as_of=public_town.AS_OF, speed=90.0, notes=made_up, **other)


def nothing_known(**other):
    """Every figure that may be missing is missing."""
    return public_town.nothing_known(town, **other)


def story(**other):
    """A challenge that has begun."""
    content = {
        "id": "solar-cooking",
        "title": {"de": "Kochen mit der Sonne", "en": "Cooking with the sun"},
        "text": {"de": "Wer heute Mittag kocht, kocht mit Sonne.", "en": "Whoever cooks at noon today cooks with the sun."},
        "start": AS_OF - timedelta(hours=1),
        "end": AS_OF + timedelta(hours=4),
    }
    return public_town.story(**(content | other))


def approved(**other):
    """A declaration, and no figure yet."""
    content = {
        "site": "lakeside",
        "made_at": AS_OF,
        "attribution": "Town on the lake",
        "months": (),
        "years": (),
        "corrections": (),
        "declared": Declared(year=2025, renewable_share=0.98, supplier="Town works", published=date(2026, 6, 1)),
    }
    return release(**(content | other))


def embargoed(**other):
    reason = {"de": "Ein Zähler wird ersetzt.", "en": "A meter is being replaced."}
    content = {"since": AS_OF - timedelta(hours=2), "until": AS_OF + timedelta(days=1), "reason": reason}
    return approved(embargo=Embargo(**(content | other)))
