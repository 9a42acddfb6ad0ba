"""An answer without a solver: what words, table and report are made of."""

import pytest


def account(total):
    return {"energy": total, "peak": 0.0, "owners": 0.0, "use": 0.0, "stored": 0.0, "total": total}


def device(name, **changes):
    return {
        "id": name, "class": "battery", "right": "own", "movable": True, "not_moved": "", "p_kw": [5.0, -4.0],
        "own_kw": [0.0, 0.0], "moved_kwh": 5.0, "drawn_kwh": 5.0, "fed_in_kwh": 4.0, "use_chf": {"before": 0.0, "plan": 0.1},
        "energy_chf": {"before": 0.0, "plan": -1.1}, "reason": None,
        "price_chf_per_kwh": {"energy": [0.1, 0.4], "voltage": [0.0, -0.1]}, **changes,
    }  # fmt: skip


def store(name, **changes):
    return {
        "id": name, "class": "battery", "unit": "kWh", "start": 5.0, "before": [5.0, 5.0], "plan": [10.0, 6.0],
        "low": [0.0, 0.0], "high": [10.0, 10.0], "target": None, **changes,
    }  # fmt: skip


def proof(low, feasible):
    return {
        "feasible": feasible, "diverged": [], "loading_percent": [80.0, 120.0 if not feasible else 90.0],
        "vm_min_pu": [0.99, low], "vm_max_pu": [1.02, 1.02], "loss_kw": [0.1, 0.2],
    }  # fmt: skip


@pytest.fixture
def answer():
    """A plan of two devices on a grid."""
    return {
        "title": "Farm <1>", "start": "2026-01-25T16:00:00+00:00", "timezone": "Europe/Zurich", "hours": [0.25, 1.0],
        "status": "optimal", "rung": "ok", "cost_chf": {"before": account(2000.0), "plan": account(1234.5)},
        "saving_chf": 765.5, "peak_kw": {"so_far": 0.0, "before": 20.0, "plan": 12.0},
        "month_peak_kw": {"before": 20.0, "plan": 12.0},
        "violations": {which: {"steps": steps, "site_kw": 0.0, "worst": None} for which, steps in (("before", 1), ("plan", 0))},
        "missing": {"before": [], "plan": [{"device": "Car", "what": "departure", "amount": 3.3, "unit": "kWh"}]},
        "conflicts": [], "net_kw": {"base": [4.0, 4.0], "before": [4.0, 4.0], "plan": [9.0, 0.0]},
        "prices_chf_per_kwh": {"import": [0.1, 0.4], "export": [0.05, 0.05]},
        "devices": [device("Cells"), device("Car", movable=False, not_moved="no_right", **{"class": "car"})],
        "stores": [store("Cells"), store("House", unit="degC", high=[22.0, 22.0], low=[20.0, 20.0], plan=[21.0, 21.5])],
        "grid": {
            "limits": {"vm_min_pu": 0.95, "vm_max_pu": 1.05, "loading_percent": 100.0}, "before": proof(0.93, feasible=False),
            "plan": proof(0.96, feasible=True), "linearisations": 2, "outages_hold": None,
        },
        "paths": None, "kept": None, "grid_read": True,
    }  # fmt: skip
