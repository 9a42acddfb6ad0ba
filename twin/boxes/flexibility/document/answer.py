"""The plan of a document as plain figures in kW, kWh and CHF: what ``--json`` prints, and what table and report are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import numpy as np

from twin.boxes.flexibility.document.accounts import Account, account
from twin.boxes.flexibility.document.build import Built, Entry
from twin.boxes.flexibility.grid.proof import Proof
from twin.boxes.flexibility.lp.conflict import Conflict
from twin.boxes.flexibility.lp.problem import steps_of
from twin.boxes.flexibility.planner import Plan
from twin.boxes.flexibility.why.own import own_p_mw
from twin.boxes.flexibility.why.prices import PARTS, Prices, prices_of
from twin.boxes.flexibility.why.reasons import Move, explanations
from twin.boxes.flexibility.why.refusal import Exceeded, Refusal
from twin.boxes.flexibility.why.stored import stored_value
from twin.domain.finite import finite


def answer_of(
    built: Built,
    plan: Plan,
    *,
    status: str,
    conflicts: tuple[Conflict, ...] = (),
    refusals: Mapping[str, Refusal] | None = None,
) -> dict[str, Any]:
    """Figures of a plan beside those of no plan; every number is one that JSON can carry.

    Args:
        status: "optimal", or why rules serve ("infeasible", "time_limit", "deadline", "memory", "died").
        refusals: by device, what becomes of the plan without it.
    """
    own = own_p_mw(built.problem)
    before = account(built, own, loss_mw=_losses(plan.before))
    after = account(built, plan.p_mw, loss_mw=_losses(plan.proof))
    prices, moves = None, dict[str, Move]()
    if plan.solution.optimal:
        prices = prices_of(built.problem, plan.solution, plan.linear)
        moves = explanations(built.problem, plan.solution, plan.linear)
    document, site = built.document, built.problem.site
    found = {
        "title": document.title,
        "start": built.clock.start.isoformat(),
        "timezone": built.clock.timezone,
        "hours": list(built.clock.hours),
        "status": status,
        "rung": plan.rung,
        "cost_chf": {"before": _costs(before), "plan": _costs(after)},
        "saving_chf": before.total_chf - after.total_chf,
        "peak_kw": {
            "so_far": _kw(site.peak_so_far_mw),
            "before": _kw(before.highest_mw),
            "plan": _kw(after.highest_mw),
        },
        "month_peak_kw": {"before": _kw(before.peak_mw), "plan": _kw(after.peak_mw)},
        "violations": {"before": _violations(before, plan.before), "plan": _violations(after, plan.proof)},
        "missing": {"before": [asdict(m) for m in before.missing], "plan": [asdict(m) for m in after.missing]},
        "conflicts": [asdict(conflict) for conflict in conflicts],
        "net_kw": {"base": _kw(site.net_p_mw), "before": _kw(before.net_mw), "plan": _kw(after.net_mw)},
        "prices_chf_per_kwh": _site_prices(built, prices),
        "devices": [
            _device(built, at, plan, own, (before, after), prices, moves)
            | {"refused": _refused((refusals or {}).get(built.entries[at].id))}
            for at in range(len(built.entries))
        ],
        "stores": _stores(built, before, after, plan),
        "grid": _grid(built, plan),
    }
    # A third of an hour in six decimals would move the clock of a long plan by seconds.
    return dict(finite(rounded(found))) | {"hours": list(built.clock.hours)}


def _device(
    built: Built,
    at: int,
    plan: Plan,
    own: np.ndarray,
    accounts: tuple[Account, Account],
    prices: Prices | None,
    moves: Mapping[str, Move],
) -> dict[str, Any]:
    entry, hours = built.entries[at], np.asarray(built.clock.hours)
    moved = (plan.p_mw[at] - own[at]) * hours
    before, after = accounts
    found: dict[str, Any] = {
        **_named(entry),
        "p_kw": _kw(plan.p_mw[at]),
        "own_kw": _kw(own[at]),
        "moved_kwh": _kw(max(np.maximum(moved, 0.0).sum(), np.maximum(-moved, 0.0).sum())),
        "drawn_kwh": _kw(np.maximum(plan.p_mw[at], 0.0) @ hours),
        "fed_in_kwh": _kw(np.maximum(-plan.p_mw[at], 0.0) @ hours),
        "use_chf": {"before": float(before.used_chf[at]), "plan": float(after.used_chf[at])},
        "energy_chf": {"before": _energy(built, at, own[at]), "plan": _energy(built, at, plan.p_mw[at])},
        "reason": None if entry.id not in moves else _reason(built, moves[entry.id]),
    }
    if built.problem.parts.units[at].reactive is not None:
        found["q_kvar"] = _kw(plan.q_mvar[at])
    if prices is not None:
        parts = {part: getattr(prices, part)[at] for part in PARTS}
        found["price_chf_per_kwh"] = {part: _per_kwh(values) for part, values in parts.items() if np.abs(values).max() > 1e-6}
    return found


def _refused(refusal: Refusal | None) -> dict[str, Any] | None:
    """What it costs, who moves instead, and what would then be exceeded; None where the device is not moved."""
    if refusal is None or not refusal.optimal:
        return None
    return {
        "chf": refusal.money_chf,
        "instead": [{"device": other.device, "kwh": 1000.0 * other.energy_mwh} for other in refusal.instead],
        "exceeds": [_exceeded(over) for over in refusal.exceeded],
    }


def _exceeded(over: Exceeded) -> dict[str, Any]:
    """The limit as people know it: which element, and what of it."""
    what = over.kind
    if over.kind == "voltage":
        what = "low_voltage" if over.row.startswith("low") else "high_voltage"
    named = {"what": over.element, "element": "connection"} if over.kind == "site" else {"what": what, "element": over.element}
    return {**named, "at_h": over.at_h, "value": over.value, "unit": over.unit}


def _reason(built: Built, move: Move) -> dict[str, Any]:
    """Its hours become instants: "at_h" is "at", "from_h" is "from_at"."""
    params: dict[str, Any] = {}
    for name, value in move.params.items():
        if name.endswith("_h"):
            at = built.clock.start + timedelta(seconds=round(3600.0 * float(value)))
            params["at" if name == "at_h" else f"{name.removesuffix('_h')}_at"] = at.isoformat()
        else:
            params[name] = value
    return {
        "code": move.code,
        "params": params,
        "saves_chf": move.value_chf,
        "confidence": move.confidence,
        "binding": move.binding,
        "equal_plans": move.equal_plans,
    }


def _named(entry: Entry) -> dict[str, Any]:
    why = "" if entry.movable else ("opt_out" if entry.opted_out else "no_right")
    return {"id": entry.id, "class": entry.table, "right": entry.right, "movable": entry.movable, "not_moved": why}


def _energy(built: Built, at: int, p_mw: np.ndarray) -> float:
    """What a device's energy costs at the price of import, or earns at it [CHF]; nothing for what burns fuel."""
    if not built.units[at].electric:
        return 0.0
    return float((p_mw * built.problem.site.import_chf_per_mwh) @ np.asarray(built.clock.hours))


