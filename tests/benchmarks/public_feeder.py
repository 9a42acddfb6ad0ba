"""Snapshots of a town as its loop would leave them, at the real pace of a quarter hour or faster, and of the real size."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from twin.contracts.public_snapshot import ComingHour, Neighbourhood, PublicSnapshot, Roof, Source, ZonePart

KINDS = ("pv", "hydro", "storage", "import")
HOUR = timedelta(hours=1)
TITLE = {"de": "Demostadt 2035", "fr": "Ville de démonstration 2035", "it": "Città dimostrativa 2035", "en": "Demo town 2035"}


def snapshot(number: int, published: datetime, period_s: float, title: Mapping[str, str] = TITLE) -> PublicSnapshot:
    """The town's snapshot of one quarter hour, with every card and digits that differ from the one before.

    Args:
        number: of the quarter hour; the values are drawn from it.
        period_s: wall time until the next one [s].
    """
    chance = random.Random(number)
    interval = published.replace(minute=published.minute // 15 * 15, second=0, microsecond=0) - timedelta(minutes=15)
    start = interval.replace(minute=0)

    def parts() -> list[float]:
        drawn = [chance.random() for _ in KINDS]
        return [one / sum(drawn) for one in drawn]

    def coming(hour: int) -> ComingHour:
        share = chance.random()
        return ComingHour(
            start=start + hour * HOUR,
            share=share,
            low=0.9 * share,
            high=min(1.0, 1.1 * share),
            parts=dict(zip(KINDS, parts(), strict=True)),
            green=chance.random() < 0.25,
        )

    def zone(name: str, parent: str | None) -> ZonePart:
        span = {"start": interval, "end": interval + timedelta(minutes=15)}
        return ZonePart(name=name, title=title, parent=parent, share=chance.random(), quality=("estimated",), **span)

    means: dict[str, Any] = {"start": start - HOUR, "end": start, "quality": ("estimated",)}
    return PublicSnapshot(
        site="demo",
        title=title,
        timezone="Europe/Zurich",
        as_of=interval + timedelta(minutes=15),
        interval=interval,
        published_at=published,
        next_at=published + timedelta(seconds=period_s),
        stale_after=published + timedelta(seconds=2.0 * period_s + 60.0),
        speed=1.0,
        status="ok",
        share=chance.random(),
        made_here=0.1 * chance.random(),
        co2_g_per_kwh=200.0 * chance.random(),
        method="traced",
        quality=("estimated",),
        sources=tuple(
            Source(kind=kind, part=part, p_mw=12.0 * part, renewable_share=chance.random())
            for kind, part in zip(KINDS, parts(), strict=True)
        ),
        import_mix="consumption",
        zones=(zone("town", None), zone("neighbourhood", "town"), zone("school_roof", "neighbourhood")),
        coming=tuple(coming(hour) for hour in range(48)),
        neighbourhood=Neighbourhood(title=title, customers=112, load_kw=1000.0 * chance.random(), pv_kw=90.0, **means),
        roof=Roof(title=title, p_kw=30.0 * chance.random(), kwp=30.0, **means),
        notes=("benchmark_town", "estimated"),
    )


class Feeder:
    """Writes the next snapshot into a directory when it is due, as the loop does: beside, then renamed."""

    def __init__(self, directory: Path, period_s: float, first: int = 0) -> None:
        self._directory, self._period_s, self._number = directory, period_s, first
        self._due = datetime.now(UTC)
        directory.mkdir(parents=True, exist_ok=True)

    def feed(self, now: datetime) -> float:
        """Write if one is due; gives the seconds until the next."""
        if now >= self._due:
            text = snapshot(self._number, now, self._period_s).model_dump_json()
            draft = self._directory / ".public.json.new"
            draft.write_text(text, encoding="utf-8")
            draft.replace(self._directory / "public.json")
            self._number += 1
            self._due = now + timedelta(seconds=self._period_s)
        return max((self._due - now).total_seconds(), 0.0)
