"""What a run's bits depend on besides its inputs: heads of two runs are compared only where this is equal."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

_LIBRARIES = (
    "numpy", "scipy", "pandas", "xarray", "power-grid-model", "pandapower", "highspy", "pyomo", "prophet", "pvlib", "regie",
)  # fmt: skip


def machine_fingerprint() -> dict[str, Any]:
    """Python, processor and the BLAS kernel chosen for it, and the versions of every library that computes."""
    import numpy as np

    simd = np.show_config(mode="dicts")
    return {
        "python": sys.version.split()[0],
        "machine": platform.machine(),
        "processor": _processor(),
        "simd": sorted(simd.get("SIMD Extensions", {}).get("found", [])),
        "libraries": {name: version(name) for name in _LIBRARIES},
    }


def _processor() -> str:
    """The model name as Linux gives it; elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor()
