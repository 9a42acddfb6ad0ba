"""A site: the tables of its file, and what follows for channels, frame columns, devices and boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field

from twin.contracts.box import BoxContext
from twin.contracts.frame import Layout
from twin.contracts.messages import Acceptance, Device, Right, RightOfUse
from twin.domain.channels import Channel, parse_channel
from twin.site.rules import Bands, BoxEntry, Kpi, Orders, PlantTable, Privacy, Public, Tariff
from twin.site.tables import About, ChannelGroup, DeviceGroup, GridTable, Table, TelemetryTable, Trafo, Zone

NO_RIGHT = RightOfUse(Right.NONE, Acceptance.DISPATCHER, 0.0)

_SIGNALS_OF_KIND = {
    "battery": ("device_p_mw", "device_soc_percent", "device_available"),
    "ev_charger": ("device_p_mw", "device_available", "device_energy_required_mwh", "device_departure_h"),
}
_OUTSIDE = ("temp_c", "ghi_w_m2", "price_chf_per_kwh", "import_renewable_share", "import_co2_g_per_kwh")


class Site(Table):
    """One utility's grid, devices and rules, as its file declares them. Immutable; made by `load_site`."""

    file: Path
    about: About = Field(alias="site")
    grid: GridTable
    telemetry: TelemetryTable
    zones: tuple[Zone, ...] = Field(min_length=1)
    trafos: tuple[Trafo, ...] = ()
    device_groups: tuple[DeviceGroup, ...] = Field(default=(), alias="devices")
    tariff: Tariff
    bands: Bands
    kpi: Kpi
    privacy: Privacy = Privacy()
    orders: Orders = Orders()
    boxes: tuple[BoxEntry, ...] = ()
    boxes_allowed: tuple[str, ...] = ()
    public: Public | None = None
    plant: PlantTable | None = None

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
            ValueError: for a channel that `twin.domain.channels` does not know; `twin.site.check` reports
                them all first.
        """
        return tuple(
            parse_channel(name, sigma=group.sigma, minimum=group.minimum, maximum=group.maximum)
            for group in self.telemetry.channels
            for name in self.channel_names(group)
        )

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
    def channel_index(self) -> dict[str, int]:
        """Channel name -> its place in `channels`."""
        return {channel.name: i for i, channel in enumerate(self.channels)}

    @cached_property
    def devices(self) -> tuple[Device, ...]:
        """Every flexible device, in the file's order; those without a right are simulated, never dispatched.

        The n-th battery of the file is element n of the net's storage table, because the grid adapter builds
        it so.
        A charger's ``bus`` is -1 here: it stands where its load does, which only the grid knows.
        """
        devices: list[Device] = []
        storages = 0
        for group in self.device_groups:
            for i, place in enumerate(group.places):
                power = (group.p_kw[i] if isinstance(group.p_kw, tuple) else group.p_kw) / 1000.0
                battery = group.kind == "battery"
                devices.append(
                    Device(
                        id=group.id if len(group.places) == 1 else f"{group.id}_{place}",
                        kind=group.kind,
                        group=group.group,
                        table="storage" if battery else "load",
                        element=storages if battery else place,
                        bus=place if battery else -1,
                        zone=group.zone,
                        p_min_mw=-power if group.feeds_in else 0.0,
                        p_max_mw=power,
                        e_max_mwh=group.e_kwh / 1000.0,
                        efficiency=group.efficiency,
                        right_of_use=_right(group, place),
                    )
                )
                storages += battery
        return tuple(devices)

    @cached_property
    def dispatchable(self) -> tuple[Device, ...]:
        """Devices that somebody gave the operator a right to."""
        return tuple(device for device in self.devices if device.dispatchable)

    def layout(self) -> Layout:
        """Columns of the as-of frame: zones, the outside, watched transformers, dispatchable devices."""
        columns: list[tuple[str, str]] = []
        for zone in self.zones:
            columns += [(signal, zone.name) for signal in zone_signals(zone)]
        columns += [(signal, "") for signal in _OUTSIDE]
        for trafo in self.trafos:
            columns += [("trafo_loading_percent", trafo.name), ("trafo_top_oil_c", trafo.name)]
        for device in self.dispatchable:
            columns += [(signal, device.id) for signal in _SIGNALS_OF_KIND[device.kind]]
        return Layout(tuple(columns))

    def context(self, instance: str, grid: bytes) -> BoxContext:
        """What the box instance may know of the site; ``grid`` is the packed grid of the normal topology."""
        return BoxContext(
            instance=instance,
            seed=self.seed,
            timezone=self.about.timezone,
            latitude=self.about.latitude,
            longitude=self.about.longitude,
            country=self.about.country,
            subdivision=self.about.subdivision,
            zones={zone.name: zone.model_dump(mode="json", exclude={"name", "title"}) for zone in self.zones},
            trafos={t.name: _nameplate(t) for t in self.trafos},
            devices=tuple(asdict(device) | {"dispatchable": device.dispatchable} for device in self.devices),
            tariff=self.tariff.model_dump(mode="json"),
            bands=self.bands.model_dump(mode="json"),
            grid=grid,
        )

    def zone(self, name: str) -> Zone:
        """The zone of that name.

        Raises:
            KeyError: when the site has none.
        """
        for zone in self.zones:
            if zone.name == name:
                return zone
        raise KeyError(f"site {self.name!r} has no zone {name!r}; it has {[z.name for z in self.zones]}")

    def box(self, name: str) -> BoxEntry:
        """The box instance of that name.

        Raises:
            KeyError: when the site has none.
        """
        for box in self.boxes:
            if box.name == name:
                return box
        raise KeyError(f"site {self.name!r} has no box {name!r}; it has {[b.name for b in self.boxes]}")

    def beside(self, path: str) -> Path:
        """A path of the site file, relative to the file's own folder."""
        return self.file.parent / path


def zone_signals(zone: Zone) -> tuple[str, ...]:
    """Frame signals of a zone: a plant has no balance, and hydro or storage only where there is some."""
    signals = [] if zone.kind == "plant" else ["zone_net_p_mw", "zone_load_p_mw"]
    if zone.pv_kwp > 0:
        signals.append("zone_pv_p_mw")
    if zone.hydro:
        signals.append("zone_hydro_p_mw")
    if zone.storage:
        signals.append("zone_storage_p_mw")
    return tuple(signals)


def _nameplate(trafo: Trafo) -> dict[str, Any]:
    """The facts of a transformer, its own thermal parameters beside the rest."""
    return trafo.model_dump(mode="json", exclude={"name", "title", "thermal"}) | trafo.thermal


def _right(group: DeviceGroup, place: int) -> RightOfUse:
    rights = group.rights
    if rights is None or (rights.of != "all" and place not in rights.of):
        return NO_RIGHT
    return RightOfUse(
        right=rights.right,
        acceptance=rights.acceptance,
        price_chf_per_kwh=rights.price_chf_per_kwh,
        opt_out=place in rights.opted_out,
        channel=rights.channel,
    )


def jsonable(site: Site) -> dict[str, Any]:
    """The site as JSON values, without where its file lies: what the journal's genesis hashes."""
    return site.model_dump(mode="json", by_alias=True, exclude={"file"})
