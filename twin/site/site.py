"""A site: the tables of its file, and what follows for channels, frame columns, devices and boxes."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, TypeAdapter

from twin.contracts.box import BoxContext
from twin.contracts.devices import Device
from twin.contracts.frame import Layout
from twin.domain.channels import Channel, parse_channel
from twin.domain.signals import MACHINE_FEATURES, MEASURED_WIND, OUTSIDE_SIGNALS
from twin.site.device_tables import DeviceGroup
from twin.site.devices import devices_of
from twin.site.line import Line
from twin.site.machine import Machine
from twin.site.maintenance import Maintenance
from twin.site.rehearsed import BoxOutage
from twin.site.rules import (
    Bands,
    BoxEntry,
    ImportMix,
    Kpi,
    Mail,
    OnCall,
    Orders,
    PlantTable,
    Privacy,
    Promote,
    Public,
    Switching,
    Tariff,
)
from twin.site.tables import About, ChannelGroup, GridTable, Table, TelemetryTable
from twin.site.trafo import Trafo
from twin.site.zone import Zone

_SIGNALS_OF_KIND = {
    "battery": ("device_p_mw", "device_soc_percent", "device_available"),
    "ev_charger": ("device_p_mw", "device_available", "device_energy_required_mwh", "device_departure_h"),
    "pv_plant": ("device_p_mw", "device_available"),
    "heat_pumps": ("device_p_mw", "device_available"),
}
_NOT_FOR_BOXES = {"name", "title", "largest_customer", "beside", "formerly"}
METER_MARGIN = 0.2
"""Share of its rating by which a device's metered power may lie outside its own limits: current transformers with an
extended rating measure up to 120 % of rated current in class (IEC 61869-2)."""


class Unread(Exception):
    """A table of the site file was asked for that could not be read: a check that needs it waits until it can."""


class Site(Table):
    """One utility's grid, devices and rules, as its file declares them. Immutable; made by `load_site`."""

    file: Path
    about: About = Field(alias="site")
    grid: GridTable
    telemetry: TelemetryTable
    zones: tuple[Zone, ...] = Field(min_length=1)
    trafos: tuple[Trafo, ...] = ()
    lines: tuple[Line, ...] = ()
    machines: tuple[Machine, ...] = ()
    device_groups: tuple[DeviceGroup, ...] = Field(default=(), alias="devices")
    tariff: Tariff
    bands: Bands
    kpi: Kpi
    import_mix: ImportMix = Field(default=ImportMix(), alias="import")
    privacy: Privacy = Privacy()
    orders: Orders = Orders()
    switching: Switching = Switching()
    roster: tuple[OnCall, ...] = ()
    boxes: tuple[BoxEntry, ...] = ()
    boxes_allowed: tuple[str, ...] = ()
    box_outages: tuple[BoxOutage, ...] = ()
    promote: Promote = Promote()
    public: Public | None = None
    plant: PlantTable | None = None
    maintenance: Maintenance | None = None
    mail: Mail | None = None

    @classmethod
    def partly(cls, file: Path, content: Mapping[str, Any], *, unread: Collection[str]) -> Site:
        """The site of all tables of ``content`` but those in ``unread``; asking it for one of these raises `Unread`."""
        readable: dict[str, Any] = {}
        for name, spec in cls.model_fields.items():
            key = spec.alias or name
            if key in content and key not in unread:
                readable[key] = TypeAdapter[Any](spec.annotation or Any).validate_python(content[key])
        site = cls.model_construct(file=file, **readable)
        for name, spec in cls.model_fields.items():
            if (spec.alias or name) in unread:
                site.__dict__.pop(name, None)  # its default would be a statement that the file does not make
        return site

    @property
    def whole(self) -> bool:
        """Whether every table could be read."""
        return set(type(self).model_fields) <= set(self.__dict__)

    if not TYPE_CHECKING:  # a type checker would take this as leave to ask for any name

        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                raise Unread(name)
            return super().__getattr__(name)

    @property
    def name(self) -> str:
        """The site's short name: part of state directories, cache keys and the journal's genesis."""
        return self.about.name

    @property
    def seed(self) -> int:
        """Seed of everything that is drawn."""
        return self.about.seed

    @property
    def timezone(self) -> str:
        """IANA name of the site's clock."""
        return self.about.timezone

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """Every telemetry channel, in the order of the file: a reading's ``channel`` is an index into it.

        Raises:
            ValueError: for a channel that `twin.domain.channels` does not know; `load_site` reports them all first.
        """
        powers = {f"device.{device.id}.p_mw": _power_range(device) for device in self.devices}
        channels = []
        for group in self.telemetry.channels:
            stated = (
                -math.inf if group.minimum is None else group.minimum,
                math.inf if group.maximum is None else group.maximum,
            )
            for name in self.channel_names(group):
                minimum, maximum = powers.get(name, stated)
                channels.append(parse_channel(name, sigma=group.sigma, minimum=minimum, maximum=maximum))
        return tuple(channels)

    def channel_names(self, group: ChannelGroup) -> list[str]:
        """Names in one group, element by element; ``"kind:battery"``: all dispatchable ones of the kind."""
        return [
            f"{group.table}.{element}.{quantity}"
            for entry in group.elements
            for element in self._elements(entry)
            for quantity in group.quantities
        ]

    def _elements(self, entry: int | str) -> Sequence[int | str]:
        if isinstance(entry, str) and entry.startswith("kind:"):
            return [device.id for device in self.devices if device.dispatchable and device.kind == entry[5:]]
        return [entry]

    @cached_property
    def measured(self) -> tuple[str, ...]:
        """Names of all channels as the file states them, whether or not anybody knows such a channel."""
        return tuple(name for group in self.telemetry.channels for name in self.channel_names(group))

    @cached_property
    def channel_index(self) -> dict[str, int]:
        """Channel name -> its place in `channels`."""
        return {channel.name: i for i, channel in enumerate(self.channels)}

    @cached_property
    def devices(self) -> tuple[Device, ...]:
        """Every flexible device, in the file's order (see `twin.site.devices.devices_of`)."""
        return devices_of(self.device_groups)

    @cached_property
    def dispatchable(self) -> tuple[Device, ...]:
        """Devices that somebody gave the operator a right to."""
        return tuple(device for device in self.devices if device.dispatchable)

    def layout(self) -> Layout:
        """Columns of the as-of frame: zones, the outside, watched transformers, lines and machines, dispatchable devices."""
        columns: list[tuple[str, str]] = []
        for zone in self.zones:
            columns += [(signal, zone.name) for signal in zone_signals(zone)]
        columns += [(signal, "") for signal in OUTSIDE_SIGNALS]
        for trafo in self.trafos:
            columns += [("trafo_loading_percent", trafo.name), ("trafo_top_oil_c", trafo.name)]
        columns += [("line_i_ka", line.name) for line in self.lines]
        for machine in self.machines:
            columns.append(("machine_p_mw", machine.name))
            own = f"machine.{machine.name}."
            quantities = [name.removeprefix(own) for name in self.measured if name.startswith(own)]
            columns += [(signal, machine.name) for signal in MACHINE_FEATURES if signal.removeprefix("machine_") in quantities]
        columns += [(signal, "") for signal in MEASURED_WIND if f"weather.site.{signal}" in self.measured]
        for device in self.dispatchable:
            columns += [(signal, device.id) for signal in _SIGNALS_OF_KIND[device.kind]]
        return Layout(tuple(columns))

    def context(self, instance: str, grid: bytes, members: Mapping[str, Mapping[str, Any]] | None = None) -> BoxContext:
        """What the box instance may know of the site; ``grid`` is the packed grid of the normal topology."""
        return BoxContext(
            instance=instance,
            seed=self.seed,
            timezone=self.about.timezone,
            latitude=self.about.latitude,
            longitude=self.about.longitude,
            country=self.about.country,
            subdivision=self.about.subdivision,
            zones={zone.name: zone.model_dump(mode="json", exclude=_NOT_FOR_BOXES) for zone in self.zones},
            trafos={t.name: _nameplate(t) for t in self.trafos},
            lines={line.name: line.facts() for line in self.lines},
            machines={machine.name: machine.facts() for machine in self.machines},
            devices=tuple(asdict(device) | {"dispatchable": device.dispatchable} for device in self.devices),
            tariff=self.tariff.model_dump(mode="json"),
            bands=self.bands.model_dump(mode="json"),
            grid=grid,
            members=members or {},
        )

    def beside(self, path: str) -> Path:
        """A path of the site file, relative to the file's own folder."""
        return self.file.parent / path


