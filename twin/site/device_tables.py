"""The tables of a site file that say what is flexible: groups of devices, the right to move them, their owners' limits.

Power and energy of devices are written in kW and kWh, as on a nameplate.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from twin.contracts.devices import Acceptance, Right
from twin.site.tables import Index, Name, NotNegative, Positive, Share, Table, Words

Kind = Literal["battery", "ev_charger", "pv_plant", "heat_pumps"]

PLACES_KEY: dict[str, str] = {"battery": "buses", "ev_charger": "loads", "pv_plant": "sgens", "heat_pumps": "loads"}
"""Where the devices of a kind stand, by kind."""

_STORE = ("p_kw", "e_kwh", "efficiency", "feeds_in")
_NEEDED: dict[str, tuple[str, ...]] = {
    "battery": _STORE,
    "ev_charger": _STORE,
    "pv_plant": ("kwp", "annual_mwh"),
    "heat_pumps": ("p_kw", "ripple"),
}
_OWN_KEYS = ("p_kw", "e_kwh", "efficiency", "feeds_in", "kwp", "annual_mwh", "ripple")
"""Keys that only some kinds have."""


class RightTable(Table):
    """The right of use over a group of devices, or over some of them (``of``: their buses, loads or sgens).

    Attributes:
        price_chf_per_kwh: for each kWh moved, withheld or curtailed; of a guaranteed right, for what exceeds the guarantee.
    """

    right: Right
    acceptance: Acceptance = Acceptance.DISPATCHER
    price_chf_per_kwh: NotNegative = 0.0
    channel: Literal["direct", "ripple"] = "direct"
    of: tuple[Index, ...] | Literal["all"] = "all"
    opted_out: tuple[Index, ...] = ()


class BehindTable(Table):
    """``behind``: consumption and panels behind a battery's meter, which it serves when left alone.

    Attributes:
        load_share: of its zone's annual consumption, 0..1. ``pv_kwp``: installed power.
    """

    load_share: float = Field(ge=0, le=1)
    pv_kwp: float = Field(ge=0)


class RippleTable(Table):
    """``ripple``: what the owners of a group of heat pumps agreed to, and how their buildings answer a block.

    Attributes: see `twin.contracts.devices.Ripple`.
    """

    customers: int = Field(ge=1)
    longest_block_h: Positive
    calls_per_day: int = Field(ge=1)
    rest_h: NotNegative
    rebound_share: Share
    rebound_h: Positive


Each = Positive | tuple[Positive, ...]
"""One figure for all devices of a group, or one per device."""


class DeviceGroup(Table):
    """``[[devices]]``: devices of one kind.

    Batteries stand at ``buses``, chargers behind ``loads``, photovoltaic plants are ``sgens`` of the grid. Heat pumps behind
    ``loads`` are *one* device: a ripple call reaches them all.

    Attributes:
        title: what people call the ``group``; one of its tables is enough.
        id: what the devices' names begin with: ``battery`` gives ``battery_458``. A lone device may carry
            the whole ``id``, a ripple group always does.
        p_kw: power limit, one for all or one per device; of heat pumps the electric power behind each load. ``e_kwh``: usable
            energy. ``efficiency``: one way.
        feeds_in: whether it can discharge into the grid. ``behind``: for a lone battery.
        kwp, annual_mwh: of a photovoltaic plant, installed power and what it feeds in a year that nobody curtails.
    """

    group: Name
    title: Words | None = None
    id: Name
    kind: Kind
    zone: str
    buses: tuple[Index, ...] = ()
    loads: tuple[Index, ...] = ()
    sgens: tuple[Index, ...] = ()
    p_kw: Each | None = None
    e_kwh: Positive | None = None
    efficiency: float | None = Field(default=None, gt=0, le=1)
    feeds_in: bool | None = None
    kwp: Each | None = None
    annual_mwh: Each | None = None
    ripple: RippleTable | None = None
    behind: BehindTable | None = None
    rights: RightTable | None = None

    @property
    def places(self) -> tuple[int, ...]:
        """Buses of batteries, loads of chargers and heat pumps, sgens of plants."""
        places: tuple[int, ...] = getattr(self, PLACES_KEY[self.kind])
        return places

    @model_validator(mode="after")
    def _consistent(self) -> DeviceGroup:
        wanted = PLACES_KEY[self.kind]
        if not self.places or any(getattr(self, key) for key in {*PLACES_KEY.values()} - {wanted}):
            raise ValueError(f"a group of kind {self.kind!r} lists its places in {wanted}, and only there")
        missing = [key for key in _NEEDED[self.kind] if getattr(self, key) is None]
        if missing:
            raise ValueError(f"a group of kind {self.kind!r} needs {', '.join(missing)}")
        foreign = [key for key in _OWN_KEYS if key not in _NEEDED[self.kind] and getattr(self, key) is not None]
        if foreign:
            raise ValueError(f"a group of kind {self.kind!r} has no {', '.join(foreign)}")
        if self.behind is not None and (self.kind != "battery" or len(self.places) != 1):
            raise ValueError("behind describes the meter of one battery; give that battery a table of its own")
        for key in ("p_kw", "kwp", "annual_mwh"):
            values = getattr(self, key)
            if isinstance(values, tuple) and len(values) != len(self.places):
                raise ValueError(f"{key} has {len(values)} values for {len(self.places)} devices; give one or one per device")
        return self

    def each(self, key: str) -> tuple[float, ...]:
        """The figure of every device, dims (place,): ``p_kw``, ``kwp`` or ``annual_mwh``."""
        values = getattr(self, key)
        return values if isinstance(values, tuple) else (values,) * len(self.places)
