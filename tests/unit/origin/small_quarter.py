"""A town with panels, a river, a waste plant, two storages and a quarter, and rows of its frame."""

import math

import numpy as np

from twin.domain.zones import Zone
from twin.origin.meters import Meters
from twin.origin.town import Plants, Store, TownFacts


def _zone(name, parent=None):
    return Zone(name, {"en": name}, 100, pv_kwp=0.0, parent=parent, boundary=(("trafo.0.p_mw", 1.0),))


FACTS = TownFacts(
    zones=(_zone("town"), _zone("quarter", "town")),
    pv=True,
    pv_sgens=(0,),
    loads={"town": (0,), "quarter": (1,)},
    has_hydro=True,
    hydro=(1,),
    others=(Plants("waste", (2,), 500.0, 0.5, 300.0),),
    stores=(Store("big", (0,), 4.0, 1.0), Store("small", (1,), 1.0, 1.0)),
    co2_g_per_kwh={"pv": 40.0, "hydro": 20.0},
)
KNOWN = {
    ("zone_net_p_mw", "town"): 4.0,
    ("zone_load_p_mw", "town"): 8.0,
    ("zone_pv_p_mw", "town"): 2.0,
    ("zone_hydro_p_mw", "town"): 1.0,
    ("zone_other_p_mw", "town"): 1.0,
    ("zone_storage_p_mw", "town"): 0.0,
    ("zone_load_p_mw", "quarter"): 3.0,
    ("device_p_mw", "big"): 0.0,
    ("device_soc_percent", "big"): math.nan,
    ("device_p_mw", "small"): 0.0,
    ("device_soc_percent", "small"): math.nan,
    ("import_renewable_share", ""): 0.5,
    ("import_co2_g_per_kwh", ""): 100.0,
}
COLUMNS = tuple(KNOWN)
METERS = Meters(FACTS, COLUMNS)


def row(**changes):
    """A row of the frame, changed where it is said: ``net=1.0``, ``big_soc=50.0`` ..."""
    names = {
        "net": ("zone_net_p_mw", "town"),
        "pv": ("zone_pv_p_mw", "town"),
        "hydro": ("zone_hydro_p_mw", "town"),
        "other": ("zone_other_p_mw", "town"),
        "storage": ("zone_storage_p_mw", "town"),
        "quarter": ("zone_load_p_mw", "quarter"),
        "big_p": ("device_p_mw", "big"),
        "big_soc": ("device_soc_percent", "big"),
        "small_p": ("device_p_mw", "small"),
        "small_soc": ("device_soc_percent", "small"),
        "share": ("import_renewable_share", ""),
        "co2": ("import_co2_g_per_kwh", ""),
    }
    values = {**KNOWN, **{names[name]: value for name, value in changes.items()}}
    return np.array(list(values.values()))


def metered(**changes):
    return METERS.read(METERS.cut(row(**changes)))
