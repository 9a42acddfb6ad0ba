"""The screens' fake evening, shared with the browser tests."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def factory():
    path = Path(__file__).parents[2] / "browser" / "snapshot_factory.py"
    spec = importlib.util.spec_from_file_location("snapshot_factory", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def orders():
    """Work orders and photos, shared with the browser tests."""
    path = Path(__file__).parents[2] / "browser" / "work_order_factory.py"
    spec = importlib.util.spec_from_file_location("work_order_factory", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
