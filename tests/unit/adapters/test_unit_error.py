"""Fault 16 on the demo: a reading a thousand times too large is refused, whoever sends it; the raw value is kept elsewhere."""

from datetime import timedelta

import numpy as np
import pytest

from twin.contracts.ports import Readings
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR_S, from_epoch_s
from twin.regie.observe import Observer
from twin.regie.raw import RawTable

START_S = 1_453_890_600  # 27 January 2016, 10:30 UTC
TYPICAL = {
    "device.battery_458.p_mw": 0.005,
    "device.ev_220.p_mw": 0.011,
    "device.ev_220.energy_required_mwh": 0.020,
    "market.site.price_chf_per_kwh": 0.09,
    "market.site.import_renewable_share": 0.6,
    "market.site.import_co2_g_per_kwh": 110.0,
    "line.0.i_ka": 0.12,
    "sgen.139.p_mw": 0.004,
    "sgen.5.p_mw": 0.02,
}


def observed(demo, demo_site, name, values):
    """What becomes of consecutive readings of one channel: the intake, and the frame's last row."""
    table = RawTable(demo_site.channels, START_S, keep=16)
    count = len(values)
    label = START_S + QUARTER_HOUR_S * np.arange(count)
    as_of = from_epoch_s(START_S) + timedelta(minutes=15 * count)
    table.extend_to(as_of)
    channel = np.full(count, demo_site.channel_index[name], dtype=np.int32)
    intake = table.take(Readings(channel, label, label + QUARTER_HOUR_S, np.array(values, dtype=float)), as_of)
    observer = Observer(demo_site.channels, demo.zones, [], demo_site.layout())
    frame, quality = observer.derive(table.values[:count], table.quality[:count], context=count - 1)
    return intake, frame[-1], quality[-1]


@pytest.mark.parametrize("name", TYPICAL)
def test_a_thousandfold_reading_is_refused(demo, demo_site, name):
    intake, _, _ = observed(demo, demo_site, name, [TYPICAL[name], 1000.0 * TYPICAL[name]])
    assert intake.refused == (name,)
    assert intake.accepted == 1


def test_a_home_battery_that_reports_kw_as_mw_keeps_its_last_good_power(demo, demo_site):
    intake, frame, quality = observed(demo, demo_site, "device.battery_458.p_mw", [0.004, 4.0])
    at = demo_site.layout().index["device_p_mw", "battery_458"]
    assert intake.refused == ("device.battery_458.p_mw",)
    assert frame[at] == 0.004
    assert Quality(int(quality[at])) & Quality.SUBSTITUTED
