"""Observe: from raw channels to the frame's signals, with quality.

Pure and elementwise over rows, so that a late reading recomputes exactly the rows it touches and a restart recomputes them
all to the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from twin.contracts.frame import Layout
from twin.domain.channels import Channel
from twin.domain.quality import Quality
from twin.domain.signals import MEASURED_WIND
from twin.domain.zones import Zone
from twin.regie.limited_plants import LimitedPlant

HOLD_ROWS = 4
"""A missing channel keeps its last good value for one hour, flagged substituted; then it is missing."""
SPIKE_ROWS = 4
SPIKE_FACTOR = 20.0
SPIKE_SHARE = 0.1
"""A power or current that jumps beyond 20 times the last hour's largest magnitude, and beyond a tenth of its plausible range,
is a spike or a unit error (fault 16) and refused for that quarter hour; a feeder switched on is believed in the next one."""
CONTEXT_ROWS = HOLD_ROWS + SPIKE_ROWS
"""How many earlier rows a row's derivation looks at."""
_STEADY = {"bus", "line", "trafo", "load"}

_INVALID, _QUESTIONABLE, _SUBSTITUTED, _ESTIMATED, _GOOD = (
    np.uint8(int(q)) for q in (Quality.INVALID, Quality.QUESTIONABLE, Quality.SUBSTITUTED, Quality.ESTIMATED, Quality.GOOD)
)


@dataclass(frozen=True)
class TrafoSpec:
    """Where a transformer's loading comes from: its power channels and a voltage channel near its high-voltage side."""

    name: str
    index: int
    sn_mva: float
    voltage_channel: str | None


@dataclass(frozen=True)
class _Series:
    """A signal over rows with its quality."""

    value: np.ndarray
    quality: np.ndarray


