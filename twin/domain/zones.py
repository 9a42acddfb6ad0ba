"""Zones: measured areas of the grid whose consumption and generation the régie follows, forecasts and publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PvGroup:
    """Panels of one orientation. Azimuth 180 = south; ``kwp`` installed."""

    tilt_deg: float
    azimuth_deg: float
    kwp: float


@dataclass(frozen=True)
class OtherPlant:
    """A metered plant that is neither hydro nor photovoltaics. ``kw``: installed; ``co2_g_per_kwh``: life cycle."""

    channel: str
    carrier: str
    kw: float
    co2_g_per_kwh: float


@dataclass(frozen=True)
class Zone:
    """An area behind a metered boundary.

    Attributes:
        boundary: (channel, sign) pairs whose signed sum is the power entering from above; empty = not balanced (a roof).
        hydro, storage: channels inside the zone that are metered. ``others``: further plants.
        pv_references: (channel, kWp) of metered plants; the zone's PV is their output scaled to ``pv_kwp``.
        parent: the zone that contains it. ``loads``, ``pv_sgens``: net indices inside the zone, children excluded.
        customers: metered customers, for the privacy rule.
    """

    name: str
    title: Mapping[str, str]
    customers: int
    pv_kwp: float
    parent: str | None = None
    boundary: tuple[tuple[str, float], ...] = ()
    hydro: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    others: tuple[OtherPlant, ...] = ()
    pv_references: tuple[tuple[str, float], ...] = ()
    pv_groups: tuple[PvGroup, ...] = ()
    loads: tuple[int, ...] = ()
    pv_sgens: tuple[int, ...] = ()
    trafos: tuple[str, ...] = field(default=())
