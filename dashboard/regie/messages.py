"""A message's parameters as its words need them: ids become names, codes words, hours from now instants, figures texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from dashboard.format import readable
from dashboard.regie.names import Names
from twin.contracts.snapshot import AlarmView

_MOMENTS = {"at_h": "at", "from_h": "from_at", "to_h": "to_at"}
"""Parameters in hours from the snapshot's ``as_of``, and the instants made of them."""

_WITH_UNIT = ("without", "limit", "value")
"""Figures whose unit is the parameter ``unit``."""

_TOLD: dict[str, Callable[[Names, str], str | None]] = {
    "element": Names.of,
    "zone": lambda names, ref: names.of(f"zone:{ref}"),
    "zones": lambda names, refs: ", ".join(names.of(f"zone:{ref}") for ref in refs.split(", ")),
    "trafo": lambda names, ref: names.of(f"trafo:{ref}"),
    "machine": lambda names, ref: names.of(f"machine:{ref}"),
    "device": lambda names, ref: names.of(f"device:{ref}"),
    "devices": lambda names, refs: ", ".join(names.of(f"device:{ref}") for ref in refs.split(", ")),
    "instance": lambda names, ref: names.of(f"box:{ref}"),
    "box": lambda names, ref: names.of(f"box:{ref}"),
    "id": Names.asked,
    "key": Names.asked,
    "target": Names.asked,
    "fallback": Names.rung,
    "outcome": lambda names, code: names.words(f"outcome.{code}"),
    "mode": lambda names, code: names.words(f"telemetry.{code}"),
    "kind": lambda names, code: names.words(f"command.{code}"),
    "trafos": lambda names, refs: ", ".join(names.of(f"trafo:{ref}") for ref in refs.split("+")),
    "binding": lambda names, code: names.words(f"limit.{code}"),
    "detail": lambda names, code: names.words(f"detail.{code}"),
    "switch": Names.switch,
    "position": lambda names, code: names.words(f"position.{code}"),
}
"""What a parameter of that name holds, and how it is told."""


def told(params: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """The parameters of an alarm, a recommendation, a card or a line of the journal, ready for their words."""
    result = dict(params)
    result.update({name: tell(names, params[name]) for name, tell in _TOLD.items() if isinstance(params.get(name), str)})
    if "element" in params:
        result["element"] = names.of(reference(str(params["element"]), params))
    if isinstance(params.get("channels"), list):
        result["count"] = len(params["channels"])
    now, unit = names.words.now, str(params.get("unit", ""))
    if now is not None:
        hours = {name: params[code] for code, name in _MOMENTS.items() if isinstance(params.get(code), (int, float))}
        result.update({name: now + timedelta(hours=float(ahead)) for name, ahead in hours.items()})
    for name in _WITH_UNIT:
        if unit and isinstance(params.get(name), (int, float)):
            whole = unit != "pu" and float(params[name]).is_integer()
            result[name] = names.words.number(params[name], unit, decimals=0 if whole else 3 if unit == "pu" else 1)
    return result


def reference(element: str, params: Mapping[str, Any]) -> str:
    """What a message is about: a plan's limit names it in full ("import:trafo:main_1"), a tariff names its zone."""
    _, _, limited = str(params.get("row", "")).rpartition(">")[2].partition(":")
    if limited:
        return limited
    return f"zone:{element}" if params.get("zone") == element else element


def about(alarm: AlarmView) -> str:
    """What an alarm is about, as `Names` takes it."""
    return reference(alarm.element, alarm.params)


def facts(params: Mapping[str, Any]) -> str:
    """The parameters of a code that has no words, as they came."""
    return ", ".join(
        f"{readable(name)} {value}"
        for name, value in sorted(params.items())
        if value is not None and not isinstance(value, (dict, list))
    )
