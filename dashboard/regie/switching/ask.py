"""A switching order as a question to the engine, and what its answer means for the order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.regie.switching.content import Content, Step

TIMEOUT_S = 30.0
"""An order of forty steps is forty power flows, forty short-circuit checks and as many N-1 runs on a warm grid."""


def question(content: Content, done: int) -> dict[str, Any]:
    """The steps that are still to be done, one after the other (`twin.contracts.preview.OrderCheck`).

    Earthing, testing, working and reporting change nothing that a power flow sees: their step leaves the grid as it was.
    """
    return {"kind": "order", "steps": [_changes(step) for step in content.steps[done:]]}


def _changes(step: Step) -> dict[str, Any]:
    table, _, name = step.element.partition(":")
    if step.operation not in ("open", "close"):
        return {}
    if table == "switch":
        return {"switch": [{"switch": int(name), "closed": step.operation == "close"}]}
    if table in ("line", "trafo"):
        return {"outages": [{"table": table, "index": int(name), "out": step.operation == "open"}]}
    return {}


def own_objections(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What speaks against a step and did not before it."""
    return [objection for objection in result["objections"] if not objection["existed"]]


def kept(answer: Mapping[str, Any], done: int) -> dict[str, Any]:
    """The answer as the book keeps it: everything but the values of every element; None for the steps that were done."""
    steps = [
        {
            **step,
            "after": {name: value for name, value in step["after"].items() if name not in ("values", "unsupplied_buses")},
        }
        for step in answer["steps"]
    ]
    return {
        "engine": answer["engine"],
        "stale": answer["stale"],
        "steps": [{}] * done + steps,
        "not_covered": list(answer["not_covered"]),
    }
