"""A regular tick as the public composer sees it: what was traced, what was metered, and what is known ahead."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr

from twin.contracts.messages import Envelope, Headline, Outcome, Report, Service, State
from twin.domain.grid import NORMAL
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, quarter_hours
from twin.domain.zones import Zone
from twin.origin.traced import Injection, Origin, Traced
from twin.regie.memory import LoopMemory
from twin.regie.public import PublicFacts
from twin.regie.public_rule import Area, Beside, Plant, Rule
from twin.regie.public_told import Rulebook, Wish
from twin.regie.publish import Host
from twin.regie.tick import Moment, Observation, Tick

NOON = datetime(2016, 6, 15, 12, tzinfo=UTC)
WALL = datetime(2026, 3, 4, 9, tzinfo=UTC)
HOST = Host(WALL, WALL + timedelta(seconds=10), "live", 90.0, 5.0)

TOWN = Zone("town", {"en": "Town"}, 10_000, pv_kwp=5_000.0, hydro=("river",))
QUARTER = Zone("quarter", {"en": "Quarter"}, 112, pv_kwp=380.0, parent="town")
ROOF = Zone("roof", {"en": "School roof"}, 0, pv_kwp=78.7, parent="quarter")
AREAS = (
    Area("town", None, 10_000, 110_000.0, 0.02, (), ("m0", "m1", "m2")),
    Area("quarter", "town", 112, 1_200.0, 0.09, (), ("school", "q0", "q1", "q2"), Beside(90, 0.05)),
    Area("roof", "quarter", 0, 0.0, None, (), ("school",)),
)
PLANTS = (
    *(Plant(f"m{i}", "town", "pv", 448.0) for i in range(3)),
    Plant("river", "town", "hydro", 3.0, consented=True),
    *(Plant(f"q{i}", "quarter", "pv", 25.0) for i in range(3)),
    Plant("school", "roof", "pv", 78.7, consented=True),
)
ALL_ANSWER = np.zeros(len(PLANTS))


def facts(areas=AREAS, plants=PLANTS, rule=None, wish=None, hours=1, **other) -> PublicFacts:
    """Of a town with a quarter, the town's river plant and a school roof; every part can be replaced."""
    interval = timedelta(hours=hours)
    wish = wish or Wish("town", ("quarter",), "quarter", "roof", interval)
    content = {
        "site": "town",
        "title": {"en": "Town"},
        "timezone": "Europe/Zurich",
        "root": TOWN,
        "zones": (TOWN, QUARTER),
        "group": QUARTER,
        "roof": ROOF,
        "kinds": frozenset(["pv", "hydro", "import"]),
        "book": Rulebook(tuple(areas), tuple(plants), rule or Rule(), wish),
        "meters": {plant.channel: i for i, plant in enumerate(PLANTS)},
        "interval": interval,
        "import_mix": "consumption",
        "notes": (),
    }
    return PublicFacts(**(content | other))


def changed(area: str, **fields) -> tuple[Area, ...]:
    """The areas, one of them otherwise."""
    return tuple(replace(each, **fields) if each.name == area else each for each in AREAS)


def silent(*channels: str) -> np.ndarray:
    """A raw row in which these meters say nothing."""
    return np.array([math.nan if plant.channel in channels else 0.0 for plant in PLANTS])


LOAD, PV, ROOF_PV = ("zone_load_p_mw", "quarter"), ("zone_pv_p_mw", "quarter"), ("zone_pv_p_mw", "roof")
GOOD = dict.fromkeys((LOAD, PV, ROOF_PV, ("zone_load_p_mw", "town")), int(Quality.GOOD))
HALF = Origin(10.0, {"pv": 0.3, "hydro": 0.1, "import": 0.6}, 0.7, 0.4, 71.234)


def traced(town=HALF, quarter=HALF, charged=0.0, exported=0.0, **powers) -> Traced:
    """Of 10 MW consumed: 3 MW PV, 1 MW hydro, 6 MW import of which half is renewable."""
    mw = {"pv": 3.0, "hydro": 1.0, "import": 6.0} | powers
    green = {"pv": 1.0, "hydro": 1.0, "storage": 0.8, "import": 0.5}
    injections = tuple(Injection(kind, p_mw, green[kind]) for kind, p_mw in mw.items())
    zones = {"town": town, "quarter": quarter}
    return Traced("traced", zones, Origin(exported), Origin(charged), injections, 0.1)


def forecast(signal, quantiles, start=NOON, **envelope):
    """The answer of a box for the town: one path [MW or 0..1] for each quantile, from noon on."""
    values = np.array([np.asarray(path, dtype=float) for path in quantiles.values()])[None]
    coords = {"zone": ["town"], "quantile": list(quantiles), "time": quarter_hours(start, values.shape[2])}
    output = xr.DataArray(values, dims=("zone", "quantile", "time"), coords=coords).transpose("time", "quantile", "zone")
    return answer({signal: output}, **envelope)


def answer(outputs, role="champion", service=Service.FRESH, fallback=None, reason=""):
    """An envelope with these outputs."""
    report = Report(outputs, Headline("", 0.0, ""), reason=reason)
    rest = (Quality.FORECAST, service, Outcome.OK, fallback, "", None)
    return Envelope("box", "box", "1.0.0", "team", role, NOON, NOON, NOON + QUARTER_HOUR, *rest, report)


def tick(as_of=NOON, *, origin=None, envelopes=None, share=None, raw=ALL_ANSWER, flags=GOOD):
    """One regular tick; ``share``: the import's, known ahead, dims (time,)."""
    nothing = np.empty(0)
    outside = {} if share is None else {"import_renewable_share": xr.DataArray(np.asarray(share, dtype=float), dims=("time",))}
    return Tick(
        seq=0,
        moment=Moment(as_of),
        observation=Observation(None, None, raw, nothing, {}, {}, flags),
        state=State(as_of, as_of - QUARTER_HOUR, NORMAL, xr.Dataset(), Quality.ESTIMATED, 1.0, "normal"),
        envelopes=envelopes or {},
        result=None,  # what is decided is no part of what citizens see
        outside=outside,
        memory=LoopMemory(),
        lines=(),
        origin=origin or traced(),
    )
