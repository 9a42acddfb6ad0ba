"""Switching orders in one language: elements by their names, refusals as sentences, what the engine found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.regie.names import Names
from dashboard.regie.switching.content import Condition, Step
from dashboard.regie.words import Words
from twin.contracts.work_order import Why


def element(key: str, names: Names | None) -> str:
    """The name of an element; its key before the first snapshot."""
    return key if names is None else names.of(key.replace(" ", ":"))


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


def note(text: str, words: Words) -> str:
    """What stands beside a step: a person's own words, or what the loop says of it and what can be done then."""
    code = f"failed.{text}"
    return words(code) if text and words.known(code) else text


def _elements(told: str, names: Names | None) -> str:
    """The engine's "switch 12", or its "bus 3, 4, 5 ..."."""
    table, _, indices = told.partition(" ")
    several = [element(f"{table}:{index}", names) for index in indices.removesuffix(" ...").split(", ") if index]
    return ", ".join(several) + (" …" if told.endswith(" ...") else "")


def objection(told: Mapping[str, Any], words: Words, names: Names | None) -> str:
    """What speaks against a step: place, value and limit."""
    unit = str(told["unit"])
    figures = {
        "element": _elements(str(told["element"]), names),
        "value": words.number(told["value"], unit),
        "limit": words.number(told["limit"], unit),
    }
    said = words.fill(f"objection.{told['code']}", figures)
    if told["limit"] is not None and told["value"] is not None:
        said = words("objection.with_limit", said=said, **figures)
    return said
