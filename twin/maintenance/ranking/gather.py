"""Everything that a ranking rests on, read once: site, grid, week, fleet, gas, failures, running history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from twin.adapters.prepared import prepare
from twin.boxes.maintenance.gas.diagnosis import Diagnosis, diagnose
from twin.boxes.maintenance.gas.limits import limits_for
from twin.boxes.maintenance.gas.sample import Sample
from twin.contracts.ports import Engine, GridLimits
from twin.domain.grid import NORMAL
from twin.domain.problems import BadInput, Problem
from twin.domain.time import from_epoch_s
from twin.engines import make_engine
from twin.maintenance.ranking.assess import Known, utilisation
from twin.maintenance.ranking.on_air import OnAir, read_on_air
from twin.maintenance.ranking.outage_effects import outage_effects
from twin.maintenance.ranking.ranked import Said
from twin.maintenance.ranking.week import Week, week_of_grid_file, week_of_journal, week_of_profiles
from twin.maintenance.register.failures import Failures, read_failures
from twin.maintenance.register.fleet import Fleet, read_fleet
from twin.maintenance.register.gas_file import read_gas_file
from twin.maintenance.register.on_grid import facts_of
from twin.maintenance.work_orders.results import results
from twin.regie.chain import open_readonly, read_moments
from twin.site import Site
from twin.site.machine import POWER_TABLE
from twin.site.maintenance import Maintenance


@dataclass(frozen=True)
class Files:
    """Files that replace those of the site file."""

    fleet: Path | None = None
    gas: Path | None = None
    failures: Path | None = None


@dataclass(frozen=True)
class Gathered:
    """What a ranking rests on.

    Attributes:
        limits: of contingencies. ``sources``: what stands behind the figures, as codes. ``problems``: of all files.
    """

    site: Site
    table: Maintenance
    engine: Engine
    week: Week
    limits: GridLimits
    fleet: Fleet
    failures: Failures
    known: Known
    sources: tuple[Said, ...]
    problems: tuple[Problem, ...]


def maintenance_of(site: Site) -> Maintenance:
    """The site's table.

    Raises:
        BadInput: where there is none.
    """
    if site.maintenance is None:
        limit, remedy = "a [maintenance] table", "add one; docs/maintenance.md shows it"
        raise BadInput([Problem(site.file.name, "no [maintenance]", limit, remedy)])
    return site.maintenance


def gather(site: Site, state: Path | None, files: Files, *, now: datetime) -> Gathered:
    """Read everything; nothing is written.

    Args:
        state: of a run, for its history. ``now``: without a run the ranking is made for this instant.

    Raises:
        BadInput: without a fleet that can be read, or with a grid that no engine takes.
    """
    table = maintenance_of(site)
    prepared = prepare(site)
    net = prepared.net()
    engine = make_engine(site.about.engine, net)
    on_air = OnAir() if state is None else read_on_air(state, _watched(site))
    as_of, week = _as_of_and_week(state, net, now)
    if week is None:
        week = week_of_profiles(prepared, net, as_of) or week_of_grid_file(net, as_of)
    limits = _limits(site)
    today = as_of.date()
    gas_file = files.gas or (site.beside(table.gas) if table.gas else None)
    failures_file = files.failures or (site.beside(table.failures) if table.failures else None)
    try:
        fleet = read_fleet(
            files.fleet or site.beside(table.fleet),
            elements=facts_of(net),
            classes=table.classes,
            today=today,
            columns=table.columns,
        )
    except BadInput as refused:
        raise BadInput([*refused.problems, *_whole_faults(gas_file, failures_file, today)]) from None
    fleet = fleet if state is None else _visited(fleet, state, today)
    samples, gas_problems = _samples(gas_file, fleet, as_of)
    failures = _failures(failures_file, fleet, as_of)
    elements = [asset.element for asset in fleet.assets if asset.on_grid]
    known = Known(
        table=table,
        lost_load_chf_per_kwh=site.kpi.value_of_lost_load_chf_per_kwh,
        as_of=as_of,
        customers=next((zone.customers for zone in site.zones if zone.parent is None), 0),
        on_air=on_air,
        utilisation_percent=_utilisation(engine, week),
        effects=outage_effects(engine, list(dict.fromkeys(elements)), week, limits=limits),
        samples=samples,
        diagnoses=_diagnoses(samples, fleet),
    )
    problems = (*on_air.problems, *fleet.problems, *gas_problems, *failures.problems)
    sources = _sources(on_air, week, samples, gas_problems, failures)
    return Gathered(site, table, engine, week, limits, fleet, failures, known, sources, problems)


def _as_of_and_week(state: Path | None, net: Any, now: datetime) -> tuple[datetime, Week | None]:
    """The instant that is ranked for: the run's last tick, else now; and the week that the run saw."""
    if state is None:
        return now, None
    with closing(open_readonly(state)) as db:
        last = max((as_of_s for _, _, as_of_s in read_moments(db)), default=None)
        return (now, None) if last is None else (from_epoch_s(last), week_of_journal(db, net))


