"""The tables of a site file that say what there is: grid and telemetry. Its zones: `twin.site.zone`.

Every table refuses unknown keys, so that a misspelt one is a fault and not a silent default. Every figure
carries its unit at the end of its name.
"""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)


class Table(BaseModel):
    """A table of the site file: frozen, finite numbers, no unknown key."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


LANGUAGES = ("de", "fr", "it", "en")


class Words(Table):
    """A text in the four languages of the screens."""

    de: str
    fr: str
    it: str
    en: str

    @model_validator(mode="before")
    @classmethod
    def _one_text_for_all(cls, value: Any) -> Any:
        return dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
VoltagePu = Annotated[float, Field(gt=0.5, lt=1.5)]
Index = Annotated[int, Field(strict=True, ge=0)]
"""An element of the net. Neither "2", 2.0 nor true is one: a net has no such index, and a channel no such name."""


def _ascending(instants: tuple[datetime, ...]) -> tuple[datetime, ...]:
    if list(instants) != sorted(set(instants)):
        raise ValueError("instants must ascend; add a new one at the end and keep the earlier ones")
    return instants


ReferenceSince = Annotated[tuple[AwareDatetime, ...], Field(min_length=1), AfterValidator(_ascending)]
"""Instants from which the watch on an asset learns a new reference: after a new sensor, other cooling, new bearings, new
parameters. It knows nothing of the asset then for four weeks of operation. An instant is added while it is still to come and
stays in the file, so that a replay with the file of today does what was done then.
"""


class About(Table):
    """``[site]``: who and where.

    Attributes:
        deadline_s: longest wall time of a tick [s].
    """

    name: Name
    title: Words
    timezone: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    country: str = Field(pattern=r"^[A-Z]{2}$")
    subdivision: str = ""
    seed: int = Field(ge=0)
    engine: Literal["batch", "pandapower"] = "batch"
    deadline_s: Positive = 10.0


# ------------------------------------------------------------------------------------------ grid and overlay


class TypedStation(Table):
    """A lumped substation that gets its own transformer and LV bus: load and PV at ``bus`` move behind it."""

    bus: Index
    sn_mva: Positive
    tap_pos: int


class ResizedTrafo(Table):
    """A transformer replaced by the standard type of another size at the same voltages."""

    trafo: Index
    sn_mva: Positive


class NewPv(Table):
    """A photovoltaic plant that the published grid does not have."""

    bus: Index
    kwp: Positive
    profile: str


class PvOverlay(Table):
    """Growth of photovoltaics, and the inverters.

    Attributes:
        lumped_scale: factor on the peak power of lumped plants (dropped storages' peak power included).
        growth: factor on the peak power of every plant, lumped, published and ``new``.
        profile_factor: factor on the profiles' yield. ``cap_kw_per_kwp``: inverter limit.
        q_v_pu, cos_phi: Q(U) corner voltages and the power factor at full reactive power (VDE-AR-N 4105,
            5.7.2.4).
    """

    lumped_scale: Positive = 1.0
    growth: Positive = 1.0
    profile_factor: Positive = 1.0
    cap_kw_per_kwp: Positive = 1.0
    q_v_pu: tuple[VoltagePu, VoltagePu, VoltagePu, VoltagePu] | None = None
    cos_phi: float = Field(default=1.0, gt=0.5, le=1.0)
    new: tuple[NewPv, ...] = ()


class Overlay(Table):
    """``[grid.overlay]``: how the site differs from the published grid."""

    slack_vm_pu: VoltagePu | None = None
    tap_pos: dict[int, int] = {}
    resized_trafos: tuple[ResizedTrafo, ...] = ()
    typed_stations: tuple[TypedStation, ...] = ()
    pv: PvOverlay = PvOverlay()


_GRID_FILES = {
    "pandapower": "the grid as pandapower JSON",
    "matpower": "a MATPOWER case (.m or .mat)",
    "cgmes": "a CGMES set (.zip, .xml or a folder of them)",
}
"""Sources that are files, and what key ``file`` of each names."""


class GridTable(Table):
    """``[grid]``: a SimBench code, or a file (relative to the site file): pandapower JSON, a MATPOWER case, a CGMES set.

    Attributes:
        profiles: SimBench code whose year of profiles the loads and plants of a file live by (`twin.adapters.lent_profiles`).
    """

    source: Literal["simbench", "pandapower", "matpower", "cgmes"]
    code: str | None = None
    file: str | None = None
    profiles: str | None = None
    overlay: Overlay = Overlay()

    @property
    def profiled(self) -> bool:
        """Whether a simulated plant can live on it: whether there is a year of what everybody takes and feeds in."""
        return self.source == "simbench" or self.profiles is not None

    @model_validator(mode="after")
    def _one_origin(self) -> GridTable:
        if self.source == "simbench" and not self.code:
            raise ValueError('source "simbench" needs key code, for example "1-MVLV-urban-6.305-1-sw"')
        if self.source == "simbench" and self.profiles is not None:
            raise ValueError('source "simbench" has profiles of its own; remove key profiles')
        if self.source in _GRID_FILES and not self.file:
            raise ValueError(f'source "{self.source}" needs key file, {_GRID_FILES[self.source]}')
        return self


# ------------------------------------------------------------------------------------------ telemetry


class ChannelGroup(Table):
    """Channels of one table that share unit, accuracy and plausible range.

    Attributes:
        elements: net indices, device ids, "kind:battery" for all dispatchable ones, or "site" for weather and market.
        sigma: standard deviation, percent for powers and currents, the quantity's unit otherwise.
        minimum, maximum: outside is a spike or a unit error. Only the power of devices goes without: its range
            follows from each device's own limits.
        unit: optional; must then be the unit of the quantity, because a feed in another unit is converted
            before it comes in.
    """

    table: str
    quantities: tuple[str, ...] = Field(min_length=1)
    elements: tuple[Index | str, ...] = Field(min_length=1)
    sigma: NotNegative = 0.0
    minimum: float | None = None
    maximum: float | None = None
    unit: str | None = None


class Disturbance(Table):
    """How bad the simulated plant's telemetry is; shares of all readings, delays in quarter hours.

    Attributes:
        gap_hours: mean length of a gap once one begins.
    """

    gap_share: Share = 0.0
    gap_hours: Positive = 1.0
    delay_share: Share = 0.0
    delay_steps: int = Field(default=1, ge=1, le=96)
    bad_share: Share = 0.0


class Span(Table):
    """From ``at`` on, before ``until``."""

    at: AwareDatetime
    until: AwareDatetime

    @field_validator("until")
    @classmethod
    def _ends_after_it_begins(cls, until: datetime, info: ValidationInfo) -> datetime:
        at = info.data.get("at")
        if at is not None and until <= at:
            raise ValueError(f"a moment after at, {at.isoformat()}")
        return until

    def holds(self, moment: datetime) -> bool:
        """Whether ``moment`` lies within."""
        return self.at <= moment < self.until


class Silence(Span):
    """``[[telemetry.silences]]``: these channels say nothing; ``channels`` are names or patterns ("line.*", "*.p_mw", "*").

    What protection reports has no channel and goes by the names "line.66.in_service" and "trafo.0.in_service": "*" silences it.
    """

    channels: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)

    def means(self, name: str) -> bool:
        """Whether it silences the channel of that name."""
        return any(fnmatchcase(name, pattern) for pattern in self.channels)


class TelemetryTable(Table):
    """``[telemetry]``: where measurements come from.

    Attributes:
        timezone: of CSV stamps that carry no offset.
        published: of source "published", channel -> the series that feeds it (`twin.national.series.SERIES`).
    """

    source: Literal["plant", "csv", "published"]
    folder: str | None = None
    timezone: str | None = None
    published: dict[str, str] = {}
    channels: tuple[ChannelGroup, ...] = Field(min_length=1)
    disturbance: Disturbance = Disturbance()
    silences: tuple[Silence, ...] = ()

    @model_validator(mode="after")
    def _folder_for_csv(self) -> TelemetryTable:
        if self.source == "csv" and not self.folder:
            raise ValueError('source "csv" needs key folder, with CSV files of time, channel, value')
        return self
