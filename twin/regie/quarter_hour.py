"""What one quarter hour adds to an account: what was metered, what was estimated and settled then, and its way to the journal.

Late meters restate what was metered, and the origin of what was consumed. The estimated grid, what is owed for orders and what
was dark stay as they were found then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from twin.contracts.devices import Device, Right
from twin.domain.finite import finite
from twin.domain.time import HOURS_PER_STEP
from twin.origin.consumed import Consumed


@dataclass(frozen=True)
class Measured:
    """Of the meters and the market: powers [MW], price, energy [MWh]; what the site lacks is 0, NaN is unknown.

    Attributes:
        deliverable_mwh: what the grid would get of what each battery holds whose meter speaks.
        wear_chf: of the site's own batteries.
    """

    net_p_mw: float
    pv_p_mw: float
    hydro_p_mw: float
    other_p_mw: float
    storage_p_mw: float
    price_chf_per_kwh: float
    deliverable_mwh: Mapping[str, float]
    wear_chf: float

    @property
    def balanced(self) -> bool:
        """Whether every power is known."""
        powers_mw = (self.net_p_mw, self.pv_p_mw, self.hydro_p_mw, self.other_p_mw, self.storage_p_mw)
        return all(map(math.isfinite, powers_mw))


@dataclass(frozen=True)
class OfGrid:
    """Of the estimated grid; all NaN where it was not solved, or is doubtful.

    Attributes:
        voltage_pu: sum over the buses outside their band. ``overload_percent``: over the elements above their limit.
    """

    loss_mw: float
    voltage_pu: float
    overload_percent: float
    max_loading_percent: float

    @property
    def solved(self) -> bool:
        """Whether it is known."""
        return math.isfinite(self.loss_mw)


UNSOLVED = OfGrid(math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Interval:
    """One quarter hour. ``label``: its start.

    Attributes:
        flexibility_chf: owed to other owners for orders that were obeyed.
        curtailment_chf: likewise for curtailment beyond what is guaranteed unpaid. ``curtailed_mwh``: all of it, by reference.
        unsupplied_mw: what would have been consumed on buses without supply.
    """

    label: datetime
    measured: Measured
    consumed: Consumed
    grid: OfGrid
    flexibility_chf: float
    unsupplied_mw: float
    curtailment_chf: float = 0.0
    curtailed_mwh: float = 0.0

    @property
    def priced(self) -> bool:
        """Whether import and price are known."""
        return math.isfinite(self.measured.net_p_mw) and math.isfinite(self.measured.price_chf_per_kwh)


Both = tuple[Interval, Interval | None]
"""One quarter hour of ours, and of the do-nothing twin where there is one."""
_ADAPTER = TypeAdapter(Interval)


def to_meta(interval: Interval) -> dict[str, Any]:
    """JSON-able; floats keep every bit, NaN becomes None."""
    return dict(finite(asdict(interval) | {"label": interval.label.isoformat()}))


def from_meta(meta: Mapping[str, Any]) -> Interval:
    """Inverse of `to_meta`."""
    return _ADAPTER.validate_python(_with_nan(meta))


def _with_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _with_nan(item) for key, item in value.items()}
    return math.nan if value is None else value


def alike(one: Interval, other: Interval) -> bool:
    """Whether the same was metered and consumed; unknown is like unknown."""
    return _told(one) == _told(other)


def _told(interval: Interval) -> tuple[list[float | None], Mapping[str, float]]:
    there, consumed = interval.measured, interval.consumed
    powers = (there.net_p_mw, there.pv_p_mw, there.hydro_p_mw, there.other_p_mw, there.storage_p_mw)
    numbers = (*powers, there.price_chf_per_kwh, there.wear_chf, consumed.mwh, consumed.renewable_mwh, consumed.co2_t)
    return [None if math.isnan(number) else number for number in numbers], there.deliverable_mwh


def measured(signals: Mapping[tuple[str, str], float], zone: str, devices: Sequence[Device]) -> Measured:
    """From a row of the frame, by (signal, element); what the site lacks counts as zero, what is missing as NaN.

    Args:
        zone: the site's root zone, whose boundary is its connection.
    """

    def of(signal: str, element: str, default: float) -> float:
        return signals.get((signal, element), default)

    nan = math.nan
    batteries = _batteries(devices)
    content = {d.id: of("device_soc_percent", d.id, nan) / 100.0 * d.e_max_mwh for d in batteries}
    content = {name: mwh for name, mwh in content.items() if not math.isnan(mwh)}
    return Measured(
        net_p_mw=of("zone_net_p_mw", zone, nan),
        pv_p_mw=of("zone_pv_p_mw", zone, 0.0),
        hydro_p_mw=of("zone_hydro_p_mw", zone, 0.0),
        other_p_mw=of("zone_other_p_mw", zone, 0.0),
        storage_p_mw=of("zone_storage_p_mw", zone, 0.0),
        price_chf_per_kwh=of("price_chf_per_kwh", "", nan),
        deliverable_mwh={d.id: d.efficiency * content[d.id] for d in batteries if d.id in content},
        wear_chf=sum(_wear_chf(d, of("device_p_mw", d.id, nan)) for d in batteries),
    )


def columns_of(zone: str, devices: Sequence[Device]) -> set[tuple[str, str]]:
    """What `measured` asks a row for."""
    powers = {(f"zone_{name}_p_mw", zone) for name in ("net", "pv", "hydro", "other", "storage")}
    own = {(signal, d.id) for d in _batteries(devices) for signal in ("device_p_mw", "device_soc_percent")}
    return powers | own | {("price_chf_per_kwh", "")}


def _batteries(devices: Sequence[Device]) -> list[Device]:
    """Those whose content is credited."""
    return [device for device in devices if device.kind == "battery"]


def counting(both: Both) -> Both:
    """As the accounts count them, known on both sides or on neither: what one side missed is no difference between the two."""
    ours, theirs = both
    if theirs is None:
        return both
    mine = replace(ours, consumed=ours.consumed.known_with(theirs.consumed))
    alone = replace(theirs, consumed=theirs.consumed.known_with(ours.consumed))
    if not (ours.grid.solved and theirs.grid.solved):
        mine, alone = replace(mine, grid=UNSOLVED), replace(alone, grid=UNSOLVED)
    if ours.measured.balanced != theirs.measured.balanced:
        mine, alone = (replace(side, measured=replace(side.measured, net_p_mw=math.nan)) for side in (mine, alone))
    return mine, alone


def _wear_chf(device: Device, p_mw: float) -> float:
    """Wear of one of the site's own batteries: half of its price for each kWh in, half for each kWh out."""
    if device.right_of_use.right is not Right.OWN or math.isnan(p_mw):
        return 0.0
    return 0.5 * 1000.0 * HOURS_PER_STEP * abs(p_mw) * device.right_of_use.price_chf_per_kwh
