"""A third party's boxes, loaded by module and class: one moves the hamlet's battery in turns, one learns, one has moods, one is
a load forecast that is off, one believes the last quarter hour."""

import time
from dataclasses import replace
from datetime import timedelta

import numpy as np

from forecasts.load.box import LoadBox
from twin.contracts.box import BoxCard, Need, Training
from twin.contracts.messages import Finding, Headline, Proposal, Report
from twin.domain.time import QUARTER_HOUR_S, floor_quarter, to_epoch_s

STEPS = 96


class Planner:
    """Proposes 5 kW and -5 kW in turns, from the quarter hour's number alone."""

    def __init__(self, config, context):
        self.config = config
        self.card = BoxCard(
            name="planner",
            version="1.0.0",
            owner="planning",
            needs=(Need("device_p_mw", ("battery",), history=timedelta(hours=1), max_age=timedelta(days=1)),),
            provides=(),
            constants={},
            proposes=True,
            priority=10,
        )

    def step(self, view, artifact, state):
        number = to_epoch_s(view.as_of) // QUARTER_HOUR_S + np.arange(STEPS)
        plan = np.where(number % 2 == 0, 0.005, -0.005)
        proposal = Proposal(
            device="battery",
            start=floor_quarter(view.as_of),
            p_mw=plan,
            lower_mw=np.full(STEPS, -0.01),
            upper_mw=np.full(STEPS, 0.01),
            unconstrained_p_mw=np.zeros(STEPS),
            reference_p_mw=np.zeros(STEPS),
            priority=10,
            reason="price_spread",
            params={},
            value_chf=1.0,
            confidence=0.9,
        )
        return Report(outputs={}, headline=Headline("plan", float(1000.0 * plan[0]), "kW"), proposals=(proposal,)), None


class Curtailer:
    """Holds the roof to 5 kW of 12, and blocks the heat pumps whenever their agreement lets it."""

    def __init__(self, config, context):
        self.config = config
        told = ("device_curtailed_mwh", "roof"), ("device_block_left_h", "pumps")
        self.card = BoxCard(
            name="curtailer",
            version="1.0.0",
            owner="planning",
            needs=tuple(Need(signal, (device,), ahead=timedelta(hours=24)) for signal, device in told),
            provides=(),
            constants={},
            proposes=True,
            priority=20,
        )

    def step(self, view, artifact, state):
        curtailed, block_h = (float(view.outlook(need.signal).values[0, 0]) for need in self.card.needs)
        proposals = [self._plan(view, "roof", -0.005, alone=-0.012, low=-0.03, high=0.0)]
        if block_h >= 0.25:
            proposals.append(self._plan(view, "pumps", 0.0, alone=0.004, low=0.0, high=0.006))
        return Report({}, Headline("curtailed", 1000.0 * curtailed, "kWh"), tuple(proposals)), None

    def _plan(self, view, device, p_mw, *, alone, low, high):
        paths = (np.full(STEPS, value) for value in (p_mw, low, high, alone, alone))
        return Proposal(device, floor_quarter(view.as_of), *paths, 20, "grid_limit", {}, 1.0, 0.9)


class Learner:
    """Learns the battery's mean power every hour of grid time; ``fit_s``: how long that takes."""

    def __init__(self, config, context):
        self.config = config
        self.card = BoxCard(
            name="learner",
            version="1.0.0",
            owner="planning",
            needs=(Need("device_p_mw", ("battery",), max_age=timedelta(days=1)),),
            provides=(),
            constants={},
            training=Training(
                every=timedelta(hours=1),
                local_hour=0,
                effect_after=timedelta(minutes=30),
                history=timedelta(days=7),
                deadline_s=120.0,
            ),
        )

    def fit(self, view, *, seed):
        time.sleep(self.config.get("fit_s", 0.0))
        return repr(float(np.nanmean(view.history("device_p_mw", ("battery",)).values))).encode()

    def step(self, view, artifact, state):
        mean_mw = float("nan") if artifact is None else float(artifact)
        return Report(outputs={}, headline=Headline("mean", 1000.0 * mean_mw, "kW")), None


class Moody:
    """Has nothing to say; from ``from_s`` until ``until_s`` (epoch s) it ``raises``, or ``numbers`` an element in a finding."""

    def __init__(self, config, context):
        self.config = config
        self.card = BoxCard(
            name="moody",
            version="1.0.0",
            owner="planning",
            needs=(Need("device_p_mw", ("battery",), max_age=timedelta(days=1)),),
            provides=(),
            constants={},
        )

    def step(self, view, artifact, state):
        now = to_epoch_s(view.as_of)
        report = Report(outputs={}, headline=Headline("mood", 1.0, ""))
        if not self.config["from_s"] <= now < self.config["until_s"]:
            return report, None
        if self.config["mood"] == "raises":
            raise RuntimeError("not today")
        found = Finding("mood", 1, "mood", {}, 2, view.as_of, view.as_of, "planning")
        return replace(report, findings=(found,)), None


class Skewed:
    """The house's load forecast times ``factor``; with a ``mood`` it "raises" or "hangs" instead."""

    def __init__(self, config, context):
        self.config = config
        own = ("factor", "mood", "deadline_s")
        self.load = LoadBox({name: value for name, value in config.items() if name not in own}, context)
        self.card = replace(self.load.card, deadline_s=config.get("deadline_s", 3.0))

    def fit(self, view, *, seed):
        return self.load.fit(view, seed=seed)

    def step(self, view, artifact, state):
        if self.config.get("mood") == "raises":
            raise RuntimeError("not today")
        if self.config.get("mood") == "hangs":
            time.sleep(60.0)
        report, state = self.load.step(view, artifact, state)
        factor = self.config.get("factor", 1.0)
        outputs = {name: output.copy(data=factor * output.values) for name, output in report.outputs.items()}
        return replace(report, outputs=outputs), state


class Believer:
    """The house's load forecast, which believes whatever was measured last to go on for two days."""

    def __init__(self, config, context):
        self.zone = config["zone"]
        self.load = LoadBox(config, context)
        self.card = self.load.card

    def fit(self, view, *, seed):
        return self.load.fit(view, seed=seed)

    def step(self, view, artifact, state):
        report, state = self.load.step(view, artifact, state)
        last = float(view.last("zone_load_p_mw", (self.zone,)).item())
        if np.isnan(last):
            return report, state
        outputs = {name: output.copy(data=np.full(output.shape, last)) for name, output in report.outputs.items()}
        return replace(report, outputs=outputs), state
