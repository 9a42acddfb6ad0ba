"""A grid's photovoltaics grow by one factor; water stays what it is."""

import pandapower as pp
import pytest

from twin.adapters.overlay import apply_overlay
from twin.site.tables import NewPv, Overlay, PvOverlay


@pytest.fixture
def net():
    net = pp.create_empty_network()
    bus = pp.create_bus(net, vn_kv=0.4)
    for sn_mva in (0.1, 0.02, 2.9):
        pp.create_sgen(net, bus, p_mw=0.0, sn_mva=sn_mva)
    net.sgen["kind"] = ["pv", "pv", "hydro"]
    net.sgen["lumped"] = [True, False, False]
    net.sgen["profile"] = ["lv_urban6", "PV5", "Hydro1"]
    return net


def test_lumped_published_and_new_plants_grow_alike(net):
    pv = PvOverlay(lumped_scale=1.6, growth=3.0, cap_kw_per_kwp=0.7, new=(NewPv(bus=0, kwp=10.0, profile="PV5"),))
    apply_overlay(net, Overlay(pv=pv), (), file="site.toml")
    assert net.sgen["sn_mva"].tolist() == pytest.approx([3.0 * 1.6 * 0.1, 3.0 * 0.02, 2.9, 3.0 * 0.01])
    assert net.sgen["max_p_mw"].tolist()[1] == pytest.approx(0.7 * 3.0 * 0.02)
