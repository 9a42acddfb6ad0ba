"""`check_box` passes a good box and names the broken promise of a bad one; every box of the site passes it."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twin.contracts import conformance, conformance_child
from twin.domain.problems import BadInput

if str(Path(__file__).parent) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parent))
from faulty import FaultyBox, SteadyBox, TrainedBox

OURS = {
    "forecasts.load.box:LoadBox": {"zone": "town", "engine": "day_type"},
    "forecasts.pv.box:PvBox": {"zone": "town"},
    "twin.boxes.maintenance.box:TransformerBox": {"trafo": "neighbourhood"},
    "twin.boxes.flexibility.box:FlexibilityBox": {},
    "twin.boxes.tariffs.box:TariffBox": {},
}


class Forgetful(SteadyBox):
    """Remembers outside its state."""

    calls = 0

    def step(self, view, artifact, state):
        Forgetful.calls += 1
        report, state = super().step(view, artifact, state)
        return replace(report, params={"calls": Forgetful.calls}), state


class Peeping(SteadyBox):
    """Reads the frame past the view."""

    def step(self, view, artifact, state):
        report, state = super().step(view, artifact, state)
        return replace(report, params={"last": float(np.nansum(view.frame.values[-1]))}), state


class Scribbling(SteadyBox):
    """Writes into its view."""

    def step(self, view, artifact, state):
        view.frame.values[-1, 0] = 0.0
        return super().step(view, artifact, state)


class Careless(TrainedBox):
    """Fits something else each time."""

    fits = 0

    def fit(self, view, *, seed):
        Careless.fits += 1
        return super().fit(view, seed=seed) + b" " * Careless.fits


def broken(box, config=None):
    return {result.name: result.detail for result in conformance.check_box(box, config) if not result.ok}


@pytest.mark.parametrize("reference", ["faulty:SteadyBox", "faulty:TrainedBox"])
def test_a_good_box_keeps_every_promise(reference):
    assert broken(reference) == {}


@pytest.mark.slow
@pytest.mark.parametrize("reference", OURS)
def test_every_box_of_ours_keeps_every_promise(check_box, reference):
    check_box(reference, OURS[reference])


@pytest.mark.parametrize(
    ("box", "config", "promise"),
    [
        (FaultyBox, {"fault": "nan"}, "answers what its card promises"),
        (FaultyBox, {"fault": "short_horizon"}, "answers on both clock change days"),
        (FaultyBox, {"fault": "reads_future"}, "reads no future and writes nothing"),
        (FaultyBox, {"fault": "raises"}, "survives late input"),
        (Scribbling, {}, "reads no future and writes nothing"),
        (Forgetful, {}, "answers alike twice"),
        (Forgetful, {}, "remembers only through its state"),
        (Peeping, {}, "ignores what was not known"),
        (Careless, {}, "trains alike twice"),
    ],
)
def test_a_broken_promise_is_named(box, config, promise):
    assert promise in broken(box, config)


@pytest.mark.parametrize("name", ["nowhere:Box", "faulty:Nobody", "nobody"])
def test_an_unknown_box_is_refused_input(name):
    with pytest.raises(BadInput):
        conformance.check_box(name)


class Hostile:
    """Its constructor does what no constructor should."""

    def __init__(self, config, context):
        {"exit": sys.exit, "end": lambda: os._exit(0), "sleep": lambda: time.sleep(600), "fork": os.fork}[config["how"]]()


@pytest.mark.parametrize("how", ["exit", "end", "sleep", "fork"])
def test_a_constructor_that_ends_hangs_or_forks_is_broken(monkeypatch, how):
    monkeypatch.setattr(conformance_child, "_IMPORT_S", 8.0)
    results = conformance.check_box("test_check_box:Hostile", {"how": how})
    assert [(result.name, result.ok) for result in results] == [("can be made", False)]
