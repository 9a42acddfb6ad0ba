"""Publish: the two snapshots of a tick. Views read these files and nothing else.

Written beside and renamed, so that a reader sees one snapshot or the next, never half of one. The public one is composed from
aggregates only; what the privacy rule forbids is None before it gets here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import xarray as xr
from pydantic import BaseModel

from twin.contracts.devices import Device
from twin.contracts.messages import Alarm, Envelope, Report, Service, SwitchOrder
from twin.contracts.snapshot import (
    AlarmView,
    BoxCardView,
    GridValues,
    Horizon,
    JournalLine,
    KpiTriple,
    OrderView,
    RecommendationView,
    ShadowView,
    SiteFacts,
    Snapshot,
    SwitchOrderView,
)
from twin.domain.finite import finite
from twin.domain.grid import Topology
from twin.domain.quality import words
from twin.regie.curves import band, known, numbers, past_curve
from twin.regie.live_strip import strip
from twin.regie.order_lives import order_lives
from twin.regie.promotion import Trial, shown
from twin.regie.shadow import TRUTH
from twin.regie.tick import COMMAND_EVENT, Tick

JOURNAL_LINES = 40
ORDER_LINES = 40
CURVE_STEPS = 96
LineSwitches = Mapping[int, Sequence[tuple[int, bool]]]


@dataclass(frozen=True)
class Host:
    """What only the host knows of a tick: wall clock, duration, pace, the store's health.

    Attributes:
        speed: grid seconds per wall second, None as fast as possible.
    """

    published_at: datetime
    next_at: datetime | None
    mode: str
    speed: float | None
    tick_ms: float
    alarms: tuple[Alarm, ...] = ()


@dataclass
class Publisher:
    """Composes and writes the dispatcher's snapshot; remembers a day of curves for the cards, and the last look-ahead.

    A tick that only carries what people asked for proves nothing: the look-ahead of the last tick that decided, with that
    tick's own time, stays on the screen.

    Attributes:
        line_switches: line -> its switches, each with its position in the grid file (True = closed).
        couplers: switch between two buses -> its position in the grid file; ``switches``: every one of them.
        since: start of the window.
    """

    directory: Path
    facts: SiteFacts
    devices: Sequence[Device]
    engine: str
    line_switches: LineSwitches
    couplers: Mapping[int, bool]
    since: datetime
    switches: Mapping[int, bool] = field(default_factory=dict)
    _past: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    _lines: deque[JournalLine] = field(default_factory=lambda: deque(maxlen=JOURNAL_LINES))
    _decided: Tick | None = None

    def remember(self, headlines: Mapping[str, float], signals: Mapping[tuple[str, str], float]) -> None:
        """Keep one quarter hour for the cards' past: per tick, and after a restart for the journalled ones."""
        own = {("", instance): value for instance, value in headlines.items()}
        for key, value in {**signals, **own}.items():
            self._past.setdefault(key, deque(maxlen=CURVE_STEPS)).append(value)

    def say(self, at: datetime, code: str, params: Mapping[str, Any]) -> None:
        """Add a line to the running journal on the screen."""
        self._lines.appendleft(JournalLine(at=at, code=code, params=finite(params)))

    def write(self, tick: Tick, root: str, host: Host) -> Snapshot:
        """Compose and write ``regie.json``."""
        snapshot = self.compose(tick, root, host)
        write_atomically(self.directory / "regie.json", snapshot)
        return snapshot

    def compose(self, tick: Tick, root: str, host: Host) -> Snapshot:
        """The snapshot of one tick."""
        if tick.moment.event is None or tick.moment.event.kind != COMMAND_EVENT:
            self._decided = tick
        decided = self._decided or tick
        state, decision = tick.state, tick.result.decision
        signals = tick.observation.signals
        return Snapshot(
            site=_cast_now(self.facts, tick),
            since=self.since,
            tick=tick.seq,
            kind="regular" if tick.moment.event is None else "event",
            as_of=state.as_of,
            interval=state.interval,
            published_at=host.published_at,
            next_at=host.next_at,
            mode=host.mode,
            speed="max" if host.speed is None else f"{host.speed:g}",
            tick_ms=host.tick_ms,
            telemetry=state.mode,
            coverage=state.coverage,
            quality=words(state.quality),
            max_vm_error_pu=known(decided.result.decision.max_vm_error_pu),
            engine=self.engine,
            kpis={
                name: KpiTriple(
                    value=finite(kpi.value),
                    baseline=None if kpi.baseline is None else finite(kpi.baseline),
                    difference=None if kpi.difference is None else finite(kpi.difference),
                )
                for name, kpi in decision.kpis.items()
            },
            renewable_share=tick.origin.zones[root].share,
            import_p_mw=known(signals.get(("zone_net_p_mw", root), float("nan"))),
            boxes=tuple(self._card(envelope, tick) for envelope in tick.envelopes.values()),
            grid=_grid_values(tick, self.line_switches, self.couplers, self.switches),
            alarms=(
                *(_alarm(alarm, of_host=True) for alarm in host.alarms),
                *(_alarm(alarm, of_host=False) for alarm in decision.alarms),
            ),
            recommendations=tuple(_recommendation(item) for item in decision.recommendations),
            orders=tuple(_order(order) for order in reversed(decision.orders[-ORDER_LINES:])),
            order_lives=order_lives(decision.orders),
            order_counts=dict(tick.memory.decision.order_counts),
            strip=strip(tick, self.devices, self._past),
            horizon=_horizon(decided),
            journal=tuple(self._lines),
            head=tick.head,
            switch_orders=tuple(_switch_order(order) for order in _newest_first(tick.memory.switch_orders)),
        )

    def _card(self, envelope: Envelope, tick: Tick) -> BoxCardView:
        report, trial = envelope.report, tick.trials.get(envelope.instance)
        signal, element, output = _shown_output(report)
        measured = TRUTH.get(signal)  # other boxes show the past of their own headline
        past = self._past.get((measured, element) if measured else ("", envelope.instance))
        return BoxCardView(
            instance=envelope.instance,
            box=envelope.box,
            version=envelope.version,
            owner=envelope.team,
            role=envelope.role,
            label=report.headline.label,
            value=known(report.headline.value),
            unit=report.headline.unit,
            quality=words(envelope.quality),
            service=str(envelope.service),
            outcome=str(envelope.outcome),
            fallback=envelope.fallback,
            as_of=envelope.produced_at,
            reason=report.reason,
            params=finite(report.params),
            problems=envelope.problems,
            past=past_curve(past, tick.state.as_of) if past else None,
            forecast=None if output is None or envelope.service is Service.ABSENT else band(output),
            shadow=None if trial is None else _shadow(trial),
        )


