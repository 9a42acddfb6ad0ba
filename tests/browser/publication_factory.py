"""A journal whose records tell the origin of a town's electricity, and what the site says of its publication."""

from datetime import UTC, datetime, timedelta

from twin.contracts.publication import FILE, PublicationFacts
from twin.regie.heeded import as_text
from twin.regie.journal import Journal
from twin.regie.public_rule import Area, Plant, Rule
from twin.regie.public_told import Rulebook, Wish

ROOT = "town"
QUARTER_HOUR = timedelta(minutes=15)
NEW_YEAR = datetime(2015, 12, 31, 23, tzinfo=UTC)
"""In Zurich."""
PLANTS = tuple(Plant(f"sgen.{i}.p_mw", ROOT, "pv", 10.0) for i in range(20))
RULES = Rulebook((Area(ROOT, None, 10_000, 100.0, 0.02),), PLANTS, Rule(), Wish(ROOT))


def origin(share=0.5, p_mw=4.0, co2=40.0, silent=(), late=()):
    """What a record's meta tells of one quarter hour; ``silent``, ``late``: numbers of plants whose meters were."""
    heard = {name: [PLANTS[i].channel for i in numbers] for name, numbers in (("silent", silent), ("late", late))}
    parts = {"hydro": 0.25, "pv": 0.0, "import": 0.75}
    zones = {ROOT: [p_mw, share, 0.25, co2, parts], "street": [0.1, share, 0.25, co2, parts]}
    return {"method": "traced", "zones": zones, **heard}


def facts(**changes):
    told = {
        "site": "demo",
        "title": {"de": "Stadt", "fr": "Ville", "it": "Città", "en": "Town"},
        "timezone": "Europe/Zurich",
        "root": ROOT,
        "zones": (ROOT, "street"),
        "languages": ("de", "fr", "it", "en"),
        "share_public": True,
        "powers_public": True,
        "parts_public": True,
        "co2_public": True,
        "hours_public": True,
        "rulebook": as_text(RULES),
        "metered": tuple(plant.channel for plant in PLANTS),
        "attribution": "Town works",
        "sources": ("Simulated plant",),
    }
    return PublicationFacts(**told | changes)


def write_facts(state, **changes):
    folder = state / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(facts(**changes).model_dump_json())


def labels(start, count):
    """Epoch seconds of quarter hours from an instant on."""
    return [int((start + number * QUARTER_HOUR).timestamp()) for number in range(count)]


class Air:
    """A journal that records are written into; one record may tell any number of earlier quarter hours."""

    def __init__(self, state, start="2015-12-31T23:00:00+00:00"):
        self._state, self._start = state, start

    def tell(self, *tellings, kind="regular"):
        """Each telling is ``{label_s: origin}``: one record, whose own quarter hour is the newest of them."""
        identity = {"site": "demo", "start": self._start}
        journal = Journal(self._state, identity)
        for telling in tellings:
            own = max(telling)
            earlier = {str(label): told for label, told in telling.items() if label != own}
            meta = {"interval": datetime.fromtimestamp(own, UTC).isoformat(), "origin": telling[own], "restated": earlier}
            journal.commit(kind, own + 900, meta, {}, {}, {})
        journal.close()

    def expunge(self, before_s):
        """Let go what is older, as a régie does a year later."""
        journal = Journal(self._state, {"site": "demo", "start": self._start})
        while journal.expunge(before_s, "2000-01-01T00:00:00+00:00", 100, at="2017-02-05T00:00:00+00:00").any:
            continue
        journal.close()


def january(state, share=0.5, days=31):
    """January 2016 known to the last quarter hour, and the first one of February."""
    write_facts(state)
    air = Air(state)
    known = dict.fromkeys(labels(NEW_YEAR, 96 * days), origin(share))
    air.tell(known, dict.fromkeys(labels(NEW_YEAR + timedelta(days=31), 1), origin(share)))
    return air
