"""The public snapshot's schema: what others may have built on stays, or gets another version."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from twin.contracts.public_snapshot import (
    PUBLIC_SCHEMA_VERSION,
    ComingHour,
    Neighbourhood,
    PublicSnapshot,
    Roof,
    Source,
    ZonePart,
)

SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / f"public-snapshot-{PUBLIC_SCHEMA_VERSION}.json"
NOON = datetime(2016, 6, 15, 12, tzinfo=UTC)
TITLE = {"de": "Demostadt 2035", "fr": "Ville de démonstration 2035", "it": "Città dimostrativa 2035", "en": "Demo town 2035"}
KINDS = ("pv", "hydro", "other", "storage", "import")


def without_words(schema):
    """A schema without its descriptions: those may be said better at any time."""
    if isinstance(schema, dict):
        return {
            key: without_words(value) for key, value in schema.items() if key != "description" or not isinstance(value, str)
        }
    return [without_words(each) for each in schema] if isinstance(schema, list) else schema


def test_a_field_that_changes_needs_another_version_and_a_schema_of_its_own():
    stored = json.loads(SCHEMA.read_text(encoding="utf-8"))
    del stored["$schema"]
    assert without_words(PublicSnapshot.model_json_schema(mode="serialization")) == without_words(stored), (
        f"the fields differ from {SCHEMA.name}: raise PUBLIC_SCHEMA_VERSION and store the new schema beside the old one"
    )


def full_page() -> PublicSnapshot:
    """A town with five kinds of sources and eight zones, and 48 hours of which no figure repeats."""
    drawn = np.random.default_rng(1)

    def share() -> float:
        return round(float(drawn.uniform()), 4)

    hour, end = timedelta(hours=1), NOON + timedelta(hours=1)
    return PublicSnapshot(
        site="demo",
        title=TITLE,
        timezone="Europe/Zurich",
        as_of=NOON,
        interval=NOON - timedelta(minutes=15),
        published_at=NOON,
        next_at=NOON,
        stale_after=NOON,
        speed=1.0,
        status="ok",
        share=share(),
        made_here=share(),
        co2_g_per_kwh=71.2,
        method="traced",
        quality=("estimated",),
        sources=tuple(Source(kind=kind, part=share(), p_mw=share() * 10.0, renewable_share=share()) for kind in KINDS),
        import_mix="consumption",
        zones=tuple(
            ZonePart(name=f"z{i}", title=TITLE, parent="z0", start=NOON, end=end, share=share(), quality=("estimated",))
            for i in range(8)
        ),
        coming=tuple(
            ComingHour(
                start=NOON + i * hour,
                share=share(),
                low=share(),
                high=share(),
                parts={kind: share() for kind in ("pv", "hydro", "import")},
                green=bool(share() > 0.75),
            )
            for i in range(48)
        ),
        neighbourhood=Neighbourhood(
            title=TITLE, customers=112, start=NOON, end=end, load_kw=151.3, pv_kw=50.2, quality=("good",)
        ),
        roof=Roof(title=TITLE, start=NOON, end=end, p_kw=25.1, kwp=78.7, quality=("good",)),
        notes=("benchmark_town", "simulated_plant", "synthetic_outside"),
    )


def test_a_full_page_is_at_most_4_kb_compressed_and_survives_the_wire():
    page = full_page()
    raw = page.model_dump_json().encode()
    assert len(gzip.compress(raw, 9)) <= 4000
    assert PublicSnapshot.model_validate_json(raw) == page
