"""What a box throws is told: a cause survives the channel, and a constructor that ends the process ends nothing."""

import json

import pytest

from twin.contracts.synthetic import AS_OF, SyntheticSite
from twin.domain.problems import BadInput
from twin.regie.cast import read_cards
from twin.regie.seat import BoxInstance
from twin.regie.worker_main import MAX_MESSAGE, _error


class Leaving:
    def __init__(self, config, context):
        raise SystemExit(0)


@pytest.mark.parametrize("text", ["x" * 9000, "\U0001f4a1" * 9000, "\x01" * 9000, "\udc80" * 9000, "short"])
def test_the_cause_arrives_whole_as_json(text):
    data = _error("exception", ValueError(text))
    assert len(data) < MAX_MESSAGE
    assert json.loads(data)["text"].startswith("ValueError: " + text[:5])


def test_a_constructor_that_exits_is_a_fault_of_the_site_file():
    site = SyntheticSite()
    ref = f"{__name__}:Leaving"
    with pytest.raises(BadInput, match="SystemExit"):
        read_cards([BoxInstance("a", ref, "champion", {})], lambda _: site.context(), site.view(AS_OF).frame.layout, [ref])
