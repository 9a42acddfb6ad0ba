"""What the figures were measured on: processor, cores, versions; nothing that names the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("regie", "pandapower", "lightsim2grid", "power-grid-model", "simbench", "numba", "numpy", "scipy", "xarray")


def versions() -> dict[str, str]:
    """Version of Python and of every package that matters here."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def description() -> dict[str, object]:
    """Processor model, cores, system."""
    return {"cpu": _cpu(), "cores": os.cpu_count(), "system": platform.system(), "machine": platform.machine()}


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
