"""From the groups of a site file to its devices: ids, elements, limits, rights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from twin.contracts.devices import Acceptance, Behind, Device, Panels, Right, RightOfUse, Ripple
from twin.site.device_tables import DeviceGroup

NO_RIGHT = RightOfUse(Right.NONE, Acceptance.DISPATCHER, 0.0)


def devices_of(groups: Iterable[DeviceGroup]) -> tuple[Device, ...]:
    """Every flexible device, in the file's order; those without a right are simulated, never dispatched.

    The n-th battery of the file is element n of the net's storage table, because the grid adapter builds it so. The ``bus`` of
    every other device is -1 here: it stands where its load or plant does, which only the grid knows.
    """
    devices: list[Device] = []
    storages = 0
    for group in groups:
        if group.kind == "pv_plant":
            devices += _plants(group)
        elif group.kind == "heat_pumps":
            devices.append(_ripple_group(group))
        else:
            devices += _stores(group, storages)
            storages += len(group.buses)
    return tuple(devices)


def _stores(group: DeviceGroup, first: int) -> Iterator[Device]:
    """Batteries and chargers; ``first``: element of the group's first battery."""
    battery = group.kind == "battery"
    for i, (place, p_kw) in enumerate(zip(group.places, group.each("p_kw"), strict=True)):
        power = p_kw / 1000.0
        yield Device(
            id=device_id(group, place),
            kind=group.kind,
            group=group.group,
            table="storage" if battery else "load",
            element=first + i if battery else place,
            bus=place if battery else -1,
            zone=group.zone,
            p_min_mw=-power if group.feeds_in else 0.0,
            p_max_mw=power,
            e_max_mwh=(group.e_kwh or 0.0) / 1000.0,
            efficiency=group.efficiency or 1.0,
            right_of_use=_right(group, place),
            behind=None if group.behind is None else Behind(group.behind.load_share, group.behind.pv_kwp),
        )


def _plants(group: DeviceGroup) -> Iterator[Device]:
    for sgen, kwp, annual_mwh in zip(group.sgens, group.each("kwp"), group.each("annual_mwh"), strict=True):
        yield Device(
            id=device_id(group, sgen),
            kind=group.kind,
            group=group.group,
            table="sgen",
            element=sgen,
            bus=-1,
            zone=group.zone,
            p_min_mw=-kwp / 1000.0,
            p_max_mw=0.0,
            e_max_mwh=0.0,
            efficiency=1.0,
            right_of_use=_right(group, sgen),
            panels=Panels(kwp, annual_mwh),
        )


def _ripple_group(group: DeviceGroup) -> Device:
    powers = group.each("p_kw")
    total = sum(powers)
    return Device(
        id=group.id,
        kind=group.kind,
        group=group.group,
        table="load",
        element=group.loads[0],
        bus=-1,
        zone=group.zone,
        p_min_mw=0.0,
        p_max_mw=total / 1000.0,
        e_max_mwh=0.0,
        efficiency=1.0,
        right_of_use=_right(group, group.loads[0]),
        ripple=None if group.ripple is None else Ripple(**group.ripple.model_dump()),
        elements=group.loads,
        shares=tuple(p_kw / total for p_kw in powers),
    )


def device_id(group: DeviceGroup, place: int) -> str:
    """The id of the group's device at ``place``, one of its buses, loads or sgens; heat pumps are one device."""
    return group.id if len(group.places) == 1 or group.kind == "heat_pumps" else f"{group.id}_{place}"


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
