"""Power flow and state estimation behind the ports: a batch kernel, and pandapower as the reference.

Importing this package imports neither pandapower nor power-grid-model; `make_engine` does, for the engine
asked for.
"""

from twin.engines.compile import compile_grid
from twin.engines.registry import make_engine

__all__ = ["compile_grid", "make_engine"]
