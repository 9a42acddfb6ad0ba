"""What runs in the guarded process: a resolved document in, the answer's figures out, both as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from twin.boxes.flexibility.commitment import Announced
from twin.boxes.flexibility.document.answer import answer_of, rounded
from twin.boxes.flexibility.document.build import Built, build
from twin.boxes.flexibility.document.document import Document
from twin.boxes.flexibility.document.futures import constant_chf, futures_of, risk_of
from twin.boxes.flexibility.document.grid import DocumentGrid
from twin.boxes.flexibility.document.last import last_mw
from twin.boxes.flexibility.document.read import Draft
from twin.boxes.flexibility.document.where import Where
from twin.boxes.flexibility.futures.plan import FuturesPlan, plan_futures
from twin.boxes.flexibility.futures.solver import PathLimits
from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.case import Plan as Setting
from twin.boxes.flexibility.grid.proof import prove
from twin.boxes.flexibility.ladder import by_rules, followed, volt_watt
from twin.boxes.flexibility.lp.solution import Limits, Solution
from twin.boxes.flexibility.planner import Plan, Planner, Rung
from twin.boxes.flexibility.why.own import own_p_mw
from twin.boxes.flexibility.why.refusal import Refusal, without
from twin.dispatch.sources import read_net
from twin.domain.finite import finite
from twin.domain.problems import BadInput

_LIMITS = Limits(iterations=10_000_000, nodes=20_000, guard_s=float("inf"))
"""Ten times a tick's: nobody waits for a quarter hour here, and the clock is the planner's."""
_ASKED = 40
"""Devices whose refusal is priced: each is one more solve."""
_MOVED_MW = 1e-4
"""A tenth of a kilowatt: less is no move worth telling."""
_SHARE = 0.7
"""Of the deadline; the rest is the process's start, the grid's reading and the proof."""


def order_of(draft: Draft, *, last: Mapping[str, Any] | None = None, rules: str = "") -> bytes:
    """What the process is given.

    Args:
        last: the answer before. ``rules``: why only rules are asked for, "" for a plan.
    """
    document, where = draft.document, draft.places
    order = {
        "document": document.model_dump(mode="json"),
        "folder": str(draft.folder.resolve()),
        "file": where.file,
        "lines": where.to_json(),
        "last": last,
        "rules": rules,
    }
    return json.dumps(order).encode()


def plan(payload: bytes) -> bytes:
    """The answer, or {"problems": [...]} where the grid does not fit the document."""
    order = json.loads(payload)
    content = order["document"]
    where = Where.from_json(order["file"], content, order["lines"])
    draft = Draft(Document.model_validate(content), Path(order["folder"]), where)
    try:
        answer = _answer(draft, order["last"], order["rules"])
    except BadInput as error:
        answer = {"problems": [vars(problem) for problem in error.problems]}
    return json.dumps(answer, allow_nan=False).encode()


def without_process(draft: Draft, last: Mapping[str, Any] | None, why: str) -> dict[str, Any]:
    """The answer of the ladder's lower rungs, without the grid: what is left when no process answers."""
    built = build(draft.document)
    return _lower(built, _last(built, last), why, None)


def _answer(draft: Draft, last: Mapping[str, Any] | None, rules: str) -> dict[str, Any]:
    grid = None if draft.document.grid is None else DocumentGrid(draft, read_net)
    built = build(draft.document, base_mw=None if grid is None else grid.base_mw)
    case = None if grid is None else grid.case(built)
    before = _last(built, last)
    if rules:
        return _lower(built, before, rules, case)
    outages = {} if grid is None else grid.outages(built)
    return _planned(built, case, outages, before)


