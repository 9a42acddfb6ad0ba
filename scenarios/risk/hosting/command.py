"""``regie hosting``: what each bus can still take, as a table, as JSON, as files."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.results.writable import folder_problems
from scenarios.risk.held import Held, Limit
from scenarios.risk.hosting.capacity import Capacity, capacities
from scenarios.risk.hosting.grid import KINDS, Added, HostingGrid, Kind
from scenarios.risk.hosting.worst import worst_rows
from scenarios.risk.states import States, states_of
from scenarios.risk.target import Target, targets_of
from twin.adapters.ready import Ready
from twin.domain.controls import Curve
from twin.domain.grid import NORMAL
from twin.domain.problems import Problems
from twin.domain.whole_file import write_whole
from twin.live.progress import Progress
from twin.site import Site
from twin.wiring import controls_of, limits_of, names_of

COLUMNS = ("bus", "name", "kw", "reason", "element", "limit", "unit", "time")


@dataclass(frozen=True)
class Asked:
    """The command's arguments."""

    target: str
    kind: str
    buses: tuple[int, ...]
    zone: str | None
    n1: bool
    out: Path | None
    json_line: bool


def hosting(asked: Asked) -> None:
    """Run the command.

    Raises:
        BadInput: with every fault of the flags, or of scenario and site; nothing is written.
        OSError: when the disk does not take the results.
    """
    _check(asked)
    with closing(Progress(sys.stderr)) as progress:
        results = [_result(target, asked, progress) for target in targets_of(asked.target, progress.step)]
    for result in results:
        if asked.out is not None:
            _write(asked.out, result)
        sys.stdout.write(f"{json.dumps(result, allow_nan=False)}\n" if asked.json_line else _table(result))


def _check(asked: Asked) -> None:
    problems = Problems()
    if asked.kind not in KINDS:
        problems.add("--kind", repr(asked.kind), f"one of {', '.join(KINDS)}", "choose one")
    if asked.out is not None:
        problems.found += folder_problems("--out", asked.out)
    problems.raise_if_any()


def _result(target: Target, asked: Asked, progress: Progress) -> dict[str, Any]:
    ready = target.ready
    kind: Kind = asked.kind  # type: ignore[assignment]  # checked by `_check`
    buses = asked_buses(ready, asked.buses, asked.zone, progress)
    states = states_of(ready, target.start, target.end, progress.step)
    limits = limits_of(ready.site, ready.engine.model(NORMAL).grid)
    controls = controls_of(ready.site, ready.net)
    looked_at = len(states)
    if target.whole_year:
        held = Held(ready.engine.model(NORMAL).grid, limits)
        moved = states.sun if kind == "pv" else np.ones(len(states))
        states = states.at(worst_rows(ready.engine, held, states, controls, moved))
    everywhere = sorted({*asked_buses(ready, (), None, progress), *buses})
    grid = HostingGrid(ready.net, ready.site.about.engine, everywhere, added_of(ready.site, kind), limits, controls)
    found = capacities(grid, states, asked=buses, n1=asked.n1, progress=progress.step)
    names = names_of(ready.site, ready.net)
    return {
        "target": target.name,
        "site": ready.site.name,
        "kind": asked.kind,
        "n1": asked.n1,
        "start": target.start.isoformat(),
        "end": target.end.isoformat(),
        "states": looked_at,
        "proved_in": len(states),
        "screened": target.whole_year,
        "buses": [_row(one, states, names) for one in found],
    }


def added_of(site: Site, kind: Kind) -> Added:
    """What one more of a kind is on that site: inverters with its Q(U) and power factor, heat pumps with theirs."""
    pv = site.grid.overlay.pv
    if kind == "pv" and pv.q_v_pu is not None:
        return Added("pv", q_of_vm=Curve.of_corners(pv.q_v_pu, pv.cos_phi), mva_per_mw=1.0 / pv.cos_phi)
    if kind == "heat_pump" and site.plant is not None:
        return Added("heat_pump", tan_phi=float(np.tan(np.arccos(site.plant.heat_pump_cos_phi))))
    return Added(kind)


def asked_buses(ready: Ready, buses: Sequence[int], zone: str | None, progress: Progress) -> list[int]:
    """The buses named, those of a zone's loads, or all below the connection's voltage.

    Raises:
        BadInput: naming every bus that the grid does not have, and an unknown zone.
    """
    net, problems = ready.net, Problems()
    known = {int(bus) for bus in net.bus.index}
    for bus in sorted(set(buses) - known):
        problems.add(f"--bus {bus}", "unknown", "an index of the grid's buses", "correct the number")
    zones = {one.name: one for one in ready.prepared(progress.step).zones}
    if zone is not None and zone not in zones:
        problems.add("--zone", repr(zone), f"one of {', '.join(sorted(zones))}", "choose one of the site's zones")
    problems.raise_if_any()
    if buses:
        return list(dict.fromkeys(buses))
    if zone is not None:
        return sorted({int(bus) for bus in net.load.loc[list(zones[zone].loads), "bus"]})
    highest = net.bus["vn_kv"].max()
    return [int(bus) for bus in net.bus.index[(net.bus["vn_kv"] < highest) & net.bus["in_service"].astype(bool)]]


def _row(one: Capacity, states: States, names: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {"bus": one.bus, "name": names.get(f"bus:{one.bus}", ""), "kw": round(1000.0 * one.mw, 1)}
    if one.binding is None:
        return row | {"reason": "without supply" if one.mw == 0.0 else "nothing stops it"}
    limit: Limit = one.binding
    when = f"{states.time[one.row].astype('datetime64[m]')}Z"
    return row | {
        "reason": "already broken" if one.already else (f"after outage of {one.outage}" if one.outage else limit.kind),
        "element": limit.element,
        "limit": limit.limit,
        "unit": limit.unit,
        "time": when,
    }


def _write(folder: Path, result: dict[str, Any]) -> None:
    """``hosting-TARGET-KIND.json`` and ``.csv``; whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"hosting-{result['target']}-{result['kind']}"
    write_whole(folder / f"{stem}.json", json.dumps(result, indent=1, allow_nan=False).encode())
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(result["buses"])
    write_whole(folder / f"{stem}.csv", text.getvalue().encode())


def _table(result: dict[str, Any]) -> str:
    basis = f"{result['states']} quarter hours" + (f", the {result['proved_in']} worst of them" if result["screened"] else "")
    lines = [f"{result['target']}: additional {result['kind']} [kW] by bus, over {basis}"]
    for row in result["buses"]:
        stop = (
            f"{row['reason']}: {row['element']} at {row['limit']:g} {row['unit']}, {row['time']}"
            if "time" in row
            else row["reason"]
        )
        lines.append(f"{row['bus']:>6} {row['name'][:24]:<24} {row['kw']:>10.1f}  {stop}")
    return "\n".join(lines) + "\n"
