"""The old town, made once and copied."""

import importlib.util
import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def town():
    """The module that makes it."""
    spec = importlib.util.spec_from_file_location("old_town", Path(__file__).with_name("old_town.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def made(town, tmp_path_factory):
    state = tmp_path_factory.mktemp("old")
    return state, town.make(state)


@pytest.fixture
def state(made, tmp_path):
    shutil.copytree(made[0], tmp_path / "state")
    return tmp_path / "state"