def _watched(site: Site) -> Mapping[str, str]:
    """Names that the boxes and alarms use -> elements."""
    found = {trafo.name: f"trafo.{trafo.index}" for trafo in site.trafos}
    found |= {line.name: f"line.{line.index}" for line in site.lines}
    return found | {machine.name: f"{POWER_TABLE[machine.kind]}.{machine.index}" for machine in site.machines}


def _visited(fleet: Fleet, state: Path, today: date) -> Fleet:
    """The fleet with what crews reported since: their visits, and the condition that they found."""
    back = [result for result in results(state) if result.done and result.day <= today]
    assets = []
    for asset in fleet.assets:
        own = [result for result in back if result.asset == asset.asset]
        days = [result.day for result in own] + ([asset.last_visit] if asset.last_visit else [])
        found = [result.inspection for result in own if result.inspection is not None]
        inspections = tuple(sorted([*asset.inspections, *found], key=lambda inspection: inspection.day))
        assets.append(replace(asset, last_visit=max(days, default=None), inspections=inspections))
    return replace(fleet, assets=tuple(assets))


def _limits(site: Site) -> GridLimits:
    """Limits after a failure: EN 50160's band, and the site's own loading limits, the stricter of lines and transformers."""
    loading = site.bands.loading
    return replace(GridLimits(), loading_percent=min(loading.line_percent, loading.trafo_percent))


def _utilisation(engine: Engine, week: Week) -> Mapping[str, float]:
    grid = engine.model(NORMAL).grid
    tables = [table for table in ("line", "trafo") if len(getattr(grid, table))]
    flow = engine.model(NORMAL).solve(week.injections, want=tuple(f"{table}_loading_percent" for table in tables))
    found: dict[str, float] = {}
    for table in tables:
        found |= utilisation(flow[f"{table}_loading_percent"].to_numpy(), getattr(grid, table), table)
    return found


def _samples(path: Path | None, fleet: Fleet, as_of: datetime) -> tuple[Mapping[str, Sequence[Sample]], tuple[Problem, ...]]:
    """Oil samples until ``as_of``; a row with a fault is left out, a file that is none too, and both are named."""
    if path is None:
        return {}, ()
    try:
        read = read_gas_file(path, assets={asset.asset for asset in fleet.assets})
    except BadInput as refused:
        return {}, refused.problems
    except OSError as error:
        limit, remedy = "a file that can be read", "correct the path; the fleet is ranked without gas"
        return {}, (Problem(str(path), error.strerror or str(error), limit, remedy),)
    until = {asset: [sample for sample in samples if sample.at <= as_of] for asset, samples in read.samples.items()}
    return {asset: samples for asset, samples in until.items() if samples}, read.problems


def _whole_faults(gas: Path | None, failures: Path | None, today: date) -> list[Problem]:
    """Faults of these files as a whole: without a fleet nobody can tell whose rows are wrong."""
    found: list[Problem] = []
    for path, read in ((gas, read_gas_file), (failures, partial(read_failures, assets=(), today=today))):
        try:
            if path is not None:
                read(path)
        except BadInput as refused:
            found += refused.problems
        except OSError as error:
            found.append(Problem(str(path), error.strerror or str(error), "a file that can be read", "correct the path"))
    return found


def _diagnoses(samples: Mapping[str, Sequence[Sample]], fleet: Fleet) -> Mapping[str, Diagnosis]:
    found = {}
    for asset in fleet.assets:
        if asset.asset in samples:
            limits = limits_for("distribution" if asset.kind == "mv_lv_transformer" else "power", cautious=True)
            found[asset.asset] = diagnose(samples[asset.asset], limits=limits)
    return found


def _failures(path: Path | None, fleet: Fleet, as_of: datetime) -> Failures:
    if path is None:
        return Failures((), ())
    try:
        return read_failures(path, assets=fleet.assets, today=as_of.date())
    except BadInput as refused:
        return Failures((), refused.problems)


def _sources(
    on_air: OnAir,
    week: Week,
    samples: Mapping[str, Sequence[Sample]],
    gas_problems: Sequence[Problem],
    failures: Failures,
) -> tuple[Said, ...]:
    said = [Said("source.register", {})]
    said.append(
        Said("source.no_history", {}) if on_air.as_of is None else Said("source.history", {"at": on_air.as_of.isoformat()})
    )
    said.append(Said(f"source.week.{week.source}", {"hours": week.known_h}))
    nothing = Said("source.gas_unread" if gas_problems else "source.no_gas", {})
    said.append(Said("source.gas", {"count": len(samples)}) if samples else nothing)
    if failures.records:
        said.append(Said("source.failures", {"count": len(failures.records)}))
    return tuple(said)
