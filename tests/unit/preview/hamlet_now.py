"""A hamlet of two feeders with an open tie between their ends, at one journalled evening tick."""

import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandapower as pp

from twin.adapters.overlay import build_batteries
from twin.contracts.devices import Acceptance, Device, Right, RightOfUse
from twin.domain.controls import NO_CONTROLS
from twin.domain.grid import NORMAL
from twin.domain.pack import pack
from twin.domain.zones import Zone
from twin.preview.answers import Answers
from twin.preview.kit import Kit, kit_from_bytes, kit_to_bytes
from twin.preview.present import Present
from twin.preview.warm import WarmGrid
from twin.regie import memory
from twin.regie.memory import LoopMemory
from twin.regie.proof import Limits

sys.path.insert(0, str(Path(__file__).parents[2] / "scenarios"))
from hamlet import grid_json

FEEDER, TIE = 0, 1
"""Switches: the breaker of the feeder over buses 6, 7 and 8, closed; the open point between buses 5 and 8."""
AS_OF = datetime(2024, 6, 13, 17, 0, tzinfo=UTC)
COLUMNS = (("device_p_mw", "battery"), ("price_chf_per_kwh", ""), ("import_co2_g_per_kwh", ""))


def hamlet_kit(disconnector: bool = False) -> Kit:
    """As the loop would write it, once there and back."""
    net = pp.from_json_string(grid_json())
    right = RightOfUse(Right.CONTRACT, Acceptance.AUTOMATIC, 0.05)
    battery = Device("battery", "battery", "battery", "storage", 0, 5, "hamlet", -0.01, 0.01, 0.02, 0.95, right)
    build_batteries(net, [battery])
    if disconnector:
        net.switch["type"] = "DS"
    zone = Zone("hamlet", {"en": "Hamlet"}, 40, 50.0, boundary=(("x", 1.0),), loads=tuple(net.load.index), pv_sgens=(0, 1))
    buses = len(net.bus)
    kit = Kit(
        net=net,
        engine="batch",
        limits=Limits(np.full(buses, 0.95), np.full(buses, 1.05), 100.0, 100.0),
        controls=NO_CONTROLS,
        devices=(battery,),
        zones=(zone,),
        load_weight=np.ones(len(net.load)),
        load_tan_phi=np.full(len(net.load), 0.25),
        sgen_kwp=np.array([30.0, 20.0]),
        fixed_sgens=(),
        columns=COLUMNS,
        value_of_lost_load_chf_per_kwh=15.0,
    )
    return kit_from_bytes(kit_to_bytes(kit))


def tick(topology=NORMAL, *, load_p_mw=0.012, sigma_mw=0.0, forecast_mw=0.072, overdue=False) -> Present:
    """The newest tick: every house draws alike; the forecast goes on with ``forecast_mw`` for 48 h."""
    meta = {"interval": "2024-06-13T16:45:00+00:00", "quality": 0, "topology": topology.to_meta(), "boxes": {}}
    arrays = {
        "grid.load_p_mw": np.full(6, load_p_mw),
        "grid.sgen_p_mw": np.zeros(2),
        "grid.storage_p_mw": np.array([0.002]),
        "signals": np.array([0.002, 0.2, 100.0], np.float32),
    }
    flat = {"load:hamlet": forecast_mw, "load:hamlet:sigma": sigma_mw, "pv:hamlet": 0.0, "pv:hamlet:sigma": 0.0}
    kept = LoopMemory(forecast_start_s=int(AS_OF.timestamp()), forecast={name: (v,) * 192 for name, v in flat.items()})
    runner = np.frombuffer(pack({"seats": {}}), np.uint8)
    resume = zlib.compress(pack({"memory": memory.to_meta(kept)}, {"runner": runner}))
    return Present(7, AS_OF, meta, arrays, overdue, resume)


class Desk(Answers):
    """Answers on a tick of our own in place of a journal's newest."""

    def __init__(self, present: Present, kit: Kit | None = None) -> None:
        super().__init__(WarmGrid(kit or hamlet_kit()), Path("nowhere"))
        self.present = present

    def _now(self) -> Present:
        if self._present is not self.present:
            self._present, self._powers, self._kept = self.present, None, {}
        return self.present
