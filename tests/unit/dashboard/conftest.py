"""The screens' fake evening, shared with the browser tests."""

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.regie.access.ledger import Ledger
from dashboard.regie.access.people import People
from dashboard.regie.access.roles import Role

PANELS = frozenset(
    [
        "header",
        "counters",
        "tools",
        "wall",
        "strip",
        "grid-tools",
        "grid-list",
        "grid-base",
        "grid-overlay",
        "map-base",
        "map-overlay",
        "alarms",
        "recommendations",
        "records-tabs",
        "orders",
        "journal",
        "dialogs",
        "pulse",
    ]
)


@pytest.fixture(scope="session")
def panel_ids():
    """Ids of all that the main page draws anew."""
    return PANELS


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


@pytest.fixture(scope="session")
def log_in():
    """``log_in(state, role)``: the headers of somebody with that role who has logged in, for an application on that state."""

    def logged_in(state, role="admin", port=8050):
        people, name = People(state), "dispatcher" if role == "admin" else f"{role}_1"
        if people.get(name) is None:
            people.add(name, Role(role), "a brook runs under the old mill", once=False)
        secret = Ledger(state).open_session(name, None, "open", datetime.now(UTC))
        return {"cookie": f"regie-{port}={secret}"}

    return logged_in
