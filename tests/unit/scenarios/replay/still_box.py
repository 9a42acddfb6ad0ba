"""A box that proposes nothing."""

from twin.contracts.box import BoxCard
from twin.contracts.messages import Headline, Report


class Still:
    """Leaves everything as it is."""

    def __init__(self, config, context):
        self.card = BoxCard(name="still", version="1.0.0", owner="planning", needs=(), provides=(), constants={})

    def step(self, view, artifact, state):
        return Report(outputs={}, headline=Headline("still", 0.0, "")), None