def _stores(built: Built, before: Account, after: Account, plan: Plan) -> list[dict[str, Any]]:
    """Levels at each step's end with their bounds, and what is stored is worth; of what drifts with nobody's plan too."""
    found, steps = [], len(built.clock.hours)
    worth = stored_value(built.problem, plan.solution) / 1000.0 if plan.solution.optimal else None
    capacity = {entry.id: entry for entry in built.entries}
    for at, store in enumerate(built.problem.parts.stores):
        scale, unit = (1.0, "degC") if store.unit == "°C" else (1000.0, "kWh")
        low, high = (steps_of(bound, steps) for bound in (store.low, store.high))
        found.append(
            {
                "id": store.id,
                "class": capacity[store.id].table if store.id in capacity else "buffer",
                "unit": unit,
                "start": scale * store.level0,
                "before": scale * before.level[at],
                "plan": scale * after.level[at],
                "low": scale * low,
                "high": scale * high,
                "target": None if store.target is None else scale * store.target,
                "value_chf_per_kwh": None if worth is None else worth[at],
            }
        )
    return found


def _site_prices(built: Built, prices: Prices | None) -> dict[str, Any]:
    site = built.problem.site
    found = {"import": _per_kwh(site.import_chf_per_mwh), "export": _per_kwh(site.export_chf_per_mwh)}
    electric = [at for at, unit in enumerate(built.problem.parts.units) if unit.electric]
    if prices is not None and electric:
        # At the connection itself: what every electric device has in common.
        found["marginal_energy"] = _per_kwh(prices.energy[electric[0]])
        found["marginal_peak"] = _per_kwh(prices.peak[electric[0]])
        found["marginal_site"] = _per_kwh(prices.site[electric[0]])
    return found


