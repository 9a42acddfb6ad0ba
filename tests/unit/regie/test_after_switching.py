"""What an event tick solves with: the last estimated power of every element, batteries too."""

import numpy as np
import xarray as xr

from tests.unit.regie import small_town as town
from twin.regie.horizon import after_switching


def test_every_element_keeps_its_last_power_on_the_new_topology():
    grid = town.engine(scaling=0.5).model(town.NORMAL).grid
    state = xr.Dataset(
        {
            "load_p_mw": ("load", np.array([0.6, 0.3, 0.8, 0.2])),
            "sgen_p_mw": ("sgen", np.array([0.1, 0.7])),
            "storage_p_mw": ("storage", np.array([-0.4, 0.25])),
        }
    )
    powers = after_switching(state, grid, np.full(4, 0.2))
    assert powers["load_p_mw"].values.tolist() == [[1.2, 0.6, 1.6, 0.4]]  # the engine halves them again
    assert powers["sgen_p_mw"].values.tolist() == [[0.1, 0.7]]
    assert powers["storage_p_mw"].values.tolist() == [[-0.4, 0.25]]