class Observer:
    """Derives the frame's columns from raw rows."""

    def __init__(
        self,
        channels: Sequence[Channel],
        zones: Sequence[Zone],
        trafos: Sequence[TrafoSpec],
        layout: Layout,
        limited: Mapping[str, Sequence[LimitedPlant]] = MappingProxyType({}),
        lines: Mapping[str, int] = MappingProxyType({}),
        machines: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Prepare for one site.

        Args:
            channels, zones, trafos, layout: of the site.
            limited: by zone, plants that orders may hold back.
            lines: the watched ones' index, by name.
            machines: channel of a machine's power, by name.
        """
        self._column: Mapping[str, int] = {channel.name: i for i, channel in enumerate(channels)}
        self._zones = tuple(zones)
        self._trafos = tuple(trafos)
        self._layout = layout
        self._limited = limited
        self._lines = lines
        self._machines = machines
        self._spike_floor = np.array([_spike_floor(channel) for channel in channels])

    def derive(self, values: np.ndarray, quality: np.ndarray, context: int) -> tuple[np.ndarray, np.ndarray]:
        """Frame rows from raw rows.

        Args:
            values, quality: raw rows, dims (time, channel); the first ``context`` rows (up to `CONTEXT_ROWS`) only serve as
                memory and yield no output.

        Returns:
            ``(values, quality)`` in layout order, dims (time - context, column).
        """
        held, flags = _hold(*self.without_spikes(values, quality))
        raw = {name: _Series(held[context:, i], flags[context:, i]) for name, i in self._column.items()}
        rows = len(values) - context
        signals: dict[tuple[str, str], _Series] = {}
        for zone in self._zones:
            signals.update(self._zone(zone, raw, rows))
        for trafo in self._trafos:
            signals["trafo_loading_percent", trafo.name] = _loading(trafo, raw, rows)
            signals["trafo_top_oil_c", trafo.name] = raw.get(f"trafo.{trafo.index}.top_oil_c", _missing(rows))
        for name, index in self._lines.items():
            signals["line_i_ka", name] = raw.get(f"line.{index}.i_ka", _missing(rows))
        for name, channel in self._machines.items():
            signals["machine_p_mw", name] = raw.get(channel, _missing(rows))
        out = np.full((rows, len(self._layout.columns)), np.nan)
        out_quality = np.full(out.shape, _INVALID)
        for position, (signal, element) in enumerate(self._layout.columns):
            series = signals.get((signal, element)) or raw.get(_channel_of(signal, element))
            if series is not None:
                # A full or empty battery's meter wavers around its end; a charge beyond it does not exist.
                bounded = signal == "device_soc_percent"
                out[:, position] = np.clip(series.value, 0.0, 100.0) if bounded else series.value
                out_quality[:, position] = series.quality
        return out, out_quality

    def substituted(self, values: np.ndarray, quality: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Raw rows after substitution, dims (time, channel); the newest goes to the state estimation."""
        return _hold(*self.without_spikes(values, quality))

    def without_spikes(self, values: np.ndarray, quality: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Raw rows with spikes as missing, dims (time, channel); the raw table and the journal keep them."""
        recent = np.zeros_like(values)
        for back in range(1, min(SPIKE_ROWS, len(values) - 1) + 1):
            recent[back:] = np.fmax(recent[back:], np.abs(values[:-back]))
        with np.errstate(invalid="ignore"):
            spike = (np.abs(values) > self._spike_floor) & (recent > 0.0) & (np.abs(values) > SPIKE_FACTOR * recent)
        return np.where(spike, np.nan, values), np.where(spike, _INVALID, quality)

    def _zone(self, zone: Zone, raw: Mapping[str, _Series], rows: int) -> dict[tuple[str, str], _Series]:
        hydro = _sum([(channel, 1.0) for channel in zone.hydro], raw, rows)
        other = _sum([(plant.channel, 1.0) for plant in zone.others], raw, rows)
        storage = _known_sum(zone.storage, raw, rows)
        pv = _scaled_pv(zone, raw, rows, self._limited.get(zone.name, ()))
        found = {
            ("zone_pv_p_mw", zone.name): pv,
            ("zone_hydro_p_mw", zone.name): hydro,
            ("zone_other_p_mw", zone.name): other,
            ("zone_storage_p_mw", zone.name): storage,
        }
        if zone.boundary:
            net = _sum(zone.boundary, raw, rows)
            load = net.value + pv.value + hydro.value + other.value - storage.value
            quality = net.quality | pv.quality | hydro.quality | other.quality | storage.quality
            found["zone_net_p_mw", zone.name] = net
            # Reference plants scaled up can overshoot at dawn; consumption is never negative.
            found["zone_load_p_mw", zone.name] = _Series(np.where(load < 0.0, 0.0, load), quality)
        return found


def _spike_floor(channel: Channel) -> float:
    """Magnitude from which a jump is suspicious; none for what may jump (devices, switches, plants) or has no range."""
    if channel.table not in _STEADY or channel.quantity not in ("p_mw", "q_mvar", "i_ka"):
        return float("inf")
    return SPIKE_SHARE * max(abs(channel.minimum), abs(channel.maximum))


def _hold(values: np.ndarray, quality: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    held, flags = values.copy(), quality.copy()
    for back in range(1, min(HOLD_ROWS, len(values) - 1) + 1):
        usable = np.isnan(held[back:]) & ~np.isnan(values[:-back])
        held[back:][usable] = values[:-back][usable]
        flags[back:][usable] = quality[:-back][usable] | _SUBSTITUTED
    return held, flags


def _sum(terms: Sequence[tuple[str, float]], raw: Mapping[str, _Series], rows: int) -> _Series:
    value, quality = np.zeros(rows), np.full(rows, _GOOD)
    for channel, sign in terms:
        series = raw[channel]
        value = value + sign * series.value
        quality = quality | series.quality
    return _Series(value, quality)


def _known_sum(channels: Sequence[str], raw: Mapping[str, _Series], rows: int) -> _Series:
    """The sum of what is known: one silent home battery must not hide a town's consumption; the sum is then questionable."""
    value, quality = np.zeros(rows), np.full(rows, _GOOD)
    for channel in channels:
        series = raw[channel]
        silent = np.isnan(series.value)
        value = value + np.where(silent, 0.0, series.value)
        quality = quality | np.where(silent, _ESTIMATED | _QUESTIONABLE, series.quality)
    return _Series(value, quality.astype(np.uint8))


def _scaled_pv(zone: Zone, raw: Mapping[str, _Series], rows: int, limited: Sequence[LimitedPlant]) -> _Series:
    """The zone's PV from the metered plants that answer, scaled by installed power; exact when every plant is metered.

    A plant that an order holds back stands for itself alone, unless no other answers.
    """
    if not zone.pv_references:
        return _Series(np.zeros(rows), np.full(rows, _GOOD)) if zone.pv_kwp == 0.0 else _missing(rows)
    bound = {plant.channel: plant.bound_mw(raw[plant.channel].value, raw[plant.limit_channel].value) for plant in limited}
    power, kwp, quality = _answering(zone, raw, rows, bound)
    held_mw, held_kwp = np.zeros(rows), np.zeros(rows)
    if bound:
        every = _answering(zone, raw, rows, {})
        alone = kwp == 0.0
        power, kwp, quality = (np.where(alone, *pair) for pair in zip(every, (power, kwp, quality), strict=True))
        for plant in limited:
            held = ~np.isnan(bound[plant.channel]) & ~alone
            held_mw = held_mw + np.where(held, bound[plant.channel], 0.0)
            held_kwp = held_kwp + np.where(held, plant.kwp, 0.0)
    metered = sum(plant_kwp for _, plant_kwp in zone.pv_references)
    if metered < zone.pv_kwp:
        quality = quality | _ESTIMATED
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.where(kwp > 0.0, np.maximum(power, 0.0) * (zone.pv_kwp - held_kwp) / kwp + held_mw, np.nan)
    return _Series(value, np.where(kwp > 0.0, quality, _INVALID).astype(np.uint8))


def _answering(
    zone: Zone, raw: Mapping[str, _Series], rows: int, bound: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Power [MW], installed power [kWp] and quality of the zone's references that speak of the sun, dims (time,)."""
    power, kwp, quality = np.zeros(rows), np.zeros(rows), np.full(rows, _GOOD)
    for channel, plant_kwp in zone.pv_references:
        series = raw[channel]
        there = ~np.isnan(series.value) & np.isnan(bound.get(channel, np.nan))
        power = power + np.where(there, series.value, 0.0)
        kwp = kwp + np.where(there, plant_kwp, 0.0)
        quality = quality | np.where(there, series.quality, _ESTIMATED)
    return power, kwp, quality


def _loading(trafo: TrafoSpec, raw: Mapping[str, _Series], rows: int) -> _Series:
    """Current loading from apparent power and voltage; nominal voltage where none is measured (then estimated)."""
    p = raw.get(f"trafo.{trafo.index}.p_mw", _missing(rows))
    q = raw.get(f"trafo.{trafo.index}.q_mvar", _missing(rows))
    apparent = np.hypot(p.value, np.where(np.isnan(q.value), 0.0, q.value))
    quality = p.quality | np.where(np.isnan(q.value), _ESTIMATED, q.quality & ~_INVALID)
    voltage = raw.get(trafo.voltage_channel or "", _missing(rows))
    live = voltage.value > 0.0  # neither missing nor a dead bus
    vm_pu = np.where(live, voltage.value, 1.0)
    quality = quality | np.where(live, _GOOD, _ESTIMATED)
    return _Series(100.0 * apparent / (trafo.sn_mva * vm_pu), quality.astype(np.uint8))


def _missing(rows: int) -> _Series:
    return _Series(np.full(rows, np.nan), np.full(rows, _INVALID))


def _channel_of(signal: str, element: str) -> str:
    """The channel that carries a directly measured signal."""
    table, _, quantity = signal.partition("_")
    if table in ("device", "machine"):
        return f"{table}.{element}.{quantity}"
    table = "weather" if signal in ("temp_c", "ghi_w_m2", *MEASURED_WIND) else "market"
    return f"{table}.site.{signal}"