def zone_signals(zone: Zone) -> tuple[str, ...]:
    """Frame signals of a zone: a plant has no balance, and hydro, other plants or storage only where there are some."""
    signals = [] if zone.kind == "plant" else ["zone_net_p_mw", "zone_load_p_mw"]
    if zone.pv_kwp > 0:
        signals.append("zone_pv_p_mw")
    if zone.hydro:
        signals.append("zone_hydro_p_mw")
    if zone.other_plants:
        signals.append("zone_other_p_mw")
    if zone.storage:
        signals.append("zone_storage_p_mw")
    return tuple(signals)


def _nameplate(trafo: Trafo) -> dict[str, Any]:
    """The facts of a transformer that are given, its own thermal parameters and caps beside the rest."""
    facts = trafo.model_dump(mode="json", exclude={"name", "title", "caps", "thermal"}, exclude_none=True)
    return facts | trafo.caps.model_dump(exclude_none=True) | trafo.thermal.model_dump(exclude_none=True)


def _power_range(device: Device) -> tuple[float, float]:
    """What a meter at the device can truly read [MW]; outside is a unit error or a spike."""
    margin = METER_MARGIN * max(abs(device.p_min_mw), abs(device.p_max_mw))
    return device.p_min_mw - margin, device.p_max_mw + margin


def jsonable(site: Site) -> dict[str, Any]:
    """The site as JSON values, without where its file lies: what the journal's genesis hashes.

    What maintenance costs, who gets mail and what may be public is left out too: no tick reads it, and another crew, or a
    consent that is recorded or taken back, makes no other run. Who the largest customer is, is asked again every year. So is
    ``reference_since``: an instant that is added changes no tick before it, and a repair goes on with the same run.
    """
    references, addresses = {"__all__": {"reference_since"}}, {"__all__": {"mail", "language"}}
    left_out: Any = {"file": True, "maintenance": True, "mail": True, "trafos": references, "machines": references}
    left_out |= {"privacy": True, "public": True, "zones": {"__all__": {"largest_customer", "beside", "formerly"}}}
    left_out["roster"] = addresses
    return site.model_dump(mode="json", by_alias=True, exclude=left_out)
