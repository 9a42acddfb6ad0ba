"""The site's overlay on a published grid: slack, taps, transformers of other sizes, own stations, photovoltaics, batteries.

Everything works on the pandapower net in place, before it is cached. In ``net.sgen`` a photovoltaic plant's
``sn_mva`` is its
installed peak power [MWp] and ``max_p_mw`` what its inverter lets through; ``kind`` says "pv", "hydro" or
"other".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twin.contracts.devices import Device
from twin.domain.problems import Problems
from twin.site.tables import Overlay, PvOverlay, ResizedTrafo, TypedStation

STATION_VN_KV = 0.4


def apply_overlay(net: Any, overlay: Overlay, devices: Sequence[Device], *, file: str) -> None:
    """Change ``net`` to what the site declares.

    Raises:
        BadInput: naming every bus, transformer, profile or size that the grid does not have, before anything
            changes.
    """
    _check(net, overlay, devices, file)
    if overlay.slack_vm_pu is not None:
        net.ext_grid["vm_pu"] = overlay.slack_vm_pu
    for trafo, position in overlay.tap_pos.items():
        net.trafo.loc[trafo, "tap_pos"] = position
    for resized in overlay.resized_trafos:
        _set_type(net, resized.trafo, _resized_type(net, resized))
    for station in overlay.typed_stations:
        _build_station(net, station)
    _grow_pv(net, overlay.pv)
    build_batteries(net, devices)


def build_batteries(net: Any, devices: Sequence[Device]) -> None:
    """One storage element per declared battery, in the order of the site file; powers are floats, 0.0 at first."""
    import pandapower as pp

    for device in devices:
        if device.kind != "battery":
            continue
        pp.create_storage(
            net,
            bus=device.bus,
            p_mw=0.0,
            max_e_mwh=device.e_max_mwh,
            sn_mva=device.p_max_mw,
            min_p_mw=device.p_min_mw,
            max_p_mw=device.p_max_mw,
            name=device.id,
            index=device.element,
        )


def _type_name(net: Any, hv_bus: int, sn_mva: float) -> str:
    return f"{sn_mva:g} MVA {net.bus.at[hv_bus, 'vn_kv']:g}/{STATION_VN_KV:g} kV"


def _resized_type(net: Any, resized: ResizedTrafo) -> str:
    """The same maker's series in the other size where the grid knows it, else the plain standard type."""
    own = f"{net.trafo.at[resized.trafo, 'std_type']}"
    other = own.replace(f"{net.trafo.at[resized.trafo, 'sn_mva']:g} MVA", f"{resized.sn_mva:g} MVA", 1)
    if other != own and other in net.std_types["trafo"]:
        return other
    return _type_name(net, net.trafo.at[resized.trafo, "hv_bus"], resized.sn_mva)


def _set_type(net: Any, trafo: int, name: str) -> None:
    """Impedances, losses and rating of a standard type; tap position and switches stay."""
    for key, value in net.std_types["trafo"][name].items():
        if key in net.trafo.columns and key not in {"vector_group", "tap_changer_type"}:
            net.trafo.loc[trafo, key] = value
    net.trafo.loc[trafo, "std_type"] = name


def _build_station(net: Any, station: TypedStation) -> None:
    """Give a lumped substation its transformer and LV busbar, and move what was connected to the bus behind it."""
    import pandapower as pp

    lv_bus = pp.create_bus(net, vn_kv=STATION_VN_KV, name=f"{net.bus.at[station.bus, 'name']} LV")
    net.bus.loc[lv_bus, "geo"] = net.bus.at[station.bus, "geo"]
    for table in ("load", "sgen", "storage"):
        net[table].loc[net[table]["bus"] == station.bus, "bus"] = lv_bus
    trafo = pp.create_transformer(
        net,
        hv_bus=station.bus,
        lv_bus=lv_bus,
        std_type=_type_name(net, station.bus, station.sn_mva),
        tap_pos=station.tap_pos,
        name=f"{net.bus.at[station.bus, 'name']} transformer",
    )
    net.trafo.loc[trafo, "tap_changer_type"] = "Ratio"
    net.trafo.loc[trafo, "max_loading_percent"] = 100.0


