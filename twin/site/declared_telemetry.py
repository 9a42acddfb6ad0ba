"""Faults of the declared telemetry that show without the grid: quantities, elements, units, ranges."""

from __future__ import annotations

from collections.abc import Iterator

from twin.domain.channels import QUANTITIES, parse_channel
from twin.domain.problems import Problems
from twin.site.locate import Places
from twin.site.site import Site
from twin.site.tables import ChannelGroup

_METERED = frozenset({"vm_pu", "p_mw", "q_mvar", "i_ka"})
"""Quantities of the grid that nobody meters exactly; the state estimation weighs them by their standard deviation."""

_SCALE = {"Mvar": "MW"}
"""Active and reactive power are parts of one apparent power: the same figures bound both."""


def telemetry(site: Site, places: Places, problems: Problems) -> None:
    """Channel groups, and the folder that they are read from."""
    for i, group in enumerate(site.telemetry.channels):
        place = places("telemetry", "channels", i)
        try:
            for quantity in group.quantities:
                parse_channel(f"{group.table}.0.{quantity}")
        except ValueError as error:
            name = f"channel '{group.table}.*.{quantity}'"
            problems.add(place, name, f"one of {str(error).split('known: ', 1)[-1]}", "correct table or quantity")
            continue  # what the group measures is unknown, so its units and elements are too
        _range(group, place, problems)
        _units(group, place, problems)
        _accuracy(group, place, problems)
    if site.telemetry.source == "csv":
        folder = site.beside(site.telemetry.folder or "")
        if not folder.is_dir():
            problems.add(places("telemetry", "folder"), str(folder), "a folder", "correct the path (relative to the site file)")


def elements(site: Site, places: Places, problems: Problems) -> None:
    """What the channels are measured at: an index of the grid, a device, or the site."""
    for i, group in enumerate(site.telemetry.channels):
        for value, limit, remedy in _wrong_elements(site, group):
            problems.add(places("telemetry", "channels", i), value, limit, remedy)


def _wrong_elements(site: Site, group: ChannelGroup) -> Iterator[tuple[str, str, str]]:
    if group.table == "device":
        yield from _wrong_devices(site, group)
        return
    for entry in group.elements:
        if group.table == "machine":
            if entry not in {machine.name for machine in site.machines}:
                yield f"machine {entry!r}", "a machine of the site file", "declare it in [[machines]]"
        elif group.table in {"weather", "market"}:
            if entry != "site":
                yield f"element {entry!r}", '"site"', 'weather and market have the element "site"'
        elif isinstance(entry, str):
            yield f"element {entry!r}", "an index of the grid", "write the number, without quotes"


def _wrong_devices(site: Site, group: ChannelGroup) -> Iterator[tuple[str, str, str]]:
    for entry in group.elements:
        if isinstance(entry, str) and entry.startswith("kind:"):
            if not any(device.kind == entry[5:] for device in site.dispatchable):
                yield entry, "a kind of device that gives a right of use", "correct it, or remove the group"
        elif entry not in {device.id for device in site.devices}:
            yield f"device {entry!r}", "a device of the site file", "declare it in [[devices]]"


def _range(group: ChannelGroup, place: str, problems: Problems) -> None:
    stated = {"minimum": group.minimum, "maximum": group.maximum}
    own = [quantity for quantity in group.quantities if (group.table, quantity) == ("device", "p_mw")]
    if own:
        given = ", ".join(f"{key} {value:g}" for key, value in stated.items() if value is not None)
        if given:
            limit = "no range for the power of devices: it follows from each device's p_kw"
            problems.add(place, given, limit, "remove it; give other quantities a group of their own")
            return
        if len(own) == len(group.quantities):
            return
    for key, value in stated.items():
        if value is None:
            problems.add(place, f"{key} missing", "the range of plausible values", "add it: outside is refused as a unit error")
    if group.minimum is not None and group.maximum is not None and group.minimum >= group.maximum:
        problems.add(place, f"minimum {group.minimum:g}", f"less than maximum {group.maximum:g}", "correct the range")


def _accuracy(group: ChannelGroup, place: str, problems: Problems) -> None:
    metered = [] if group.table == "device" else [quantity for quantity in group.quantities if quantity in _METERED]
    if metered and group.sigma == 0.0:
        unit = "pu" if metered == ["vm_pu"] else "% of the value"
        limit = f"above 0 [{unit}]: without it the state estimation cannot weigh a measurement"
        problems.add(place, f"sigma 0 of {', '.join(metered)}", limit, "write the meter's standard deviation")


def _units(group: ChannelGroup, place: str, problems: Problems) -> None:
    units = {quantity: QUANTITIES[group.table, quantity] for quantity in group.quantities}
    for quantity, unit in units.items():
        if group.unit is not None and group.unit != unit:
            problems.add(place, f"{quantity} in {group.unit}", unit, f"convert the feed to {unit} before it comes in")
    if len({_SCALE.get(unit, unit) for unit in units.values()}) > 1:
        value = ", ".join(f"{quantity} [{unit}]" for quantity, unit in units.items())
        limit = "quantities of one unit: a range that fits all would let unit errors pass"
        problems.add(place, value, limit, "give each unit a group of its own")
