"""Elements of a scenario on a grid: an index is taken as it is, a name is looked up in the net."""

from __future__ import annotations

import difflib
from typing import Any

from scenarios.file.scenario import Scenario
from twin.domain.problems import Problem, Problems

_PLACES = (("outages", "element"), ("switchings", "switch"), ("imports", "sheds"))
"""Tables and keys that name elements of the grid."""


def is_name(element: str) -> bool:
    """Whether it is written by name: "line 'MV3.101 Line 67'", not "line.66"."""
    return element.endswith("'")


def named(scenario: Scenario) -> bool:
    """Whether any element is written by name."""
    return any(is_name(element) for table, key in _PLACES for entry in getattr(scenario, table) for element in _of(entry, key))


def element_of(element: str, net: Any) -> str:
    """The form "line.66" of an element that is written by index or by the net's own name.

    Args:
        net: a pandapower net, which is only read.

    Raises:
        LookupError: saying which names come close, or that several elements have this one.
    """
    if not is_name(element):
        return element
    table, _, quoted = element.partition(" ")
    name = quoted[1:-1]
    names = net[table]["name"].astype(str)
    found = names.index[names == name]
    if len(found) == 1:
        return f"{table}.{int(found[0])}"
    if len(found):
        raise LookupError(f"one of {', '.join(f'{table}.{int(index)}' for index in found)}, which all have that name")
    close = difflib.get_close_matches(name, [each for each in names if each not in {"", "nan", "None"}], n=3)
    raise LookupError(f"the name of a {table} of the grid" + (f", such as {', '.join(map(repr, close))}" if close else ""))


def on_net(scenario: Scenario, net: Any) -> tuple[Scenario, tuple[Problem, ...]]:
    """The scenario with the net's indices for names, and every name that means nothing there, or too much.

    Args:
        net: a pandapower net, which is only read.

    Returns:
        Scenario and problems; an element that cannot be found keeps its name.
    """
    problems = Problems()
    tables = {}
    for table, key in _PLACES:
        entries = []
        for i, entry in enumerate(getattr(scenario, table)):
            found = tuple(_looked_up(element, net, scenario.place(table, i, key), problems) for element in _of(entry, key))
            entries.append(entry.model_copy(update={key: found if key == "sheds" else found[0]}))
        tables[table] = tuple(entries)
    return scenario.model_copy(update=tables), tuple(problems)


def _of(entry: Any, key: str) -> tuple[str, ...]:
    value = getattr(entry, key)
    return value if isinstance(value, tuple) else (value,)


def _looked_up(element: str, net: Any, place: str, problems: Problems) -> str:
    try:
        return element_of(element, net)
    except LookupError as error:
        problems.add(place, element, str(error), "correct the name, or write the index")
        return element


def unresolved(scenario: Scenario) -> tuple[Problem, ...]:
    """Every element that is still written by name, where an index is needed."""
    problems = Problems()
    for table, key in _PLACES:
        for i, entry in enumerate(getattr(scenario, table)):
            for element in filter(is_name, _of(entry, key)):
                problems.add(
                    scenario.place(table, i, key), element, "an index, such as line.66", "look it up in the grid first"
                )
    return tuple(problems)
