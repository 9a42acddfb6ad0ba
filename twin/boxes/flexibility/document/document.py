"""The problem document as a whole. These classes are the one source of its keys: of checks, of schema and of documentation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, field_validator

from twin.boxes.flexibility.document.connection import GridTable, Net, Prices, SiteLimits
from twin.boxes.flexibility.document.kinds import Chf, Step
from twin.boxes.flexibility.document.tables import (
    Battery,
    Buffer,
    Car,
    CarPool,
    Chp,
    Flexible,
    Heater,
    HeatPump,
    Hydro,
    Plant,
    Process,
    Programme,
)
from twin.site.tables import Table

MOST_STEPS = 2_000
"""Steps of a plan at most; three weeks in quarter hours."""


class Options(Table):
    """``[options]``: how to plan."""

    deadline_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=60.0, description="Wall clock after which rules serve instead of a plan, start of the process included [s]."
    )
    cvar_weight: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="With net.path: weight of the worst cases beside the expected cost, 0 to 1 [1]."
    )
    cvar_alpha: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.9, description="The worst cases are those beyond this share of the probability [1]."
    )
    last: str | None = Field(
        default=None, description="Answer of the plan before (--json), relative to the document: it is kept where it may be."
    )
    switching_chf: Chf = Field(default=0.0, description="What another plan must save to replace the last one [CHF].")
    memory_mb: Annotated[int, Field(ge=1)] = Field(
        default=4_096, description="Memory that the planning may take; beyond it rules serve [MiB]."
    )


class Document(Table):
    """A dispatch problem of one connection, with or without its grid."""

    title: str = Field(default="", description="What stands above table and report.")
    start: datetime = Field(description="Start of the plan, ISO 8601; without offset it is local time of timezone.")
    timezone: str = Field(default="Europe/Zurich", description="IANA name of the clock of stamps without offset.")
    steps: Annotated[list[Step], Field(min_length=1)] = Field(
        description='Steps of the plan: "16x15min", "20x1h", or hours [h].'
    )
    prices: Prices = Field(description="What energy costs at the connection.")
    net: Net | None = Field(default=None, description="What is not planned; with a grid its own loads and generators are.")
    limits: SiteLimits = Field(default=SiteLimits(), description="Limits of the connection.")
    grid: GridTable | None = Field(default=None, description="Wires, and what they may carry; leave out for none.")
    options: Options = Field(default=Options(), description="How to plan.")
    battery: list[Battery] = Field(default_factory=list, description="Batteries.")
    car: list[Car] = Field(default_factory=list, description="Cars at their chargers.")
    car_pool: list[CarPool] = Field(default_factory=list, description="Many cars as one.")
    heat_pump: list[HeatPump] = Field(default_factory=list, description="Heat pumps that warm a building.")
    buffer: list[Buffer] = Field(default_factory=list, description="Hot water and heat networks.")
    heater: list[Heater] = Field(default_factory=list, description="What heats a buffer.")
    chp: list[Chp] = Field(default_factory=list, description="Combined heat and power plants.")
    programme: list[Programme] = Field(default_factory=list, description="Demand-response programmes.")
    process: list[Process] = Field(default_factory=list, description="Processes that can be shifted.")
    plant: list[Plant] = Field(default_factory=list, description="Photovoltaics and wind.")
    hydro: list[Hydro] = Field(default_factory=list, description="Hydro power with a reservoir.")

    @field_validator("steps")
    @classmethod
    def _not_too_many(cls, steps: list[str | float]) -> list[str | float]:
        hours = hours_of(steps)
        if not 1 <= len(hours) <= MOST_STEPS or min(hours) <= 0.0:
            raise ValueError(f"1 to {MOST_STEPS} steps, each longer than nothing")
        return steps

    @property
    def hours(self) -> tuple[float, ...]:
        """Length of every step [h]."""
        return hours_of(self.steps)

    def devices(self) -> Iterator[tuple[str, int, Flexible]]:
        """Every device that has a power of its own, with its table's name and its number there, in the document's order."""
        for name in DEVICE_TABLES:
            for at, entry in enumerate(getattr(self, name)):
                if isinstance(entry, Flexible):
                    yield name, at, entry


DEVICE_TABLES = (
    "battery", "car", "car_pool", "heat_pump", "buffer", "heater", "chp", "programme", "process", "plant", "hydro",
)  # fmt: skip


def hours_of(steps: list[Any]) -> tuple[float, ...]:
    """Step lengths [h] of "16x15min", "1h" or plain hours."""
    found: list[float] = []
    for step in steps:
        if not isinstance(step, str):
            found.append(float(step))
            continue
        count, _, length = step.replace("×", "x").replace(" ", "").rpartition("x")
        hours = float(length[:-3]) / 60.0 if length.endswith("min") else float(length[:-1])
        found += [hours] * min(int(count or 1), MOST_STEPS + 1)
    return tuple(found)
