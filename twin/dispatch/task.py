"""What runs in the guarded process: a resolved document in, the answer's figures out, both as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from twin.boxes.flexibility.document.answer import answer_of
from twin.boxes.flexibility.document.build import Built, build
from twin.boxes.flexibility.document.document import Document
from twin.boxes.flexibility.document.grid import DocumentGrid
from twin.boxes.flexibility.document.read import Draft
from twin.boxes.flexibility.document.where import Where
from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.case import Plan as Setting
from twin.boxes.flexibility.grid.proof import prove
from twin.boxes.flexibility.ladder import by_rules as ladder_rules
from twin.boxes.flexibility.ladder import volt_watt
from twin.boxes.flexibility.lp.compiled import Limits, Solution
from twin.boxes.flexibility.lp.conflict import conflicts
from twin.boxes.flexibility.planner import Plan, Planner
from twin.boxes.flexibility.why.own import own_p_mw
from twin.dispatch.sources import read_net
from twin.domain.problems import BadInput

_NODES = 20_000
"""Of the search where something is on or off: ten times a tick's, nobody waits for a quarter hour here."""


def order_of(draft: Draft, *, rules: str = "") -> bytes:
    """What the process is given.

    Args:
        rules: why only rules are asked for, "" for a plan.
    """
    document, where = draft.document, draft.places
    order = {
        "document": document.model_dump(mode="json"),
        "folder": str(draft.folder.resolve()),
        "file": where.file,
        "content": document.model_dump(mode="json"),
        "lines": where.to_json(),
        "rules": rules,
    }
    return json.dumps(order).encode()


def plan(payload: bytes) -> bytes:
    """The answer, or {"problems": [...]} where the grid does not fit the document."""
    order = json.loads(payload)
    document = Document.model_validate(order["document"])
    draft = Draft(document, Path(order["folder"]), Where.from_json(order["file"], order["content"], order["lines"]))
    try:
        answer = _answer(draft, order["rules"])
    except BadInput as error:
        answer = {"problems": [vars(problem) for problem in error.problems]}
    return json.dumps(answer, allow_nan=False).encode()


def by_rules(draft: Draft, why: str) -> dict[str, Any]:
    """The answer of rules alone, without the grid: what is left when no process answers."""
    return _rules(build(draft.document), why, None)


def _answer(draft: Draft, rules: str) -> dict[str, Any]:
    grid = None if draft.document.grid is None else DocumentGrid(draft, read_net)
    built = build(draft.document, base_mw=None if grid is None else grid.base_mw)
    case = None if grid is None else grid.case(built)
    if rules:
        return _rules(built, rules, case)
    outages = {} if grid is None else grid.outages(built)
    return _planned(built, case, outages)


def _planned(built: Built, case: Case | None, outages: Mapping[str, Case]) -> dict[str, Any]:
    # The clock that counts is the deadline's; the solver's own ends a little sooner, so that it can say what it has.
    limits = Limits(iterations=10_000_000, nodes=_NODES, guard_s=float("inf"))
    planner = Planner(limits=limits, budget_s=0.7 * built.document.options.deadline_s)
    plan = planner.plan(built.problem, case=case, outages=outages or None)
    status = plan.solution.status
    found = conflicts(planner.compiled(built.problem), built.problem) if "infeasible" in status else ()
    return answer_of(built, plan, status=status, conflicts=found)


def _rules(built: Built, why: str, case: Case | None) -> dict[str, Any]:
    problem = built.problem
    p_mw, before, proof = ladder_rules(problem), None, None
    if case is not None:
        own = own_p_mw(problem)
        p_mw = volt_watt(problem, case, p_mw)
        before, proof = (prove(case, Setting(power, np.zeros_like(power))) for power in (own, p_mw))
    solution = Solution(why)
    ruled = Plan(rung="rules", p_mw=p_mw, q_mvar=np.zeros_like(p_mw), solution=solution, before=before, proof=proof)
    return answer_of(built, ruled, status=why)
