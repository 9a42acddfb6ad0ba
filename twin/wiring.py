"""The composition root: from a site file to the parts of a loop; only here is known what stands behind a port."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from twin.adapters.grid_members import Members, grid_members, load_tan_phi_of, load_weight_of, running_on_mw_of, sgen_kwp_of
from twin.adapters.prepared import Prepared
from twin.adapters.ready import Ready
from twin.adapters.telemetry_silenced import heard
from twin.adapters.town_facts import town_facts
from twin.contracts.devices import Device
from twin.contracts.ports import Actuator, Engine, OutlookSource, Referee, Telemetry
from twin.domain.controls import Controls, Curve, InverterControl
from twin.domain.grid import NORMAL, Grid
from twin.domain.problems import Problem
from twin.domain.signals import OUTSIDE_SIGNALS
from twin.regie import usage_ahead
from twin.regie.decide import Decider
from twin.regie.effort import ON_AIR, Effort
from twin.regie.estimate import StateEstimator
from twin.regie.journal import Journal
from twin.regie.kpi import KpiFacts
from twin.regie.limited_plants import limited_plants
from twin.regie.loop import Loop
from twin.regie.observe import Observer, TrafoSpec
from twin.regie.parts import Parts
from twin.regie.proof import Limits, Prover
from twin.regie.public import PublicFacts
from twin.regie.runner import BoxInstance, BoxRunner
from twin.regie.side import Side
from twin.regie.sun import Sun
from twin.regie.switching import Switches
from twin.regie.unkept import Unkept
from twin.regie.watch import Names
from twin.shown_facts import notes_of, public_facts
from twin.site import Site
from twin.site.plausible import plausible
from twin.site.rules import BoxEntry
from twin.site.site import jsonable

PREHISTORY = timedelta(weeks=9)
_KEEP_ROWS = int(PREHISTORY / timedelta(minutes=15))
Progress = Callable[[str, float], None]
Ops = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Window:
    """The ticks of a run: the first has ``as_of = start + 15 min``. ``ticks`` None: until stopped."""

    start: datetime
    ticks: int | None


@dataclass(frozen=True)
class Wired:
    """A loop ready to begin, and what its views need.

    Attributes:
        quarantined: telemetry that was refused while it was read, row by row; the loop never sees it.
    """

    site: Site
    parts: Parts
    loop: Loop
    limits: Limits
    net: Any
    names: dict[str, str]
    public: PublicFacts | None
    notes: tuple[str, ...]
    quarantined: tuple[Problem, ...]


def wire(
    ready: Ready,
    window: Window,
    state: Path,
    progress: Progress,
    on_ops: Ops,
    *,
    effort: Effort = ON_AIR,
    registered: datetime | None = None,
) -> Wired:
    """Build everything; nothing runs yet.

    Args:
        effort: what a tick does beside what its decision needs.
        on_ops: told durations, restarts and failures of the boxes' processes once they run.
        registered: end of the year that the customers' register knows, where that is not the window's start.

    Raises:
        BadInput: for a state directory of another site or window, and when the grid's file changed since the check.
    """
    site, net, engine, prepared = ready.site, ready.net, ready.engine, ready.prepared(progress)
    layout, zones = site.layout(), prepared.zones
    grid = engine.model(NORMAL).grid
    devices = tuple(_placed(device, net) for device in site.devices)
    sources = _sources(site, prepared, net, engine, registered or window.start)
    load_weight = load_weight_of(net, prepared, sources.annual_energy_mwh)
    load_tan_phi, sgen_kwp = load_tan_phi_of(net), sgen_kwp_of(net, prepared.zones)
    names, controls = names_of(site, net), controls_of(site, net)
    fixed_sgens = _fixed_sgens(site, {c for zone in zones for c in (*zone.hydro, *(p.channel for p in zone.others))})
    members = grid_members(
        grid,
        prepared.zones,
        load_weight=load_weight,
        load_tan_phi=load_tan_phi,
        sgen_kwp=sgen_kwp,
        running_on_mw=running_on_mw_of(net, zones, {i: site.channels[at].name for i, at in fixed_sgens.items()}),
        controls=controls,
    )
    runner = _runner(site, grid, members, state, on_ops, outlook=sources.outside is not None, effort=effort)
    runner.read_cards()
    limits = limits_of(site, grid)
    limited = limited_plants(devices, zones, frozenset(site.channel_index))
    observer = Observer(
        site.channels,
        zones,
        _trafo_specs(site, net),
        layout,
        limited,
        lines={line.name: line.index for line in site.lines},
        machines={machine.name: machine.power_channel for machine in site.machines},
    )

    def side(telemetry: Telemetry) -> Side:
        return Side(telemetry, site.channels, observer, layout.columns, _KEEP_ROWS)

    # A curve is refused by the engine that solves with it: asked here, before anything is written, and not in the first tick.
    engine.model(NORMAL).solve(xr.Dataset(), want=("vm_pu",), controls=controls)
    estimator = StateEstimator(
        grid,
        site.channels,
        zones,
        load_weight=load_weight,
        load_tan_phi=load_tan_phi,
        sgen_kwp=sgen_kwp,
        devices=devices,
    )
    decider = Decider(
        engine,
        devices,
        Prover(
            engine,
            limits,
            controls,
            {device.id: device for device in devices},
            load_tan_phi=estimator.load_tan_phi,
            checks=effort.checks,
        ),
        limits,
        Names(names),
        manual=[(span.at, span.until) for span in site.orders.manual],
        roster=site.roster,
    )
    root = next(zone.name for zone in zones if zone.parent is None and zone.boundary)
    # The first write to the state directory, and its lock: what can be refused has been refused by now.
    journal = Journal(state, identity(site, window)) if effort.journals else Unkept()
    parts = Parts(
        engine=engine,
        layout=layout,
        zones=zones,
        root=root,
        devices=devices,
        live=side(sources.live),
        baseline=None if sources.baseline is None else side(sources.baseline),
        estimator=estimator,
        fixed_sgens=fixed_sgens,
        sun=Sun.of(zones, site.channel_index, devices),
        outside=sources.outside,
        runner=runner,
        decider=decider,
        journal=journal,
        actuator=sources.actuator if site.orders.write else None,
        referee=sources.referee,
        kpi_facts=_kpi_facts(site, limits),
        town=town_facts(site, zones, grid.storage.tolist()),
        promote=site.promote,
        switches=Switches(
            closed_in_file={int(index): bool(closed) for index, closed in net.switch["closed"].items()},
            remote=frozenset(site.switching.remote),
            writes=site.orders.write and sources.actuator is not None,
        ),
        prehistory=PREHISTORY,
        on_ops=on_ops,
    )
    notes = notes_of(site)
    public = public_facts(site, parts, load_weight, notes)
    return Wired(site, parts, Loop(parts), limits, net, names, public, notes, sources.quarantined)


def identity(site: Site, window: Window) -> dict[str, Any]:
    """What a state directory belongs to: another site or window on it is refused."""
    return {
        "site": site.name,
        "site_sha256": site_sha256(site),
        "seed": site.seed,
        "start": window.start.isoformat(),
        "ticks": window.ticks,
    }


def site_sha256(site: Site) -> str:
    """Of all that the site file declares; comments and order do not count."""
    return hashlib.sha256(json.dumps(jsonable(site), sort_keys=True).encode()).hexdigest()


# ---------------------------------------------------------------------------------------------- sources


@dataclass(frozen=True)
class _Sources:
    live: Telemetry
    baseline: Telemetry | None
    outside: OutlookSource | None
    actuator: Actuator | None
    referee: Referee | None
    annual_energy_mwh: np.ndarray | None
    quarantined: tuple[Problem, ...]


def _sources(site: Site, prepared: Prepared, net: Any, engine: Engine, start: datetime) -> _Sources:
    if site.telemetry.source == "csv":
        from twin.adapters.telemetry_csv import CsvTelemetry

        telemetry = CsvTelemetry.of(site, net)
        return _Sources(heard(site, telemetry), None, None, None, None, None, telemetry.problems)
    if site.telemetry.source == "published":
        from twin.national.telemetry import PublishedTelemetry

        return _Sources(heard(site, PublishedTelemetry.of(site, start)), None, None, None, None, None, ())
    from twin.adapters.changed_outside import ChangedOutside
    from twin.adapters.synthetic_outside import SyntheticOutside
    from twin.plant.plant import SimulatedPlant

    outside = ChangedOutside.of(site, SyntheticOutside.of(site, prepared))
    live = SimulatedPlant(site, prepared, engine, outside, obeys=True)
    alone = SimulatedPlant(site, prepared, engine, outside, obeys=False)
    return _Sources(heard(site, live), heard(site, alone), outside, live, live, live.annual_energy_mwh(start), ())


def _runner(site: Site, grid: Grid, members: Members, state: Path, on_ops: Ops, *, outlook: bool, effort: Effort) -> BoxRunner:
    packed = grid.to_bytes()
    return BoxRunner(
        [box_instance(box) for box in site.boxes],
        lambda name: replace(site.context(name, packed, members), explains=effort.explains),
        layout=site.layout(),
        frame_path=state / "run",
        artifacts=state / "artifacts",
        jobs=state / "jobs",
        allow=site.boxes_allowed,
        outlook=known_ahead(site, outlook=outlook),
        keep_rows=_KEEP_ROWS,
        limits=plausible(site, grid),
        outages={box.name: [(o.at, o.until) for o in site.box_outages if o.box == box.name] for box in site.boxes},
        effort=effort,
        on_ops=on_ops,
    )


def box_instance(box: BoxEntry) -> BoxInstance:
    """A box of the site file, as the runner takes it."""
    return BoxInstance(box.name, box.use, box.role, dict(box.config), box.shadows)


def known_ahead(site: Site, *, outlook: bool) -> list[str]:
    """Signals that are known ahead of time: from the outside, where there is an outlook, from mandates and use of rights."""
    decided = ["device_mandate"] if site.dispatchable else []
    return [*(OUTSIDE_SIGNALS if outlook else ()), *decided, *usage_ahead.holders(site.devices)]


# ---------------------------------------------------------------------------------------------- facts of the grid


def limits_of(site: Site, grid: Grid) -> Limits:
    """Voltage band of every bus and loading limits."""
    low, high = np.zeros(len(grid.bus)), np.full(len(grid.bus), np.inf)
    for band in sorted(site.bands.voltage, key=lambda b: -b.up_to_kv):
        at = grid.bus_vn_kv <= band.up_to_kv
        low[at], high[at] = band.vm_min_pu, band.vm_max_pu
    return Limits(low, high, site.bands.loading.line_percent, site.bands.loading.trafo_percent)


def controls_of(site: Site, net: Any) -> Controls | None:
    """The inverters' Q(U), where the site declares one."""
    pv = site.grid.overlay.pv
    if pv.q_v_pu is None:
        return None
    inverters = net.sgen[(net.sgen["kind"] == "pv") & (net.sgen["sn_mva"] > 0.0)]
    # curves act on the net's columns before scaling
    sn_mva = inverters["sn_mva"] / inverters["scaling"].where(inverters["scaling"] > 0.0, 1.0)
    curve = Curve.of_corners(pv.q_v_pu, pv.cos_phi)
    return Controls((InverterControl(tuple(inverters.index.tolist()), tuple(sn_mva.tolist()), q_of_vm=curve),))


