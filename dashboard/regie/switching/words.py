"""Switching orders in one language: elements by their names, refusals as sentences, what the engine found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.regie.names import Names
from dashboard.regie.switching.content import Condition, Step
from dashboard.regie.words import Words
from twin.contracts.work_order import Why


def element(key: str, names: Names | None) -> str:
    """The name of an element; a switch's with its index, for names of switches repeat."""
    table, _, index = key.replace(" ", ":").partition(":")
    if names is None:
        return key
    if table == "switch" and names.diagram is not None:
        found = next((switch for switch in names.diagram.switches if str(switch.index) == index), None)
        if found is not None:
            name = found.name.strip()
            return names.words(
                "element.switch", switch=index if name in ("", "None", f"Switch {index}") else f"{index} ({name})"
            )
    return names.of(f"{table}:{index}")


def action(step: Step, words: Words, names: Names | None) -> str:
    """What is to be done: "Open Switch 33"."""
    return words(f"operation.{step.operation}", element=element(step.element, names))


def condition(asked: Condition, words: Words, names: Names | None) -> str:
    """What must hold."""
    limit = words.number(asked.limit_percent, "%")
    return words(f"condition.{asked.kind}", element=element(asked.element, names), limit=limit)


def refusal(why: Why, words: Words, names: Names | None) -> str:
    """One reason, as a sentence."""
    told = dict(why.params)
    if isinstance(told.get("element"), str):
        told["element"] = element(told["element"], names)
    if isinstance(told.get("elements"), list):
        told["elements"] = ", ".join(element(key, names) for key in told["elements"])
    if why.code in ("condition", "condition_unknown"):
        told["condition"] = words(
            f"condition.{told['kind']}", element=told["element"], limit=words.number(told.get("limit"), "%")
        )
    if "state" in told:
        told["state"] = words(f"state.{told['state']}")
    if why.code in ("field", "field_of_step"):
        told["field"] = words(f"field.{told['field']}")
    return words.fill(f"refused.{why.code}", told)


def objection(told: Mapping[str, Any], words: Words, names: Names | None) -> str:
    """What speaks against a step: place, value and limit."""
    unit = str(told["unit"])
    figures = {
        "element": element(str(told["element"]), names) if told["element"] else "",
        "value": words.number(told["value"], unit),
        "limit": words.number(told["limit"], unit),
    }
    said = words.fill(f"objection.{told['code']}", figures)
    if told["limit"] is not None and told["value"] is not None:
        said = words("objection.with_limit", said=said, **figures)
    return said
