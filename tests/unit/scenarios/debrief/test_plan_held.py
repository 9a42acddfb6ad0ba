"""The plan against what came: rivers and other plants at their last power."""

from types import SimpleNamespace

import numpy as np
import pytest
from made_tape import START, at, entry, tape

from scenarios.debrief.plan import plan_of
from twin.contracts.box import Provide
from twin.contracts.frame import Frame, Layout
from twin.domain.time import QUARTER_HOUR, quarter_hours, to_epoch_s


def test_other_plants_run_on_in_the_plan_as_rivers_do():
    first = entry(0)
    first.record.arrays["box.load.load_forecast_p_mw"] = np.full((4, 1), 8.0)
    layout = Layout((("zone_hydro_p_mw", "town"), ("zone_other_p_mw", "town")))
    values = np.array([[1.0, 4.0], [0.0, 0.0]])  # what comes after the decision is not known to it
    recalled = SimpleNamespace(
        parts=SimpleNamespace(root="town"),
        site=SimpleNamespace(boxes=(), dispatchable=(), devices=()),
        cards={"load": SimpleNamespace(provides=(Provide("load_forecast_p_mw", ("town",), horizon=QUARTER_HOUR),))},
        frame=Frame(layout, to_epoch_s(START), values, np.zeros((2, 2), np.uint8)),
        times=quarter_hours(at(0), 2),
        net_mw=np.full(2, 3.0),
        price_chf_per_kwh=np.zeros(2),
    )
    assert plan_of(tape(first), recalled).planned_mw == pytest.approx(3.0)
