"""What boxes are told ahead of the rights over devices."""

from datetime import UTC, datetime

import numpy as np

from tests.unit.regie import small_town as town
from tests.unit.regie.small_devices import PUMPS, ROOF
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.usage import Calls, Usage
from twin.regie.usage_ahead import holders, signals

EVENING = datetime(2016, 12, 31, 22, 0, tzinfo=UTC)
"""An hour before the year ends in Zurich."""


def ahead(calls: Calls | None = None):
    usage = Usage("2016", "2016-12-31", {"roof": 3.5}, {} if calls is None else {"pumps": calls})
    return signals(usage, [town.STREET, ROOF, PUMPS], EVENING, 12, "Europe/Zurich")


def test_a_site_without_such_devices_has_no_such_signal():
    assert holders([town.STREET]) == {}
    assert signals(Usage(), [town.STREET], EVENING, 12, "UTC") == {}


def test_every_named_signal_is_there_with_its_unit():
    found = ahead()
    assert {name: tuple(array["device"].values) for name, array in found.items()} == holders([ROOF, PUMPS])
    assert all(array.attrs["units"] == SIGNALS[name].unit for name, array in found.items())


def test_the_years_curtailment_falls_to_nothing_with_the_new_year():
    path = ahead()["device_curtailed_mwh"].sel(device="roof").values
    np.testing.assert_array_equal(path, [3.5] * 4 + [0.0] * 8)


def test_a_resting_group_has_no_calls_and_gets_new_ones_at_midnight():
    ended = to_epoch_s(EVENING) - 5 * 900
    path = ahead(Calls(2, ended - 3600, ended))["device_calls_left"].sel(device="pumps").values
    np.testing.assert_array_equal(path, [0.0] * 4 + [2.0] * 8)


def test_a_running_block_runs_out():
    begun = to_epoch_s(EVENING - 2 * QUARTER_HOUR)
    found = ahead(Calls(1, begun, to_epoch_s(EVENING)))
    np.testing.assert_allclose(found["device_block_left_h"].sel(device="pumps").values[:4], [0.5, 0.25, 0.0, 0.0])
    assert found["device_calls_left"].values[0, 0] == 1.0


def test_a_free_group_may_be_blocked_as_long_as_agreed():
    assert (ahead()["device_block_left_h"].values == 1.0).all()


def test_where_no_block_may_begin_none_may_last():
    ended = to_epoch_s(EVENING) - 12 * 900
    path = ahead(Calls(2, ended - 3600, ended))["device_block_left_h"].sel(device="pumps").values
    np.testing.assert_array_equal(path, [0.0] * 4 + [1.0] * 8)