def write_atomically(path: Path, model: BaseModel) -> None:
    """Write beside, rename over: readers never see half a file. Not synced: a snapshot is rewritten every tick."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    beside.write_text(model.model_dump_json(), encoding="utf-8")
    beside.replace(path)


# ---------------------------------------------------------------------------------------------- pieces


def _cast_now(facts: SiteFacts, tick: Tick) -> SiteFacts:
    """The facts with the boxes' roles of this tick: people change them while on air."""
    now = {name: role for name, role in tick.roles.items() if name in facts.boxes}
    boxes = {name: facts.boxes[name].model_copy(update={"role": role}) for name, role in now.items()}
    return facts.model_copy(update={"boxes": {**facts.boxes, **boxes}})


def _shadow(trial: Trial) -> ShadowView:
    return ShadowView(
        champion=trial.champion,
        days=trial.days,
        pinball_mw=known(trial.pinball_mw),
        champion_pinball_mw=known(trial.champion_pinball_mw),
        ratio=known(trial.ratio),
        code=trial.code,
        params=finite(shown(trial)),
    )


def _shown_output(report: Report) -> tuple[str, str, xr.DataArray | None]:
    """The output that the headline is taken from (its signal begins with the headline's label) and its first element."""
    for signal, output in report.outputs.items():
        of_another = not signal.startswith(report.headline.label) or "scenario" in output.dims
        if of_another or output.sizes.get("time", 0) < 2:
            continue
        dims = [dim for dim in output.dims if dim not in ("time", "quantile")]
        if not dims:
            return signal, "", output
        return signal, str(output.coords[dims[0]].values[0]), output.isel({dims[0]: 0})
    return "", "", None


def _grid_values(
    tick: Tick, line_switches: LineSwitches, couplers: Mapping[int, bool], in_file: Mapping[int, bool]
) -> GridValues:
    values = tick.state.grid
    topology = tick.state.topology
    open_lines = topology.out_lines | {
        line for line, switches in line_switches.items() if not all(topology.is_closed(*switch) for switch in switches)
    }
    return GridValues(
        vm_pu=numbers(values["vm_pu"].values, 5),
        line_loading_percent=numbers(values["line_loading_percent"].values, 2),
        trafo_loading_percent=numbers(values["trafo_loading_percent"].values, 2),
        open_lines=tuple(sorted(open_lines)),
        closed_couplers=closed_couplers(couplers, topology),
        quality=words(tick.state.quality),
        open_switches=tuple(i for i, closed in in_file.items() if not topology.is_closed(i, closed)),
    )


def closed_couplers(in_file: Mapping[int, bool], topology: Topology) -> tuple[int, ...]:
    """Switches between two buses that are closed now, out of all with their position in the grid file."""
    return tuple(switch for switch, closed in in_file.items() if topology.is_closed(switch, closed))


def _horizon(tick: Tick) -> Horizon | None:
    proof = tick.result.proof
    if proof is None:
        return None
    return Horizon(
        start=tick.state.as_of,
        loading_before_percent=numbers(proof.before["loading_percent"], 2),
        loading_after_percent=numbers(proof.after["loading_percent"], 2),
        vm_min_pu=numbers(proof.after["vm_min_pu"], 5),
        vm_max_pu=numbers(proof.after["vm_max_pu"], 5),
        worst_element=proof.worst_element,
    )


def _alarm(alarm: Alarm, *, of_host: bool) -> AlarmView:
    composed = ("params", "of_host")
    same = {name: getattr(alarm, name) for name in AlarmView.model_fields if name not in composed}
    return AlarmView(**same, params=finite(alarm.params), of_host=of_host)


def _recommendation(item: Any) -> RecommendationView:
    composed = ("devices", "device_ids", "params", "effect")
    same = {name: getattr(item, name) for name in RecommendationView.model_fields if name not in composed}
    told = {"params": finite(item.params), "effect": finite(item.effect)}
    return RecommendationView(**same, **told, devices=len(item.devices), device_ids=item.devices)


def _order(order: Any) -> OrderView:
    same = {name: getattr(order, name) for name in OrderView.model_fields if name != "state"}
    return OrderView(**same, state=str(order.state))


def _switch_order(order: SwitchOrder) -> SwitchOrderView:
    same = {name: getattr(order, name) for name in SwitchOrderView.model_fields if name != "state"}
    return SwitchOrderView(**same, state=str(order.state))


def _newest_first(orders: Mapping[str, SwitchOrder]) -> list[SwitchOrder]:
    return sorted(orders.values(), key=lambda order: (order.start, order.key), reverse=True)[:ORDER_LINES]
