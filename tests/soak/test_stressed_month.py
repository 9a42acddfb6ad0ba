"""A month of a stressed grid, planned hour after hour: the wires carry every plan, or the plan says what they cannot."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from dispatch_month import Tally, against_pandapower, ticked
from dispatch_town import stressed_month

pytestmark = pytest.mark.soak

SAMPLE = 40
"""Ticks that pandapower looks at, too."""
SHARE = 0.99
"""Issue: How good."""


def test_stressed_month(capsys):
    town = stressed_month()
    sample = set(np.random.default_rng(5).choice(town.ticks // 4, SAMPLE, replace=False).tolist())
    tally, apart = Tally(), []
    for number, tick in enumerate(ticked(town)):
        tally.add(tick)
        if number in sample:
            apart.append(against_pandapower(town, tick))
    with capsys.disabled():
        sys.stdout.write(f"\n{json.dumps(tally.figures())}\n")
    assert tally.ticks == 720
    assert tally.stressed_hours > 100  # limits bind in many hours
    assert tally.ac_feasible_share >= SHARE
    assert tally.rungs == {"ok": tally.ticks}
    vm_pu, percent = np.array(apart).max(axis=0)
    assert vm_pu < 1e-8  # both solve to 1e-9 MVA or better
    assert percent < 1e-5  # 1e-8 pu of voltage over a branch of some 1e-3 pu
