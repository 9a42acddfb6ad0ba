"""A grid file lives by SimBench's profiles: by a column of its own, or as the element of the same name."""

import pandapower as pp
import pytest

from tests.unit.scenarios.elsewhere.hamlet_plant import CODE, hamlet_net
from twin.adapters.grid_simbench import read_simbench
from twin.adapters.lent_profiles import lend_profiles
from twin.domain.problems import BadInput


def lent(net):
    lend_profiles(net, CODE, file="site.toml")
    return net


def test_elements_live_like_those_of_their_name():
    published, net = read_simbench(CODE), lent(hamlet_net())
    profile_of = dict(zip(published.load["name"], published.load["profile"], strict=True))
    assert net.load["profile"].tolist() == [profile_of[name] for name in net.load["name"]]
    assert (net.sgen.at[0, "kind"], bool(net.sgen.at[0, "lumped"])) == ("pv", False)


def test_a_profile_of_its_own_comes_before_the_name():
    net = hamlet_net()
    net.load["profile"] = "lv_urban6"
    assert set(lent(net).load["profile"]) == {"lv_urban6"}


def test_elements_without_a_profile_are_all_listed():
    net = hamlet_net()
    for bus in (1, 2):
        pp.create_load(net, bus, p_mw=0.001, name=f"Shed {bus}")
    with pytest.raises(BadInput) as refused:
        lent(net)
    assert [problem.value for problem in refused.value.problems] == ["'Shed 1'", "'Shed 2'"]


def test_a_plant_without_rating_is_rated_for_its_power():
    net = hamlet_net()
    net.sgen["sn_mva"] = float("nan")
    assert lent(net).sgen.at[0, "sn_mva"] == pytest.approx(0.0042)
