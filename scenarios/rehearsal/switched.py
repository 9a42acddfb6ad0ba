"""Switchings that cannot be: of a switch that stands so already, or onto a line or transformer that is out then."""

from __future__ import annotations

from typing import Any

from scenarios.file.scenario import Outage, Scenario, Switching
from twin.domain.problems import Problem, Problems

_BRANCHES = {"l": "line", "t": "trafo"}
"""pandapower's kinds of element that a switch connects to a bus; "b" is a bus."""


def switching_problems(scenario: Scenario, net: Any) -> tuple[Problem, ...]:
    """Every such switching, elements being written by index.

    Args:
        net: the pandapower net in its normal topology, which is only read.
    """
    problems = Problems()
    out = [*scenario.outages, *(outage for cut in scenario.imports for outage in cut.outages)]
    closed = {int(index): bool(state) for index, state in net.switch["closed"].items()}
    for i, each in sorted(enumerate(scenario.switchings), key=lambda pair: pair[1].at):
        index = each.switch.partition(".")[2]
        if not index.isdecimal() or int(index) not in closed:
            continue  # a switch that the grid does not have is told with the events
        place, number = scenario.place("switchings", i), int(index)
        if closed[number] == each.closed:
            state = "closed" if each.closed else "open"
            problems.add(place, f"{each.switch} is {state} then", "a switching that changes something", "remove it")
        closed[number] = each.closed if each.until is None else not each.closed
        dead = _dead(each, str(net.switch.at[number, "et"]), int(net.switch.at[number, "element"]), out)
        if dead is not None:
            limit, remedy = "a line or transformer that is in service", "end its outage first, or choose another switch"
            problems.add(place, f"closes {each.switch} of {dead.element}, which is out", limit, remedy)
    return tuple(problems)


def _dead(switching: Switching, kind: str, element: int, out: list[Outage]) -> Outage | None:
    """The outage in force when the switch is closed."""
    wanted = f"{_BRANCHES.get(kind, '')}.{element}"
    for outage in out if switching.closed else ():
        if outage.element == wanted and outage.at <= switching.at and (outage.until is None or switching.at < outage.until):
            return outage
    return None