def names_of(site: Site, net: Any) -> dict[str, str]:
    """Element names for messages; watched transformers carry the site's own."""
    names = {
        f"{table}:{index}": str(name)
        for table in ("bus", "line", "trafo")
        for index, name in net[table]["name"].items()
        if name is not None and str(name) not in ("", "nan", "None")
    }
    names |= {f"line:{line.index}": line.title.en for line in site.lines}
    return names | {f"trafo:{trafo.index}": trafo.title.en for trafo in site.trafos}


def _placed(device: Device, net: Any) -> Device:
    return device if device.table == "storage" else replace(device, bus=int(net[device.table].at[device.element, "bus"]))


def _trafo_specs(site: Site, net: Any) -> list[TrafoSpec]:
    measured = {channel.name for channel in site.channels}
    specs = []
    for trafo in site.trafos:
        voltage = f"bus.{int(net.trafo.at[trafo.index, 'hv_bus'])}.vm_pu"
        specs.append(TrafoSpec(trafo.name, trafo.index, trafo.sn_mva, voltage if voltage in measured else None))
    return specs


def _fixed_sgens(site: Site, channels: Collection[str]) -> dict[int, int]:
    """Metered plants that nobody forecasts, among these channels: sgen index -> channel position."""
    found = {}
    for position, channel in enumerate(site.channels):
        if channel.name in channels and channel.table == "sgen":
            found[channel.index] = position
    return found


def _kpi_facts(site: Site, limits: Limits) -> KpiFacts:
    return KpiFacts(
        timezone=site.timezone,
        peak_chf_per_kw_month=site.tariff.peak_chf_per_kw_month,
        value_of_lost_load_chf_per_kwh=site.kpi.value_of_lost_load_chf_per_kwh,
        bus_low_pu=limits.bus_low_pu,
        bus_high_pu=limits.bus_high_pu,
        line_limit_percent=limits.line_percent,
        trafo_limit_percent=limits.trafo_percent,
        reinforcement_chf_per_kw_year=site.kpi.reinforcement_chf_per_kw_year,
    )