def _planned(built: Built, case: Case | None, outages: Mapping[str, Case], last: np.ndarray | None) -> dict[str, Any]:
    # The clock that counts is the deadline's; the planner's own ends a little sooner, so that it can say what it has.
    planner = Planner(limits=_LIMITS, budget_s=_SHARE * built.document.options.deadline_s)
    options = built.document.options
    announced = None if last is None else Announced(last, options.switching_chf)
    futures, over = futures_of(built), None
    if futures is not None:
        limits = PathLimits(guard_s=_SHARE * options.deadline_s)
        over = plan_futures(futures, risk=risk_of(built), limits=limits, matrix=planner.compiled(built.problem).matrix)
        if over.optimal:
            # Until the paths part, they all do this; what follows is planned on the expected one.
            first = np.full(over.p_mw.shape, np.nan) if last is None else last.copy()
            first[:, : futures.shared_steps] = over.p_mw[:, : futures.shared_steps]
            announced = Announced(first, np.inf if last is None else options.switching_chf)
    plan = planner.plan(built.problem, case=case, outages=outages or None, last_mw=_whole(built, last), announced=announced)
    status, refused = plan.solution.status, _refusals(built, plan, planner)
    answer = answer_of(built, plan, status=status, conflicts=plan.conflicts, refusals=refused)
    return answer | {"paths": None if over is None else _paths(built, over), "kept": _kept(plan, last), "grid_read": True}


def _refusals(built: Built, plan: Plan, planner: Planner) -> dict[str, Refusal]:
    """The plan without each device that it moves, the first `_ASKED` of them."""
    if not plan.solution.optimal:
        return {}
    own, unit = own_p_mw(built.problem), built.problem.unit_of
    away = np.maximum(np.abs(plan.p_mw - own), np.abs(plan.q_mvar)).max(axis=1)
    moved = [device.id for device in built.problem.devices if device.id in unit and away[unit[device.id]] > _MOVED_MW]
    compiled = planner.compiled(built.problem)
    # Again as it was last solved: a refusal is solved from there.
    compiled.solve(built.problem, plan.linear, limits=_LIMITS, hold=plan.solution.switched)
    return {
        name: without(compiled, built.problem, plan.linear, plan.solution, [name], limits=_LIMITS) for name in moved[:_ASKED]
    }


def _paths(built: Built, over: FuturesPlan) -> dict[str, Any]:
    constant = constant_chf(built)
    found = {"status": over.status, "count": len(over.costs_chf)}
    if over.optimal:
        found |= {
            "expected_chf": over.expected_chf + constant,
            "tail_chf": over.tail_chf + constant,
            "saves_chf": over.value_chf,
            "costs_chf": over.costs_chf + constant,
        }
    return dict(finite(rounded(found)))


def _kept(plan: Plan, last: np.ndarray | None) -> dict[str, Any] | None:
    if plan.kept is None or last is None:
        return None
    return dict(finite({"kept": plan.kept.kept, "gain_chf": round(plan.kept.gain_chf, 6)}))


def _last(built: Built, answer: Mapping[str, Any] | None) -> np.ndarray | None:
    """The plan before on this plan's steps, dims (unit, step), NaN where it says nothing; None without one."""
    return None if answer is None else last_mw(answer, [entry.id for entry in built.entries], built.clock)


def _whole(built: Built, last: np.ndarray | None) -> np.ndarray | None:
    """Where the plan before says nothing, devices do as by themselves."""
    return None if last is None or not np.isfinite(last).any() else np.where(np.isfinite(last), last, own_p_mw(built.problem))


def _lower(built: Built, last: np.ndarray | None, why: str, case: Case | None) -> dict[str, Any]:
    problem, kept = built.problem, _whole(built, last)
    p_mw, before, proof = by_rules(problem) if kept is None else followed(problem, kept), None, None
    if case is not None:
        own = own_p_mw(problem)
        p_mw = volt_watt(problem, case, p_mw)
        before, proof = (prove(case, Setting(power, np.zeros_like(power))) for power in (own, p_mw))
    rung: Rung = "rules" if kept is None else "last_plan"
    solution = Solution(why)
    lower = Plan(rung=rung, p_mw=p_mw, q_mvar=np.zeros_like(p_mw), solution=solution, before=before, proof=proof)
    known = built.document.grid is None or case is not None
    return answer_of(built, lower, status=why) | {"paths": None, "kept": None, "grid_read": known}