def _grow_pv(net: Any, pv: PvOverlay) -> None:
    import pandapower as pp

    lumped = net.sgen["kind"].eq("pv") & net.sgen["lumped"]
    net.sgen.loc[lumped, "sn_mva"] *= pv.lumped_scale
    for plant in pv.new:
        index = pp.create_sgen(net, bus=plant.bus, p_mw=0.0, sn_mva=plant.kwp / 1000.0, name=f"PV at bus {plant.bus}")
        net.sgen.loc[index, ["profile", "kind", "lumped"]] = [plant.profile, "pv", False]
    net.sgen["lumped"] = net.sgen["lumped"].astype(bool)
    is_pv = net.sgen["kind"].eq("pv")
    net.sgen.loc[is_pv, "sn_mva"] *= pv.growth
    net.sgen["max_p_mw"] = net.sgen["sn_mva"].where(~is_pv, net.sgen["sn_mva"] * pv.cap_kw_per_kwp)


def _check(net: Any, overlay: Overlay, devices: Sequence[Device], file: str) -> None:
    problems = Problems()
    _check_trafos(net, overlay, f"{file} grid overlay", problems)
    _check_places(net, overlay, devices, file, problems)
    problems.raise_if_any()


def _check_trafos(net: Any, overlay: Overlay, place: str, problems: Problems) -> None:
    trafos = set(net.trafo.index)
    for trafo in [*overlay.tap_pos, *(resized.trafo for resized in overlay.resized_trafos)]:
        if trafo not in trafos:
            problems.add(place, f"transformer {trafo}", f"one of {sorted(trafos)}", "correct the index")
    for trafo, position in overlay.tap_pos.items():
        if trafo in trafos and not net.trafo.at[trafo, "tap_min"] <= position <= net.trafo.at[trafo, "tap_max"]:
            limit = f"{net.trafo.at[trafo, 'tap_min']:g} to {net.trafo.at[trafo, 'tap_max']:g}"
            problems.add(f"{place} tap_pos, transformer {trafo}", position, limit, "correct the tap")
    names = [_resized_type(net, resized) for resized in overlay.resized_trafos if resized.trafo in trafos]
    names += [_type_name(net, s.bus, s.sn_mva) for s in overlay.typed_stations if s.bus in net.bus.index]
    for name in names:
        if name not in net.std_types["trafo"]:
            problems.add(place, f"transformer type {name!r}", "a standard type of pandapower", "choose another size")


def _check_places(net: Any, overlay: Overlay, devices: Sequence[Device], file: str, problems: Problems) -> None:
    known = set(net.sgen["profile"].dropna())
    for plant in overlay.pv.new:
        if plant.profile not in known:
            place = f"{file} grid overlay pv new, bus {plant.bus}"
            problems.add(place, f"profile {plant.profile!r}", f"one of {sorted(known)}", "correct the profile")
    stands = [("grid overlay typed_stations", station.bus) for station in overlay.typed_stations]
    stands += [("grid overlay pv new", plant.bus) for plant in overlay.pv.new]
    stands += [(f"device {device.id!r}", device.bus) for device in devices if device.kind == "battery"]
    loads = [(f"device {device.id!r}", load) for device in devices if device.table == "load" for load, _ in device.places]
    for table, wanted in (("bus", stands), ("load", loads)):
        for what, index in wanted:
            if index not in net[table].index:
                problems.add(f"{file} {what}", f"{table} {index}", f"a {table} of the grid", "correct the index")
    batteries = [device for device in devices if device.kind == "battery"]
    for device in batteries:
        if device.element in net.storage.index:
            limit, remedy = "a number that no storage of the grid file has", f"number the file's from {len(batteries)} on"
            problems.add(f"{file} device {device.id!r}", f"storage {device.element}", limit, remedy)
