"""The box's settings, checked at once: zones, limits, devices it may move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twin.contracts.box import BoxContext
from twin.contracts.devices import Right
from twin.domain.problems import Problems

KINDS = ("battery", "ev_charger", "pv_plant", "heat_pumps")
"""Kinds of devices that are planned, in the plan's order."""
KNOWN = ("site_zone", "limited_zone", "cos_phi", "v2g", "overload_value_chf_per_kwh", "switching_chf", "outages", "deadline_s")


@dataclass(frozen=True)
class Settings:
    """What the configuration and the site say.

    Attributes:
        site_zone: pays the tariff. ``limited_zone``: stands behind ``trafos`` (may be None: no limit to keep).
        devices: those that may be moved, in the site's order. ``cos_phi``: of a transformer too idle to show its own.
        v2g: cars that can may feed back. ``overload_value_chf_per_kwh``: most that a
            kWh of relief counts in ``value_chf`` (a broken limit has a penalty, not a price).
        outages: lines and transformers that the plan must survive: table and index. A line that feeds a radial part cannot be
            survived, and is none of them.
        switching_chf: what another plan must save before the announced hour is changed.
    """

    site_zone: str
    limited_zone: str | None
    trafos: tuple[str, ...]
    trafo_limit_percent: float
    devices: tuple[Mapping[str, Any], ...]
    cos_phi: float
    v2g: bool
    overload_value_chf_per_kwh: float
    switching_chf: float
    outages: tuple[tuple[str, int], ...]
    deadline_s: float

    @property
    def zones(self) -> tuple[str, ...]:
        """Zones whose forecast is needed."""
        return (self.site_zone,) if self.limited_zone in (None, self.site_zone) else (self.site_zone, str(self.limited_zone))

    def ids(self, kind: str | None = None) -> tuple[str, ...]:
        """Ids of the movable devices, of one kind if asked."""
        return tuple(d["id"] for d in self.devices if kind is None or d["kind"] == kind)


def settings_of(config: Mapping[str, Any], context: BoxContext) -> Settings:
    """Settings from a configuration and the site's context.

    Raises:
        BadInput: with every fault found.
    """
    problems = Problems()
    place = f"box {context.instance!r}"
    for key in config:
        if key not in KNOWN:
            problems.add(f"{place} config", key, f"one of {', '.join(KNOWN)}", "correct or remove the key")
    zones = context.zones
    outer = [name for name, zone in zones.items() if not zone.get("parent")]
    site_zone = config.get("site_zone", outer[0] if outer else "")
    inner = [t["zone"] for t in context.trafos.values() if t["zone"] != site_zone]
    limited_zone = config.get("limited_zone", inner[0] if inner else None)
    for key, zone in (("site_zone", site_zone), ("limited_zone", limited_zone)):
        if zone is not None and zone not in zones:
            problems.add(f"{place} {key}", repr(zone), f"a zone of the site: {', '.join(zones)}", "name an existing zone")
    devices = tuple(d for d in context.devices if _movable(d))
    if not devices:
        problems.add(place, "no device may be moved", "at least one with a right of use", "declare rights or remove the box")
    for key in ("energy_chf_per_kwh", "feed_in_chf_per_kwh", "peak_chf_per_kw_month"):
        if key not in context.tariff:
            problems.add(f"{place} tariff", f"{key} is missing", "a figure in the site's [tariff]", "declare it")
    cos_phi = float(config.get("cos_phi", 0.95))
    if not 0.5 <= cos_phi <= 1.0:
        problems.add(f"{place} cos_phi", cos_phi, "0.5 to 1", "give the transformer's usual power factor")
    outages = _outages(config.get("outages", ()), place, problems)
    problems.raise_if_any()
    return Settings(
        site_zone=site_zone,
        limited_zone=limited_zone,
        trafos=tuple(name for name, t in context.trafos.items() if t["zone"] == limited_zone),
        trafo_limit_percent=_trafo_limit(context.bands),
        devices=devices,
        cos_phi=cos_phi,
        v2g=bool(config.get("v2g", False)),
        # 15 CHF/kWh: the order of a household's value of lost load
        overload_value_chf_per_kwh=float(config.get("overload_value_chf_per_kwh", 15.0)),
        # Half a franc: below it nobody would call a crew or a customer twice.
        switching_chf=float(config.get("switching_chf", 0.5)),
        outages=outages,
        deadline_s=float(config.get("deadline_s", 9.0)),
    )


def _outages(names: Sequence[object], place: str, problems: Problems) -> tuple[tuple[str, int], ...]:
    found = []
    for name in names:
        table, _, index = str(name).partition(":")
        if table in ("line", "trafo") and index.isdecimal():
            found.append((table, int(index)))
        else:
            problems.add(f"{place} outages", repr(name), '"line:66" or "trafo:0"', "name table and index of the grid file")
    return tuple(found)


def _movable(device: Mapping[str, Any]) -> bool:
    right = device["right_of_use"]
    return device["kind"] in KINDS and right["right"] != Right.NONE and not right["opt_out"]


def _trafo_limit(bands: Mapping[str, Any]) -> float:
    """Limit of normal operation [%]: ``loading.trafo_percent`` of a site file, or ``loading_percent.trafo``."""
    if "loading" in bands:
        return float(bands["loading"].get("trafo_percent", 100.0))
    return float(bands.get("loading_percent", {}).get("trafo", 100.0))
