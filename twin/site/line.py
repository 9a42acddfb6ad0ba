"""The table of a site file that puts a line under thermal watch: overhead conductor or buried cable."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from twin.site.tables import Index, Name, Positive, Table, Words


class Overhead(Table):
    """What is known of an overhead line beyond the grid; what is left out stands at a typical value and is named as such.

    Attributes:
        conductor: designation by EN 50182, such as "94-AL1/15-ST1A"; or the five figures of a conductor of its own.
        azimuth_degree: of the line, clockwise from north; needed to make use of a wind direction.
        altitude_m: above sea level. ``inclination_degree``: of the steepest span.
        emissivity, absorptivity: of the conductor's surface.
        standard: which heat balance rates it.
    """

    conductor: str | None = None
    diameter_mm: Positive | None = None
    core_diameter_mm: float | None = Field(default=None, ge=0)
    strand_diameter_mm: Positive | None = None
    r20_ohm_per_km: Positive | None = None
    alpha_per_k: Positive | None = None
    azimuth_degree: float | None = Field(default=None, ge=0, lt=360)
    altitude_m: float | None = Field(default=None, ge=-100, le=5000)
    inclination_degree: float | None = Field(default=None, ge=0, le=45)
    emissivity: float | None = Field(default=None, gt=0, le=1)
    absorptivity: float | None = Field(default=None, gt=0, le=1)
    standard: Literal["cigre601", "ieee738"] | None = None


class Cable(Table):
    """What is known of a buried cable beyond the grid; what is left out stands at a typical value and is named as such.

    Attributes:
        cores: 1 for three single-core cables in touching trefoil, 3 for one three-core cable.
        conductor_mm2, material: of the conductor. ``insulation_mm``: its thickness.
        depth_m: of the axis. ``soil_k_m_per_w``: thermal resistivity of the soil. ``soil_c``: its temperature at that
            depth where it is measured; otherwise it follows the air.
        group_factor: reduction of the rating by neighbouring circuits, 1 = none.
        rated_soil_c, rated_soil_k_m_per_w, rated_depth_m, rated_load_factor: the conditions of the rated current.
        emergency_c: conductor temperature allowed for some hours, where the utility allows one above ``limit_c``.
    """

    insulation: Literal["xlpe", "paper", "pvc"] | None = None
    cores: Literal[1, 3] | None = None
    material: Literal["aluminium", "copper"] | None = None
    conductor_mm2: Positive | None = None
    insulation_mm: Positive | None = None
    depth_m: float | None = Field(default=None, gt=0.2, le=10)
    soil_k_m_per_w: float | None = Field(default=None, ge=0.2, le=5)
    soil_c: float | None = Field(default=None, ge=-10, le=40)
    group_factor: float | None = Field(default=None, gt=0.2, le=1)
    rated_soil_c: float | None = Field(default=None, ge=-10, le=40)
    rated_soil_k_m_per_w: float | None = Field(default=None, ge=0.2, le=5)
    rated_depth_m: float | None = Field(default=None, gt=0.2, le=10)
    rated_load_factor: float | None = Field(default=None, gt=0, le=1)
    emergency_c: float | None = Field(default=None, gt=40, le=150)


class Line(Table):
    """``[[lines]]``: a line under thermal watch.

    Attributes:
        zone: whose forecasts say what the line will carry; the zone of the whole site where there is none.
        rated_i_ka: of its data sheet; the grid's figure where it is left out. ``vn_kv``: nominal voltage, needed only for a
            line that the normal topology leaves out of service.
        limit_c: highest conductor temperature in normal operation.
        cap_i_ka: what joints, breakers, transformers and protection pickup let through at most, however cool the line is.
    """

    name: Name
    title: Words
    index: Index
    kind: Literal["overhead", "cable"]
    zone: str | None = None
    rated_i_ka: Positive | None = None
    vn_kv: Positive | None = None
    limit_c: float | None = Field(default=None, gt=30, le=250)
    cap_i_ka: Positive | None = None
    overhead: Overhead | None = None
    cable: Cable | None = None

    @model_validator(mode="after")
    def _facts_of_its_kind(self) -> Line:
        other = {"overhead": "cable", "cable": "overhead"}[self.kind]
        if getattr(self, other) is not None:
            raise ValueError(f'kind "{self.kind}" has no table {other}; remove it or correct the kind')
        return self

    def facts(self) -> dict[str, object]:
        """What a box may know of it: the figures of its kind beside the rest, nothing that the file leaves out."""
        found: dict[str, object] = self.model_dump(
            mode="json", exclude={"name", "title", "overhead", "cable"}, exclude_none=True
        )
        own = self.overhead or self.cable
        return found if own is None else found | own.model_dump(mode="json", exclude_none=True)
