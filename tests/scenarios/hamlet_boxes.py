"""A third party's box, loaded by module and class: charges and discharges the hamlet's battery in turns."""

from datetime import timedelta

import numpy as np

from twin.contracts.box import BoxCard, Need
from twin.contracts.messages import Headline, Proposal, Report
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
            priority=10,
            hard=False,
            reason="price_spread",
            params={},
            value_chf=1.0,
            confidence=0.9,
        )
        return Report(outputs={}, headline=Headline("plan", float(1000.0 * plan[0]), "kW"), proposals=(proposal,)), None
