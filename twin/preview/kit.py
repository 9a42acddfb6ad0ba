"""What a what-if needs of the site, as the loop was wired with it: one packed file, written before the first tick.

It travels by value, so that what is simulated is the grid on air, also after its site file was edited, and for a drill whose
site no file describes. It holds no code: see `twin.domain.pack`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from twin.adapters.net_store import net_from_bytes, net_to_bytes
from twin.contracts.devices import Device
from twin.domain.controls import NO_CONTROLS, Controls
from twin.domain.pack import pack, unpack
from twin.domain.whole_file import write_whole
from twin.domain.zones import Zone
from twin.regie.proof import Limits
from twin.wiring import Wired, controls_of

FILE = "preview.kit"
"""Below the ``jobs`` directory of a state."""
_DEVICES: TypeAdapter[tuple[Device, ...]] = TypeAdapter(tuple[Device, ...])
_ZONES: TypeAdapter[tuple[Zone, ...]] = TypeAdapter(tuple[Zone, ...])
_CONTROLS: TypeAdapter[Controls] = TypeAdapter(Controls)


@dataclass(frozen=True)
class Kit:
    """The site's grid and rules.

    Attributes:
        net: pandapower's. ``engine``: name of the site's. ``controls``: what acts by itself.
        load_weight, load_tan_phi, sgen_kwp: as `twin.regie.estimate.StateEstimator` takes them.
        fixed_sgens: indices of metered plants that nobody forecasts.
        columns: (signal, element) of the values that a journalled tick keeps, in their order.
        value_of_lost_load_chf_per_kwh: what a kWh not served counts.
    """

    net: Any
    engine: str
    limits: Limits
    controls: Controls
    devices: tuple[Device, ...]
    zones: tuple[Zone, ...]
    load_weight: np.ndarray
    load_tan_phi: np.ndarray
    sgen_kwp: np.ndarray
    fixed_sgens: tuple[int, ...]
    columns: tuple[tuple[str, str], ...]
    value_of_lost_load_chf_per_kwh: float


def kit_of(wired: Wired) -> Kit:
    """What a wired loop decides with."""
    parts = wired.parts
    estimator = parts.estimator
    return Kit(
        net=wired.net,
        engine=wired.site.about.engine,
        limits=wired.limits,
        controls=controls_of(wired.site, wired.net) or NO_CONTROLS,
        devices=tuple(parts.devices),
        zones=tuple(parts.zones),
        load_weight=estimator.load_weight,
        load_tan_phi=estimator.load_tan_phi,
        sgen_kwp=estimator.sgen_kwp,
        fixed_sgens=tuple(sorted(parts.fixed_sgens)),
        columns=tuple(parts.layout.columns),
        value_of_lost_load_chf_per_kwh=parts.kpi_facts.value_of_lost_load_chf_per_kwh,
    )


def write_kit(jobs: Path, kit: Kit) -> None:
    """Put it where the preview process looks.

    Raises:
        OSError: when the disk does not take it.
    """
    jobs.mkdir(parents=True, exist_ok=True)
    write_whole(jobs / FILE, kit_to_bytes(kit))


def read_kit(jobs: Path) -> Kit:
    """What `write_kit` wrote.

    Raises:
        OSError: when it is not there.
        UnpackError: when it is no kit.
    """
    return kit_from_bytes((jobs / FILE).read_bytes())


def kit_to_bytes(kit: Kit) -> bytes:
    """Packed, canonical."""
    limits = kit.limits
    meta: Mapping[str, Any] = {
        "engine": kit.engine,
        "controls": _CONTROLS.dump_python(kit.controls, mode="json"),
        "devices": _DEVICES.dump_python(kit.devices, mode="json"),
        "zones": _ZONES.dump_python(kit.zones, mode="json"),
        "fixed_sgens": list(kit.fixed_sgens),
        "columns": [list(column) for column in kit.columns],
        "loading_percent": [limits.line_percent, limits.trafo_percent],
        "value_of_lost_load_chf_per_kwh": kit.value_of_lost_load_chf_per_kwh,
    }
    arrays = {
        "net": np.frombuffer(net_to_bytes(kit.net), np.uint8),
        "bus_low_pu": limits.bus_low_pu,
        "bus_high_pu": limits.bus_high_pu,
        "load_weight": kit.load_weight,
        "load_tan_phi": kit.load_tan_phi,
        "sgen_kwp": kit.sgen_kwp,
    }
    return pack(meta, arrays)


def kit_from_bytes(data: bytes) -> Kit:
    """Inverse of `kit_to_bytes`.

    Raises:
        UnpackError: for bytes that are no kit.
    """
    meta, arrays = unpack(data)
    line_percent, trafo_percent = meta["loading_percent"]
    return Kit(
        net=net_from_bytes(arrays["net"].tobytes()),
        engine=meta["engine"],
        limits=Limits(arrays["bus_low_pu"], arrays["bus_high_pu"], line_percent, trafo_percent),
        controls=_CONTROLS.validate_python(meta["controls"]),
        devices=_DEVICES.validate_python(meta["devices"]),
        zones=_ZONES.validate_python(meta["zones"]),
        load_weight=arrays["load_weight"],
        load_tan_phi=arrays["load_tan_phi"],
        sgen_kwp=arrays["sgen_kwp"],
        fixed_sgens=tuple(meta["fixed_sgens"]),
        columns=tuple((signal, element) for signal, element in meta["columns"]),
        value_of_lost_load_chf_per_kwh=meta["value_of_lost_load_chf_per_kwh"],
    )
