"""What the plant must remember between two quarter hours, and its bytes. Everything else is a function of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.contracts.ports import Readings
from twin.domain.pack import pack, unpack
from twin.domain.problems import BadInput, Problem
from twin.plant.batteries import BatteryState
from twin.plant.cars import CarState
from twin.plant.pv_plants import PvPlantState
from twin.plant.ripple_groups import RippleState

SCHEMA = 3
_CARS = ("missing_mwh", "energy_mwh", "departure_s", "power_mw")
_BATTERIES = ("energy_mwh", "power_mw")
_PLANTS = ("power_mw",)
_GROUPS = ("debt_mwh", "power_mw", "blocked_h", "free_h", "calls", "day")
_READINGS = ("channel", "valid_time_s", "known_time_s", "value")


@dataclass
class PlantState:
    """The plant at the beginning of a quarter hour.

    Attributes:
        position_s: label of the next quarter hour to live through [epoch s]; 0 = not begun.
        top_oil_c: dims (trafo,). ``bearing_c``: dims (machine,). ``held``: what stuck sensors would show, dims (channel,).
        in_flight: readings that were taken and have not arrived.
        vm_pu: true voltages of the last quarter hour, dims (bus,).
    """

    position_s: int
    cars: CarState
    batteries: BatteryState
    plants: PvPlantState
    groups: RippleState
    top_oil_c: np.ndarray
    bearing_c: np.ndarray
    held: np.ndarray
    in_flight: Readings
    vm_pu: np.ndarray

    def to_bytes(self, identity: str, extra: Mapping[str, Any]) -> bytes:
        """Packed; ``extra`` is JSON-able (the inbox), ``identity`` says whose state it is."""
        return pack(
            {"schema": SCHEMA, "identity": identity, "position_s": self.position_s, "extra": dict(extra)}, self.arrays()
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name."""
        arrays = {"top_oil_c": self.top_oil_c, "bearing_c": self.bearing_c, "held": self.held, "vm_pu": self.vm_pu}
        arrays |= {f"cars.{name}": getattr(self.cars, name) for name in _CARS}
        arrays |= {f"batteries.{name}": getattr(self.batteries, name) for name in _BATTERIES}
        arrays |= {f"plants.{name}": getattr(self.plants, name) for name in _PLANTS}
        arrays |= {f"groups.{name}": getattr(self.groups, name) for name in _GROUPS}
        arrays |= {f"in_flight.{name}": getattr(self.in_flight, name) for name in _READINGS}
        return arrays

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, identity: str) -> tuple[PlantState, dict[str, Any]]:
        """Inverse of `to_bytes`.

        Raises:
            BadInput: when it is of another site, seed, or of other laws by which the plant lives.
        """
        meta, arrays = unpack(data)
        own = (SCHEMA, identity)
        if (meta.get("schema"), meta.get("identity")) != own:
            found, limit = (f"schema {s} of plant {str(i)[:12]}" for s, i in ((meta.get("schema"), meta.get("identity")), own))
            remedy = "the site or the plant's laws have changed since: start on another --state"
            raise BadInput([Problem("checkpoint of the simulated plant", found, limit, remedy)])
        return cls.from_arrays(int(meta["position_s"]), arrays), meta["extra"]

    @classmethod
    def from_arrays(cls, position_s: int, arrays: Mapping[str, np.ndarray]) -> PlantState:
        """Inverse of `arrays`; the arrays are copied, because a state is written to."""
        own = {name: np.array(array) for name, array in arrays.items()}
        return cls(
            position_s=position_s,
            cars=CarState(**{name: own[f"cars.{name}"] for name in _CARS}),
            batteries=BatteryState(**{name: own[f"batteries.{name}"] for name in _BATTERIES}),
            plants=PvPlantState(**{name: own[f"plants.{name}"] for name in _PLANTS}),
            groups=RippleState(**{name: own[f"groups.{name}"] for name in _GROUPS}),
            top_oil_c=own["top_oil_c"],
            bearing_c=own["bearing_c"],
            held=own["held"],
            in_flight=Readings(**{name: own[f"in_flight.{name}"] for name in _READINGS}),
            vm_pu=own["vm_pu"],
        )
