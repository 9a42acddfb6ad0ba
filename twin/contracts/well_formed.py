"""Can what a box says be journalled and shown? Words are text, parameters what JSON knows, instants have a time zone.

A report that passes here can be written, read back after a restart and put on a screen, whatever else may be wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from numbers import Real
from typing import Any

from twin.contracts.messages import Finding, Proposal, Report
from twin.contracts.report_codec import plain

# Messages nest a list in a mapping at most; what is nested deeper is no parameter of a sentence.
_DEEPEST = 4


def form_problems(report: Report) -> list[str]:
    """What of a report's words, parameters and instants could not be journalled or shown, each with its place."""
    problems = _word("report: reason", report.reason) + _parameters("report: params", report.params)
    problems += _word("headline: label", report.headline.label) + _text("headline: unit", report.headline.unit)
    for name, output in report.outputs.items():
        problems += _parameters(f"output {name!r}: attrs", output.attrs)
    for proposal in report.proposals:
        problems += _proposal(proposal, f"proposal for {proposal.device!r}")
    for finding in report.findings:
        problems += _finding(finding, f"finding {finding.key!r}")
    return problems


def _proposal(proposal: Proposal, place: str) -> list[str]:
    problems = _word(f"{place}: device", proposal.device) + _word(f"{place}: reason", proposal.reason)
    problems += _parameters(f"{place}: params", proposal.params) + _instant(f"{place}: start", proposal.start)
    problems += _number(f"{place}: value_chf", proposal.value_chf) + _number(f"{place}: confidence", proposal.confidence)
    return problems


def _finding(finding: Finding, place: str) -> list[str]:
    problems = []
    for name in ("key", "code", "element", "owner"):
        problems += _word(f"{place}: {name}", getattr(finding, name))
    if finding.parent is not None:
        problems += _word(f"{place}: parent", finding.parent)
    if type(finding.priority) is not int or finding.priority not in (1, 2, 3, 4):
        problems.append(f"{place}: priority={finding.priority!r}, expected 1 to 4")
    problems += _parameters(f"{place}: params", finding.params)
    return problems + _instant(f"{place}: at", finding.at) + _instant(f"{place}: act_before", finding.act_before)


def _word(place: str, value: object) -> list[str]:
    return [f"{place} is empty, expected a word"] if value == "" else _text(place, value)


def _text(place: str, value: object) -> list[str]:
    return [] if isinstance(value, str) and _encodable(value) else [f"{place}={value!r}, expected text"]


def _encodable(text: str) -> bool:
    """False for half of a surrogate pair, which a Python string can hold and no file."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _number(place: str, value: object) -> list[str]:
    known = isinstance(value, Real) and math.isfinite(value)
    return [] if known else [f"{place}={value!r}, expected a finite number"]


def _instant(place: str, value: object) -> list[str]:
    known = isinstance(value, datetime) and value.utcoffset() is not None
    return [] if known else [f"{place}={value!r}, expected an instant with a time zone"]


def _parameters(place: str, params: object) -> list[str]:
    if not isinstance(params, Mapping):
        return [f"{place}={params!r}, expected a mapping"]
    try:
        return _unwritable(place, plain(params), _DEEPEST)
    except (TypeError, RecursionError) as error:
        return [f"{place}: {error}"]


def _unwritable(place: str, value: Any, depth: int) -> list[str]:
    """What of a plain value JSON has no way to write, or no screen to show."""
    if isinstance(value, str):
        return _text(place, value)
    if isinstance(value, float):
        return _number(place, value)
    if not isinstance(value, dict | list):
        return []
    if not depth:
        return [f"{place} is nested deeper than {_DEEPEST} levels"]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    keys = [problem for key in value for problem in _text(f"{place}: key", key)] if isinstance(value, dict) else []
    return keys + [problem for key, item in items for problem in _unwritable(f"{place}[{key!r}]", item, depth - 1)]
