"""A step has the same bits whoever compiled the kernel, and whenever: a run that resumes is the one that was killed."""

import subprocess
import sys

import pytest

SOLVE = """
import hashlib, sys
import numpy as np, pandapower.networks as pn, xarray as xr
from twin.engines import compile_grid
net = pn.create_cigre_network_mv()
model = compile_grid(net)
factor = 0.2 + 0.8 * np.arange(40)[:, None] / 40
loads = xr.Dataset({"load_p_mw": (("time", "load"), factor * net.load.p_mw.to_numpy())})
if "year" in sys.argv:
    model.replay(loads, step_h=0.25)
found = model.solve(loads, want=("vm_pu", "va_degree"))
print(hashlib.sha256(found.vm_pu.values.tobytes() + found.va_degree.values.tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_code_just_compiled_and_code_from_the_cache_give_the_same_bits(tmp_path, monkeypatch):
    def digest(*arguments):
        command = [sys.executable, "-c", SOLVE, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    compiled_by_others = digest()
    monkeypatch.setenv("REGIE_CACHE", str(tmp_path / "new"))
    compiled_for_a_year, cached = digest("year"), digest()
    assert compiled_for_a_year == cached == compiled_by_others
