"""A third party's box, loaded by module and class: it moves two batteries, and reads a forecast to say how far."""

from datetime import timedelta

import numpy as np

from twin.contracts.box import BoxCard, Need
from twin.contracts.messages import Headline, Proposal, Report
from twin.domain.time import floor_quarter

STEPS = 96
DEVICES = {"mill": 0.005, "barn": 0.005}
"""With what they may be asked for [MW]: the first obeys by itself, of the second people are asked."""


class Mover:
    """Asks batteries for ``share`` of what the town is foretold to draw: the better the forecast, the better the move."""

    def __init__(self, config, context):
        self.share = float(config.get("share", 0.5))
        self.card = BoxCard(
            name="mover",
            version="1.0.0",
            owner="planning",
            needs=(Need("load_forecast_p_mw", ("town",), ahead=timedelta(hours=24)),),
            provides=(),
            constants={},
            proposes=True,
            priority=10,
        )

    def step(self, view, artifact, state):
        foretold = view.outlook("load_forecast_p_mw").sel(zone="town", quantile=0.5)
        wish = self.share * foretold.values[:STEPS]
        plans = {device: np.clip(wish, -most, most) for device, most in DEVICES.items()}
        proposals = tuple(self._proposal(device, plan, view.as_of) for device, plan in plans.items())
        headline = Headline("plan", float(1000.0 * plans["mill"][0]), "kW")
        return Report(outputs={}, headline=headline, proposals=proposals), None

    def _proposal(self, device, plan, as_of):
        most, nothing = np.full(STEPS, DEVICES[device]), np.zeros(STEPS)
        values = (plan, -most, most, nothing, nothing)
        return Proposal(device, floor_quarter(as_of), *values, 10, "price_spread", {}, 1.0, 0.9)
