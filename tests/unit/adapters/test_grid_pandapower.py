"""A grid file of any origin: what is wrong with it is said all at once, and nothing in it ends in a traceback."""

import pandapower as pp
import pytest

from twin.adapters.grid_file import build_from_file
from twin.contracts.devices import Acceptance, Device, Right, RightOfUse
from twin.domain.problems import BadInput
from twin.site.tables import GridTable

RIGHT = RightOfUse(Right.CONTRACT, Acceptance.AUTOMATIC, 0.05)
BATTERY = Device("battery", "battery", "battery", "storage", 0, 1, "town", -0.01, 0.01, 0.02, 0.95, RIGHT)


def small_net():
    net = pp.create_empty_network()
    hv, lv = pp.create_bus(net, vn_kv=20.0), pp.create_bus(net, vn_kv=0.4)
    pp.create_ext_grid(net, hv)
    pp.create_transformer(net, hv, lv, std_type="0.4 MVA 20/0.4 kV")
    pp.create_load(net, lv, p_mw=0.05, q_mvar=0.01)
    return net


def faults(folder, content, devices=()):
    path = folder / "grid.json"
    path.write_text(content if isinstance(content, str) else pp.to_json(content), encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        build_from_file(GridTable(source="pandapower", file="grid.json"), path, devices, file="site.toml")
    return [str(problem) for problem in refused.value.problems]


def test_every_fault_of_the_net_is_named_before_it_is_compiled(tmp_path):
    net = small_net()
    net.ext_grid["in_service"] = False
    net.load["bus"] = 7
    found = faults(tmp_path, net)
    assert [fault.split(":")[0] for fault in found] == ["net.load 0, bus", "net.ext_grid"]


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a": ' * 5_000 + "1" + "}" * 5_000, "\0", "[1, 2"])
def test_text_that_is_no_net_is_refused_in_one_line(tmp_path, content):
    [fault] = faults(tmp_path, content)
    assert "expected JSON; write it with pandapower.to_json" in fault


def test_a_net_that_pandapower_cannot_read_is_refused_in_one_line(tmp_path):
    broken = pp.to_json(small_net()).replace('"orient": "split"', '"orient": "sideways"')
    [fault] = faults(tmp_path, broken)
    assert "expected a net that pandapower reads" in fault


def test_a_declared_battery_never_takes_the_number_of_a_storage_in_the_file(tmp_path):
    net = small_net()
    pp.create_storage(net, 1, p_mw=0.0, max_e_mwh=1.0)
    [fault] = faults(tmp_path, net, [BATTERY])
    assert "device 'battery': storage 0; expected a number that no storage of the grid file has" in fault
    assert "number the file's from 1 on" in fault


def test_storages_of_the_file_numbered_behind_the_batteries_keep_their_numbers(tmp_path):
    net = small_net()
    pp.create_storage(net, 1, p_mw=0.02, max_e_mwh=1.0, index=1)
    path = tmp_path / "grid.json"
    pp.to_json(net, str(path))
    built = build_from_file(GridTable(source="pandapower", file="grid.json"), path, [BATTERY], file="site.toml").net
    assert built.storage["p_mw"].to_dict() == {1: 0.02, 0: 0.0}
