"""A street of nine buses with its forecasts made by hand: futures without boxes, drawn and solved in milliseconds.

A 10/0.4 kV transformer feeds two cables whose ends meet at an open switch; three loads on each, panels on two of them, one
battery. Zone "street" is all of it.
"""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from forecasts.futures.dependence import Dependence
from forecasts.quantiles import NORMAL
from scenarios.futures.solve import FutureSolver
from scenarios.futures.start import Start
from scenarios.futures.town import Town
from twin.contracts.devices import Acceptance, Device, Right, RightOfUse
from twin.domain.controls import Controls, Curve, InverterControl
from twin.domain.grid import NORMAL as NORMAL_TOPOLOGY
from twin.domain.zones import Zone
from twin.engines import make_engine
from twin.regie.estimate import StateEstimator
from twin.regie.proof import Limits

START = datetime(2016, 1, 25, 11, 0, tzinfo=UTC)
STEPS = 8
LOADS, WEIGHTS, TAN_PHI = 6, np.array([3.0, 2.0, 1.0, 3.0, 2.0, 1.0]), 0.3
KWP = np.array([30.0, 20.0])
SIGMA = {"load": 0.02, "pv": 0.01}
MIDDLE = {"load": 0.15, "pv": 0.03}
CURVE = Curve((0.94, 0.99, 0.995, 1.02), (0.436, 0.0, 0.0, -0.436))
"""A steep Q(U) with little dead band, so that it acts here."""
TIE = 2


def street_net():
    """The street as a pandapower net; line ``i`` ends at bus ``i + 2``, switch ``TIE`` is open between both ends."""
    import pandapower as pp

    net = pp.create_empty_network("street")
    source, board = pp.create_bus(net, 10.0), pp.create_bus(net, 0.4)
    pp.create_ext_grid(net, source, vm_pu=1.0)
    pp.create_transformer(net, source, board, "0.25 MVA 10/0.4 kV")
    for feeder in range(2):
        before = board
        for house in range(3):
            bus = pp.create_bus(net, 0.4)
            line = pp.create_line(net, before, bus, 0.1 * (house + 1), "NAYY 4x150 SE")
            pp.create_load(net, bus, 0.01, 0.003)
            if house == 0:
                pp.create_switch(net, board, line, et="l", closed=True)
            before = bus
        pp.create_sgen(net, before, 0.01, name=f"roof {feeder}")
    pp.create_switch(net, 4, 7, et="b", closed=False)
    pp.create_storage(net, 7, 0.0, max_e_mwh=0.1)
    return net


def small_town(*, q_of_vm=False, events=()):
    """The street as a worker gets it; limits tight enough that futures break some."""
    net = street_net()
    grid = make_engine("batch", net).model(NORMAL_TOPOLOGY).grid
    zone = Zone(
        "street", {}, 6, float(KWP.sum()), boundary=(("trafo.0.p_mw", 1.0),), loads=tuple(range(LOADS)), pv_sgens=(0, 1)
    )
    right = RightOfUse(Right.CONTRACT, Acceptance.AUTOMATIC, 0.05)
    battery = Device("battery", "battery", "battery", "storage", 0, 7, "street", -0.05, 0.05, 0.1, 0.95, right)
    estimator = StateEstimator(
        grid, (), (zone,), load_weight=WEIGHTS, load_tan_phi=np.full(LOADS, TAN_PHI), sgen_kwp=KWP, devices=(battery,)
    )
    inverters = InverterControl((0, 1), tuple(KWP / 1000.0), q_of_vm=CURVE)
    buses = len(grid.bus)
    return Town(
        net=net,
        engine_name="batch",
        controls=Controls((inverters,)) if q_of_vm else None,
        estimator=estimator,
        limits=Limits(np.full(buses, 0.95), np.full(buses, 1.05), 60.0, 60.0),
        devices=(battery,),
        events=tuple(events),
    )


def small_start(*, steps=STEPS, moved_mw=-0.03, across=0.0):
    """Normal forecasts around a constant; the battery is planned to move by ``moved_mw`` in the second half."""
    kinds = ("load", "pv")
    level = np.stack([MIDDLE[kind] + SIGMA[kind] * np.asarray(NORMAL) for kind in kinds])
    planned = np.where(np.arange(steps) < steps // 2, 0.0, moved_mw)[None, :]
    alone = Dependence.fit(np.empty((0, 288)), step_s=900)
    return Start(
        start=START,
        site_sha256="0" * 64,
        series=(("load", "street"), ("pv", "street")),
        quantiles=np.repeat(level[:, None, :], steps, axis=1),
        ceiling_mw=np.array([np.inf, KWP.sum() / 1000.0]),
        world=np.ones((2, steps)),
        dependence=Dependence.joined([alone, alone], np.array([[1.0, across], [across, 1.0]])),
        slot=48,
        devices=("battery",),
        device_alone_mw=np.zeros((1, steps)),
        device_planned_mw=planned,
        fixed_sgen_p_mw={},
        outside={name: np.full(steps, 0.1) for name in ("price_chf_per_kwh", "import_co2_g_per_kwh", "import_renewable_share")},
        decided={},
    )


@dataclass
class PacedSolver(FutureSolver):
    """A solver that takes its time and says where it works, so that a test can kill it in the middle.

    Attributes:
        seconds: for every chunk. ``folder``: gets a file named by the worker's process id.
    """

    seconds: float = 0.0
    folder: str = ""

    def solve(self, numbers):
        with Path(self.folder, str(os.getpid())).open("a", encoding="ascii") as told:
            told.write(f"{numbers.start}\n")
        time.sleep(self.seconds)
        return super().solve(numbers)
