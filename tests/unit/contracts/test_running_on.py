"""Metered generation that runs on: rivers and other plants together, from what was valid last."""

from datetime import UTC, datetime

import numpy as np
import pytest

from twin.contracts.frame import AsOfView, Frame, Layout
from twin.contracts.running_on import running_on
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, to_epoch_s

NOW = datetime(2016, 6, 15, 12, tzinfo=UTC)
LAYOUT = Layout((("zone_hydro_p_mw", "town"), ("zone_other_p_mw", "town"), ("zone_other_p_mw", "mill")))


def view(*rows, invalid=()):
    """Quarter hours up to now: hydro and other plants of the town, other plants of the mill [MW]."""
    values, quality = np.array(rows, dtype=float), np.zeros((len(rows), 3), np.uint8)
    for place in invalid:
        quality[place] = int(Quality.INVALID)
    return AsOfView(NOW, Frame(LAYOUT, to_epoch_s(NOW - len(rows) * QUARTER_HOUR), values, quality))


def test_rivers_and_other_plants_of_a_zone_add_up_and_a_zone_without_any_has_none():
    assert running_on(view([1.0, 4.0, 0.5]), ("mill", "street", "town")).tolist() == [0.5, 0.0, 5.0]


def test_each_signal_is_held_at_its_newest_valid_value():
    found = running_on(view([1.0, 4.0, 0.5], [2.0, np.nan, 9.0], invalid=[(1, 2)]), ("town", "mill"))
    assert found.tolist() == [6.0, 0.5]


@pytest.mark.parametrize(("back", "expected"), [(3, 4.0), (4, 0.0)])
def test_what_is_older_than_an_hour_is_not_held(back, expected):
    assert running_on(view([0.0, 4.0, 0.0], *[[0.0, np.nan, 0.0]] * back), ("town",)).tolist() == [expected]
