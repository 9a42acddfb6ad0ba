"""The demo town, prepared once per session (cached on disk), and plants made from it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from twin.adapters.prepared import Prepared, prepare
from twin.adapters.synthetic_outside import SyntheticOutside
from twin.contracts.ports import Engine
from twin.engines import make_engine
from twin.plant.plant import SimulatedPlant
from twin.site import Site, load_site

START = datetime(2016, 1, 25, 16, 0, tzinfo=UTC)
"""A Monday evening in winter: cars come home while heat pumps run."""


class Demo:
    """Everything a plant is made of."""

    def __init__(self) -> None:
        self.site: Site = load_site("demo")
        self.prepared: Prepared = prepare(self.site)
        net = self.prepared.net()
        self.engine: Engine = make_engine("batch", net)
        about, town = self.site.about, self.prepared.zones[0]
        self.outside = SyntheticOutside(
            seed=self.site.seed,
            prepared=self.prepared,
            pv=np.flatnonzero(net.sgen["kind"].eq("pv")).tolist(),
            groups=town.pv_groups,
            latitude=about.latitude,
            longitude=about.longitude,
            timezone=about.timezone,
        )

    def plant(self, *, obeys: bool = True, site: Site | None = None) -> SimulatedPlant:
        return SimulatedPlant(site or self.site, self.prepared, self.engine, self.outside, obeys=obeys)


@pytest.fixture(scope="session")
def demo() -> Demo:
    return Demo()


@pytest.fixture
def begun(demo: Demo) -> Callable[..., SimulatedPlant]:
    """Plants that have lived up to START."""

    def make(**options: Any) -> SimulatedPlant:
        plant = demo.plant(**options)
        plant.read(START)
        return plant

    return make
