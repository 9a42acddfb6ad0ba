"""A served régie with a day in its journal, for programs: tokens of every role, and clients that send them."""

from datetime import UTC, datetime, timedelta

import numpy as np
from starlette.testclient import TestClient

from dashboard.regie.access.ledger import Ledger
from dashboard.regie.access.roles import Role
from dashboard.regie.app import create_app
from twin.contracts.history_facts import FILE, HistoryFacts, Provided
from twin.domain.quality import Quality
from twin.domain.time import to_epoch_s
from twin.regie.journal import Journal
from twin.regie.publish import write_atomically
from twin.web import ports_of

HERE = "http://127.0.0.1:8050"
QUARTER = timedelta(minutes=15)
DAY = 96
COLUMNS = (
    ("zone_load_p_mw", "town"),
    ("zone_load_p_mw", "neighbourhood"),
    ("zone_pv_p_mw", "town"),
    ("temp_c", ""),
    ("price_chf_per_kwh", ""),
)
FACTS = HistoryFacts(
    columns=COLUMNS,
    indices={"bus": (0, 5, 9), "line": (3,), "trafo": (2, 7), "load": (), "sgen": (), "storage": ()},
    provided={
        "load_town": {"load_forecast_p_mw": Provided(elements=("town",), quantiles=(0.05, 0.5, 0.95), step_s=900)},
        "tariff": {"grid_tariff_chf_per_kwh": Provided(elements=(), quantiles=(), step_s=900)},
    },
)
LOST = 40
"""The quarter hour in which no thermometer spoke."""
HELD = 50
"""The one in which the load box gave no answer of its own."""


def load_mw(step):
    """What the town draws in a step of the day."""
    return 10.0 + 0.125 * step


def write_day(state, as_of, *, without=()):
    """A day of regular ticks that ends at ``as_of``; returns the label of its first quarter hour. ``without``: steps missed."""
    write_atomically(state / "snapshots" / FILE, FACTS)
    start = as_of - DAY * QUARTER
    journal = Journal(state, {"site": "stage", "site_sha256": "-", "seed": 1, "start": start.isoformat(), "ticks": None})
    for step in range(DAY):
        if step in without:
            continue
        row = [load_mw(step), 0.25, 0.0, np.nan if step == LOST else 4.5, 0.08]
        arrays = {
            "signals": np.array(row, np.float32),
            "grid.vm_pu": np.array([1.0, 1.01, 0.99]),
            "grid.line_loading_percent": np.array([40.0]),
            "grid.trafo_loading_percent": np.array([60.0, 70.0]),
            "grid.loss_mw": np.array(0.1),
            "box.load_town.load_forecast_p_mw": np.full((DAY, 3, 1), load_mw(step + 1), np.float32),
            "box.tariff.grid_tariff_chf_per_kwh": np.full(DAY, 0.07, np.float32),
        }
        boxes = {"load_town": {"service": "held" if step == HELD else "fresh"}, "tariff": {"service": "fresh"}}
        meta = {"quality": int(Quality.ESTIMATED), "boxes": boxes}
        journal.commit("regular", to_epoch_s(start + (step + 1) * QUARTER), meta, arrays, {}, {})
    journal.close()
    return start


def token(state, role, *, life=timedelta(hours=1)):
    """The secret of a new token."""
    return Ledger(state).issue("stage", Role(role), datetime.now(UTC), life)[1]


def opened(state, role=None):
    """A client of the application on ``state``; within it the watcher runs. ``role``: of the token that it sends."""
    client = TestClient(create_app(state, ports_of(state)), base_url=HERE, raise_server_exceptions=True)
    if role is not None:
        client.headers["authorization"] = f"Bearer {token(state, role)}"
    return client


def evening(state, factory):
    """The busy evening on screen, and the day before it in the journal."""
    factory.write(state, factory.facts(), "diagram.json")
    snapshot = factory.snapshot(since=factory.AS_OF - DAY * QUARTER)
    factory.write(state, snapshot)
    return write_day(state, factory.AS_OF)
