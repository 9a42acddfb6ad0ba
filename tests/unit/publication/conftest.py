"""A town's facts and a fake book, shared by the tests of the publication."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from twin.contracts.publication import DraftFigure, PublicationFacts
from twin.publication.quarters import Quarter
from twin.publication.standing import Published, take

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Written:
    """A line of the book."""

    id: int
    at: datetime
    by: str
    kind: str
    target: str
    params: dict


@dataclass
class Desk:
    """Writes lines, an hour apart, and folds them."""

    published: Published = field(default_factory=Published)
    count: int = 0

    def write(self, kind, target="", /, by="paula", **params):
        self.count += 1
        at = NOW + timedelta(hours=self.count)
        self.published = take(self.published, Written(self.count, at, by, f"publish.{kind}", target, params))
        return self.published

    def approve(self, period="2016-01", share=0.5, revision=1, reason=None, **more):
        figure = {
            "period": period,
            "revision": revision,
            "approved_at": NOW.isoformat(),
            "consumption_mwh": 1234.5,
            "share": share,
            "co2_g_per_kwh": 41.2,
            "parts": {"hydro": 0.4, "import": 0.6},
            "coverage": 0.99,
        }
        params = {"figure": figure, "hours": None, "licence": "CC-BY-4.0", "attribution": "Town"} | more
        if reason is None:
            return self.write("approve", period, **params)
        return self.write("restate", period, **params, reason={"en": reason})


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def facts():
    def of(**changes):
        told = {
            "site": "town",
            "title": {"de": "Stadt", "fr": "Ville", "it": "Città", "en": "Town"},
            "timezone": "Europe/Zurich",
            "root": "town",
            "zones": ("town", "street"),
            "languages": ("de", "fr", "it", "en"),
            "share_public": True,
            "powers_public": True,
            "parts_public": True,
            "co2_public": True,
            "hours_public": True,
            "rulebook": "",
            "metered": (),
            "attribution": "Town",
            "sources": ("simulated",),
        }
        return PublicationFacts(**told | changes)

    return of


@pytest.fixture
def draft():
    def of(**changes):
        told = {
            "period": "2016-01",
            "start": datetime(2015, 12, 31, 23, tzinfo=UTC),
            "end": datetime(2016, 1, 31, 23, tzinfo=UTC),
            "known": 2976,
            "due": 2976,
            "consumption_mwh": 10.0,
            "share": 0.5,
            "co2_g_per_kwh": 40.0,
            "parts": {"hydro": 1.0},
        }
        return DraftFigure(**told | changes)

    return of


@pytest.fixture
def quarter():
    def of(at, p_mw=4.0, share=0.5, co2=40.0, parts=None):
        return Quarter(int(at.timestamp()), p_mw, share, co2, {"hydro": 0.5, "import": 0.5} if parts is None else parts)

    return of
