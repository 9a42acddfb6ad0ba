"""The table of a site file that puts a rotating machine, a hydro unit or a pump, under watch."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from twin.site.tables import Index, Name, NotNegative, Positive, ReferenceSince, Table, Words

MachineClass = Literal[
    "hydro_horizontal_rigid",
    "hydro_horizontal_on_casing",
    "hydro_vertical_braced",
    "hydro_vertical_upper_on_stator",
    "large_rigid",
    "large_flexible",
    "medium_rigid",
    "medium_flexible",
    "pump_i_to_200_kw",
    "pump_i_above_200_kw",
    "pump_ii_to_200_kw",
    "pump_ii_above_200_kw",
]
"""Classes with published boundaries of the vibration's zones, see `twin.boxes.maintenance.machines.severity`."""
POWER_TABLE = {"hydro": "sgen", "pump": "load"}
"""Kind of machine -> table of the grid in which ``index`` counts."""


class Bearing(Table):
    """``[machines.bearing]``: geometry of a rolling bearing, from its manufacturer; sleeve bearings have none.

    Attributes:
        elements: number of rolling elements. ``element_mm``: their diameter. ``pitch_mm``: diameter of the circle of their
            centres. ``contact_deg``: contact angle.
    """

    elements: int = Field(ge=3, le=200)
    element_mm: Positive
    pitch_mm: Positive
    contact_deg: float = Field(ge=0, lt=90)


class Machine(Table):
    """``[[machines]]``: a rotating machine under watch.

    Attributes:
        index: of the ``sgen`` that a hydro unit is, of the ``load`` that a pump is.
        rated_mw: active power. ``speed_rpm``: of the shaft.
        vibration_class: whose published boundaries hold. ``vibration_limits_mm_s``: boundaries A/B, B/C, C/D of its own
            instead, velocity r.m.s. on the bearing housing.
        bearing_limits_c: warning and trip of the hottest bearing [degC], from its maker or the protection's settings.
        bearing: of rolling bearings. ``blades``: of the runner or impeller.
        reference_since: see `ReferenceSince`.
    """

    name: Name
    title: Words
    kind: Literal["hydro", "pump"]
    index: Index
    zone: str
    rated_mw: Positive
    speed_rpm: Positive
    vibration_class: MachineClass | None = None
    vibration_limits_mm_s: tuple[Positive, Positive, Positive] | None = None
    bearing_limits_c: tuple[NotNegative, NotNegative]
    bearing: Bearing | None = None
    blades: int | None = Field(default=None, ge=1, le=200)
    installed_year: int = Field(ge=1900, le=2100)
    reference_since: ReferenceSince | None = None

    @model_validator(mode="after")
    def _limits(self) -> Machine:
        if (self.vibration_class is None) == (self.vibration_limits_mm_s is None):
            raise ValueError("vibration_class or vibration_limits_mm_s: state one of them, and only one")
        for name in ("vibration_limits_mm_s", "bearing_limits_c"):
            limits = getattr(self, name)
            if limits is not None and list(limits) != sorted(set(limits)):
                raise ValueError(f"{name} = {list(limits)}: limits must ascend")
        return self

    @property
    def power_channel(self) -> str:
        """The channel of its active power."""
        return f"{POWER_TABLE[self.kind]}.{self.index}.p_mw"

    def facts(self) -> dict[str, Any]:
        """What a box may know of it."""
        return self.model_dump(mode="json", exclude={"name", "title"}, exclude_none=True)
