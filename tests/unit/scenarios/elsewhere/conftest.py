import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandapower as pp
import pytest

from scenarios.elsewhere.elsewhere import elsewhere
from scenarios.file.read import load_scenario
from scenarios.rehearsal.prepare import rehearsals
from scenarios.rehearsal.rehearsal import Rehearsal
from tests.unit.scenarios.elsewhere.hamlet_plant import CODE, hamlet, hamlet_net
from tests.unit.scenarios.quiet_town import quiet_town
from twin.adapters.grid_simbench import read_simbench

SEED = 7
"""Of the order in which elements are numbered anew; any will do."""


@dataclass(frozen=True)
class There:
    """A rehearsal at home and on another grid."""

    home: Rehearsal
    there: Rehearsal


def renumbered(published: Any) -> Any:
    """The same grid with every index another one, and every table in another order."""
    net = copy.deepcopy(published)
    net.profiles = {}
    draw = np.random.default_rng(SEED)
    for table in ("bus", "line", "trafo", "switch", "load", "sgen"):
        numbers = [int(number) + 10 for number in draw.permutation(len(net[table]))]
        if table == "bus":
            pp.toolbox.reindex_buses(net, dict(zip(net.bus.index, numbers, strict=True)))
        else:
            pp.toolbox.reindex_elements(net, table, numbers)
        net[table] = net[table].sort_index()
    return net


@pytest.fixture(scope="session")
def town(tmp_path_factory) -> There:
    """The demo town, without boxes, on its own grid and on that grid renumbered."""
    folder = tmp_path_factory.mktemp("town")
    scenario = load_scenario(quiet_town(folder))
    pp.to_json(renumbered(read_simbench(CODE)), str(folder / "renumbered.json"))
    (home,), (there,) = (rehearsals(scenario, grid=grid) for grid in (None, elsewhere(str(folder / "renumbered.json"))))
    return There(home, there)


@pytest.fixture(scope="session")
def hamlet_there(tmp_path_factory) -> There:
    """The hamlet at home, and on a grid that is numbered backwards from 13, 11 and 10 and draws the feeder the other way.

    Bus 2 is 11 there, bus 3 is 10; lines 0 and 1 are 11 and 10, and so are the loads.
    """
    folder = tmp_path_factory.mktemp("hamlet")
    scenario = load_scenario(hamlet(folder))
    pp.to_json(hamlet_net(first=10, drawn_back=True), str(folder / "other.json"))
    (home,), (there,) = (rehearsals(scenario, grid=grid) for grid in (None, elsewhere(str(folder / "other.json"))))
    return There(home, there)