def _violations(figures: Account, proof: Proof | None) -> dict[str, Any]:
    """Steps in which the connection or the wires are beyond a limit, and the worst of it.

    Of the wires only steps with a solution are known; "steps" is None where there is none.
    """
    over, known = figures.over_site, True
    if proof is not None:
        solved = proof.state.converged
        over, known = over | (solved & (proof.violation > 1.0)), bool(solved.any())
    worst = None if proof is None or proof.worst is None else asdict(proof.worst)
    return {
        "steps": int(over.sum()) if known else None,
        "site_kw": _kw(figures.over_site_mw) if figures.over_site.any() else 0.0,
        "worst": worst if proof is not None and (proof.violation > 1.0).any() else None,
    }


def _grid(built: Built, plan: Plan) -> dict[str, Any] | None:
    if plan.proof is None or plan.before is None:
        return None
    settled, table = plan.settled, built.document.grid
    assert table is not None, "a proof needs a grid"
    return {
        "limits": {
            "vm_min_pu": table.vm_min_pu,
            "vm_max_pu": table.vm_max_pu,
            "loading_percent": max(table.line_percent, table.trafo_percent),
        },
        "before": proof_figures(plan.before),
        "plan": proof_figures(plan.proof),
        "linearisations": 0 if settled is None else settled.iterations,
        "outages_hold": None if settled is None or not settled.outages else all(p.feasible for p in settled.outages.values()),
    }


def proof_figures(proof: Proof) -> dict[str, Any]:
    """Worst loading and voltage of every step, NaN in those without a solution."""
    # Within a solved step NaN is what is out of service.
    loading = np.nan_to_num(proof.loading_percent)
    vm = np.nan_to_num(proof.vm_pu, nan=1.0)
    solved = proof.state.converged
    return {
        "feasible": proof.feasible,
        "diverged": proof.diverged.tolist(),
        "loading_percent": np.where(solved, loading.max(axis=1, initial=0.0), np.nan),
        "vm_min_pu": np.where(solved, vm.min(axis=1, initial=2.0), np.nan),
        "vm_max_pu": np.where(solved, vm.max(axis=1, initial=0.0), np.nan),
        "loss_kw": _kw(proof.loss_mw),
    }


def _losses(proof: Proof | None) -> np.ndarray | float:
    return 0.0 if proof is None else np.nan_to_num(proof.loss_mw)


def _costs(figures: Account) -> dict[str, float]:
    parts = ("energy", "peak", "owners", "use", "stored", "total")
    return {part: getattr(figures, f"{part}_chf") for part in parts}


def _kw(mw: Any) -> Any:
    return 1000.0 * np.asarray(mw)


def _per_kwh(chf_per_mwh: np.ndarray) -> np.ndarray:
    return np.asarray(chf_per_mwh) / 1000.0


def rounded(value: Any) -> Any:
    """Six decimals, a milliwatt or a micro-franc: the solver's dust is no information."""
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return (np.round(value.astype(float), 6) + 0.0).tolist()
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 6) + 0.0
    return value
